#include "recovery/wal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/probe.h"
#include "recovery/stream.h"

#define NAME_LEN  24
#define MAX_BLOCK 65536

void sr_wal_segment_name(unsigned timeline, uint64_t number, uint32_t segment_size, char *out)
{
	uint64_t per_log = segment_size ? (UINT64_C(1) << 32) / segment_size : 256;

	snprintf(out, NAME_LEN + 1, "%08X%08X%08X", timeline, (unsigned)(number / per_log),
		 (unsigned)(number % per_log));
}

static bool is_hex(const char *p, size_t n)
{
	return strspn(p, "0123456789ABCDEF") >= n;
}

bool sr_wal_is_segment_name(const char *name, size_t n)
{
	return n == NAME_LEN && strlen(name) >= n && is_hex(name, n) && (name[n] == '\0' || name[n] == '.');
}

static uint32_t hex32(const char *p)
{
	char digits[9];

	snprintf(digits, sizeof digits, "%.8s", p);
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* Log and segment as the name has them; made into a number once the segment size is known. */
static void add_segment(struct sr_wal_archive *a, const char *name, char *path, bool in_backup)
{
	SR_ARRAY_RESERVE(a->segments, a->cap, a->nsegments + 1);
	a->segments[a->nsegments++] = (struct sr_wal_segment){
		.timeline = hex32(name),
		.number = (uint64_t)hex32(name + 8) << 32 | hex32(name + 16),
		.path = path,
		.in_backup = in_backup,
	};
}

/* "00000001000000000000000B.00000028.backup", "00000002.history", a segment, or none of them. */
static void add_name(struct sr_wal_archive *a, const char *dir, const char *name, bool in_backup)
{
	size_t n;
	char *base;

	sr_compression_suffix(name, &n);
	base = sr_strndup(name, n);
	if (n == NAME_LEN && is_hex(base, n))
		add_segment(a, base, sr_path_join(dir, name), in_backup);
	else if (in_backup)
		;
	else if (n == 8 + 8 && is_hex(base, 8) && strcmp(base + 8, ".history") == 0)
		sr_strlist_add(a->histories, base);
	else if (n == NAME_LEN + 9 + 7 && is_hex(base, NAME_LEN) && strcmp(base + n - 7, ".backup") == 0)
		sr_strlist_add(a->backups, base);
	free(base);
}

static int by_number(const void *x, const void *y)
{
	const struct sr_wal_segment *a = x, *b = y;

	if (a->timeline != b->timeline)
		return a->timeline < b->timeline ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->in_backup != b->in_backup)
		return a->in_backup ? 1 : -1;
	/* A plain file and its compressed copy: the shorter name is the plain one, which is whole. */
	return strcmp(a->path, b->path);
}

/* Sorts, and leaves one of several files for the same segment. */
static void settle(struct sr_wal_archive *a)
{
	size_t kept = 0;

	if (a->nsegments == 0)
		return;
	qsort(a->segments, a->nsegments, sizeof *a->segments, by_number);
	for (size_t i = 1; i < a->nsegments; i++) {
		if (a->segments[i].timeline == a->segments[kept].timeline &&
		    a->segments[i].number == a->segments[kept].number)
			free(a->segments[i].path);
		else
			a->segments[++kept] = a->segments[i];
	}
	a->nsegments = kept + 1;
}

static bool in_tar(const struct sr_wal_segment *s)
{
	return s->in_backup && strstr(sr_path_base(s->path), ".tar") != NULL;
}

/* `name` is the segment's; only needed when it is in a tar archive. */
static struct sr_stream *open_segment(const struct sr_wal_segment *s, const char *name, struct sr_error *err)
{
	return in_tar(s) ? sr_stream_open_member(s->path, name, err) : sr_stream_open(s->path, err);
}

static bool read_header(const struct sr_wal_segment *s, const char *name, struct sr_wal_header *out,
			struct sr_error *err)
{
	unsigned char page[SR_WAL_HEADER_SIZE];
	struct sr_stream *in = open_segment(s, name, err);
	ssize_t n = in ? sr_stream_read(in, page, sizeof page, err) : -1;

	sr_stream_close(in);
	if (n < 0)
		return false;
	if (!sr_wal_header_parse(page, (size_t)n, out))
		return sr_error_set(err, SR_ERR_REFUSED, "%s is not a WAL segment of PostgreSQL", s->path);
	return true;
}

