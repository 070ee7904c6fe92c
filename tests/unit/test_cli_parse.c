#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/parse.h"

#define PARSE(line, err, ...) parse(line, err, (char *[]){ (char *)"schemarestore", __VA_ARGS__, NULL })

static bool parse(struct sr_command_line *line, struct sr_error *err, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	sr_command_line_release(line);
	sr_error_release(err);
	return sr_command_line_parse(line, argc, argv, err);
}

static void test_values(void **state)
{
	struct sr_command_line l = SR_COMMAND_LINE_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_true(PARSE(&l, &err, "--schema=a", "--pitr", "latest", "-j4", "-d", "shop", "status"));
	assert_int_equal(l.n, 4);
	assert_string_equal(sr_command_line_value(&l, "schema"), "a");
	assert_string_equal(sr_command_line_value(&l, "pitr"), "latest");
	assert_string_equal(sr_command_line_value(&l, "jobs"), "4");
	assert_string_equal(sr_command_line_value(&l, "dbname"), "shop");
	assert_int_equal(l.uses[1].at, 2);
	assert_int_equal(l.operands.n, 1);
	assert_string_equal(l.operands.items[0], "status");
	/* An empty value is one, and '=' may be in it. */
	assert_true(PARSE(&l, &err, "--rename=a=b", "--suffix="));
	assert_string_equal(sr_command_line_value(&l, "rename"), "a=b");
	assert_string_equal(sr_command_line_value(&l, "suffix"), "");
	sr_command_line_release(&l);
	sr_error_release(&err);
}

static void test_clusters_and_dashes(void **state)
{
	struct sr_command_line l = SR_COMMAND_LINE_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_true(PARSE(&l, &err, "-vwna", "-", "--", "--schema"));
	assert_true(sr_command_line_has(&l, "verbose"));
	assert_true(sr_command_line_has(&l, "no-password"));
	assert_string_equal(sr_command_line_value(&l, "schema"), "a");
	assert_int_equal(l.operands.n, 2);
	assert_string_equal(l.operands.items[0], "-");
	assert_string_equal(l.operands.items[1], "--schema");
	assert_true(PARSE(&l, &err, "-?"));
	assert_true(sr_command_line_has(&l, "help"));
	sr_command_line_release(&l);
	sr_error_release(&err);
}

static void test_abbreviations(void **state)
{
	struct sr_command_line l = SR_COMMAND_LINE_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_true(PARSE(&l, &err, "--dry", "--wal=/wal"));
	assert_true(sr_command_line_has(&l, "dry-run"));
	assert_string_equal(sr_command_line_value(&l, "wal-archive"), "/wal");
	/* "schema" begins "schema-regex", but is a name itself. */
	assert_true(PARSE(&l, &err, "--schema", "a"));
	assert_string_equal(sr_command_line_value(&l, "schema"), "a");
	assert_false(PARSE(&l, &err, "--sche", "a"));
	assert_int_equal(err.class, SR_ERR_USAGE);
	assert_string_equal(err.message, "option \"--sche\" is ambiguous");
	assert_string_equal(err.hint, "It could be --schema, --schema-regex and --schema-only.");
	/* What is hidden is not guessed at, but can be said. */
	assert_false(PARSE(&l, &err, "--list-opt"));
	assert_true(PARSE(&l, &err, "--list-options"));
	sr_command_line_release(&l);
	sr_error_release(&err);
}

static void test_unknown(void **state)
{
	struct sr_command_line l = SR_COMMAND_LINE_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_false(PARSE(&l, &err, "--shcema", "a"));
	assert_int_equal(sr_error_exit_code(&err), 2);
	assert_string_equal(err.message, "unknown option \"--shcema\"");
	assert_string_equal(err.hint, "Perhaps you meant --schema.");
	assert_false(PARSE(&l, &err, "--snapshto=x"));
	assert_string_equal(err.hint, "Perhaps you meant --snapshot.");
	assert_false(PARSE(&l, &err, "--frobnicate-everything"));
	assert_non_null(strstr(err.hint, "--help"));
	assert_false(PARSE(&l, &err, "-vz"));
	assert_string_equal(err.message, "unknown option \"-z\" in -vz");
	assert_false(PARSE(&l, &err, "-schema", "a"));
	assert_non_null(strstr(err.hint, "two dashes"));
	sr_command_line_release(&l);
	sr_error_release(&err);
}

static void test_missing_values(void **state)
{
	struct sr_command_line l = SR_COMMAND_LINE_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_false(PARSE(&l, &err, "--pitr"));
	assert_string_equal(err.message, "option --pitr needs a value: TIME");
	assert_false(PARSE(&l, &err, "-vn"));
	assert_string_equal(err.message, "option -n needs a value: PATTERN");
	/* Typed for help, which it is not. */
	assert_false(PARSE(&l, &err, "-h"));
	assert_non_null(strstr(err.hint, "--help"));
	sr_command_line_release(&l);
	sr_error_release(&err);
}

static void test_shell_quote(void **state)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "2024-01-28T14:30:00Z", "2024-01-28T14:30:00Z" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$x", "'$x'" },
		{ "a*", "'a*'" },
		{ "~x", "'~x'" },
	};
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		sr_strbuf_clear(&out);
		sr_shell_quote(&out, cases[i][0]);
		assert_string_equal(sr_strbuf_str(&out), cases[i][1]);
	}
	sr_strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),         cmocka_unit_test(test_clusters_and_dashes),
		cmocka_unit_test(test_abbreviations),  cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_missing_values), cmocka_unit_test(test_shell_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
