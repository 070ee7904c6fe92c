#include "script_fixture.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "verify/ddl.h"

enum { PRE = 2, POST = 3, NONE = 1 };

static const struct sr_ddl_options plain = { 0 };

static const char check_in[] =
	"CREATE TABLE a.t (\n    c character varying,\n    CONSTRAINT k CHECK (((c)::text = "
	"ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])))\n);\n";
static const char check_in_again[] =
	"CREATE TABLE a.t (\n    c character varying,\n    CONSTRAINT k CHECK (((c)::text = ANY "
	"(ARRAY[('x'::character varying)::text, ('y'::character varying)::text])))\n);\n";

struct pair {
	struct sr_script source, target;
	struct sr_ddl_result result;
};

static void compare(struct pair *p, const struct writer_entry *source, int ns,
		    const struct writer_entry *target, int nt, const struct sr_ddl_options *options)
{
	*p = (struct pair){ 0 };
	build_written(&p->source, 14, source, ns);
	build_written(&p->target, 14, target, nt);
	sr_verify_ddl(&p->source, &p->target, options, &p->result);
}

static void release(struct pair *p)
{
	sr_ddl_result_release(&p->result);
	sr_script_release(&p->source);
	sr_script_release(&p->target);
}

/* One entry on each side (or none): how many differences there are. */
static size_t differences(const struct writer_entry *source, const struct writer_entry *target,
			  const struct sr_ddl_options *options)
{
	struct pair p;
	size_t n;

	compare(&p, source, source != NULL, target, target != NULL, options);
	n = p.result.n;
	release(&p);
	return n;
}

static void says(const struct pair *p, size_t i, enum sr_ddl_kind kind, const char *text)
{
	assert_true(i < p->result.n);
	assert_int_equal(p->result.items[i].kind, kind);
	assert_string_equal(p->result.items[i].text, text);
}

static struct writer_entry table(int id, const char *name, const char *columns)
{
	static char texts[16][200];
	static size_t next;
	char *defn = texts[next++ % 16], *drop = texts[next++ % 16];

	snprintf(defn, sizeof texts[0], "CREATE TABLE a.%s (\n%s\n);\n", name, columns);
	snprintf(drop, sizeof texts[0], "DROP TABLE a.%s;\n", name);
	return (struct writer_entry){ .id = id,
				      .tag = name,
				      .desc = "TABLE",
				      .section = PRE,
				      .defn = defn,
				      .drop = drop,
				      .schema = "a",
				      .tablespace = "",
				      .table_am = "heap",
				      .owner = "bob" };
}

static struct writer_entry acl(const char *tag, const char *schema, const char *defn, const char *owner)
{
	return (struct writer_entry){ .id = 9,
				      .tag = tag,
				      .desc = "ACL",
				      .section = NONE,
				      .defn = defn,
				      .schema = schema,
				      .owner = owner };
}

static void test_real_archive_equals_itself(void **state)
{
	struct sr_script_options options = { 0 };
	struct pair p = { 0 };

	(void)state;
	build_real(&p.source, &options);
	build_real(&p.target, &options);
	sr_verify_ddl(&p.source, &p.target, &plain, &p.result);
	assert_int_equal(p.result.n, 0);
	assert_true(p.result.compared > 20);
	assert_int_equal(p.result.equal, p.result.compared);
	release(&p);
}

static void test_order_does_not_matter(void **state)
{
	struct writer_entry t = table(1, "t", "    i integer"), u = table(2, "u", "    i integer");
	struct writer_entry one[] = { t, u }, other[] = { u, t };
	struct pair p;

	(void)state;
	compare(&p, one, 2, other, 2, &plain);
	assert_int_equal(p.result.n, 0);
	assert_int_equal(p.result.equal, 2);
	release(&p);
}

