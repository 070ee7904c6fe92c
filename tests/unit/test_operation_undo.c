#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "operation/operation.h"
#include "operation/undo.h"

static char base[] = "/tmp/test_operation_undo.XXXXXX";
static struct sr_error err;
static struct sr_log *nobody; /* a log that goes nowhere */

/* ---- Two drivers that only note what they are asked ---- */

static struct sr_strbuf done; /* "thing:2 thing:1 " */
static const char *refuses; /* the name that cannot be removed, or NULL */

static bool owns_thing(const char *kind)
{
	return strcmp(kind, "thing") == 0;
}

static bool owns_other(const char *kind)
{
	return strcmp(kind, "other") == 0;
}

static bool undo_fake(const char *kind, struct json_object *detail, struct sr_log *log, struct sr_error *e)
{
	const char *name = sr_json_string(detail, "name");

	assert_ptr_equal(log, nobody);
	sr_strbuf_addf(&done, "%s:%s ", kind, name);
	if (refuses && strcmp(name, refuses) == 0)
		return sr_error_set(e, SR_ERR_INSTANCE, "%s is stuck", name);
	return true;
}

static void describe_fake(const char *kind, struct json_object *detail, struct sr_strbuf *out)
{
	sr_strbuf_addf(out, "%s called %s", kind, sr_json_string(detail, "name"));
}

static const struct sr_source_driver thing = {
	.name = "thing", .owns = owns_thing, .undo = undo_fake, .describe = describe_fake
};
static const struct sr_source_driver other = {
	.name = "other", .owns = owns_other, .undo = undo_fake, .describe = describe_fake
};
static const struct sr_source_driver *const drivers[] = { &thing, &other, NULL };

/* ---- The journal of a test ---- */

static struct sr_journal *j;
static struct sr_strlist removed, leftovers;

static int set_up(void **state)
{
	(void)state;
	nobody = sr_log_new(SR_LOG_ERROR, NULL, NULL);
	return mkdtemp(base) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	sr_log_free(nobody);
	sr_strbuf_release(&done);
	return !sr_tree_remove(base, &err);
}

static int begin(void **state)
{
	static int number;
	char id[40];

	(void)state;
	snprintf(id, sizeof id, "restore-%d", ++number);
	j = sr_journal_create(base, id, &err);
	sr_strbuf_clear(&done);
	refuses = NULL;
	return j == NULL;
}

static int end(void **state)
{
	(void)state;
	sr_journal_close(j);
	sr_strlist_release(&removed);
	sr_strlist_release(&leftovers);
	sr_error_release(&err);
	return 0;
}

static int intend(const char *kind, const char *name)
{
	struct json_object *detail = json_object_new_object();
	int n;

	sr_json_add_string(detail, "name", name);
	assert_true(sr_journal_intend(j, kind, detail, &n, &err));
	return n;
}

static bool run_undo(void)
{
	struct sr_undo undo = {
		.drivers = drivers,
		.log = nobody,
		.removed = &removed,
		.leftovers = &leftovers,
	};

	sr_strbuf_clear(&done);
	return sr_undo_run(j, &undo, &err);
}

/* ---- Tests ---- */

static void test_backwards(void **state)
{
	int second;

	(void)state;
	intend("thing", "1");
	second = intend("thing", "2");
	intend("other", "3");
	assert_true(sr_journal_kept(j, second, &err));
	assert_true(run_undo());
	assert_string_equal(sr_strbuf_str(&done), "other:3 thing:1 ");
	assert_int_equal(removed.n, 2);
	assert_string_equal(removed.items[0], "other called 3");
	assert_string_equal(removed.items[1], "thing called 1");
	assert_int_equal(leftovers.n, 0);
	/* Again: nothing is held any more. */
	assert_true(run_undo());
	assert_string_equal(sr_strbuf_str(&done), "");
}

