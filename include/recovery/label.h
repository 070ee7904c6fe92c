/*
 * backup_label, and the backup history file that pg_backup_stop() leaves in the
 * WAL archive (the same lines and a few more), and tablespace_map.
 * The lines are written by build_backup_content() of the server.
 */
#ifndef SR_RECOVERY_LABEL_H
#define SR_RECOVERY_LABEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "recovery/backup.h"

struct sr_backup_label {
	sr_lsn start, checkpoint;
	sr_lsn stop; /* history file only; 0 otherwise */
	unsigned timeline; /* START TIMELINE, or that of the segment named; 0: none of both */
	sr_time start_time; /* SR_TIME_NONE when its zone cannot be told */
	sr_time stop_time; /* history file only */
	bool from_standby, incremental;
	char *label;
};
/* False when the text has no START WAL LOCATION: it is not a backup_label. Release in either case. */
bool sr_backup_label_parse(const char *text, struct sr_backup_label *out);
void sr_backup_label_release(struct sr_backup_label *l);

/*
 * "2024-01-28 14:30:00 UTC" as the server writes it with log_timezone's
 * abbreviation.  Only those that mean one thing are read: UTC, GMT, Z, and
 * numbers ("+03", "-0330"); "CST" is Chicago, Shanghai or Havana.
 */
bool sr_label_time_parse(const char *text, sr_time *out);

/* Adds the lines of tablespace_map, "16384 /srv/ssd", to b's tablespaces, or the location to the one that is there. */
void sr_tablespace_map_parse(const char *text, struct sr_backup *b);
/* The tablespace of this oid; added when it is not there. */
struct sr_backup_tablespace *sr_backup_tablespace(struct sr_backup *b, unsigned oid);

#endif
