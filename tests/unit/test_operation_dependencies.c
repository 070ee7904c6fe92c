#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "operation/dependencies.h"

static struct sr_dependency thing(const char *kind, const char *schema, const char *identity, bool exists)
{
	return (struct sr_dependency){
		.kind = kind,
		.schema = schema,
		.identity = identity,
		.of = "",
		.extension = "",
		.version = "",
		.user_kind = "table column",
		.user = "a.customer.email",
		.users = 1,
		.exists = exists,
		.schema_exists = true,
		.other_kind = "",
		.there_schema = "",
		.there_version = "",
		.available = "",
	};
}

static struct sr_dependency of_table(const char *kind, const char *identity, const char *table, bool exists)
{
	struct sr_dependency d = thing(kind, "shared", identity, exists);

	d.of = table;
	return d;
}

/* there: the schema it is in on the target, or "". */
static struct sr_dependency extension(const char *name, const char *there, const char *version,
				      const char *available)
{
	struct sr_dependency d = thing("extension", "ext", name, *there != '\0');

	d.extension = name;
	d.version = "1.6";
	d.there_schema = there;
	d.there_version = version;
	d.available = available;
	return d;
}

static struct sr_dependency member(const char *kind, const char *identity, const char *of_extension,
				   bool exists)
{
	struct sr_dependency d = thing(kind, "ext", identity, exists);

	d.extension = of_extension;
	d.version = "1.6";
	return d;
}

#define JUDGE(err, ...)                                                                                      \
	judge((struct sr_dependency[]){ __VA_ARGS__ },                                                       \
	      sizeof((struct sr_dependency[]){ __VA_ARGS__ }) / sizeof(struct sr_dependency), err)

static bool judge(struct sr_dependency *items, size_t n, struct sr_error *err)
{
	struct sr_dependencies d = { .items = items, .n = n };

	sr_error_release(err);
	return sr_dependencies_judge(&d, err);
}

static void test_nothing_is_missing(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_true(JUDGE(&err, thing("table", "shared", "shared.country", true)));
	assert_null(err.message);
	assert_true(JUDGE(&err, extension("citext", "ext", "1.4", "1.6"),
			  member("type", "ext.citext", "citext", true)));
	/* Where it is does not matter as long as what is used of it is found. */
	assert_true(JUDGE(&err, extension("cron", "public", "1.6", "1.6"),
			  member("function", "cron.f()", "cron", true)));
	sr_error_release(&err);
}

static void test_things(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_dependency view = thing("table", "shared", "shared.country", false);
	struct sr_dependency many = thing("type", "gone", "gone.money", false);

	(void)state;
	view.other_kind = "view";
	view.users = 2;
	many.users = 5;
	many.schema_exists = false;
	assert_false(JUDGE(&err, view, many, thing("tablespace", "", "fast", false),
			   thing("server", "", "files", false),
			   thing("type", "shared", "shared.fine", true)));
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_string_equal(err.message, "the target lacks 4 things that the schemas need");
	assert_string_equal(
		err.detail,
		"table shared.country (there it is a view), for column a.customer.email and one other\n"
		"type gone.money, for column a.customer.email and 4 others\n"
		"tablespace fast, for column a.customer.email\n"
		"foreign server files, for column a.customer.email");
	assert_non_null(strstr(err.hint, "  CREATE SCHEMA gone;\n"));
	assert_non_null(strstr(err.hint, "  CREATE TABLESPACE fast LOCATION '…';\n"));
	assert_non_null(strstr(err.hint, "missing from schemas shared and gone as"));
	assert_non_null(strstr(err.hint, "in no schema"));
	sr_error_release(&err);
}

static void test_parts_of_tables(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_false(JUDGE(&err, thing("table", "shared", "shared.t", false),
			   of_table("table column", "shared.t.code", "shared.t", false),
			   of_table("unique key", "shared.t (code)", "shared.t", false)));
	assert_string_equal(err.detail, "table shared.t, for column a.customer.email");
	assert_string_equal(err.message, "the target lacks 1 thing that the schemas need");
	assert_false(JUDGE(&err, thing("table", "shared", "shared.t", true),
			   of_table("table column", "shared.t.code", "shared.t", false),
			   of_table("unique key", "shared.t (code)", "shared.t", false)));
	assert_string_equal(err.detail, "column shared.t.code, for column a.customer.email\n"
					"unique key shared.t (code), for column a.customer.email");
	sr_error_release(&err);
}

