#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "script_fixture.h"

static void test_kinds_and_sections(void **state)
{
	static const struct {
		const char *desc, *tag;
		enum sr_item_kind kind;
		enum sr_section section;
	} expected[] = {
		{ "SCHEMA", "app", SR_ITEM_SCHEMA, SR_SECTION_PRE_DATA },
		{ "COMMENT", "SCHEMA app", SR_ITEM_COMMENT, SR_SECTION_PRE_DATA },
		{ "TYPE", "mood", SR_ITEM_OTHER, SR_SECTION_PRE_DATA },
		{ "TABLE", "part", SR_ITEM_TABLE, SR_SECTION_PRE_DATA },
		{ "FOREIGN TABLE", "ft", SR_ITEM_TABLE, SR_SECTION_PRE_DATA },
		{ "SEQUENCE", "s1", SR_ITEM_SEQUENCE, SR_SECTION_PRE_DATA },
		{ "SEQUENCE OWNED BY", "orders_id_seq", SR_ITEM_OTHER, SR_SECTION_PRE_DATA },
		{ "VIEW", "v", SR_ITEM_VIEW, SR_SECTION_PRE_DATA },
		{ "MATERIALIZED VIEW", "mv", SR_ITEM_MATVIEW, SR_SECTION_PRE_DATA },
		{ "FUNCTION", "f(integer, app.mood)", SR_ITEM_ROUTINE, SR_SECTION_PRE_DATA },
		{ "PROCEDURE", "pr(integer)", SR_ITEM_ROUTINE, SR_SECTION_PRE_DATA },
		{ "AGGREGATE", "agg(integer)", SR_ITEM_ROUTINE, SR_SECTION_PRE_DATA },
		{ "COMMENT", "TABLE customer", SR_ITEM_COMMENT, SR_SECTION_PRE_DATA },
		{ "TABLE ATTACH", "part_1", SR_ITEM_OTHER, SR_SECTION_PRE_DATA },
		{ "DEFAULT", "orders id", SR_ITEM_OTHER, SR_SECTION_PRE_DATA },
		{ "INDEX", "orders_doc", SR_ITEM_INDEX, SR_SECTION_POST_DATA },
		{ "COMMENT", "INDEX orders_doc", SR_ITEM_COMMENT, SR_SECTION_POST_DATA },
		{ "INDEX ATTACH", "part_1_t_idx", SR_ITEM_INDEX_ATTACH, SR_SECTION_POST_DATA },
		{ "CONSTRAINT", "orders orders_pkey", SR_ITEM_CONSTRAINT, SR_SECTION_POST_DATA },
		{ "CHECK CONSTRAINT", "orders nv", SR_ITEM_CHECK, SR_SECTION_POST_DATA },
		{ "FK CONSTRAINT", "orders fknv", SR_ITEM_FOREIGN_KEY, SR_SECTION_POST_DATA },
		{ "STATISTICS", "st", SR_ITEM_STATISTICS, SR_SECTION_POST_DATA },
		{ "TRIGGER", "orders t1", SR_ITEM_TRIGGER, SR_SECTION_POST_DATA },
		{ "RULE", "v r1", SR_ITEM_RULE, SR_SECTION_POST_DATA },
		{ "POLICY", "orders pol", SR_ITEM_POLICY, SR_SECTION_POST_DATA },
		{ "ROW SECURITY", "orders", SR_ITEM_POLICY, SR_SECTION_POST_DATA },
		{ "ACL", "TABLE orders", SR_ITEM_ACL, SR_SECTION_POST_DATA },
		{ "ACL", "SCHEMA app", SR_ITEM_ACL, SR_SECTION_POST_DATA },
		{ "DEFAULT ACL", "DEFAULT PRIVILEGES FOR TABLES", SR_ITEM_DEFAULT_ACL, SR_SECTION_POST_DATA },
	};
	struct sr_script_options options = { 0 };
	struct sr_script s;

	(void)state;
	build_real(&s, &options);
	for (size_t i = 0; i < SR_COUNT(expected); i++) {
		const struct sr_item *item = find(&s, expected[i].desc, expected[i].tag);

		if (item->kind != expected[i].kind || item->section != expected[i].section)
			fail_msg("%s %s: kind %d, section %d", expected[i].desc, expected[i].tag, item->kind,
				 item->section);
		assert_ptr_equal(sr_script_item(&s, item->entry->dump_id), item);
	}
	assert_null(sr_script_item(&s, 0));
	assert_null(sr_script_item(&s, 1 << 30));
	sr_script_release(&s);
}

