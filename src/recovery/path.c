#include "recovery/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "recovery/stream.h"

void sr_wal_path_release(struct sr_wal_path *p)
{
	sr_timeline_history_release(&p->history);
	sr_error_release(&p->bad_error);
	*p = SR_WAL_PATH_INIT;
}

unsigned sr_wal_newest_timeline(const struct sr_wal_archive *wal)
{
	unsigned newest = wal->nsegments > 0 ? wal->segments[wal->nsegments - 1].timeline : 0;

	for (size_t i = 0; wal->histories && i < wal->histories->n; i++) {
		unsigned t = (unsigned)strtoul(wal->histories->items[i], NULL, 16);

		newest = t > newest ? t : newest;
	}
	return newest;
}

bool sr_wal_path_holds(const struct sr_timeline_history *h, const struct sr_backup *b)
{
	sr_lsn need = b->stop_lsn > b->start_lsn ? b->stop_lsn : b->start_lsn;

	for (size_t i = 0; i < h->n; i++)
		if (h->parts[i].timeline == b->timeline)
			return need >= h->parts[i].begin && need <= h->parts[i].end;
	return false;
}

bool sr_wal_path_open(struct sr_wal_path *p, const struct sr_wal_archive *wal, const struct sr_backup *b,
		      struct sr_error *err)
{
	unsigned t = sr_wal_newest_timeline(wal);

	*p = SR_WAL_PATH_INIT;
	p->wal = wal;
	p->first = b->start_lsn / wal->segment_size;
	for (; t > b->timeline; t--) {
		if (!sr_timeline_history_read(wal, t, &p->history, err))
			return false;
		if (sr_wal_path_holds(&p->history, b))
			return true;
		sr_timeline_history_release(&p->history);
	}
	return sr_timeline_history_read(wal, b->timeline, &p->history, err);
}

static uint64_t begin_segment(const struct sr_wal_path *p, size_t part)
{
	return p->history.parts[part].begin / p->wal->segment_size;
}

const struct sr_wal_segment *sr_wal_path_segment(const struct sr_wal_path *p, uint64_t number)
{
	for (size_t i = p->history.n; i-- > 0;) {
		const struct sr_wal_segment *s;

		if (begin_segment(p, i) > number)
			continue;
		s = sr_wal_archive_find(p->wal, p->history.parts[i].timeline, number);
		if (s || begin_segment(p, i) < number)
			return s;
	}
	return NULL;
}

void sr_wal_path_name(const struct sr_wal_path *p, uint64_t number, char *out)
{
	size_t i = p->history.n - 1;

	while (i > 0 && begin_segment(p, i) > number)
		i--;
	sr_wal_segment_name(p->history.parts[i].timeline, number, p->wal->segment_size, out);
}

bool sr_wal_path_end(const struct sr_wal_path *p, uint64_t *number)
{
	bool found = false;

	for (size_t i = 0; i < p->wal->nsegments; i++) {
		const struct sr_wal_segment *s = &p->wal->segments[i];

		if (s->number >= p->first && (!found || s->number > *number) &&
		    sr_wal_path_segment(p, s->number) == s) {
			*number = s->number;
			found = true;
		}
	}
	return found;
}

uint64_t sr_wal_path_missing(const struct sr_wal_path *p, uint64_t from, uint64_t to, uint64_t *number)
{
	uint64_t missing = 0, end;

	if (!sr_wal_path_end(p, &end) || end < from) {
		*number = from;
		return to - from + 1;
	}
	for (uint64_t n = from; n <= to && n <= end; n++)
		if (!sr_wal_path_segment(p, n) && missing++ == 0)
			*number = n;
	if (to > end && missing == 0)
		*number = end + 1;
	return to > end ? missing + (to - end) : missing;
}

bool sr_wal_path_check_sizes(const struct sr_wal_path *p, uint64_t from, uint64_t to, struct sr_error *err)
{
	uint64_t end;

	if (!sr_wal_path_end(p, &end))
		return true;
	for (uint64_t n = from; n <= to && n <= end; n++) {
		const struct sr_wal_segment *s = sr_wal_path_segment(p, n);
		struct stat st;

		if (!s || s->in_backup || sr_compression_suffix(s->path, NULL))
			continue;
		if (stat(s->path, &st) != 0)
			return sr_error_errno(err, SR_ERR_REFUSED, "cannot look at %s", s->path);
		if (st.st_size == p->wal->segment_size)
			continue;
		sr_error_set(err, SR_ERR_REFUSED, "the WAL segment %s is %s", s->path,
			     st.st_size < p->wal->segment_size ? "cut short" : "too long");
		sr_error_detail(err, "It has %lld bytes; the segments of this cluster have %u.",
				(long long)st.st_size, p->wal->segment_size);
		return sr_error_hint(
			err, "Look for another copy of it; the archive command may still be writing it.");
	}
	return true;
}

/* The latest commit in the segment at this place; NONE also where there is none or it cannot be read. */
static sr_time latest_in(struct sr_wal_path *p, uint64_t number)
{
	const struct sr_wal_segment *s = sr_wal_path_segment(p, number);
	struct sr_error err = SR_ERROR_INIT;
	sr_time first, last = SR_TIME_NONE;

	if (s && !sr_wal_segment_times(p->wal, s, &first, &last, &err)) {
		last = SR_TIME_NONE;
		if (number < p->bad) {
			p->bad = number;
			sr_error_move(&p->bad_error, &err);
		}
	}
	sr_error_release(&err);
	return last;
}

sr_time sr_wal_path_last_commit(struct sr_wal_path *p, uint64_t from, uint64_t to)
{
	for (uint64_t n = to + 1; n-- > from;) {
		sr_time t = latest_in(p, n);

		if (t != SR_TIME_NONE)
			return t;
	}
	return SR_TIME_NONE;
}

bool sr_wal_path_find_after(struct sr_wal_path *p, uint64_t from, uint64_t to, sr_time time, uint64_t *number)
{
	uint64_t low = from, high = to + 1; /* everything from high on is after `time` */
	bool found = false;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2, at = mid + 1;
		sr_time t = SR_TIME_NONE;

		/* A segment without commits tells nothing: the one before it does. */
		while (t == SR_TIME_NONE && at > low)
			t = latest_in(p, --at);
		if (t != SR_TIME_NONE && t > time) {
			found = true;
			*number = high = at;
		} else {
			low = mid + 1;
		}
	}
	return found;
}
