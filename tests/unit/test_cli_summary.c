#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/summary.h"
#include "report/report.h"

#define MOMENT (INT64_C(1706452200) * SR_USEC_PER_SEC)

struct fixture {
	struct sr_settings settings;
	struct sr_outcome outcome;
	struct sr_schema_pair schemas[2];
	struct sr_failure failures[1];
	struct sr_plan_line plan[2];
	struct sr_error err;
	struct sr_summary sum;
	struct sr_strbuf out;
};

/* Literals stand in the outcome: it is never released. */
static int set_up(void **state)
{
	struct fixture *f = sr_calloc(1, sizeof *f);

	sr_settings_init(&f->settings);
	sr_conninfo_set(&f->settings.request.conninfo, "dbname", "shop");
	f->schemas[0] =
		(struct sr_schema_pair){ (char *)"a", (char *)"a_20240128143000", 40, 1234567, 1 << 30 };
	f->schemas[1] = (struct sr_schema_pair){ (char *)"Größe", (char *)"Größe_20240128143000", 1, 0, 0 };
	f->failures[0] = (struct sr_failure){ (char *)"foreign key a_20240128143000.orders_fk",
					      (char *)"ERROR: no\nDETAIL: key" };
	f->plan[0] = (struct sr_plan_line){ (char *)"moment", (char *)"then" };
	f->plan[1] = (struct sr_plan_line){ (char *)"base backup", (char *)"20240128" };
	f->outcome = (struct sr_outcome){ .id = "restore-20240129-000000-abcd",
					  .dir = (char *)"/state/restore-20240129-000000-abcd",
					  .moment = MOMENT,
					  .target = (char *)"database shop on host db1, port 5432",
					  .schemas = f->schemas,
					  .nschemas = 2,
					  .objects = 1312,
					  .ms = 72000,
					  .verified = true,
					  .verified_tables = 41,
					  .plan = f->plan,
					  .nplan = 2 };
	f->sum = (struct sr_summary){ .settings = &f->settings,
				      .outcome = &f->outcome,
				      .err = &f->err,
				      .report = sr_report_new(NULL),
				      .succeeded = true,
				      .now = MOMENT + 7200 * SR_USEC_PER_SEC,
				      .utf8 = true };
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sr_report_free(f->sum.report);
	sr_settings_release(&f->settings);
	sr_strlist_release(&f->outcome.leftovers);
	sr_error_release(&f->err);
	sr_strbuf_release(&f->out);
	free(f);
	return 0;
}

static void says(struct fixture *f, const char *text)
{
	if (!strstr(sr_strbuf_str(&f->out), text))
		fail_msg("\"%s\" is not in:\n%s", text, sr_strbuf_str(&f->out));
}

static void test_done(void **state)
{
	struct fixture *f = *state;

	sr_summary_format(&f->sum, &f->out);
	assert_string_equal(
		sr_strbuf_str(&f->out),
		"Restored as of 2024-01-28 14:30:00+00 (2 hours ago)\n"
		"in database shop on host db1, port 5432\n"
		"\n"
		"  schema  restored as             tables             rows        size\n"
		"  a       a_20240128143000            40        1,234,567      1.0 GB\n"
		"  Größe   Größe_20240128143000         1                0     0 bytes\n"
		"\n"
		"  objects   1,312\n"
		"  verified  rows of 41 tables equal on both ends\n"
		"  time      1 min 12 s\n"
		"  record    /state/restore-20240129-000000-abcd\n"
		"\n"
		"Next\n"
		"  look  psql -d shop -c '\\dt+ \"a_20240128143000\".*'\n"
		"  drop  psql -d shop -c 'DROP SCHEMA \"a_20240128143000\", \"Größe_20240128143000\" "
		"CASCADE'\n");
}

static void test_in_part(void **state)
{
	struct fixture *f = *state;

	f->outcome.failures = f->failures;
	f->outcome.nfailures = 1;
	f->outcome.differences = 2;
	sr_error_set(&f->err, SR_ERR_POST_DATA, "1 object could not be made");
	sr_summary_format(&f->sum, &f->out);
	says(f, "Restored in part as of");
	says(f, "objects   1,312, and 1 that could not be made\n");
	says(f, "2 of 41 tables DIFFER in rows");
	says(f, "\nNot restored (1)");
	says(f, "  foreign key a_20240128143000.orders_fk\n      ERROR: no\n      DETAIL: key\n");
	says(f, "psql -d shop -f /state/restore-20240129-000000-abcd/ddl/failed.sql\n");
	f->outcome.verified = false;
	sr_strbuf_clear(&f->out);
	sr_summary_format(&f->sum, &f->out);
	says(f, "verified  not done\n");
}