static void expect_owner(const struct sr_script *s, const char *desc, const char *tag, const char *expected)
{
	const struct sr_item *item = find(s, desc, tag);

	if (!expected) {
		assert_null(item->owner_sql);
		return;
	}
	assert_non_null(item->owner_sql);
	assert_string_equal(item->owner_sql, expected);
}

static void test_owners(void **state)
{
	struct sr_script_options options = { .role = "postgres" };
	struct sr_script s;

	(void)state;
	build_real(&s, &options);
	expect_owner(&s, "SCHEMA", "app", "ALTER SCHEMA \"app\" OWNER TO \"alice\";");
	expect_owner(&s, "TABLE", "Weird \" table",
		     "ALTER TABLE \"app\".\"Weird \"\" table\" OWNER TO \"alice\";");
	expect_owner(&s, "TYPE", "base", "ALTER TYPE \"app\".\"base\" OWNER TO \"Carol X\";");
	expect_owner(&s, "FUNCTION", "f(integer, app.mood)",
		     "ALTER FUNCTION app.f(a integer, b app.mood) OWNER TO \"alice\";");
	expect_owner(&s, "PROCEDURE", "pr(integer)",
		     "ALTER PROCEDURE app.pr(INOUT x integer) OWNER TO \"alice\";");
	expect_owner(&s, "AGGREGATE", "agg(integer)", "ALTER AGGREGATE app.agg(integer) OWNER TO \"alice\";");
	expect_owner(&s, "OPERATOR", "===", "ALTER OPERATOR app.=== (integer, integer) OWNER TO \"alice\";");
	expect_owner(&s, "OPERATOR CLASS", "oc", "ALTER OPERATOR CLASS app.oc USING btree OWNER TO \"bob\";");
	expect_owner(&s, "FOREIGN TABLE", "ft", "ALTER FOREIGN TABLE \"app\".\"ft\" OWNER TO \"bob\";");
	expect_owner(&s, "MATERIALIZED VIEW", "mv",
		     "ALTER MATERIALIZED VIEW \"app\".\"mv\" OWNER TO \"alice\";");
	/* The sequence of an identity column follows its table. */
	expect_owner(&s, "SEQUENCE", "customer_id_seq", NULL);
	expect_owner(&s, "SEQUENCE", "s1", "ALTER SEQUENCE \"app\".\"s1\" OWNER TO \"alice\";");
	expect_owner(&s, "CONSTRAINT", "orders orders_pkey", NULL);
	expect_owner(&s, "INDEX", "orders_doc", NULL);
	expect_owner(&s, "TRIGGER", "orders t1", NULL);
	expect_owner(&s, "COMMENT", "TABLE customer", NULL);
	/* The role that runs it owns it already. */
	expect_owner(&s, "TABLE", "am2", NULL);
	sr_script_release(&s);

	options.no_owner = options.no_privileges = true;
	build_real(&s, &options);
	for (size_t i = 0; i < s.n; i++) {
		assert_null(s.items[i].owner_sql);
		assert_int_not_equal(s.items[i].kind, SR_ITEM_ACL);
		assert_int_not_equal(s.items[i].kind, SR_ITEM_DEFAULT_ACL);
	}
	sr_script_release(&s);
}