static void test_all_kinds(void **state)
{
	struct writer_entry source[] = { table(1, "lost", "    i integer"),
					 table(2, "t", "    i integer,\n    k integer,\n    z integer"),
					 table(3, "u", "    i integer") };
	struct writer_entry target[] = { table(1, "new", "    i integer"),
					 table(2, "t", "    i integer,\n    k bigint,\n    z integer"),
					 table(3, "u", "    i integer") };
	struct pair p;

	(void)state;
	target[2].owner = "eve";
	compare(&p, source, 3, target, 3, &plain);
	assert_int_equal(p.result.n, 4);
	assert_int_equal(p.result.compared, 3);
	assert_int_equal(p.result.equal, 0);
	says(&p, 0, SR_DDL_MISSING, "- CREATE TABLE a.lost (\n-     i integer\n- );");
	says(&p, 1, SR_DDL_EXTRA, "+ CREATE TABLE a.new (\n+     i integer\n+ );");
	says(&p, 2, SR_DDL_TEXT, "-     k integer,\n+     k bigint,");
	says(&p, 3, SR_DDL_OWNER,
	     "- ALTER TABLE \"a\".\"u\" OWNER TO \"bob\";\n+ ALTER TABLE \"a\".\"u\" OWNER TO \"eve\";");
	assert_null(p.result.items[0].target);
	assert_null(p.result.items[1].source);
	release(&p);
}

static void test_white_space_counts(void **state)
{
	struct writer_entry t = table(1, "t", "    i integer"), u = table(1, "t", "    i  integer");

	(void)state;
	assert_int_equal(differences(&t, &u, &plain), 1);
}

static void test_storage(void **state)
{
	struct writer_entry t = table(1, "t", "    i integer"), fast = t, other = t;
	struct pair p;

	(void)state;
	fast.tablespace = "fast";
	other.table_am = "columnar";
	assert_int_equal(differences(&t, &other, &plain), 1);
	compare(&p, &fast, 1, &t, 1, &plain);
	assert_int_equal(p.result.n, 1);
	says(&p, 0, SR_DDL_TEXT,
	     "- tablespace fast, access method heap\n+ tablespace of the database, access method heap");
	release(&p);
}

static void test_no_owner(void **state)
{
	struct writer_entry t = table(1, "t", "    i integer"), u = t;
	struct sr_ddl_options options = { .no_owner = true };

	(void)state;
	u.owner = "eve";
	assert_int_equal(differences(&t, &u, &plain), 1);
	assert_int_equal(differences(&t, &u, &options), 0);
}

/* Operators of one name: the one that is gone is named, and the other is not taken for it. */
static void test_several_alike(void **state)
{
	struct writer_entry one = { .id = 1,
				    .tag = "+",
				    .desc = "OPERATOR",
				    .section = PRE,
				    .defn = "CREATE OPERATOR a.+ (int);\n",
				    .drop = "DROP OPERATOR a.+ (integer, integer);\n",
				    .schema = "a",
				    .owner = "bob" };
	struct writer_entry two = one;
	struct writer_entry both[2];
	struct pair p;

	(void)state;
	two.id = 2;
	two.defn = "CREATE OPERATOR a.+ (text);\n";
	both[0] = one;
	both[1] = two;
	compare(&p, both, 2, &two, 1, &plain);
	assert_int_equal(p.result.n, 1);
	assert_int_equal(p.result.equal, 1);
	says(&p, 0, SR_DDL_MISSING, "- CREATE OPERATOR a.+ (int);");
	release(&p);
	compare(&p, &two, 1, both, 2, &plain);
	assert_int_equal(p.result.n, 1);
	assert_int_equal(p.result.items[0].kind, SR_DDL_EXTRA);
	assert_string_equal(p.result.items[0].text, "+ CREATE OPERATOR a.+ (int);");
	release(&p);
}

