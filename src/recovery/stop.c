/* When a base backup ended. */
#include "recovery/path.h"

#include <string.h>

#include "base/mem.h"

/* Segments before the backup's start: an idle server writes one now and then, without a commit. */
#define LOOK_BACK 16

struct last_commit {
	sr_lsn before;
	sr_time time;
};

static bool note_commit(void *ctx, const struct sr_wal_event *event)
{
	struct last_commit *l = ctx;

	if (event->lsn >= l->before)
		return false;
	if (event->kind != SR_WAL_BACKUP_END && (l->time == SR_TIME_NONE || event->time > l->time))
		l->time = event->time;
	return true;
}

struct backup_end {
	sr_lsn start, end;
};

static bool note_end(void *ctx, const struct sr_wal_event *event)
{
	struct backup_end *e = ctx;

	if (event->kind != SR_WAL_BACKUP_END || event->backup_start != e->start)
		return true;
	e->end = event->end;
	return false;
}

/* Without a manifest or history file: the record that pg_backup_stop() wrote. A standby writes none. */
static sr_lsn find_end_record(const struct sr_backup *b, const struct sr_wal_path *p)
{
	struct backup_end e = { .start = b->start_lsn };
	uint64_t last;

	if (b->from_standby || !sr_wal_path_end(p, &last))
		return 0;
	for (uint64_t n = p->first; n <= last && e.end == 0; n++) {
		const struct sr_wal_segment *s = sr_wal_path_segment(p, n);
		struct sr_error err = SR_ERROR_INIT;
		bool ok = s && sr_wal_scan(p->wal, s, note_end, &e, &err);

		sr_error_release(&err);
		if (!ok)
			break;
	}
	return e.end;
}

/*
 * The last commit that the backup holds: before its end, and perhaps before its
 * start.  *known false: that WAL cannot be read, or none in so much of it.
 */
static sr_time last_commit_before(const struct sr_backup *b, const struct sr_wal_path *p, bool *known)
{
	struct last_commit l = { .before = b->stop_lsn, .time = SR_TIME_NONE };
	uint64_t to = (b->stop_lsn - 1) / p->wal->segment_size, end;
	uint64_t from = p->first > LOOK_BACK ? p->first - LOOK_BACK : 0;
	bool ok = sr_wal_path_end(p, &end) && end >= to;

	for (uint64_t n = to + 1; ok && l.time == SR_TIME_NONE && n-- > from;) {
		const struct sr_wal_segment *s = sr_wal_path_segment(p, n);
		struct sr_error err = SR_ERROR_INIT;

		ok = s && sr_wal_scan(p->wal, s, note_commit, &l, &err);
		sr_error_release(&err);
	}
	*known = ok && l.time != SR_TIME_NONE;
	return l.time;
}

/*
 * STOP TIME (and START TIME, for a backup that has no history file) is in whole
 * seconds, cut off.  The last commit in the backup tells whether a moment of
 * that second is in it; when that is not known the next second is safe.
 */
static sr_time settle(const struct sr_backup *b, sr_time said, sr_time commit, bool known)
{
	if (said == SR_TIME_NONE)
		said = b->start_time;
	if (said == SR_TIME_NONE || (known && commit > said))
		return commit;
	return known ? said : said + SR_USEC_PER_SEC;
}

static void find_stop_in(struct sr_backup *b, const struct sr_wal_archive *wal, sr_time said)
{
	struct sr_wal_path p = SR_WAL_PATH_INIT;
	struct sr_error err = SR_ERROR_INIT;
	sr_time commit = SR_TIME_NONE;
	bool known = false;

	if (wal->segment_size > 0 && b->start_lsn > 0 && sr_wal_path_open(&p, wal, b, &err)) {
		if (b->stop_lsn == 0)
			b->stop_lsn = find_end_record(b, &p);
		if (b->stop_lsn > b->start_lsn)
			commit = last_commit_before(b, &p, &known);
	}
	b->stop_time = settle(b, said, commit, known);
	sr_wal_path_release(&p);
	sr_error_release(&err);
}

void sr_backup_find_stop(struct sr_backup *b, const struct sr_wal_archive *wal)
{
	struct sr_wal_archive own = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	bool use_own = false;
	sr_time said;
	sr_lsn stop;

	if (b->stop_time != SR_TIME_NONE)
		return;
	sr_wal_backup_history(wal, b, &stop, &said);
	if (b->stop_lsn == 0)
		b->stop_lsn = stop;
	/* Of a backup that brings its own WAL the archive need not have it any more. */
	if (wal->segment_size == 0 ||
	    !sr_wal_archive_find(wal, b->timeline, b->start_lsn / wal->segment_size))
		use_own = sr_wal_archive_add_backup(&own, b, &err) && own.nsegments > 0;
	find_stop_in(b, use_own ? &own : wal, said);
	sr_wal_archive_release(&own);
	sr_error_release(&err);
}