/*
 * Segment size, version and cluster from the first page of a segment: the
 * newest that can be read, for an archive may go over a major upgrade.  Then the numbers.
 */
static bool learn(struct sr_wal_archive *a, size_t from, struct sr_error *err)
{
	uint64_t per_log;

	for (size_t i = a->nsegments; a->segment_size == 0 && i > from; i--) {
		const struct sr_wal_segment *s = &a->segments[i - 1];
		struct sr_wal_header h;
		char name[2 * NAME_LEN];

		sr_error_release(err);
		snprintf(name, sizeof name, "%08X%08X%08X", s->timeline, (unsigned)(s->number >> 32),
			 (unsigned)s->number);
		if (!read_header(s, name, &h, err))
			continue;
		a->segment_size = h.segment_size;
		a->major = h.major;
		a->system_identifier = h.system_identifier;
	}
	if (a->segment_size == 0)
		return sr_error_reclass(err, SR_ERR_REFUSED);
	per_log = (UINT64_C(1) << 32) / a->segment_size;
	for (size_t i = from; i < a->nsegments; i++) {
		uint64_t n = a->segments[i].number;

		a->segments[i].number = (n >> 32) * per_log + (n & UINT32_MAX);
	}
	sr_error_release(err);
	return true;
}

bool sr_wal_archive_open(struct sr_wal_archive *a, const char *dir, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	bool ok;

	*a = (struct sr_wal_archive){
		.dir = sr_strdup(dir),
		.histories = sr_calloc(1, sizeof *a->histories),
		.backups = sr_calloc(1, sizeof *a->backups),
	};
	ok = sr_dir_list(dir, &names, err) || sr_error_reclass(err, SR_ERR_REFUSED);
	for (size_t i = 0; ok && i < names.n; i++)
		add_name(a, dir, names.items[i], false);
	if (ok && a->nsegments == 0) {
		ok = sr_error_set(err, SR_ERR_REFUSED, "there are no WAL segments in %s", dir);
		sr_error_detail(err,
				"Looked for files such as 000000010000000000000001 (also .gz, .lz4, .zst) "
				"among the %zu names there.",
				names.n);
		sr_error_hint(err, "Name the directory that archive_command copies to.");
	}
	ok = ok && learn(a, 0, err);
	if (ok) {
		settle(a);
		sr_wal_archive_drop_unfinished(a);
	} else {
		sr_error_context(err, "reading the WAL archive %s", dir);
	}
	sr_strlist_release(&names);
	return ok;
}

void sr_wal_archive_release(struct sr_wal_archive *a)
{
	for (size_t i = 0; i < a->nsegments; i++)
		free(a->segments[i].path);
	free(a->segments);
	free(a->dir);
	if (a->histories)
		sr_strlist_release(a->histories);
	if (a->backups)
		sr_strlist_release(a->backups);
	free(a->histories);
	free(a->backups);
	*a = (struct sr_wal_archive){ 0 };
}

/* Segments in a tar archive; `folder` is where they are in it ("" or "pg_wal/"). */
static bool add_tar(struct sr_wal_archive *a, const char *path, const char *folder, struct sr_error *err)
{
	struct archive *tar = sr_tar_open(path, err);
	size_t skip = strlen(folder);
	bool ok = tar != NULL;

	while (ok) {
		struct archive_entry *entry;
		char *name;

		ok = sr_tar_next(tar, path, &entry, &name, err);
		if (!ok || !entry)
			break;
		if (strncmp(name, folder, skip) == 0 &&
		    sr_wal_is_segment_name(name + skip, strlen(name + skip)))
			add_segment(a, name + skip, sr_strdup(path), true);
		free(name);
	}
	archive_read_free(tar);
	return ok;
}

static bool add_tar_backup(struct sr_wal_archive *a, const struct sr_backup *b, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	bool ok = sr_dir_list(b->path, &names, err);
	const char *wal = ok ? sr_probe_archive(&names, "pg_wal") : NULL;
	const char *base = ok ? sr_probe_archive(&names, "base") : NULL;
	char *path = NULL;

	if (wal) {
		path = sr_path_join(b->path, wal);
		ok = add_tar(a, path, "", err);
	} else if (base && !sr_compression_suffix(base, NULL)) {
		/* Of a compressed one the whole would have to be read. */
		path = sr_path_join(b->path, base);
		ok = add_tar(a, path, "pg_wal/", err);
	}
	free(path);
	sr_strlist_release(&names);
	return ok;
}

