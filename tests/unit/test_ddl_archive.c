#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archive_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "ddl/archive.h"

static const struct writer_entry sample[] = {
	{ .id = 1,
	  .tag = "ENCODING",
	  .desc = "ENCODING",
	  .section = 2,
	  .defn = "SET client_encoding = 'LATIN1';\n" },
	{ .id = 2,
	  .tag = "STDSTRINGS",
	  .desc = "STDSTRINGS",
	  .section = 2,
	  .defn = "SET standard_conforming_strings = 'on';\n" },
	{ .id = 7,
	  .tag = "orders",
	  .desc = "TABLE",
	  .section = 2,
	  .defn = "CREATE TABLE a.orders (id integer);\n",
	  .drop = "DROP TABLE a.orders;\n",
	  .schema = "a",
	  .tablespace = "",
	  .table_am = "heap",
	  .relkind = 'r',
	  .owner = "bob",
	  .deps = { 1, 2, 305 } },
	{ .id = 8,
	  .tag = "TABLE orders",
	  .desc = "COMMENT",
	  .section = 1,
	  .defn = "COMMENT ON TABLE a.orders IS 'x';\n",
	  .schema = "a",
	  .owner = "bob",
	  .deps = { 7 } },
	{ .id = 9,
	  .tag = "orders_i",
	  .desc = "INDEX",
	  .section = 4,
	  .defn = "CREATE INDEX orders_i ON a.orders(id);\n",
	  .schema = "a",
	  .tablespace = "fast",
	  .owner = "bob" },
};

static void read_sample(struct writer *w, struct sr_archive *a)
{
	struct sr_error err = SR_ERROR_INIT;

	writer_archive(w, sample, SR_COUNT(sample));
	if (!sr_archive_read(a, w->out.data, w->out.len, &err))
		fail_msg("1.%d: %s", w->minor, err.message);
	sr_error_release(&err);
	sr_strbuf_release(&w->out); /* the archive has copies */
}

static void test_every_version(void **state)
{
	(void)state;
	for (int minor = 12; minor <= 16; minor++) {
		struct writer w = { .minor = minor };
		struct sr_archive a;
		const struct sr_toc_entry *e;

		read_sample(&w, &a);
		assert_int_equal(a.version_major, 1);
		assert_int_equal(a.version_minor, minor);
		assert_string_equal(a.dbname, "shop");
		assert_string_equal(a.server_version, "15.4");
		assert_string_equal(a.dump_version, "16.1");
		assert_string_equal(a.encoding, "LATIN1");
		assert_true(a.std_strings);
		assert_int_equal(a.n, 5);
		e = &a.entries[2];
		assert_int_equal(e->dump_id, 7);
		assert_int_equal(e->table_oid, 1259);
		assert_int_equal(e->oid, 16384);
		assert_string_equal(e->tag, "orders");
		assert_string_equal(e->desc, "TABLE");
		assert_int_equal(e->section, SR_SECTION_PRE_DATA);
		assert_string_equal(e->defn, "CREATE TABLE a.orders (id integer);\n");
		assert_string_equal(e->drop_stmt, "DROP TABLE a.orders;\n");
		assert_string_equal(e->copy_stmt, "");
		assert_string_equal(e->schema, "a");
		assert_string_equal(e->tablespace, "");
		assert_string_equal(e->owner, "bob");
		if (minor >= 14)
			assert_string_equal(e->table_am, "heap");
		else
			assert_null(e->table_am);
		assert_int_equal(e->relkind, minor >= 16 ? 'r' : 0);
		assert_int_equal(e->ndeps, 3);
		assert_int_equal(e->deps[2], 305);
		assert_int_equal(a.entries[3].section, SR_SECTION_NONE);
		assert_null(a.entries[3].tablespace);
		assert_int_equal(a.entries[3].ndeps, 1);
		assert_string_equal(a.entries[4].tablespace, "fast");
		assert_int_equal(a.entries[4].section, SR_SECTION_POST_DATA);
		sr_archive_release(&a);
	}
}

static void test_other_sizes(void **state)
{
	static const int sizes[][2] = { { 2, 4 }, { 4, 4 }, { 8, 8 }, { 16, 16 } };

	(void)state;
	for (size_t i = 0; i < SR_COUNT(sizes); i++) {
		struct writer w = { .minor = 14, .int_size = sizes[i][0], .off_size = sizes[i][1] };
		struct sr_archive a;

		read_sample(&w, &a);
		assert_int_equal(a.n, 5);
		assert_string_equal(a.entries[4].tag, "orders_i");
		sr_archive_release(&a);
	}
}

