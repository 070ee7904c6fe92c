/*
 * Small base backups, made anew for each test, that fit the WAL in
 * fixtures/recovery/wal (what is in it: fixtures/recovery/README.md).
 */
#ifndef SR_TESTS_RECOVERY_FIXTURE_H
#define SR_TESTS_RECOVERY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/backup.h"
#include "recovery/checksum.h"

#define WAL     "fixtures/recovery/wal"
#define CLUSTER UINT64_C(7710319478863002559)
#define OF_DAY  "2026-11-20 "
#define MB      (1024 * 1024)
#define UNUSED  __attribute__((unused))

#define MONDAY                                                                                               \
	"START WAL LOCATION: 0/700028 (file 000000010000000000000007)\nCHECKPOINT LOCATION: 0/700060\n"      \
	"BACKUP METHOD: streamed\nBACKUP FROM: primary\nSTART TIME: 2026-11-20 18:17:29 UTC\nLABEL: "        \
	"monday\n"                                                                                           \
	"START TIMELINE: 1\n"
#define TUESDAY                                                                                              \
	"START WAL LOCATION: 0/A00028 (file 00000001000000000000000A)\nCHECKPOINT LOCATION: 0/A00060\n"      \
	"BACKUP METHOD: streamed\nBACKUP FROM: primary\nSTART TIME: 2026-11-20 18:17:32 UTC\nLABEL: "        \
	"tuesday\n"                                                                                          \
	"START TIMELINE: 1\n"

static UNUSED int set_up(void **state)
{
	*state = mkdtemp(sr_strdup("/tmp/schemarestore-test-XXXXXX"));
	return *state ? 0 : -1;
}

static UNUSED int tear_down(void **state)
{
	char *command = sr_asprintf("chmod -R u+rwx '%s' && rm -rf '%s'", (char *)*state, (char *)*state);
	int status = system(command);

	free(command);
	free(*state);
	return status;
}

static UNUSED sr_time at(const char *text)
{
	sr_time t = SR_TIME_NONE;

	assert_true(sr_time_parse(text, &t));
	return t;
}

static UNUSED void no_error(struct sr_error *err)
{
	if (err->class != SR_ERR_NONE)
		print_error("%s\n%s\n", err->message, err->detail ? err->detail : "");
	assert_int_equal(err->class, SR_ERR_NONE);
}

/* The error is of this class, and its message or detail has the text; releases it. */
static UNUSED void is_error(struct sr_error *err, enum sr_error_class class, const char *text)
{
	assert_int_equal(err->class, class);
	if (!strstr(err->message, text) && !(err->detail && strstr(err->detail, text))) {
		print_error("\"%s\" is not in: %s / %s\n", text, err->message,
			    err->detail ? err->detail : "");
		fail();
	}
	sr_error_release(err);
}

/* Files of the last minute may still be being written: the tests' are older, unless they say so. */
static UNUSED void age(const char *path, int seconds)
{
	struct timespec then = { .tv_sec = time(NULL) - seconds };

	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ then, then }, 0), 0);
}

static UNUSED void put_bytes(const char *dir, const char *name, const void *bytes, size_t n)
{
	char *path = sr_path_join(dir, name), *parent = sr_path_dir(path);
	struct sr_error err = SR_ERROR_INIT;
	FILE *f;

	assert_true(sr_dir_make_all(parent, 0700, &err));
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	age(path, 300);
	free(parent);
	free(path);
}

static UNUSED void put(const char *dir, const char *name, const char *text)
{
	put_bytes(dir, name, text, strlen(text));
}

static UNUSED void get(const char *path, struct sr_strbuf *out)
{
	struct sr_error err = SR_ERROR_INIT;

	sr_strbuf_clear(out);
	if (!sr_file_read(path, 0, out, &err))
		no_error(&err);
}

static UNUSED void assert_file(const char *dir, const char *name, const char *text)
{
	char *path = sr_path_join(dir, name);
	struct sr_strbuf b = SR_STRBUF_INIT;

	get(path, &b);
	assert_string_equal(sr_strbuf_str(&b), text);
	sr_strbuf_release(&b);
	free(path);
}

static UNUSED bool there(const char *dir, const char *name)
{
	char *path = sr_path_join(dir, name);
	struct stat st;
	bool yes = lstat(path, &st) == 0;

	free(path);
	return yes;
}

static UNUSED void copy_wal(const char *dir, const char *name)
{
	char *path = sr_asprintf(WAL "/%s", name);
	struct sr_strbuf b = SR_STRBUF_INIT;

	get(path, &b);
	put_bytes(dir, name, b.data, b.len);
	sr_strbuf_release(&b);
	free(path);
}

/* All of fixtures/recovery/wal, so that a test can take something away. */
static UNUSED void copy_archive(const char *dir)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_dir_list(WAL, &names, &err));
	for (size_t i = 0; i < names.n; i++)
		copy_wal(dir, names.items[i]);
	sr_strlist_release(&names);
}

struct content {
	const char *name, *text; /* text NULL: global/pg_control of the fixtures */
};

static UNUSED void content_bytes(const struct content *c, struct sr_strbuf *out)
{
	sr_strbuf_clear(out);
	if (c->text)
		sr_strbuf_adds(out, c->text);
	else
		get("fixtures/recovery/pg_control", out);
}

static UNUSED void add_sum(struct sr_strbuf *out, enum sr_checksum_kind kind, const void *bytes, size_t n)
{
	struct sr_error err = SR_ERROR_INIT;
	uint8_t sum[SR_CHECKSUM_MAX];
	struct sr_checksum c;
	size_t len;

	assert_true(sr_checksum_begin(&c, kind, &err));
	sr_checksum_add(&c, bytes, n);
	len = sr_checksum_finish(&c, sum);
	for (size_t i = 0; i < len; i++)
		sr_strbuf_addf(out, "%02x", sum[i]);
}

