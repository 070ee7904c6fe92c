#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "script_fixture.h"

static void test_preamble(void **state)
{
	static const struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "ENCODING",
		  .desc = "ENCODING",
		  .section = 2,
		  .defn = "SET client_encoding = 'UTF8';\n" },
		{ .id = 2,
		  .tag = "STDSTRINGS",
		  .desc = "STDSTRINGS",
		  .section = 2,
		  .defn = "SET standard_conforming_strings = 'off';\n" },
	};
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_script s;

	(void)state;
	build_written(&s, 14, entries, SR_COUNT(entries));
	sr_script_preamble(&s, &out);
	assert_non_null(strstr(sr_strbuf_str(&out), "SET client_encoding = 'UTF8';"));
	assert_non_null(strstr(sr_strbuf_str(&out), "SET standard_conforming_strings = off;"));
	assert_non_null(strstr(sr_strbuf_str(&out), "SET check_function_bodies = off;"));
	assert_non_null(strstr(sr_strbuf_str(&out), "SET xmloption = content;"));
	assert_non_null(strstr(sr_strbuf_str(&out), "SET search_path = '';"));
	sr_strbuf_release(&out);
	sr_script_release(&s);
}

static void expect_settings(const struct sr_script *s, size_t i, struct sr_item_session *session,
			    const char *expected)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_item_settings(&s->items[i], session, &out);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
}

static void test_settings(void **state)
{
#define TABLE(ID, SPACE, AM, KIND)                                                                           \
	{                                                                                                    \
		.id = ID, .tag = "t", .desc = "TABLE", .section = 2, .defn = "CREATE TABLE a.t ();\n",       \
		.drop = "DROP TABLE a.t;\n", .schema = "a", .tablespace = SPACE, .table_am = AM,             \
		.relkind = KIND, .owner = "bob"                                                              \
	}
	static const struct writer_entry entries[] = {
		TABLE(1, "", "heap", 'r'),    TABLE(2, "fast \"1\"", "heap", 'r'),
		TABLE(3, NULL, NULL, 'v'),    TABLE(4, "fast \"1\"", "col umn", 'p'),
		TABLE(5, "", "col umn", 'r'), TABLE(6, "", "", 'r'),
	};
#undef TABLE
	struct sr_item_session session = { 0 };
	struct sr_script s;

	(void)state;
	build_written(&s, 16, entries, SR_COUNT(entries));
	expect_settings(&s, 0, &session, "SET default_table_access_method = \"heap\";\n");
	expect_settings(&s, 0, &session, "");
	expect_settings(&s, 1, &session, "SET default_tablespace = \"fast \"\"1\"\"\";\n");
	assert_string_equal(session.tablespace, "fast \"1\"");
	expect_settings(&s, 2, &session, "");
	/* A partitioned table takes the setting for no order of its own: it is altered. */
	expect_settings(&s, 3, &session, "");
	assert_string_equal(
		s.items[3].sql,
		"CREATE TABLE a.t ();\n\nALTER TABLE \"a\".\"t\" SET ACCESS METHOD \"col umn\";\n");
	expect_settings(&s, 4, &session,
			"SET default_tablespace = '';\nSET default_table_access_method = \"col umn\";\n");
	expect_settings(&s, 5, &session, "");
	sr_script_release(&s);
}

static void test_write(void **state)
{
	static const struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "TABLE t",
		  .desc = "ACL",
		  .section = 1,
		  .schema = "a",
		  .defn = "GRANT 1;\n" },
		{ .id = 2,
		  .tag = "t\n\\! echo",
		  .desc = "TABLE",
		  .section = 2,
		  .schema = "a",
		  .tablespace = "ts",
		  .owner = "bob",
		  .defn = "CREATE TABLE 2;\n\n\n",
		  .drop = "DROP TABLE 2;\n" },
		{ .id = 3,
		  .tag = "i",
		  .desc = "INDEX",
		  .section = 4,
		  .schema = "a",
		  .tablespace = "",
		  .defn = "CREATE INDEX 3;\n" },
		{ .id = 4,
		  .tag = "INDEX i",
		  .desc = "COMMENT",
		  .section = 1,
		  .schema = "a",
		  .defn = "COMMENT 4;\n" },
	};
	char path[] = "/tmp/test_ddl_script.XXXXXX";
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_script s;
	struct stat st;
	const char *p;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	build_written(&s, 14, entries, SR_COUNT(entries));
	assert_true(sr_script_write(&s, ~0u, "all\nof it", path, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(sr_file_read(path, 0, &text, &err));
	p = strstr(sr_strbuf_str(&text), "-- all of it\n");
	assert_non_null(p);
	assert_non_null(strstr(p, "not\n-- refreshed and sequences are not set here"));
	/* The name's line break must not let the rest of it run. */
	p = strstr(p, "-- Name: t \\! echo; Type: TABLE; Schema: a; Owner: bob\n"
		      "SET default_tablespace = \"ts\";\n"
		      "CREATE TABLE 2;\n"
		      "ALTER TABLE \"a\".\"t\n\\! echo\" OWNER TO \"bob\";\n\n");
	assert_non_null(p);
	p = strstr(p, "SET default_tablespace = '';\nCREATE INDEX 3;\n");
	assert_non_null(p);
	p = strstr(p, "COMMENT 4;\n");
	assert_non_null(p);
	assert_non_null(strstr(p, "GRANT 1;\n")); /* last, though first in the archive */

	sr_strbuf_clear(&text);
	assert_true(sr_script_write(&s, 1u << SR_SECTION_PRE_DATA, "pre", path, &err));
	assert_true(sr_file_read(path, 0, &text, &err));
	assert_non_null(strstr(sr_strbuf_str(&text), "CREATE TABLE 2;"));
	assert_null(strstr(sr_strbuf_str(&text), "CREATE INDEX"));
	assert_null(strstr(sr_strbuf_str(&text), "GRANT"));
	unlink(path);

	assert_false(sr_script_write(&s, ~0u, "x", "/nonexistent/dir/x.sql", &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	sr_error_release(&err);
	sr_strbuf_release(&text);
	sr_script_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_preamble),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