static void refuse(const void *bytes, size_t n, const char *expected)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	assert_false(sr_archive_read(&a, bytes, n, &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	if (!strstr(err.message, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, err.message);
	sr_error_release(&err);
	sr_archive_release(&a);
}

static void test_newer_version(void **state)
{
	struct writer w = { .minor = 17 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	(void)state;
	writer_archive(&w, sample, SR_COUNT(sample));
	assert_false(sr_archive_read(&a, w.out.data, w.out.len, &err));
	assert_string_equal(err.message, "pg_dump archive version 1.17 is not supported");
	assert_non_null(strstr(err.hint, "1.12 to 1.16"));
	sr_error_release(&err);
	sr_archive_release(&a);
	w.out.data[6] = 11;
	refuse(w.out.data, w.out.len, "version 1.11 is not supported");
	w.out.data[5] = 2;
	refuse(w.out.data, w.out.len, "version 2.11 is not supported");
	sr_strbuf_release(&w.out);
}

static void test_no_archive(void **state)
{
	(void)state;
	refuse("", 0, "not a pg_dump archive");
	refuse("PGDM", 4, "not a pg_dump archive");
	refuse("--\n-- PostgreSQL database dump\n--\n", 34, "not a pg_dump archive");
	refuse("PGDMP\1\16\0\4\10\5", 11, "not in custom format");
}

/* Whatever byte the file is cut at, it is an error and never a shorter archive. */
static void test_cut_anywhere(void **state)
{
	struct writer w = { .minor = 16 };

	(void)state;
	writer_archive(&w, sample, SR_COUNT(sample));
	for (size_t n = 5; n < w.out.len; n++) {
		/* In its own allocation, so that a sanitizer sees a read past the end. */
		char *cut = sr_malloc(n);

		memcpy(cut, w.out.data, n);
		refuse(cut, n, "damaged");
		free(cut);
	}
	sr_strbuf_release(&w.out);
}

static void refuse_entry(const struct writer_entry *e, const char *expected)
{
	struct writer w = { .minor = 14 };

	writer_archive(&w, e, 1);
	refuse(w.out.data, w.out.len, expected);
	sr_strbuf_release(&w.out);
}

static void test_senseless_entries(void **state)
{
	static const char long_name[] = "a123456789b123456789c123456789d123456789e123456789f123456789g123";
	struct writer_entry e = sample[2];

	(void)state;
	e.id = 0;
	refuse_entry(&e, "no valid id");
	e = sample[2];
	e.section = 5;
	refuse_entry(&e, "unknown section");
	e = sample[2];
	e.desc = NULL;
	refuse_entry(&e, "no type");
	e = sample[2];
	e.tablespace = long_name;
	refuse_entry(&e, "name is too long");
	e = sample[2];
	e.table_am = long_name;
	refuse_entry(&e, "name is too long");
	e = sample[0];
	e.defn = "SET client_encoding = 'x; y';\n";
	refuse_entry(&e, "encoding cannot be understood");
	e.defn = "SET client_encoding = UTF8;\n";
	refuse_entry(&e, "setting cannot be understood");
}

static void test_promised_entries(void **state)
{
	struct writer w = { .minor = 14 };

	(void)state;
	writer_head(&w, 2000000000);
	for (int i = 0; i < 1000; i++)
		sr_strbuf_addc(&w.out, 0);
	refuse(w.out.data, w.out.len, "promises more entries");
	sr_strbuf_release(&w.out);
	writer_head(&w, -1);
	refuse(w.out.data, w.out.len, "promises more entries");
	sr_strbuf_release(&w.out);
}

static void test_empty(void **state)
{
	struct writer w = { .minor = 15 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	(void)state;
	writer_head(&w, 0);
	assert_true(sr_archive_read(&a, w.out.data, w.out.len, &err));
	assert_int_equal(a.n, 0);
	assert_null(a.encoding);
	sr_archive_release(&a);
	sr_strbuf_release(&w.out);
}

static const struct sr_toc_entry *find(const struct sr_archive *a, const char *desc, const char *tag)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->entries[i].desc, desc) && !strcmp(a->entries[i].tag, tag))
			return &a->entries[i];
	fail_msg("no %s %s", desc, tag);
	return NULL;
}

/* What pg_dump 15 itself wrote. */
static void test_real_archive(void **state)
{
	struct sr_strbuf bytes = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;
	const struct sr_toc_entry *e;

	(void)state;
	assert_true(sr_file_read("fixtures/archives/app-1.14.dump", 0, &bytes, &err));
	assert_true(sr_archive_read(&a, bytes.data, bytes.len, &err));
	assert_int_equal(a.version_minor, 14);
	assert_string_equal(a.dbname, "shop");
	assert_int_equal(strncmp(a.server_version, "15.", 3), 0);
	assert_string_equal(a.encoding, "UTF8");
	assert_true(a.std_strings);
	assert_int_equal(a.n, 117);
	e = find(&a, "TABLE", "bobs");
	assert_string_equal(e->tablespace, "ts1");
	assert_string_equal(e->table_am, "heap");
	assert_string_equal(e->owner, "bob");
	e = find(&a, "TABLE", "part");
	assert_null(e->table_am);
	assert_string_equal(e->tablespace, "");
	e = find(&a, "SCHEMA", "app");
	assert_string_equal(e->schema, "");
	assert_null(e->tablespace);
	e = find(&a, "FK CONSTRAINT", "orders orders_customer_fk");
	assert_int_equal(e->section, SR_SECTION_POST_DATA);
	assert_true(e->ndeps > 0);
	e = find(&a, "TABLE", "Weird \" table");
	assert_non_null(strstr(e->defn, "\xc3\xbcn\xc3\xaf"));
	sr_archive_release(&a);
	sr_strbuf_release(&bytes);
	sr_error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_version),    cmocka_unit_test(test_other_sizes),
		cmocka_unit_test(test_newer_version),    cmocka_unit_test(test_no_archive),
		cmocka_unit_test(test_cut_anywhere),     cmocka_unit_test(test_senseless_entries),
		cmocka_unit_test(test_promised_entries), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_real_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
