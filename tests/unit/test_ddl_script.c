#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "script_fixture.h"

static void test_two_entries_of_one_id(void **state)
{
	static const struct writer_entry twice[] = {
		{ .id = 5,
		  .tag = "t",
		  .desc = "TABLE",
		  .section = 2,
		  .defn = "CREATE TABLE a.t ();\n",
		  .schema = "a" },
		{ .id = 5,
		  .tag = "u",
		  .desc = "TABLE",
		  .section = 2,
		  .defn = "CREATE TABLE a.u ();\n",
		  .schema = "a" },
	};
	struct sr_script_options options = { 0 };
	struct writer w = { .minor = 13 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;
	struct sr_script s;

	(void)state;
	writer_archive(&w, twice, 2);
	assert_true(sr_archive_read(&a, w.out.data, w.out.len, &err));
	assert_false(sr_script_build(&s, &a, &options, &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	assert_non_null(strstr(err.message, "two entries have the id 5"));
	sr_script_release(&s);
	sr_error_release(&err);
	sr_strbuf_release(&w.out);
}

struct seen {
	int n;
	char object[64], code[32];
};

static void see(void *ctx, const char *object, const struct sr_body_note *note)
{
	struct seen *seen = ctx;

	seen->n++;
	snprintf(seen->object, sizeof seen->object, "%s", object);
	snprintf(seen->code, sizeof seen->code, "%s", note->code);
}

static void test_bodies(void **state)
{
	static const struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "f(integer)",
		  .desc = "FUNCTION",
		  .section = 2,
		  .schema = "a",
		  .owner = "bob",
		  .defn = "CREATE FUNCTION a.f(i integer) RETURNS void\n    LANGUAGE plpgsql\n    AS $$\n"
			  "BEGIN\n\tEXECUTE 'delete from b.t';\nEND$$;\n"
			  "ALTER FUNCTION a.f(i integer) DEPENDS ON EXTENSION pgcrypto;\n" },
		{ .id = 2,
		  .tag = "g()",
		  .desc = "FUNCTION",
		  .section = 2,
		  .schema = "a",
		  .owner = "bob",
		  .defn = "CREATE FUNCTION a.g() RETURNS bigint\n    LANGUAGE sql\n"
			  "    AS $$select count(*) from b.t$$;\n" },
		{ .id = 3,
		  .tag = "h()",
		  .desc = "FUNCTION",
		  .section = 2,
		  .schema = "a",
		  .owner = "bob",
		  .defn = "CREATE FUNCTION of a syntax to come;\n" },
		{ .id = 4,
		  .tag = "v",
		  .desc = "VIEW",
		  .section = 2,
		  .schema = "a",
		  .defn = "CREATE VIEW a.v AS SELECT 1 FROM b.t;\n" },
	};
	static const struct sr_rename renames[] = { { "b", "b_old" } };
	const struct sr_body_rules rules = { .renames = renames, .nrenames = 1 };
	struct seen seen = { 0 };
	struct sr_script_options options = { .rules = &rules, .note = see, .note_ctx = &seen };
	struct writer w = { .minor = 14 };
	struct sr_script s;

	(void)state;
	writer_archive(&w, entries, 1);
	build(&s, &w.out, &options);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.object, "function a.f(integer)");
	assert_string_equal(seen.code, "dynamic-sql");
	assert_string_equal(s.items[0].sql, entries[0].defn); /* with what follows the CREATE */
	sr_script_release(&s);

	writer_archive(&w, entries, SR_COUNT(entries));
	build(&s, &w.out, &options);
	assert_non_null(strstr(s.items[1].sql, "from b_old.t"));
	assert_string_equal(s.items[2].sql, entries[2].defn);
	assert_string_equal(seen.object, "function a.h()");
	assert_string_equal(seen.code, "unparsed-body");
	assert_string_equal(s.items[3].sql, entries[3].defn); /* the server's business */
	sr_script_release(&s);

	options.rules = NULL;
	writer_archive(&w, entries, SR_COUNT(entries));
	build(&s, &w.out, &options);
	assert_string_equal(s.items[1].sql, entries[1].defn);
	sr_script_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_entries_of_one_id),
		cmocka_unit_test(test_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
