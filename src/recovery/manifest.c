#include "recovery/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/label.h"

struct parse {
	const char *path;
	size_t line;
	sr_manifest_fn *file;
	void *ctx;
	struct sr_manifest_info *info;
	struct sr_error *err;
};

static bool bad(const struct parse *p, const char *what)
{
	sr_error_set(p->err, SR_ERR_REFUSED, "%s cannot be read: %s", p->path, what);
	sr_error_detail(p->err, "Line %zu.", p->line);
	return sr_error_hint(p->err, "The manifest was changed or cut short after the backup was made: "
				     "use another backup.");
}

/* Two hexadecimal digits a byte; false when it is anything else. */
static bool unhex(const char *text, uint8_t *out, size_t cap, size_t *len)
{
	size_t n = strlen(text);

	if (n % 2 != 0 || n / 2 > cap)
		return false;
	for (size_t i = 0; i < n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *d = strchr(digits, text[i] >= 'A' && text[i] <= 'F' ? text[i] | 32 : text[i]);

		if (!d)
			return false;
		if (i % 2 == 0)
			out[i / 2] = (uint8_t)((d - digits) << 4);
		else
			out[i / 2] |= (uint8_t)(d - digits);
	}
	*len = n / 2;
	return true;
}

static bool read_checksum(const struct parse *p, struct json_object *obj, struct sr_manifest_file *f)
{
	const char *algorithm = sr_json_string(obj, "Checksum-Algorithm");
	const char *sum = sr_json_string(obj, "Checksum");
	size_t len;

	if (!algorithm || !sum)
		return true;
	f->kind = sr_checksum_kind_of(algorithm);
	if (f->kind == SR_SUM_NONE)
		return bad(p, "it names a checksum that is not known");
	if (!unhex(sum, f->sum, sizeof f->sum, &len) || len != sr_checksum_size(f->kind))
		return bad(p, "a checksum is not of its kind");
	f->sum_len = (uint8_t)len;
	return true;
}

/* Paths that are not UTF-8 are written in hexadecimal. */
static bool read_path(const struct parse *p, struct json_object *obj, uint8_t *buffer, size_t cap,
		      struct sr_manifest_file *f)
{
	const char *encoded = sr_json_string(obj, "Encoded-Path");
	size_t len;

	f->path = sr_json_string(obj, "Path");
	if (f->path)
		return true;
	if (!encoded || !unhex(encoded, buffer, cap - 1, &len))
		return bad(p, "a file has no name");
	buffer[len] = '\0';
	f->path = (const char *)buffer;
	return true;
}

static bool read_file_line(struct parse *p, struct json_object *obj)
{
	struct sr_manifest_file f = { .modified = SR_TIME_NONE };
	const char *modified = sr_json_string(obj, "Last-Modified");
	uint8_t name[4096];

	if (!read_path(p, obj, name, sizeof name, &f))
		return false;
	f.size = sr_json_int(obj, "Size", -1);
	if (f.size < 0)
		return bad(p, "a file has no size");
	if (modified)
		sr_label_time_parse(modified, &f.modified);
	if (!read_checksum(p, obj, &f))
		return false;
	p->info->files++;
	p->info->bytes += f.size;
	return !p->file || p->file(p->ctx, &f, p->err);
}

/* A backup that was taken over a promotion has several ranges; the one that ends last counts. */
static bool read_range_line(struct parse *p, struct json_object *obj)
{
	const char *start = sr_json_string(obj, "Start-LSN"), *end = sr_json_string(obj, "End-LSN");
	sr_lsn from, to;

	if (!start || !end || !sr_lsn_parse(start, &from) || !sr_lsn_parse(end, &to))
		return bad(p, "a WAL range has no position");
	if (p->info->start_lsn == 0 || from < p->info->start_lsn)
		p->info->start_lsn = from;
	if (to >= p->info->stop_lsn) {
		p->info->stop_lsn = to;
		p->info->timeline = (unsigned)sr_json_int(obj, "Timeline", 0);
	}
	return true;
}

static bool read_object_line(struct parse *p, const char *line, size_t n)
{
	struct json_object *obj;
	bool ok = true;

	while (n > 0 && strchr(", \r\n", line[n - 1]))
		n--;
	obj = sr_json_parse(line, n, 4, p->path, p->err);
	if (!obj)
		return bad(p, "a line is not JSON");
	if (sr_json_member(obj, "Path") || sr_json_member(obj, "Encoded-Path"))
		ok = read_file_line(p, obj);
	else if (sr_json_member(obj, "Start-LSN"))
		ok = read_range_line(p, obj);
	json_object_put(obj);
	return ok;
}