static void test_goes_on_after_a_failure(void **state)
{
	(void)state;
	intend("thing", "1");
	intend("thing", "2");
	intend("thing", "3");
	refuses = "2";
	assert_false(run_undo());
	assert_string_equal(sr_strbuf_str(&done), "thing:3 thing:2 thing:1 ");
	assert_int_equal(err.class, SR_ERR_LEFTOVER);
	assert_string_equal(err.message, "2 is stuck");
	assert_int_equal(removed.n, 2);
	assert_int_equal(leftovers.n, 1);
	assert_string_equal(leftovers.items[0], "thing called 2 (2 is stuck)");
	/* Later it can be removed, and only that is tried. */
	refuses = NULL;
	sr_error_release(&err);
	assert_true(run_undo());
	assert_string_equal(sr_strbuf_str(&done), "thing:2 ");
}

static void test_unknown_kind(void **state)
{
	(void)state;
	intend("thing", "1");
	intend("moon", "2");
	assert_false(run_undo());
	assert_string_equal(sr_strbuf_str(&done), "thing:1 ");
	assert_int_equal(err.class, SR_ERR_LEFTOVER);
	assert_non_null(strstr(err.message, "moon"));
	assert_non_null(err.hint);
	assert_int_equal(leftovers.n, 1);
	assert_true(strncmp(leftovers.items[0], "moon (", 6) == 0);
}

static void test_unreadable_journal(void **state)
{
	char *path = sr_path_join(sr_journal_dir(j), "journal.jsonl");

	(void)state;
	intend("thing", "1");
	assert_true(sr_file_write_atomic(path, "{{\n", 3, 0600, &err));
	assert_false(run_undo());
	assert_string_equal(sr_strbuf_str(&done), "");
	assert_int_equal(err.class, SR_ERR_LEFTOVER);
	free(path);
}

/* An intent to make a schema that says nothing that we could have written must not lead to a DROP anywhere. */
static void test_damaged_schema(void **state)
{
	static const char *const details[] = {
		"{}",
		"{\"schema\": \"a\", \"application\": \"x\", \"conninfo\": {\"host\": \"/nowhere\"}}",
		"{\"schema\": \"a\", \"mark\": \"\", \"application\": \"x\", \"conninfo\": {\"host\": "
		"\"/nowhere\"}}",
		"{\"schema\": \"a\", \"mark\": \"a comment\", \"application\": \"x\", \"conninfo\": "
		"{\"host\": \"/nowhere\"}}",
		"{\"schema\": 7}",
	};
	int n;

	(void)state;
	for (size_t i = 0; i < sizeof details / sizeof *details; i++)
		assert_true(sr_journal_intend(j, "schema", json_tokener_parse(details[i]), &n, &err));
	assert_true(sr_journal_intend(j, "schema", NULL, &n, &err));
	assert_false(run_undo());
	assert_int_equal(leftovers.n, 6);
	assert_int_equal(removed.n, 0);
	assert_non_null(strstr(err.message, "cannot be understood"));
}

static void assert_described(const char *kind, const char *detail, const char *expected)
{
	struct sr_intent intent = { .kind = (char *)kind, .detail = json_tokener_parse(detail) };
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_undo_describe(drivers, &intent, &out);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
	json_object_put(intent.detail);
}

static void test_describe(void **state)
{
	(void)state;
	assert_described("thing", "{\"name\": \"x\"}", "thing called x");
	assert_described("schema", "{\"schema\": \"a_1\", \"where\": \"database shop on h, port 5432\"}",
			 "unfinished schema a_1 in database shop on h, port 5432");
	assert_described("schema", "{\"schema\": \"a_1\"}", "unfinished schema a_1 in the target");
	assert_described("rename", "{\"from\": \"a\", \"to\": \"a_1\"}",
			 "schema a still named a_1 on the existing instance");
	assert_described("moon", "{}", "moon");
	assert_described("schema", "null", "schema");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_backwards, begin, end),
		cmocka_unit_test_setup_teardown(test_goes_on_after_a_failure, begin, end),
		cmocka_unit_test_setup_teardown(test_unknown_kind, begin, end),
		cmocka_unit_test_setup_teardown(test_unreadable_journal, begin, end),
		cmocka_unit_test_setup_teardown(test_damaged_schema, begin, end),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
