#include "ddl/archive.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum { OLDEST_MINOR = 12, NEWEST_MINOR = 16 };
enum { FORMAT_CUSTOM = 1 };
enum { NAME_MAX_BYTES = 63 };

/* A position in untrusted bytes.  After the first failure every read gives nothing. */
struct reader {
	const unsigned char *bytes;
	size_t size, pos;
	int minor;
	unsigned int_size, off_size;
	struct sr_arena *arena;
	const char *problem; /* the first one */
	size_t problem_at;
};

static void fail(struct reader *r, const char *problem)
{
	if (r->problem)
		return;
	r->problem = problem;
	r->problem_at = r->pos;
}

static bool have(struct reader *r, size_t n)
{
	if (r->problem)
		return false;
	if (r->size - r->pos >= n)
		return true;
	fail(r, "it ends too early");
	return false;
}

static unsigned read_byte(struct reader *r)
{
	return have(r, 1) ? r->bytes[r->pos++] : 0;
}

static int read_int(struct reader *r)
{
	unsigned sign = read_byte(r);
	uint64_t v = 0;

	if (!have(r, r->int_size))
		return 0;
	for (unsigned i = 0; i < r->int_size; i++) {
		unsigned byte = r->bytes[r->pos + i];

		if (i < 8)
			v |= (uint64_t)byte << (8 * i);
		else if (byte)
			v = UINT64_MAX;
	}
	if (v > INT_MAX) {
		fail(r, "a number is out of range");
		return 0;
	}
	r->pos += r->int_size;
	return sign ? -(int)v : (int)v;
}

/* A string's bytes where they lie; false for a null string, and after a failure. */
static bool read_span(struct reader *r, const char **s, size_t *n)
{
	int length = read_int(r);

	if (r->problem || length < 0 || !have(r, (size_t)length))
		return false;
	*s = (const char *)r->bytes + r->pos;
	*n = (size_t)length;
	if (memchr(*s, 0, *n)) {
		fail(r, "a string holds a zero byte");
		return false;
	}
	r->pos += *n;
	return true;
}

static const char *read_string(struct reader *r)
{
	const char *s;
	size_t n;

	if (!read_span(r, &s, &n))
		return NULL;
	return n ? sr_arena_strndup(r->arena, s, n) : "";
}

static const char *read_text(struct reader *r)
{
	const char *s = read_string(r);

	return s ? s : "";
}

/* Numbers are strings of digits in places, for historical reasons. False as read_span(). */
static bool read_digits(struct reader *r, uint32_t max, uint32_t *out)
{
	const char *s;
	size_t n;
	uint64_t v = 0;

	if (!read_span(r, &s, &n))
		return false;
	for (size_t i = 0; i < n && v <= max; i++)
		v = s[i] >= '0' && s[i] <= '9' ? v * 10 + (uint64_t)(s[i] - '0') : UINT64_MAX;
	if (n == 0 || v > max) {
		fail(r, "a number cannot be read");
		return false;
	}
	*out = (uint32_t)v;
	return true;
}

static unsigned read_oid(struct reader *r)
{
	uint32_t oid = 0;

	if (!read_digits(r, UINT32_MAX, &oid))
		fail(r, "an object id is missing");
	return oid;
}

static const char *read_name(struct reader *r)
{
	const char *s = read_string(r);

	if (s && strlen(s) > NAME_MAX_BYTES)
		fail(r, "a name is too long");
	return s;
}

static void read_deps(struct reader *r, struct sr_toc_entry *e)
{
	int *deps = NULL;
	size_t n = 0, cap = 0;
	uint32_t id;

	while (read_digits(r, INT_MAX, &id)) {
		SR_ARRAY_RESERVE(deps, cap, n + 1);
		deps[n++] = (int)id;
	}
	if (n) {
		int *kept = sr_arena_alloc(r->arena, n * sizeof *kept);

		memcpy(kept, deps, n * sizeof *kept);
		e->deps = kept;
		e->ndeps = n;
	}
	free(deps);
}

/* The custom format's own part: a state (1 unknown, 2 set, 3 no data) and a file offset. */
static void skip_data_position(struct reader *r)
{
	unsigned state = read_byte(r);

	if (!r->problem && (state < 1 || state > 3))
		fail(r, "a data position has an unknown state");
	if (have(r, r->off_size))
		r->pos += r->off_size;
}

static void read_section(struct reader *r, struct sr_toc_entry *e)
{
	int section = read_int(r);

	if (section < SR_SECTION_NONE || section > SR_SECTION_POST_DATA)
		fail(r, "an entry has an unknown section");
	e->section = (enum sr_section)section;
}

static void read_relkind(struct reader *r, struct sr_toc_entry *e)
{
	int relkind = read_int(r);

	if (relkind < 0 || relkind > 127)
		fail(r, "an entry has an unknown kind of relation");
	e->relkind = (char)relkind;
}