static void test_no_items(void **state)
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
		{ .id = 3, .tag = "SEARCHPATH", .desc = "SEARCHPATH", .section = 2, .defn = "SELECT 1;\n" },
		{ .id = 4,
		  .tag = "shop",
		  .desc = "DATABASE",
		  .section = 2,
		  .defn = "CREATE DATABASE shop;\n" },
		{ .id = 5,
		  .tag = "shop",
		  .desc = "DATABASE PROPERTIES",
		  .section = 2,
		  .defn = "ALTER DATABASE shop;\n" },
		{ .id = 6,
		  .tag = "DATABASE shop",
		  .desc = "COMMENT",
		  .section = 1,
		  .defn = "COMMENT ON DATABASE shop;\n" },
		{ .id = 7,
		  .tag = "123",
		  .desc = "BLOB",
		  .section = 2,
		  .defn = "SELECT pg_catalog.lo_create('123');\n" },
		{ .id = 8, .tag = "LARGE OBJECT 123", .desc = "ACL", .section = 1, .defn = "GRANT x;\n" },
		{ .id = 9, .tag = "t", .desc = "TABLE DATA", .section = 3, .defn = "", .schema = "a" },
		{ .id = 10,
		  .tag = "s",
		  .desc = "SEQUENCE SET",
		  .section = 3,
		  .defn = "SELECT setval();\n",
		  .schema = "a" },
		{ .id = 11,
		  .tag = "m",
		  .desc = "MATERIALIZED VIEW DATA",
		  .section = 4,
		  .defn = "REFRESH;\n",
		  .schema = "a" },
		{ .id = 12, .tag = "t", .desc = "TABLE", .section = 2, .defn = "", .schema = "a" },
		{ .id = 13,
		  .tag = "DATABASE of things()",
		  .desc = "COMMENT",
		  .section = 1,
		  .defn = "COMMENT ON FUNCTION a.x();\n",
		  .schema = "a" },
	};
	struct sr_script s;

	(void)state;
	build_written(&s, 14, entries, SR_COUNT(entries));
	assert_int_equal(s.n, 1);
	assert_int_equal(s.items[0].entry->dump_id, 13);
	sr_script_release(&s);
}

static void expect_description(const struct sr_script *s, const char *desc, const char *tag,
			       const char *expected)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_item_describe(find(s, desc, tag), &out);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
}

static void test_descriptions(void **state)
{
	struct sr_script_options options = { 0 };
	struct sr_script s;

	(void)state;
	build_real(&s, &options);
	expect_description(&s, "SCHEMA", "app", "schema app");
	expect_description(&s, "TABLE", "orders", "table app.orders");
	expect_description(&s, "TABLE", "Weird \" table", "table app.\"Weird \"\" table\"");
	expect_description(&s, "MATERIALIZED VIEW", "mv", "materialized view app.mv");
	expect_description(&s, "FUNCTION", "f(integer, app.mood)", "function app.f(integer, app.mood)");
	expect_description(&s, "INDEX", "orders_doc", "index app.orders_doc");
	expect_description(&s, "FK CONSTRAINT", "orders fknv", "foreign key fknv on app.orders");
	expect_description(&s, "TRIGGER", "orders t1", "trigger t1 on app.orders");
	expect_description(&s, "CONSTRAINT", "Weird \" table Weird \" table_pkey",
			   "constraint app.Weird \" table Weird \" table_pkey");
	expect_description(&s, "COMMENT", "TABLE customer", "comment on TABLE customer in schema app");
	expect_description(&s, "ACL", "SCHEMA app", "privileges on SCHEMA app");
	expect_description(&s, "DEFAULT ACL", "DEFAULT PRIVILEGES FOR TABLES",
			   "DEFAULT PRIVILEGES FOR TABLES in schema app");
	assert_string_equal(find(&s, "TABLE", "orders")->comment_of,
			    "-- Name: orders; Type: TABLE; Schema: app; Owner: alice");
	sr_script_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_and_sections),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_no_items),
		cmocka_unit_test(test_descriptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
