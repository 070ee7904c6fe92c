/*
 * Which base backup, and which WAL, brings the cluster to the moment asked for.
 */
#ifndef SR_RECOVERY_PLAN_H
#define SR_RECOVERY_PLAN_H

#include <stdbool.h>

#include "recovery/backup.h"
#include "recovery/wal.h"

struct sr_error;

enum sr_target_kind {
	SR_TARGET_TIME, /* --pitr TIME: commits at or before the time are in */
	SR_TARGET_LATEST, /* --pitr latest: the end of the archive */
	SR_TARGET_SNAPSHOT, /* --snapshot: one base backup, to its consistent point */
};

struct sr_recovery_request {
	enum sr_target_kind kind;
	sr_time time; /* SR_TARGET_TIME */
	const char *snapshot; /* SR_TARGET_SNAPSHOT: a name, a label, a path, "latest", or a date "2024-01-28"
	                             (the last backup that ended on that day, UTC) */
	const char *backup_dir; /* required */
	const char *wal_dir; /* or NULL: only --restore-command, or the backup's own WAL */
	const char *restore_command; /* or NULL */
};

struct sr_recovery_plan {
	struct sr_backup_list backups; /* all that were found */
	const struct sr_backup *backup; /* the chosen one, in `backups` */
	struct sr_wal_archive wal; /* empty without wal_dir */
	bool has_wal; /* the WAL could be looked at */
	unsigned timeline; /* that recovery follows: the newest that descends from the backup's;
	                                  0: the archive could not be looked at, the server finds the latest */
	uint64_t first_segment, last_segment; /* to be replayed, when has_wal; numbers as in wal.segments */
	sr_time earliest,
		latest; /* the window: earliest stop of a backup, last commit archived; NONE: unknown */
	sr_time moment; /* the moment restored: the target; for latest the last commit (NONE: not
	                                  known without the WAL); for a snapshot its stop */
};

/*
 * Chooses.  SR_ERR_REFUSED with the window in the detail ("can be restored:
 * from … to …") when the time is before the earliest backup's end or after the
 * last commit archived (PostgreSQL needs one commit after the target, else it ends with "recovery
 * ended before configured recovery target was reached"); naming the first missing
 * segment (and how many) when the archive has a gap between the backup and the
 * target; naming the backup when it is damaged and no other reaches the target.
 * The segment that holds the target is found by bisection over segments' commit times,
 * not by reading the whole archive.  Without wal_dir, but with a restore command,
 * there is no window to check a time against: the server finds out.
 * The plan is to be released whether it could be made or not.
 */
bool sr_recovery_plan_make(struct sr_recovery_plan *plan, const struct sr_recovery_request *request,
			   struct sr_error *err);
void sr_recovery_plan_release(struct sr_recovery_plan *plan);

#endif
