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

static void test_grants(void **state)
{
	static const struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "TABLE t",
		  .desc = "ACL",
		  .section = 1,
		  .schema = "a",
		  .owner = "B \"ob",
		  .defn = "GRANT SELECT ON TABLE a.t TO dave WITH GRANT OPTION;\n"
			  "SET SESSION AUTHORIZATION dave;\n"
			  "GRANT SELECT ON TABLE a.t TO \"RESET SESSION AUTHORIZATION;\";\n"
			  "RESET SESSION AUTHORIZATION;\n" },
		{ .id = 2,
		  .tag = "u",
		  .desc = "ACL",
		  .section = 1,
		  .schema = "a",
		  .defn = "GRANT SELECT ON a.u TO x;\n" },
	};
	struct sr_script_options options = { .role = "me" };
	struct writer w = { .minor = 14 };
	struct sr_script s;

	(void)state;
	/* SET ROLE is open to whoever is a member, SET SESSION AUTHORIZATION to superusers alone. */
	writer_archive(&w, entries, SR_COUNT(entries));
	build(&s, &w.out, &options);
	assert_string_equal(s.items[0].sql, "GRANT SELECT ON TABLE a.t TO dave WITH GRANT OPTION;\n"
					    "SET ROLE dave;\n"
					    "GRANT SELECT ON TABLE a.t TO \"RESET SESSION AUTHORIZATION;\";\n"
					    "RESET ROLE;\n");
	assert_string_equal(s.items[1].sql, entries[1].defn);
	sr_script_release(&s);

	options.grant_as_owner = true;
	writer_archive(&w, entries, SR_COUNT(entries));
	build(&s, &w.out, &options);
	assert_string_equal(s.items[0].sql, "SET ROLE \"B \"\"ob\";\n"
					    "GRANT SELECT ON TABLE a.t TO dave WITH GRANT OPTION;\n"
					    "SET ROLE dave;\n"
					    "GRANT SELECT ON TABLE a.t TO \"RESET SESSION AUTHORIZATION;\";\n"
					    "SET ROLE \"B \"\"ob\";\n"
					    "RESET ROLE;\n");
	assert_string_equal(s.items[1].sql, entries[1].defn); /* whose owner is not known */
	sr_script_release(&s);

	options.no_owner = true;
	writer_archive(&w, entries, SR_COUNT(entries));
	build(&s, &w.out, &options);
	assert_string_equal(s.items[0].sql,
			    "GRANT SELECT ON TABLE a.t TO dave WITH GRANT OPTION;\n"
			    "GRANT SELECT ON TABLE a.t TO \"RESET SESSION AUTHORIZATION;\";\n");
	sr_script_release(&s);
}

static void test_parents_elsewhere(void **state)
{
	static const struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "child",
		  .desc = "TABLE",
		  .section = 2,
		  .schema = "a_new",
		  .defn = "CREATE TABLE a_new.child (\n    x text DEFAULT '\nINHERITS (q.q)'::text\n)\n"
			  "INHERITS (b.parent, a_new.mine, \"Odd, )\".\"p.q\")\nWITH (fillfactor='70');\n" },
		{ .id = 2,
		  .tag = "other",
		  .desc = "TABLE",
		  .section = 2,
		  .schema = "a_new",
		  .defn = "CREATE TABLE a_new.other (\n)\nINHERITS (a_new.mine);\n" },
		{ .id = 3,
		  .tag = "part",
		  .desc = "TABLE ATTACH",
		  .section = 2,
		  .schema = "a_new",
		  .defn = "ALTER TABLE ONLY b.whole ATTACH PARTITION a_new.part DEFAULT;\n" },
		{ .id = 4,
		  .tag = "part_ix",
		  .desc = "INDEX ATTACH",
		  .section = 4,
		  .schema = "a_new",
		  .defn = "ALTER INDEX b.whole_ix ATTACH PARTITION a_new.part_ix;\n" },
		{ .id = 5,
		  .tag = "part2",
		  .desc = "TABLE ATTACH",
		  .section = 2,
		  .schema = "a_new",
		  .defn = "ALTER TABLE ONLY a_new.whole ATTACH PARTITION a_new.part2 FOR VALUES IN "
			  "('b.x');\n" },
	};
	static const struct sr_rename renames[] = { { "a", "a_new" } };
	const struct sr_body_rules rules = { .renames = renames, .nrenames = 1 };
	struct seen seen = { 0 };
	struct sr_script_options options = { .rules = &rules, .note = see, .note_ctx = &seen };
	struct writer w = { .minor = 14 };
	struct sr_script s;
	const char *more;

	(void)state;
	writer_archive(&w, entries, SR_COUNT(entries));
	build(&s, &w.out, &options);
	assert_int_equal(s.n, 3);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.code, "outside-parent");
	more = s.items[0].sql + strlen(entries[0].defn);
	assert_memory_equal(s.items[0].sql, entries[0].defn, strlen(entries[0].defn));
	assert_string_equal(more, "\nALTER TABLE \"a_new\".\"child\" NO INHERIT \"b\".\"parent\";\n"
				  "\nALTER TABLE \"a_new\".\"child\" NO INHERIT \"Odd, )\".\"p.q\";\n");
	assert_string_equal(s.items[1].sql, entries[1].defn);
	assert_string_equal(s.items[2].sql, entries[4].defn);
	sr_script_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_entries_of_one_id),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_parents_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