static bool add_plain_backup(struct sr_wal_archive *a, const struct sr_backup *b, struct sr_error *err)
{
	char *dir = sr_path_join(b->path, "pg_wal");
	struct sr_strlist names = SR_STRLIST_INIT;
	bool ok = true;

	if (sr_path_is_dir(dir)) {
		ok = sr_dir_list(dir, &names, err);
		for (size_t i = 0; ok && i < names.n; i++)
			if (!sr_compression_suffix(names.items[i], NULL))
				add_name(a, dir, names.items[i], true);
	}
	sr_strlist_release(&names);
	free(dir);
	return ok;
}

bool sr_wal_archive_add_backup(struct sr_wal_archive *a, const struct sr_backup *b, struct sr_error *err)
{
	size_t before = a->nsegments;
	bool ok = b->format == SR_BACKUP_TAR ? add_tar_backup(a, b, err) : add_plain_backup(a, b, err);

	if (ok && a->nsegments > before)
		ok = learn(a, before, err);
	if (!ok) {
		/* Names that were not made into numbers must not stay. */
		while (a->nsegments > before)
			free(a->segments[--a->nsegments].path);
		sr_error_reclass(err, SR_ERR_REFUSED);
		return sr_error_context(err, "reading the WAL in the base backup %s", b->path);
	}
	settle(a);
	return true;
}

const struct sr_wal_segment *sr_wal_archive_find(const struct sr_wal_archive *a, unsigned timeline,
						 uint64_t number)
{
	size_t low = 0, high = a->nsegments;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct sr_wal_segment *s = &a->segments[mid];

		if (s->timeline == timeline && s->number == number)
			return s;
		if (s->timeline < timeline || (s->timeline == timeline && s->number < number))
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool wrong_place(const struct sr_wal_segment *s, const struct sr_wal_header *h, struct sr_error *err)
{
	char at[18];

	sr_lsn_format(h->address, at);
	sr_error_set(err, SR_ERR_REFUSED, "%s does not hold the WAL that its name says", s->path);
	return sr_error_detail(err, "Its first page is that of position %s on timeline %u.", at, h->timeline);
}

bool sr_wal_scan(const struct sr_wal_archive *a, const struct sr_wal_segment *s, sr_wal_event_fn *fn,
		 void *ctx, struct sr_error *err)
{
	unsigned char *page = sr_malloc(MAX_BLOCK);
	char name[NAME_LEN + 1];
	struct sr_stream *in;
	struct sr_wal_reader r;
	struct sr_wal_header h;
	ssize_t got = -1;

	sr_wal_segment_name(s->timeline, s->number, a->segment_size, name);
	in = open_segment(s, name, err);
	if (in)
		got = sr_stream_read(in, page, SR_WAL_HEADER_SIZE, err);
	if (got >= 0 && !sr_wal_header_parse(page, (size_t)got, &h)) {
		sr_error_set(err, SR_ERR_REFUSED, "%s is not a WAL segment of PostgreSQL", s->path);
		got = -1;
	} else if (got >= 0 && (h.address != s->number * a->segment_size || h.timeline > s->timeline)) {
		wrong_place(s, &h, err);
		got = -1;
	}
	if (got >= 0) {
		sr_wal_reader_init(&r, h.address, h.block_size, fn, ctx);
		do {
			ssize_t more = sr_stream_read(in, page + got, h.block_size - (size_t)got, err);

			got = more < 0 ? more : got + more;
			if (got < (ssize_t)h.block_size || !sr_wal_reader_page(&r, page))
				break;
			got = 0;
		} while (r.page < h.address + a->segment_size);
	}
	sr_stream_close(in);
	free(page);
	return got >= 0 || sr_error_reclass(err, SR_ERR_REFUSED);
}

struct times {
	sr_time first, last;
};

static bool note_time(void *ctx, const struct sr_wal_event *event)
{
	struct times *t = ctx;

	if (event->kind == SR_WAL_BACKUP_END)
		return true;
	if (t->first == SR_TIME_NONE)
		t->first = event->time;
	if (t->last == SR_TIME_NONE || event->time > t->last)
		t->last = event->time;
	return true;
}

bool sr_wal_segment_times(const struct sr_wal_archive *a, const struct sr_wal_segment *s, sr_time *first,
			  sr_time *last, struct sr_error *err)
{
	struct times t = { SR_TIME_NONE, SR_TIME_NONE };
	bool ok = sr_wal_scan(a, s, note_time, &t, err);

	*first = t.first;
	*last = t.last;
	return ok;
}
