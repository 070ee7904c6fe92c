/*
 * Laying a base backup out as a data directory of our own.
 *
 * Plain backups are copied (reflink or copy_file_range where the file system
 * can), tar ones extracted through libarchive.  With a manifest every file's
 * size and checksum are compared on the way.  Tablespaces go to
 * tablespace_dir/OID and pg_tblspc/OID points there: never to production's
 * directories; tablespace_map is removed.  Left out: pg_replslot's, postmaster.pid,
 * pg_stat_tmp, pgsql_tmp*, pg_internal.init, standby.signal, recovery.signal.
 * Names in archives are not trusted: absolute ones, "..", and links that lead out are an error.
 */
#ifndef SR_RECOVERY_RESTORE_H
#define SR_RECOVERY_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "recovery/backup.h"

struct sr_error;

struct sr_restore_options {
	const char *data_dir; /* made here, 0700 */
	const char *tablespace_dir; /* made here when needed, 0700 */
	const struct sr_run_as *run_as; /* whoever the files shall belong to; NULL or inactive: us */
	void (*progress)(void *ctx, int64_t bytes_done, int64_t bytes_total); /* or NULL; total -1 unknown */
	void *ctx;
	const volatile int *stop; /* becomes non-zero: give up (SR_ERR_SIGNAL) */
};

/* SR_ERR_INSTANCE; the detail names the file. */
bool sr_restore_backup(const struct sr_backup *b, const struct sr_restore_options *options,
		       struct sr_error *err);

/* What pg_controldata says of a data directory that matters for starting it. */
struct sr_control {
	int max_prepared_xacts, max_connections, max_worker_processes, max_wal_senders, max_locks_per_xact;
	bool data_checksums;
	uint64_t system_identifier;
};
bool sr_control_read(const char *bindir, const char *data_dir, const struct sr_run_as *run_as,
		     struct sr_control *out, struct sr_error *err);

#endif
