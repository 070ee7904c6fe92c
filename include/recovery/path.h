/*
 * The way that recovery takes through a WAL archive: one timeline with those it
 * came from, and the segment that is wanted at each place.  For plan.c.
 */
#ifndef SR_RECOVERY_PATH_H
#define SR_RECOVERY_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "recovery/backup.h"
#include "recovery/wal.h"

struct sr_wal_path {
	const struct sr_wal_archive *wal; /* borrowed */
	struct sr_timeline_history history;
	uint64_t first; /* the segment that begins it */
	/* The first segment that could not be read while looking for times; its error. */
	uint64_t bad;
	struct sr_error bad_error;
};
#define SR_WAL_PATH_INIT ((struct sr_wal_path){ .bad = UINT64_MAX })
void sr_wal_path_release(struct sr_wal_path *p);

/* The newest timeline that the archive knows. */
unsigned sr_wal_newest_timeline(const struct sr_wal_archive *wal);
/* Whether a server restored from b can follow this history: b was taken before it branched off. */
bool sr_wal_path_holds(const struct sr_timeline_history *h, const struct sr_backup *b);
/* Along the newest timeline that b can follow, from b's start. */
bool sr_wal_path_open(struct sr_wal_path *p, const struct sr_wal_archive *wal, const struct sr_backup *b,
		      struct sr_error *err);

/*
 * The segment wanted at this place, or NULL.  Where a timeline branches off, the
 * newer one's segment is wanted: it begins with a copy of the older one's.
 */
const struct sr_wal_segment *sr_wal_path_segment(const struct sr_wal_path *p, uint64_t number);
/* What the segment at this place is called, there or not. */
void sr_wal_path_name(const struct sr_wal_path *p, uint64_t number, char *out);
/* The last place that has a segment; false when there is none from the start on. */
bool sr_wal_path_end(const struct sr_wal_path *p, uint64_t *number);
/* How many are missing from..to, the first of them in *number. */
uint64_t sr_wal_path_missing(const struct sr_wal_path *p, uint64_t from, uint64_t to, uint64_t *number);
/* SR_ERR_REFUSED when a segment that is not compressed has not the size of one. */
bool sr_wal_path_check_sizes(const struct sr_wal_path *p, uint64_t from, uint64_t to, struct sr_error *err);

/* The last commit from..to; SR_TIME_NONE when there is none. */
sr_time sr_wal_path_last_commit(struct sr_wal_path *p, uint64_t from, uint64_t to);
/* The first place from..to with a commit after `time`, by bisection; false when there is none. */
bool sr_wal_path_find_after(struct sr_wal_path *p, uint64_t from, uint64_t to, sr_time time,
			    uint64_t *number);

/*
 * Fills b->stop_lsn and b->stop_time as far as the WAL and the backup history
 * file tell.  What a recovery target must not be before is the last commit that
 * precedes stop_lsn; that is never after stop_time.
 */
void sr_backup_find_stop(struct sr_backup *b, const struct sr_wal_archive *wal);

#endif