static bool read_entry(struct reader *r, struct sr_toc_entry *e)
{
	e->dump_id = read_int(r);
	if (e->dump_id <= 0)
		fail(r, "an entry has no valid id");
	read_int(r); /* whether it had data */
	e->table_oid = read_oid(r);
	e->oid = read_oid(r);
	e->tag = read_text(r);
	e->desc = read_text(r);
	if (!*e->desc)
		fail(r, "an entry has no type");
	read_section(r, e);
	e->defn = read_text(r);
	e->drop_stmt = read_text(r);
	e->copy_stmt = read_text(r);
	e->schema = read_text(r);
	e->tablespace = read_name(r);
	if (r->minor >= 14)
		e->table_am = read_name(r);
	if (r->minor >= 16)
		read_relkind(r, e);
	e->owner = read_text(r);
	read_text(r); /* WITH OIDS: "true" or "false", of no use since PostgreSQL 12 */
	read_deps(r, e);
	skip_data_position(r);
	return !r->problem;
}

/* The text between the first two quotes of "SET client_encoding = 'UTF8';". */
static const char *quoted_value(struct reader *r, const char *defn)
{
	const char *begin = strchr(defn, '\''), *end = begin ? strchr(begin + 1, '\'') : NULL;

	if (!end) {
		fail(r, "a setting cannot be understood");
		return "";
	}
	return sr_arena_strndup(r->arena, begin + 1, (size_t)(end - begin - 1));
}

static void take_setting(struct reader *r, struct sr_archive *a, const struct sr_toc_entry *e)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	if (!strcmp(e->desc, "STDSTRINGS"))
		a->std_strings = !strcmp(quoted_value(r, e->defn), "on");
	if (strcmp(e->desc, "ENCODING") != 0)
		return;
	a->encoding = quoted_value(r, e->defn);
	if (!*a->encoding || a->encoding[strspn(a->encoding, letters)])
		fail(r, "the encoding cannot be understood");
}

static void read_toc(struct reader *r, struct sr_archive *a)
{
	/* An entry has at least twelve strings and three numbers: what a count promises must be there. */
	const size_t least = (size_t)15 * (1 + r->int_size);
	int count = read_int(r);

	if (count < 0 || (size_t)count > (r->size - r->pos) / least)
		fail(r, "it promises more entries than it can hold");
	if (r->problem)
		return;
	a->entries = sr_arena_alloc(r->arena, (size_t)count * sizeof *a->entries);
	while (a->n < (size_t)count && read_entry(r, &a->entries[a->n]))
		take_setting(r, a, &a->entries[a->n++]);
}

static bool read_version(struct reader *r, struct sr_archive *a, struct sr_error *err)
{
	if (r->size < 5 || memcmp(r->bytes, "PGDMP", 5) != 0)
		return sr_error_set(err, SR_ERR_DDL, "this is not a pg_dump archive in custom format");
	r->pos = 5;
	a->version_major = (int)read_byte(r);
	a->version_minor = r->minor = (int)read_byte(r);
	read_byte(r); /* revision */
	if (r->problem)
		return true; /* said by the caller */
	if (a->version_major == 1 && r->minor >= OLDEST_MINOR && r->minor <= NEWEST_MINOR)
		return true;
	sr_error_set(err, SR_ERR_DDL, "pg_dump archive version %d.%d is not supported", a->version_major,
		     a->version_minor);
	return sr_error_hint(
		err,
		"Versions 1.%d to 1.%d can be read, which pg_dump of PostgreSQL 9.0 to 18 writes: "
		"name the directory of such a pg_dump with --pg-bindir.",
		OLDEST_MINOR, NEWEST_MINOR);
}

static void read_head(struct reader *r, struct sr_archive *a)
{
	r->int_size = read_byte(r);
	r->off_size = read_byte(r);
	if (!r->problem && (r->int_size < 1 || r->int_size > 32 || r->off_size < 1 || r->off_size > 32))
		fail(r, "the size of its numbers makes no sense");
	if (read_byte(r) != FORMAT_CUSTOM)
		fail(r, "it is not in custom format");
	if (r->minor >= 15)
		read_byte(r); /* compression algorithm */
	else
		read_int(r); /* compression level */
	for (int i = 0; i < 7; i++)
		read_int(r); /* when it was made, as a struct tm */
	a->dbname = read_text(r);
	a->server_version = read_text(r);
	a->dump_version = read_text(r);
}

bool sr_archive_read(struct sr_archive *a, const void *bytes, size_t size, struct sr_error *err)
{
	struct reader r = { .bytes = bytes, .size = size, .arena = &a->arena };

	*a = (struct sr_archive){ 0 };
	if (!read_version(&r, a, err))
		return false;
	read_head(&r, a);
	if (!r.problem)
		read_toc(&r, a);
	if (!r.problem)
		return true;
	return sr_error_set(err, SR_ERR_DDL, "the pg_dump archive is damaged: %s (byte %zu of %zu)",
			    r.problem, r.problem_at, size);
}

void sr_archive_release(struct sr_archive *a)
{
	sr_arena_release(&a->arena);
	*a = (struct sr_archive){ 0 };
}