static void test_missing_extensions(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_dependency citext = extension("citext", "", "", "1.6");

	(void)state;
	citext.schema_exists = false;
	assert_false(JUDGE(&err, citext, member("type", "ext.citext", "citext", false)));
	assert_string_equal(err.message, "the target lacks 1 thing that the schemas need");
	assert_string_equal(err.detail, "extension citext 1.6 in schema ext, for column a.customer.email");
	assert_string_equal(err.hint, "In the target database, as a role that may:\n"
				      "  CREATE SCHEMA ext;\n"
				      "  CREATE EXTENSION citext SCHEMA ext;");
	assert_false(JUDGE(&err, extension("postgis", "", "", "")));
	assert_non_null(strstr(err.hint, "packages that bring extension postgis"));
	assert_non_null(strstr(err.hint, "CREATE EXTENSION postgis SCHEMA ext;"));
	sr_error_release(&err);
}

static void test_other_extensions(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_false(JUDGE(&err, extension("citext", "public", "1.6", "1.6"),
			   member("type", "ext.citext", "citext", false),
			   member("operator", "ext.=(ext.citext,ext.citext)", "citext", false)));
	assert_string_equal(err.detail,
			    "extension citext 1.6 in schema ext (there it is in schema public), for column "
			    "a.customer.email");
	assert_non_null(strstr(err.hint, "ALTER EXTENSION citext SET SCHEMA ext;"));
	assert_false(JUDGE(&err, extension("citext", "ext", "1.4", "1.6"),
			   member("function", "ext.newer(integer)", "citext", false)));
	assert_string_equal(err.detail,
			    "function ext.newer(integer) of extension citext 1.6 (there it has version 1.4), "
			    "for column a.customer.email");
	assert_non_null(strstr(err.hint, "ALTER EXTENSION citext UPDATE TO '1.6';"));
	sr_error_release(&err);
}

static void test_outside(void **state)
{
	struct sr_dependency items[] = {
		extension("citext", "ext", "1.6", "1.6"),
		member("type", "ext.citext", "citext", true),
		thing("table", "shared", "shared.t", true),
		of_table("table column", "shared.t.code", "shared.t", true),
		thing("type", "shared", "shared.money", true),
		thing("tablespace", "", "fast", true),
	};
	struct sr_dependencies d = { .items = items, .n = sizeof items / sizeof *items };
	struct json_object *facts = sr_dependencies_outside(&d);
	struct sr_strbuf line = SR_STRBUF_INIT;

	(void)state;
	sr_json_line(facts, &line);
	assert_string_equal(sr_strbuf_str(&line),
			    "{\"ext\":[\"extension citext\"],\"shared\":[\"table shared.t\",\"type "
			    "shared.money\"],\"\":[\"tablespace fast\"]}");
	sr_strbuf_release(&line);
	json_object_put(facts);
}

static void test_old_names(void **state)
{
	static const struct sr_rename renames[] = { { "a", "a_old" },
						    { "Odd \"x\"", "Odd \"x\"_old" },
						    { "select", "B" } };
	static const char *const cases[][2] = {
		{ "a_old.t", "a.t" },
		{ "t on a_old.orders", "t on a.orders" },
		{ "a_old.f(a_old.ty,integer,\"B\".x)", "a.f(a.ty,integer,select.x)" },
		{ "\"Odd \"\"x\"\"_old\".\"T a_old.t\"", "\"Odd \"\"x\"\"\".\"T a_old.t\"" },
		{ "b_a_old.t", "b_a_old.t" },
		{ "shared.a_old.c", "shared.a_old.c" }, /* a table named so */
		{ "a_old on shared.t", "a_old on shared.t" }, /* a trigger */
		{ "for a_old.t.a_old", "for a.t.a_old" },
		{ "shared.<+>(a_old.p,a_old.p)", "shared.<+>(a.p,a.p)" },
		{ "\"not closed", "\"not closed" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sr_strbuf out = SR_STRBUF_INIT;

		sr_dependency_old_names(cases[i][0], renames, 3, &out);
		assert_string_equal(sr_strbuf_str(&out), cases[i][1]);
		sr_strbuf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_missing), cmocka_unit_test(test_things),
		cmocka_unit_test(test_parts_of_tables),    cmocka_unit_test(test_missing_extensions),
		cmocka_unit_test(test_other_extensions),   cmocka_unit_test(test_outside),
		cmocka_unit_test(test_old_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