static void test_comment_on_schema(void **state)
{
	struct writer_entry entries[] = {
		{ .id = 1,
		  .tag = "a",
		  .desc = "SCHEMA",
		  .section = PRE,
		  .defn = "CREATE SCHEMA a;\n",
		  .owner = "bob" },
		{ .id = 2,
		  .tag = "SCHEMA a",
		  .desc = "COMMENT",
		  .section = NONE,
		  .defn = "COMMENT ON SCHEMA a IS 'mark';\n",
		  .owner = "bob",
		  .deps = { 1 } },
	};
	struct pair p;

	(void)state;
	compare(&p, entries, 1, entries, 2, &plain);
	assert_int_equal(p.result.n, 0);
	assert_int_equal(p.result.compared, 1);
	release(&p);
}

static enum sr_ddl_expectation expect(void *ctx, const struct sr_item *source)
{
	(void)source;
	return *(enum sr_ddl_expectation *)ctx;
}

static void test_expectations(void **state)
{
	struct writer_entry key = {
		.id = 1,
		.tag = "t k",
		.desc = "FK CONSTRAINT",
		.section = POST,
		.defn = "ALTER TABLE ONLY a.t\n    ADD CONSTRAINT k FOREIGN KEY (i) REFERENCES b.u(i);\n",
		.schema = "a",
		.owner = "bob"
	};
	struct writer_entry open = key, other = key;
	enum sr_ddl_expectation expectation = SR_DDL_EXPECT_NOTHING;
	struct sr_ddl_options options = { .expect = expect, .ctx = &expectation };

	(void)state;
	open.defn =
		"ALTER TABLE ONLY a.t\n    ADD CONSTRAINT k FOREIGN KEY (i) REFERENCES b.u(i) NOT VALID;\n";
	other.defn =
		"ALTER TABLE ONLY a.t\n    ADD CONSTRAINT k FOREIGN KEY (i) REFERENCES b.v(i) NOT VALID;\n";
	assert_int_equal(differences(&key, &open, &plain), 1);
	assert_int_equal(differences(&key, NULL, &options), 0);
	assert_int_equal(differences(&key, &open, &options), 0);
	expectation = SR_DDL_EXPECT_NOT_VALID;
	assert_int_equal(differences(&key, &open, &options), 0);
	assert_int_equal(differences(&key, &key, &options), 0);
	assert_int_equal(differences(&key, &other, &options), 1);
	assert_int_equal(differences(&key, NULL, &options), 1);
}

static void test_casts_of_arrays(void **state)
{
	struct writer_entry t = table(1, "t", ""), u = t, v = t;

	(void)state;
	t.defn = check_in;
	u.defn = check_in_again;
	v.defn = "CREATE TABLE a.t (\n    c character varying,\n    CONSTRAINT k CHECK (((c)::text = ANY "
		 "(ARRAY[('x'::character varying)::text, ('z'::character varying)::text])))\n);\n";
	assert_int_equal(differences(&t, &u, &plain), 0);
	assert_int_equal(differences(&t, &v, &plain), 1);
	v.defn = "CREATE TABLE a.t (\n    c character varying,\n    CONSTRAINT k CHECK (((c)::text = ANY "
		 "(ARRAY[('x'::character varying)::name, ('y'::character varying)::name])))\n);\n";
	assert_int_equal(differences(&t, &v, &plain), 1);
}

/* Where a table differs, what is only printed otherwise is not shown with it. */
static void test_casts_beside_a_difference(void **state)
{
	struct writer_entry one = table(1, "t", ""), other = one;
	struct pair p;

	(void)state;
	one.defn =
		"CREATE TABLE a.t (\n    i integer,\n    c text,\n    CONSTRAINT k CHECK (((c)::text = ANY "
		"((ARRAY['x'::character varying])::text[]))),\n    d date\n);\n";
	other.defn =
		"CREATE TABLE a.t (\n    i bigint,\n    c text,\n    CONSTRAINT k CHECK (((c)::text = ANY "
		"(ARRAY[('x'::character varying)::text]))),\n    d time\n);\n";
	compare(&p, &one, 1, &other, 1, &plain);
	assert_int_equal(p.result.n, 1);
	says(&p, 0, SR_DDL_TEXT, "-     i integer,\n+     i bigint,\n-     d date\n+     d time");
	release(&p);
}

