/* The table itself, and what is made of it: help, names, what is near. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/options.h"

static void test_entries_are_sound(void **state)
{
	size_t n;
	const struct sr_option *o = sr_options(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true((o[i].kind == SR_KIND_BOOL) == (o[i].arg == NULL));
		assert_int_not_equal(o[i].commands, 0);
		assert_true(o[i].kind == SR_KIND_PITR || o[i].kind == SR_KIND_SNAPSHOT ||
			    o[i].offset < sizeof(struct sr_settings));
		for (const char *p = o[i].name; *p; p++)
			assert_true(islower((unsigned char)*p) || *p == '-');
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(o[i].name, o[k].name);
			assert_true(!o[i].letter || o[i].letter != o[k].letter);
		}
	}
}

static void test_find(void **state)
{
	(void)state;
	assert_string_equal(sr_option_find("state_dir", 9)->name, "state-dir");
	assert_string_equal(sr_option_find("state-dir=x", 9)->name, "state-dir");
	assert_null(sr_option_find("stat", 4));
	assert_string_equal(sr_option_letter('x')->name, "no-privileges");
	assert_null(sr_option_letter(0));
}

static void test_help_lists_every_option(void **state)
{
	struct sr_strbuf help = SR_STRBUF_INIT;
	struct sr_strlist names = SR_STRLIST_INIT;

	(void)state;
	sr_help_format(NULL, &help);
	sr_option_names(0, &names);
	assert_true(names.n > 30);
	for (size_t i = 0; i < names.n; i++) {
		char long_name[64];
		const char *at;

		snprintf(long_name, sizeof long_name, " --%s", names.items[i]);
		at = strstr(sr_strbuf_str(&help), long_name);
		assert_non_null(at);
	}
	assert_null(strstr(sr_strbuf_str(&help), "list-options"));
	for (const struct sr_command *const *c = sr_commands(); *c; c++)
		assert_non_null(strstr(sr_strbuf_str(&help), (*c)->summary));
	/* It is read on terminals of 80 columns. */
	for (const char *p = sr_strbuf_str(&help); *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= 80);
	sr_strlist_release(&names);
	sr_strbuf_release(&help);
}

static void test_help_of_one_command(void **state)
{
	struct sr_strbuf help = SR_STRBUF_INIT;

	(void)state;
	sr_help_format(sr_command_find("cleanup"), &help);
	assert_non_null(strstr(sr_strbuf_str(&help), "--older-than"));
	assert_null(strstr(sr_strbuf_str(&help), "--pitr"));
	sr_strbuf_release(&help);
}

static void test_nearest(void **state)
{
	struct sr_strlist names = SR_STRLIST_INIT;

	(void)state;
	sr_option_names(0, &names);
	assert_string_equal(sr_nearest(&names, "chema"), "schema");
	assert_string_equal(sr_nearest(&names, "walarchive"), "wal-archive");
	assert_string_equal(sr_nearest(&names, "dispos"), "disposable-source");
	assert_null(sr_nearest(&names, "zzzzzzzzzz"));
	assert_null(sr_nearest(&names, ""));
	sr_strlist_release(&names);
}

static void test_unknown_command(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_false(sr_command_unknown("stauts", &err));
	assert_int_equal(err.class, SR_ERR_USAGE);
	assert_string_equal(err.hint, "Perhaps you meant \"schemarestore status\".");
	assert_false(sr_command_unknown("customer_a", &err));
	assert_non_null(strstr(err.hint, "--schema customer_a"));
	sr_error_release(&err);
}

static void test_environment_names(void **state)
{
	char *name = sr_environment_name("state-dir");

	(void)state;
	assert_string_equal(name, "SCHEMARESTORE_STATE_DIR");
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries_are_sound),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_help_lists_every_option),
		cmocka_unit_test(test_help_of_one_command),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_unknown_command),
		cmocka_unit_test(test_environment_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
