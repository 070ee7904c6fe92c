/*
 * backup_manifest, of PostgreSQL 13 and later: every file of a base backup with
 * its size and checksum, and the WAL that it needs.
 *
 * The server writes one file a line, so it is read line by line: a cluster of a
 * million files needs no more memory than one of ten.  Its last line holds the
 * SHA-256 of all bytes before that line.
 */
#ifndef SR_RECOVERY_MANIFEST_H
#define SR_RECOVERY_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "recovery/backup.h"
#include "recovery/checksum.h"

struct sr_error;

struct sr_manifest_file {
	const char *path; /* relative to the data directory; pg_tblspc/OID/... for tablespaces */
	int64_t size;
	sr_time modified; /* SR_TIME_NONE when it cannot be read */
	enum sr_checksum_kind kind;
	uint8_t sum_len;
	uint8_t sum[SR_CHECKSUM_MAX];
};
struct sr_manifest_info {
	size_t files;
	int64_t bytes; /* sum of the sizes */
	unsigned timeline; /* of the WAL range at the backup's end; 0: none */
	sr_lsn start_lsn, stop_lsn;
	uint64_t system_identifier; /* version 2, from 17 on */
};
/* `file` is valid during the call only.  False with *err set: stop. */
typedef bool sr_manifest_fn(void *ctx, const struct sr_manifest_file *file, struct sr_error *err);

/* Reads it to the end and checks its own checksum; file may be NULL.  SR_ERR_REFUSED. */
bool sr_manifest_read(const char *path, sr_manifest_fn *file, void *ctx, struct sr_manifest_info *info,
		      struct sr_error *err);

/* The whole manifest by path, for a restore that meets files in any order. */
struct sr_manifest_entry {
	const char *path;
	int64_t size;
	const uint8_t *sum;
	enum sr_checksum_kind kind;
	bool seen;
};
struct sr_manifest {
	struct sr_arena arena;
	struct sr_manifest_entry *entries; /* by path */
	size_t n, cap;
};
bool sr_manifest_load(struct sr_manifest *m, const char *path, struct sr_error *err);
void sr_manifest_release(struct sr_manifest *m);
struct sr_manifest_entry *sr_manifest_find(struct sr_manifest *m, const char *path);
/* Files that the server itself changes or that need not be there: pg_verifybackup passes over the same. */
bool sr_manifest_ignores(const char *path);

#endif