/* The value in  "Key": "value"}  or  "Key": 123,  ; NULL when the line has another key. */
static const char *plain_value(const char *line, const char *key)
{
	size_t n = strlen(key);

	if (line[0] != '"' || strncmp(line + 1, key, n) != 0 || line[n + 1] != '"')
		return NULL;
	line += n + 2;
	return line + strspn(line, ": \"");
}

static bool check_own_sum(const struct parse *p, const char *value, struct sr_checksum *sum)
{
	uint8_t said[SR_CHECKSUM_MAX], real[SR_CHECKSUM_MAX];
	char text[SR_CHECKSUM_MAX * 2 + 1];
	size_t len;

	snprintf(text, sizeof text, "%.*s", (int)strcspn(value, "\""), value);
	if (!unhex(text, said, sizeof said, &len) || len != sr_checksum_finish(sum, real) ||
	    memcmp(said, real, len) != 0)
		return bad(p, "its checksum does not fit its contents");
	return true;
}

static bool read_lines(struct parse *p, FILE *f, struct sr_checksum *sum)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool ok = true, ended = false;

	while (ok && !ended && (n = getline(&line, &cap, f)) > 0) {
		const char *value;

		p->line++;
		value = plain_value(line, "Manifest-Checksum");
		if (value) {
			ok = check_own_sum(p, value, sum);
			ended = true;
			break;
		}
		sr_checksum_add(sum, line, (size_t)n);
		value = plain_value(line, "System-Identifier");
		if (value)
			p->info->system_identifier = strtoull(value, NULL, 10);
		if (p->line == 1 && !strstr(line, "PostgreSQL-Backup-Manifest-Version"))
			ok = bad(p, "it is not a backup manifest");
		else if (p->line > 1 && line[0] == '{')
			ok = read_object_line(p, line, (size_t)n);
	}
	free(line);
	if (ok && ferror(f))
		return sr_error_errno(p->err, SR_ERR_REFUSED, "cannot read %s", p->path);
	return ok && (ended || bad(p, "it is cut short"));
}

bool sr_manifest_read(const char *path, sr_manifest_fn *file, void *ctx, struct sr_manifest_info *info,
		      struct sr_error *err)
{
	struct parse p = { .path = path, .file = file, .ctx = ctx, .info = info, .err = err };
	struct sr_checksum sum;
	FILE *f = fopen(path, "re");
	bool ok;

	*info = (struct sr_manifest_info){ 0 };
	if (!f)
		return sr_error_errno(err, SR_ERR_REFUSED, "cannot open %s", path);
	ok = sr_checksum_begin(&sum, SR_SUM_SHA256, err);
	if (ok)
		ok = read_lines(&p, f, &sum);
	sr_checksum_drop(&sum);
	fclose(f);
	return ok;
}

static bool keep_entry(void *ctx, const struct sr_manifest_file *f, struct sr_error *err)
{
	struct sr_manifest *m = ctx;
	struct sr_manifest_entry *e;
	uint8_t *sum = sr_arena_alloc(&m->arena, f->sum_len ? f->sum_len : 1);

	(void)err;
	memcpy(sum, f->sum, f->sum_len);
	SR_ARRAY_RESERVE(m->entries, m->cap, m->n + 1);
	e = &m->entries[m->n++];
	*e = (struct sr_manifest_entry){
		.path = sr_arena_strdup(&m->arena, f->path),
		.size = f->size,
		.sum = sum,
		.kind = f->kind,
	};
	return true;
}

static int by_path(const void *a, const void *b)
{
	const struct sr_manifest_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

bool sr_manifest_load(struct sr_manifest *m, const char *path, struct sr_error *err)
{
	struct sr_manifest_info info;

	*m = (struct sr_manifest){ .arena = SR_ARENA_INIT };
	if (!sr_manifest_read(path, keep_entry, m, &info, err))
		return false;
	if (m->n > 0)
		qsort(m->entries, m->n, sizeof *m->entries, by_path);
	return true;
}

void sr_manifest_release(struct sr_manifest *m)
{
	free(m->entries);
	sr_arena_release(&m->arena);
	*m = (struct sr_manifest){ .arena = SR_ARENA_INIT };
}

struct sr_manifest_entry *sr_manifest_find(struct sr_manifest *m, const char *path)
{
	struct sr_manifest_entry key = { .path = path };

	return m->n > 0 ? bsearch(&key, m->entries, m->n, sizeof key, by_path) : NULL;
}

bool sr_manifest_ignores(const char *path)
{
	static const char *const names[] = { "backup_manifest", "postgresql.auto.conf", "recovery.signal",
					     "standby.signal" };

	for (size_t i = 0; i < SR_COUNT(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	return strncmp(path, "pg_wal/", 7) == 0;
}