/* backup_manifest as the server writes it; `range` is its WAL range, "\"Start-LSN\": ..." */
static UNUSED void make_manifest(const char *dir, const struct content *files, size_t n, const char *range)
{
	struct sr_strbuf m = SR_STRBUF_INIT, bytes = SR_STRBUF_INIT;

	sr_strbuf_adds(&m, "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [");
	for (size_t i = 0; i < n; i++) {
		content_bytes(&files[i], &bytes);
		sr_strbuf_addf(&m,
			       "%s{ \"Path\": \"%s\", \"Size\": %zu, \"Last-Modified\": \"2026-11-20 "
			       "18:17:31 GMT\", ",
			       i ? ",\n" : "\n", files[i].name, bytes.len);
		sr_strbuf_addf(&m, "\"Checksum-Algorithm\": \"%s\", \"Checksum\": \"",
			       i % 2 ? "SHA256" : "CRC32C");
		add_sum(&m, i % 2 ? SR_SUM_SHA256 : SR_SUM_CRC32C, sr_strbuf_str(&bytes), bytes.len);
		sr_strbuf_adds(&m, "\" }");
	}
	sr_strbuf_addf(&m, "\n],\n\"WAL-Ranges\": [\n{ \"Timeline\": 1, %s }\n],\n", range);
	sr_strbuf_clear(&bytes);
	add_sum(&bytes, SR_SUM_SHA256, m.data, m.len);
	sr_strbuf_addf(&m, "\"Manifest-Checksum\": \"%s\"}\n", sr_strbuf_str(&bytes));
	put_bytes(dir, "backup_manifest", m.data, m.len);
	sr_strbuf_release(&m);
	sr_strbuf_release(&bytes);
}

#define MONDAY_RANGE "\"Start-LSN\": \"0/700028\", \"End-LSN\": \"0/700168\""

static const struct content monday_files[] UNUSED = {
	{ "backup_label", MONDAY },      { "PG_VERSION", "15\n" },
	{ "global/pg_control", NULL },   { "base/1/1259", "rows of pg_class" },
	{ "base/5/PG_VERSION", "15\n" }, { "postgresql.auto.conf", "archive_command = 'x'\n" },
};

static UNUSED void make_plain(const char *dir, const struct content *files, size_t n)
{
	struct sr_strbuf b = SR_STRBUF_INIT;

	for (size_t i = 0; i < n; i++) {
		content_bytes(&files[i], &b);
		put_bytes(dir, files[i].name, sr_strbuf_str(&b), b.len);
	}
	sr_strbuf_release(&b);
}

/* "monday": plain, without a manifest. */
static UNUSED char *make_monday(const char *parent)
{
	char *dir = sr_path_join(parent, "mon");

	make_plain(dir, monday_files, SR_COUNT(monday_files));
	return dir;
}

/* A tar archive; a text that begins with "->" is a symbolic link, a name that ends with '/' a directory. */
static UNUSED void make_tar(const char *dir, const char *archive_name, const struct content *files, size_t n)
{
	char *path = sr_path_join(dir, archive_name);
	struct sr_strbuf b = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct archive *a = archive_write_new();

	assert_true(sr_dir_make_all(dir, 0700, &err));
	archive_write_set_format_ustar(a);
	if (strstr(archive_name, ".gz"))
		archive_write_add_filter_gzip(a);
	else if (strstr(archive_name, ".lz4"))
		archive_write_add_filter_lz4(a);
	else if (strstr(archive_name, ".zst"))
		archive_write_add_filter_zstd(a);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();
		bool link = files[i].text && strncmp(files[i].text, "->", 2) == 0;

		content_bytes(&files[i], &b);
		archive_entry_set_pathname(e, files[i].name);
		archive_entry_set_mode(e, link ? S_IFLNK | 0777 : S_IFREG | 0600);
		if (files[i].name[strlen(files[i].name) - 1] == '/')
			archive_entry_set_mode(e, S_IFDIR | 0700);
		archive_entry_set_size(e, link ? 0 : (la_int64_t)b.len);
		archive_entry_set_mtime(e, 1795200000, 0);
		if (link)
			archive_entry_set_symlink(e, files[i].text + 2);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		if (!link && b.len > 0)
			assert_int_equal(archive_write_data(a, b.data, b.len), b.len);
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	sr_strbuf_release(&b);
	free(path);
}

static const struct content tuesday_files[] UNUSED = {
	{ "backup_label", TUESDAY },
	{ "tablespace_map", "16384 /srv/ssd\\\\1\n" },
	{ "pg_tblspc/", "" },
	{ "pg_tblspc/16384", "->/srv/ssd" },
	{ "pg_wal/", "" },
	{ "base/1/PG_VERSION", "15\n" },
	{ "base/1/pgsql_tmp1.0", "left over" },
	{ "PG_VERSION", "15\n" },
	{ "standby.signal", "" },
	{ "global/pg_control", NULL },
};
static const struct content ssd_files[] UNUSED = {
	{ "PG_15_202209061/", "" },
	{ "PG_15_202209061/5/16390", "a table" },
};

/* "tuesday": tar, with a tablespace, compressed as the suffix says. */
static UNUSED char *make_tuesday(const char *parent, const char *suffix)
{
	char *dir = sr_path_join(parent, "tue"), *base = sr_asprintf("base.tar%s", suffix);
	char *ssd = sr_asprintf("16384.tar%s", suffix);

	make_tar(dir, base, tuesday_files, SR_COUNT(tuesday_files));
	make_tar(dir, ssd, ssd_files, SR_COUNT(ssd_files));
	free(base);
	free(ssd);
	return dir;
}

#endif