static void test_definitions(void **state)
{
	struct fixture *f = *state;

	f->settings.request.verify = SR_VERIFY_DDL;
	f->outcome.ddl_verified = true;
	f->outcome.ddl_equal = 1117;
	sr_summary_format(&f->sum, &f->out);
	says(f, "\n  definitions  1,117 objects equal\n");
	assert_null(strstr(sr_strbuf_str(&f->out), "verified"));
	f->settings.request.verify |= SR_VERIFY_COUNTS;
	f->outcome.ddl_differences = 2;
	sr_strbuf_clear(&f->out);
	sr_summary_format(&f->sum, &f->out);
	says(f, "  verified     rows of 41 tables equal on both ends\n"
		"  definitions  1,117 objects equal, 2 DIFFERENCES\n");
	f->outcome.ddl_verified = false;
	sr_strbuf_clear(&f->out);
	sr_summary_format(&f->sum, &f->out);
	says(f, "  definitions  not compared\n");
}

static void test_warnings_are_grouped(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 12; i++) {
		char object[32];

		snprintf(object, sizeof object, "function a.f%d", i);
		sr_report_warning(f->sum.report, "dynamic-sql", object, "Look at them.", "dynamic SQL");
		if (i == 0)
			sr_report_warning(f->sum.report, "unlogged-table", "a.cache", NULL, "it is empty");
	}
	sr_summary_warnings(&f->sum, &f->out);
	says(f, "\n13 warnings\n  - function a.f0: dynamic SQL\n    function a.f1: dynamic SQL\n");
	says(f, "    function a.f9: dynamic SQL\n"
		"    and 2 more, see /state/restore-20240129-000000-abcd/log\n"
		"      Look at them.\n"
		"  - a.cache: it is empty\n");
	assert_null(strstr(sr_strbuf_str(&f->out), "a.f10"));
}

static void test_plan(void **state)
{
	struct fixture *f = *state;

	sr_strlist_add(&f->settings.command_line, "schemarestore");
	sr_strlist_add(&f->settings.command_line, "'a b'");
	sr_summary_plan(&f->sum, &f->out);
	assert_string_equal(sr_strbuf_str(&f->out), "The plan (nothing was created)\n"
						    "  moment       then\n"
						    "  base backup  20240128\n"
						    "\nTo carry it out:\n"
						    "  schemarestore 'a b'\n");
}

static void test_failures(void **state)
{
	struct fixture *f = *state;

	f->sum.succeeded = false;
	sr_error_set(&f->err, SR_ERR_REFUSED, "no");
	sr_summary_failure(&f->sum, &f->out);
	says(f, "Nothing was created; the live schemas were not touched.\n");
	sr_strbuf_clear(&f->out);
	sr_error_set(&f->err, SR_ERR_COPY, "no");
	f->outcome.undone = true;
	sr_summary_failure(&f->sum, &f->out);
	says(f, "Everything that was made has been removed; the live schemas were not touched.\n");
	sr_strbuf_clear(&f->out);
	f->outcome.undone = false;
	f->outcome.kept = true;
	sr_summary_failure(&f->sum, &f->out);
	says(f, "  schemarestore cleanup restore-20240129-000000-abcd\n");
	sr_strbuf_clear(&f->out);
	sr_strlist_add(&f->outcome.leftovers, "directory /x");
	sr_summary_failure(&f->sum, &f->out);
	says(f, "Could not be removed:\n  directory /x\n");
	says(f, "cleanup restore-20240129-000000-abcd");
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	struct json_object *obj;

	sr_error_set(&f->err, SR_ERR_POST_DATA, "x");
	sr_report_warning(f->sum.report, "dynamic-sql", "function a.f", NULL, "text");
	obj = sr_summary_json(&f->sum);
	assert_string_equal(sr_json_string(obj, "event"), "summary");
	assert_string_equal(sr_json_string(obj, "moment"), "2024-01-28T14:30:00Z");
	assert_int_equal(sr_json_int(obj, "exit_code", -1), 7);
	assert_int_equal(json_object_array_length(sr_json_member(obj, "schemas")), 2);
	assert_int_equal(json_object_array_length(sr_json_member(obj, "warnings")), 1);
	assert_string_equal(
		sr_json_string(json_object_array_get_idx(sr_json_member(obj, "schemas"), 0), "restored_as"),
		"a_20240128143000");
	json_object_put(obj);
}

static void test_psql_without_secrets(void **state)
{
	struct fixture *f = *state;
	struct sr_conninfo *ci = &f->settings.request.conninfo;

	sr_conninfo_set(ci, "host", "db1");
	sr_conninfo_set(ci, "password", "secret");
	sr_summary_psql(&f->settings, &f->out);
	assert_string_equal(sr_strbuf_str(&f->out), "psql -d 'dbname=shop host=db1'");
	sr_strbuf_clear(&f->out);
	sr_conninfo_release(ci);
	sr_summary_psql(&f->settings, &f->out);
	assert_string_equal(sr_strbuf_str(&f->out), "psql");
	sr_strbuf_clear(&f->out);
	sr_conninfo_set(ci, "dbname", "a=b");
	sr_summary_psql(&f->settings, &f->out);
	assert_string_equal(sr_strbuf_str(&f->out), "psql -d dbname=a=b");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_done), TEST(test_in_part),  TEST(test_definitions), TEST(test_warnings_are_grouped),
		TEST(test_plan), TEST(test_failures), TEST(test_json),        TEST(test_psql_without_secrets),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