static void test_roles_of_policies(void **state)
{
	struct writer_entry one = { .id = 1,
				    .tag = "t p",
				    .desc = "POLICY",
				    .section = POST,
				    .defn = "CREATE POLICY p ON a.t TO eve, \"x , y\" USING ((i > 1));\n",
				    .schema = "a",
				    .owner = "bob" };
	struct writer_entry other = one, less = one, wrong = one;

	(void)state;
	other.defn = "CREATE POLICY p ON a.t TO \"x , y\", eve USING ((i > 1));\n";
	less.defn = "CREATE POLICY p ON a.t TO eve USING ((i > 1));\n";
	wrong.defn = "CREATE POLICY p ON a.t TO \"x , y\", eve USING ((i > 2));\n";
	assert_int_equal(differences(&one, &other, &plain), 0);
	assert_int_equal(differences(&one, &less, &plain), 1);
	assert_int_equal(differences(&one, &wrong, &plain), 1);
}

static void test_grants_are_a_set(void **state)
{
	struct writer_entry one = acl(
		"TABLE t", "a",
		"GRANT SELECT,INSERT ON TABLE a.t TO eve;\nGRANT ALL ON TABLE a.t TO \"x , y\";\n", "bob");
	struct writer_entry other = acl(
		"TABLE t", "a",
		"GRANT ALL ON TABLE a.t TO \"x , y\";\nGRANT INSERT,SELECT ON TABLE a.t TO eve;\n", "bob");
	struct writer_entry less =
		acl("TABLE t", "a",
		    "GRANT ALL ON TABLE a.t TO \"x , y\";\nGRANT INSERT ON TABLE a.t TO eve;\n", "bob");
	struct writer_entry by =
		acl("TABLE t", "a",
		    "SET SESSION AUTHORIZATION zoe;\nGRANT SELECT,INSERT ON TABLE a.t TO eve;\n"
		    "RESET SESSION AUTHORIZATION;\nGRANT ALL ON TABLE a.t TO \"x , y\";\n",
		    "bob");
	struct pair p;

	(void)state;
	assert_int_equal(differences(&one, &other, &plain), 0);
	assert_int_equal(differences(&one, &by, &plain), 1);
	assert_int_equal(differences(&one, NULL, &plain), 1);
	assert_int_equal(differences(NULL, &one, &plain), 1);
	compare(&p, &one, 1, &less, 1, &plain);
	assert_int_equal(p.result.n, 1);
	says(&p, 0, SR_DDL_TEXT, "- GRANT SELECT ON TABLE a.t TO eve;");
	release(&p);
}

static void test_grants_of_columns(void **state)
{
	struct writer_entry one =
		acl("COLUMN t.c", "a", "GRANT SELECT(\"c,d (\"),UPDATE(e) ON TABLE a.t TO eve;\n", "bob");
	struct writer_entry other =
		acl("COLUMN t.c", "a",
		    "GRANT UPDATE(e) ON TABLE a.t TO eve;\nGRANT SELECT(\"c,d (\") ON TABLE a.t TO eve;\n",
		    "bob");

	(void)state;
	assert_int_equal(differences(&one, &other, &plain), 0);
}

static void test_grants_without_owners(void **state)
{
	struct sr_ddl_options options = { .no_owner = true };
	struct writer_entry one =
		acl("TABLE t", "a",
		    "REVOKE ALL ON TABLE a.t FROM \"Bob X\";\nGRANT SELECT ON TABLE a.t TO \"Bob X\";\n"
		    "GRANT SELECT ON TABLE a.t TO ann;\nGRANT SELECT ON TABLE a.t TO ann WITH GRANT OPTION;\n"
		    "GRANT INSERT ON TABLE a.t TO me;\n",
		    "Bob X");
	struct writer_entry other =
		acl("TABLE t", "a", "GRANT SELECT ON TABLE a.t TO ann WITH GRANT OPTION;\n", "me");

	(void)state;
	assert_int_equal(differences(&one, &other, &plain), 1);
	assert_int_equal(differences(&one, &other, &options), 0);
	options = (struct sr_ddl_options){ .mapped_roles = true };
	assert_int_equal(differences(&one, &other, &options), 0);
}

