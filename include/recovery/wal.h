/*
 * The WAL archive: a directory of segments as archive_command left them (plain,
 * .gz, .lz4, .zst), timeline history files, backup history files.
 *
 * Commit times are read from the records themselves: a small reader follows
 * pages and records (XLogPageHeaderData, XLogRecord of access/xlogrecord.h) and
 * looks into transaction commits and aborts (RM_XACT_ID, xl_xact_commit begins
 * with the time).  The page magic tells the major version; the parts read here
 * are the same from 9.5 to 18.  Bytes are not trusted.
 */
#ifndef SR_RECOVERY_WAL_H
#define SR_RECOVERY_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "recovery/backup.h"
#include "recovery/wal_reader.h"

struct sr_error;
struct sr_strlist;

struct sr_wal_segment {
	unsigned timeline;
	uint64_t number; /* start LSN / segment size */
	char *path; /* the file, compressed or not */
	bool in_backup; /* found in the backup's own pg_wal */
};

struct sr_wal_archive {
	char *dir;
	uint32_t segment_size; /* from the first page of a segment: xlp_seg_size */
	int major; /* by page magic; 0 unknown */
	uint64_t system_identifier; /* 0: no segment yet */
	struct sr_wal_segment *segments; /* by timeline, then number */
	size_t nsegments, cap;
	struct sr_strlist *histories; /* names of .history files, without .gz and the like */
	struct sr_strlist *backups; /* names of .backup files, likewise */
};

/* Lists the archive.  An empty or unreadable directory is SR_ERR_REFUSED. .partial and .ready and unknown names are passed over. */
bool sr_wal_archive_open(struct sr_wal_archive *a, const char *dir, struct sr_error *err);
void sr_wal_archive_release(struct sr_wal_archive *a);
/* Adds the segments in a backup's own pg_wal (plain) so that they count as present; tar: by listing pg_wal.tar. */
bool sr_wal_archive_add_backup(struct sr_wal_archive *a, const struct sr_backup *b, struct sr_error *err);

/* "000000010000000000000005" for a segment; out has at least 25 bytes. */
void sr_wal_segment_name(unsigned timeline, uint64_t number, uint32_t segment_size, char *out);

/* The other way round: the first n (24) characters of name, and nothing but them, are a segment's. */
bool sr_wal_is_segment_name(const char *name, size_t n);
/* The segment, or NULL. */
const struct sr_wal_segment *sr_wal_archive_find(const struct sr_wal_archive *a, unsigned timeline,
						 uint64_t number);
/* Hands the events of one segment to fn, in order.  SR_ERR_REFUSED when the file cannot be read or is another's. */
bool sr_wal_scan(const struct sr_wal_archive *a, const struct sr_wal_segment *s, sr_wal_event_fn *fn,
		 void *ctx, struct sr_error *err);

/*
 * First commit (or abort) time found in one segment, and the latest; both
 * SR_TIME_NONE when it has none.  (Commits are not in exact order of time in the
 * WAL; a record that goes on in the next segment counts for neither.)
 */
bool sr_wal_segment_times(const struct sr_wal_archive *a, const struct sr_wal_segment *s, sr_time *first,
			  sr_time *last, struct sr_error *err);

/* A timeline and those that it came from, oldest first. */
struct sr_timeline_part {
	unsigned timeline;
	sr_lsn begin; /* its first byte: where the one before was left */
	sr_lsn end; /* where it was left; UINT64_MAX for the last */
};
struct sr_timeline_history {
	struct sr_timeline_part *parts;
	size_t n, cap;
};
/* The lines of a .history file ("1\t0/18000A0\treason"); false when one cannot be read. */
bool sr_timeline_history_parse(const char *text, unsigned timeline, struct sr_timeline_history *out);
/* From the archive; timeline 1, or one whose file is missing, has itself only. SR_ERR_REFUSED. */
bool sr_timeline_history_read(const struct sr_wal_archive *a, unsigned timeline,
			      struct sr_timeline_history *out, struct sr_error *err);
void sr_timeline_history_release(struct sr_timeline_history *h);

/*
 * What the backup history file of this backup says: *stop and *stop_time, 0 and
 * SR_TIME_NONE when there is none (a backup from a standby has none) or it cannot be read.
 */
void sr_wal_backup_history(const struct sr_wal_archive *a, const struct sr_backup *b, sr_lsn *stop,
			   sr_time *stop_time);

/*
 * archive_command often copies without a rename at the end.  So a segment that is not whole and was written to
 * less than a minute ago is taken for one that is still being written: as if it were not there yet.
 */
bool sr_wal_file_is_unfinished(const char *path);
/* Leaves such a file out, when it is the newest segment.  sr_wal_archive_open() does it. */
void sr_wal_archive_drop_unfinished(struct sr_wal_archive *a);

/*
 * The restore command's work: copies the segment or history file `name` from
 * the archive directory to `dest` (a path the server gave), decompressing.
 * *found false: not in the archive (the server takes that as the end).  A file that is
 * cut short or damaged is an error, not "not found".
 */
bool sr_wal_fetch(const char *dir, const char *name, const char *dest, bool *found, struct sr_error *err);

#endif
