/*
 * Base backups, as pg_basebackup or the low-level API leave them.
 *
 * A backup is a directory: plain (it holds PG_VERSION, backup_label and
 * global/pg_control) or tar (base.tar, TABLESPACE_OID.tar, pg_wal.tar, each
 * also .gz, .lz4, .zst).  The directory the user names is one backup, or holds
 * several, one or two levels down.
 */
#ifndef SR_RECOVERY_BACKUP_H
#define SR_RECOVERY_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"

struct sr_error;

enum sr_backup_format { SR_BACKUP_PLAIN, SR_BACKUP_TAR };

typedef uint64_t sr_lsn; /* 0: unknown or invalid */
/* "16/B374D848" into a buffer of at least 18 bytes. */
void sr_lsn_format(sr_lsn lsn, char *out);
bool sr_lsn_parse(const char *text, sr_lsn *out);

struct sr_backup_tablespace {
	unsigned oid;
	char *location; /* on the production machine; may be NULL when unknown */
	char *data; /* plain: the directory that holds its files; tar: the archive */
};

struct sr_backup {
	char *path, *name; /* name: the last part of the path: how the user may call it */
	char *label; /* LABEL of backup_label */
	enum sr_backup_format format;
	int major; /* PostgreSQL major version, from PG_VERSION */
	unsigned timeline; /* START TIMELINE (absent before 11: from the WAL file name) */
	sr_lsn start_lsn, checkpoint_lsn;
	sr_lsn stop_lsn; /* from backup_manifest's WAL-Ranges or the backup history file; 0 unknown */
	sr_time start_time; /* from the label, which has seconds and the server's zone name */
	sr_time stop_time; /* from the backup history file or the WAL; SR_TIME_NONE: not known yet */
	bool from_standby;
	bool has_manifest;
	int64_t bytes; /* to be restored; -1 unknown (compressed, no manifest) */
	uint64_t system_identifier; /* from pg_control; 0: unknown (tar without a look inside) */
	uint32_t wal_segment_size; /* from pg_control; 0: unknown */
	uid_t owner; /* of the backup's files */
	char *damage; /* why this backup cannot be used, or NULL */
	struct sr_backup_tablespace *tablespaces;
	size_t ntablespaces;
};

struct sr_backup_list {
	struct sr_backup *items; /* by start time, oldest first */
	size_t n, cap;
};
void sr_backup_list_release(struct sr_backup_list *l);

/*
 * Finds the backups in dir.  One that is damaged (no label, no pg_control, a
 * manifest that cannot be read) is in the list with `damage` set.  Fails
 * (SR_ERR_REFUSED) when dir cannot be read or holds no backup at all; the
 * detail says what was looked for, the hint how to make one.
 */
bool sr_backup_find(const char *dir, struct sr_backup_list *out, struct sr_error *err);

/* Compares names and sizes with backup_manifest (plain: files on disk; tar: nothing, that is done while extracting)
 * and checks the manifest's own checksum.  SR_ERR_REFUSED, naming the file that is missing or cut. */
bool sr_backup_check(const struct sr_backup *b, struct sr_error *err);

#endif
