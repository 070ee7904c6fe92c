#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "script_fixture.h"

static void test_roles(void **state)
{
	static const struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "TABLE t",
		  .desc = "ACL",
		  .section = 1,
		  .schema = "a",
		  .owner = "bob",
		  .defn = "REVOKE ALL ON TABLE a.t FROM carol;\nGRANT SELECT ON TABLE a.t TO PUBLIC;\n"
			  "SET SESSION AUTHORIZATION dave;\nGRANT SELECT ON TABLE a.t TO \"Er in\";\n"
			  "RESET SESSION AUTHORIZATION;\nGRANT SELECT ON a.t TO CURRENT_USER;\n" },
		{ .id = 2,
		  .tag = "FUTURE",
		  .desc = "ACL",
		  .section = 1,
		  .schema = "a",
		  .owner = "bob",
		  .defn = "GRANT SOMETHING SOMEWHERE SOMEHOW;\n" },
		{ .id = 3,
		  .tag = "DEFAULT PRIVILEGES FOR TABLES",
		  .desc = "DEFAULT ACL",
		  .section = 4,
		  .schema = "a",
		  .defn = "ALTER DEFAULT PRIVILEGES FOR ROLE frank IN SCHEMA a GRANT SELECT ON TABLES TO "
			  "gina;\n" },
		{ .id = 4,
		  .tag = "t p",
		  .desc = "POLICY",
		  .section = 4,
		  .schema = "a",
		  .defn = "CREATE POLICY p ON a.t TO hugo USING (true);\n" },
		{ .id = 5,
		  .tag = "t",
		  .desc = "TABLE",
		  .section = 2,
		  .schema = "a",
		  .owner = "ida",
		  .defn = "CREATE TABLE a.t ();\n",
		  .drop = "DROP TABLE a.t;\n" },
		{ .id = 6,
		  .tag = "u",
		  .desc = "TABLE",
		  .section = 2,
		  .schema = "a",
		  .owner = "ida",
		  .defn = "CREATE TABLE a.u ();\n",
		  .drop = "DROP TABLE a.u;\n" },
	};
	struct sr_strlist roles = SR_STRLIST_INIT;
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_script s;

	(void)state;
	build_written(&s, 14, entries, SR_COUNT(entries));
	assert_true(sr_script_roles(&s, &roles, &err));
	sr_strlist_join(&roles, 0, &out);
	assert_string_equal(sr_strbuf_str(&out), "Er in, carol, dave, frank, gina, hugo and ida");
	sr_strlist_release(&roles);
	sr_strbuf_release(&out);
	sr_script_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
