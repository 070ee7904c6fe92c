#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/role_map.h"

/* Two that change places, one that needs quotes, one that is the prefix of others. */
static const struct sr_rename map[] = {
	{ "alice", "bob" }, { "bob", "alice" },  { "Odd \"r\"", "plain" }, { "app", "Neu 'n'" },
	{ "x1", "user" },   { "x2", "between" }, { "x3", "1a" },           { "x4", "system_user" },
	{ "x5", "Upper" },  { "x6", "_ok2" },    { "x7", "owner" },
};

static void test_names(void **state)
{
	static const char other[] = "carol";

	(void)state;
	assert_string_equal(sr_role_mapped("alice", map, SR_COUNT(map)), "bob");
	assert_string_equal(sr_role_mapped("bob", map, SR_COUNT(map)), "alice");
	assert_ptr_equal(sr_role_mapped(other, map, SR_COUNT(map)), other);
	assert_ptr_equal(sr_role_mapped(other, NULL, 0), other);
}

static void test_statements(void **state)
{
	static const struct {
		const char *sql, *expected;
	} cases[] = {
		{ "GRANT SELECT ON TABLE alice.alice TO alice;\n",
		  "GRANT SELECT ON TABLE alice.alice TO bob;\n" },
		{ "REVOKE ALL ON TABLE a.t FROM bob;\nGRANT ALL ON TABLE a.t TO alice WITH GRANT OPTION;\n"
		  "GRANT SELECT(app),UPDATE(app) ON TABLE a.t TO app;\n",
		  "REVOKE ALL ON TABLE a.t FROM alice;\nGRANT ALL ON TABLE a.t TO bob WITH GRANT "
		  "OPTION;\n"
		  "GRANT SELECT(app),UPDATE(app) ON TABLE a.t TO \"Neu 'n'\";\n" },
		{ "SET ROLE app;\nGRANT SELECT ON TABLE a.\"ä app\" TO PUBLIC;\nRESET ROLE;\n",
		  "SET ROLE \"Neu 'n'\";\nGRANT SELECT ON TABLE a.\"ä app\" TO PUBLIC;\nRESET ROLE;\n" },
		{ "SET SESSION AUTHORIZATION \"Odd \"\"r\"\"\";\nGRANT USAGE ON SCHEMA app TO application;\n",
		  "SET SESSION AUTHORIZATION plain;\nGRANT USAGE ON SCHEMA app TO application;\n" },
		{ "SET ROLE 'bob';", "SET ROLE alice;" },
		{ "ALTER DEFAULT PRIVILEGES FOR ROLE alice IN SCHEMA a GRANT SELECT ON TABLES TO app, carol, "
		  "\"Odd \"\"r\"\"\";",
		  "ALTER DEFAULT PRIVILEGES FOR ROLE bob IN SCHEMA a GRANT SELECT ON TABLES TO \"Neu "
		  "'n'\", carol, plain;" },
		{ "CREATE POLICY bob ON a.t FOR SELECT TO bob, alice USING ((app = 'bob'::text) AND "
		  "(bob(app)) AND "
		  "(who = CURRENT_USER));",
		  "CREATE POLICY bob ON a.t FOR SELECT TO alice, bob USING ((app = 'bob'::text) AND "
		  "(bob(app)) AND "
		  "(who = CURRENT_USER));" },
		{ "GRANT SELECT ON a.t TO x1, x2, x3, x4, x5, x6, x7;",
		  "GRANT SELECT ON a.t TO \"user\", \"between\", \"1a\", \"system_user\", \"Upper\", _ok2, "
		  "owner;" },
		{ "ALTER TABLE a.t ENABLE ROW LEVEL SECURITY;",
		  "ALTER TABLE a.t ENABLE ROW LEVEL SECURITY;" },
	};

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		struct sr_strbuf out = SR_STRBUF_INIT;

		assert_true(sr_role_map_sql(cases[i].sql, map, SR_COUNT(map), &out));
		assert_string_equal(sr_strbuf_str(&out), cases[i].expected);
		sr_strbuf_release(&out);
	}
}

static void test_what_cannot_be_parsed(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	assert_false(
		sr_role_map_sql("CREATE POLICY p ON a.t TO bob USING (x = );", map, SR_COUNT(map), &out));
	assert_string_equal(sr_strbuf_str(&out), "");
	sr_strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_what_cannot_be_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