/* Of a schema that had grants of its own since initdb (public), the source's dump tells only what came after. */
static void test_grants_that_stood(void **state)
{
	struct sr_ddl_options options = {
		.schema_grants = "GRANT USAGE ON SCHEMA p TO PUBLIC;\nGRANT USAGE ON SCHEMA q TO PUBLIC;\n"
	};
	struct writer_entry target = acl(
		"SCHEMA p", "", "GRANT USAGE ON SCHEMA p TO PUBLIC;\nGRANT ALL ON SCHEMA p TO eve;\n", "bob");
	struct writer_entry source = acl("SCHEMA p", "", "GRANT ALL ON SCHEMA p TO eve;\n", "bob");
	struct writer_entry revoked = acl("SCHEMA p", "", "REVOKE ALL ON SCHEMA p FROM PUBLIC;\n", "bob");
	struct writer_entry usage = acl("SCHEMA p", "", "GRANT USAGE ON SCHEMA p TO PUBLIC;\n", "bob");

	(void)state;
	assert_int_equal(differences(&source, &target, &options), 0);
	assert_int_equal(differences(&source, &target, &plain), 1);
	assert_int_equal(differences(&revoked, NULL, &options), 0);
	assert_int_equal(differences(&revoked, &usage, &options), 1);
	assert_int_equal(differences(NULL, &usage, &options), 0);
	assert_int_equal(differences(NULL, &usage, &plain), 1);
}

static void test_long_differences_are_cut(void **state)
{
	struct sr_strbuf text = SR_STRBUF_INIT, line = SR_STRBUF_INIT;
	struct writer_entry source = table(1, "t", ""), target = source;
	struct pair p;

	(void)state;
	for (int i = 0; i < 100; i++)
		sr_strbuf_addf(&text, "line %d\n", i);
	source.defn = sr_strbuf_str(&text);
	target.defn = "only this\n";
	compare(&p, &source, 1, &target, 1, &plain);
	assert_non_null(strstr(p.result.items[0].text, "- line 7\n(and 93 more lines)"));
	release(&p);

	/* Where a long line begins to differ is what is shown. */
	for (int i = 0; i < 300; i++)
		sr_strbuf_adds(&line, "\xC3\xA4");
	sr_strbuf_clear(&text);
	sr_strbuf_addf(&text, "%sone\n", line.data);
	sr_strbuf_adds(&line, "two\n");
	source.defn = sr_strbuf_str(&text);
	target.defn = sr_strbuf_str(&line);
	compare(&p, &source, 1, &target, 1, &plain);
	assert_non_null(strstr(p.result.items[0].text, "- ...\xC3\xA4"));
	assert_non_null(strstr(p.result.items[0].text, "one\n+ ...\xC3\xA4"));
	assert_non_null(strstr(p.result.items[0].text, "two"));
	assert_true(strlen(p.result.items[0].text) < 120);
	release(&p);
	sr_strbuf_release(&text);
	sr_strbuf_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_archive_equals_itself),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_white_space_counts),
		cmocka_unit_test(test_storage),
		cmocka_unit_test(test_no_owner),
		cmocka_unit_test(test_several_alike),
		cmocka_unit_test(test_comment_on_schema),
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_casts_of_arrays),
		cmocka_unit_test(test_grants_are_a_set),
		cmocka_unit_test(test_roles_of_policies),
		cmocka_unit_test(test_casts_beside_a_difference),
		cmocka_unit_test(test_grants_of_columns),
		cmocka_unit_test(test_grants_without_owners),
		cmocka_unit_test(test_grants_that_stood),
		cmocka_unit_test(test_long_differences_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
