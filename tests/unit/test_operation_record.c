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
#include "operation/journal.h"
#include "operation/operation.h"
#include "source/source.h"

static char base[] = "/tmp/test_operation_record.XXXXXX";
static char *state_dir;
static struct sr_error err;
static struct sr_log *nobody;
static bool stuck; /* the fake resource cannot be removed */
static int undone;

static bool owns(const char *kind)
{
	return strcmp(kind, "thing") == 0;
}

static bool undo(const char *kind, struct json_object *detail, struct sr_log *log, struct sr_error *e)
{
	(void)kind;
	(void)detail;
	(void)log;
	undone++;
	return !stuck || sr_error_set(e, SR_ERR_INSTANCE, "it is stuck");
}

static void describe(const char *kind, struct json_object *detail, struct sr_strbuf *out)
{
	sr_strbuf_addf(out, "%s %s", kind, sr_json_string(detail, "name"));
}

static const struct sr_source_driver driver = {
	.name = "thing", .owns = owns, .undo = undo, .describe = describe
};
static const struct sr_source_driver *const drivers[] = { &driver, NULL };

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
	return !sr_tree_remove(base, &err);
}

/* Each test has a state directory of its own. */
static int begin(void **state)
{
	static int number;
	char name[20];

	(void)state;
	snprintf(name, sizeof name, "state-%d", ++number);
	state_dir = sr_path_join(base, name);
	stuck = false;
	undone = 0;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	free(state_dir);
	sr_error_release(&err);
	return 0;
}

static struct json_object *object(const char *key, const char *value)
{
	struct json_object *obj = json_object_new_object();

	sr_json_add_string(obj, key, value);
	return obj;
}

/* An operation with one resource; outcome NULL: it has no end. The journal stays open. */
static struct sr_journal *make(const char *id, const char *outcome, int code, bool kept)
{
	struct sr_journal *j = sr_journal_create(state_dir, id, &err);
	struct json_object *start = object("id", id), *names = json_object_new_array(), *schemas, *end;
	int n;

	assert_non_null(j);
	sr_json_add_int(start, "pid", getpid());
	sr_json_add_string(start, "target", "database shop");
	assert_true(sr_journal_event(j, "start", start, &err));
	assert_true(sr_journal_intend(j, "thing", object("name", "t1"), &n, &err));
	json_object_array_add(names, json_object_new_string("a_1"));
	schemas = object("what", "a at noon");
	json_object_object_add(schemas, "names", names);
	assert_true(sr_journal_event(j, "schemas", schemas, &err));
	if (outcome && strcmp(outcome, "done") == 0)
		assert_true(sr_journal_gone(j, n, &err));
	if (outcome) {
		end = object("outcome", outcome);
		sr_json_add_int(end, "exit_code", code);
		sr_json_add_bool(end, "kept", kept);
		sr_json_add_string(end, "error", code ? "it broke" : NULL);
		assert_true(sr_journal_event(j, "end", end, &err));
	}
	return j;
}

static char *dir_of(const char *id)
{
	return sr_path_join(state_dir, id);
}

static void read_list(struct sr_operation_list *list)
{
	assert_true(sr_operation_list_read(state_dir, drivers, list, &err));
}

static void test_list(void **state)
{
	struct sr_operation_list list;
	struct sr_journal *running;
	char *path;

	(void)state;
	sr_journal_close(make("restore-20240101-000000-0001", "done", 0, false));
	sr_journal_close(make("restore-20240102-000000-0001", "failed", 6, true));
	sr_journal_close(make("restore-20240103-000000-0001", "interrupted", 143, false));
	sr_journal_close(make("restore-20240104-000000-0001", NULL, 0, false));
	running = make("restore-20240105-000000-0001", NULL, 0, false);
	sr_journal_close(make("restore-20240106-000000-0001", NULL, 0, false));
	path = sr_path_join(state_dir, "restore-20240106-000000-0001/journal.jsonl");
	assert_true(sr_file_write_atomic(path, "??\n", 3, 0600, &err));
	free(path);
	path = sr_path_join(state_dir, "other");
	assert_true(sr_dir_make_private(path, &err));
	free(path);

	read_list(&list);
	assert_int_equal(list.n, 6); /* newest first */
	assert_string_equal(list.items[0].state, "unreadable");
	assert_non_null(list.items[0].error);
	assert_string_equal(list.items[0].id, "restore-20240106-000000-0001");
	assert_string_equal(list.items[1].state, "running");
	assert_int_equal(list.items[1].pid, getpid());
	assert_string_equal(list.items[2].state, "abandoned");
	assert_int_equal(list.items[2].pid, 0);
	assert_int_equal(list.items[2].exit_code, -1);
	assert_int_equal(list.items[2].held.n, 1);
	assert_string_equal(list.items[2].held.items[0], "thing t1");
	assert_string_equal(list.items[3].state, "interrupted");
	assert_int_equal(list.items[3].exit_code, 143);
	assert_false(list.items[3].kept);
	assert_string_equal(list.items[4].state, "failed");
	assert_true(list.items[4].kept);
	assert_string_equal(list.items[4].error, "it broke");
	assert_string_equal(list.items[5].state, "done");
	assert_int_equal(list.items[5].exit_code, 0);
	assert_int_equal(list.items[5].held.n, 0);
	assert_int_equal(list.items[5].schemas.n, 1);
	assert_string_equal(list.items[5].schemas.items[0], "a_1");
	assert_string_equal(list.items[5].what, "a at noon");
	assert_string_equal(list.items[5].target, "database shop");
	sr_operation_list_release(&list);
	sr_journal_close(running);
}

static void test_list_of_nothing(void **state)
{
	struct sr_operation_list list;

	(void)state;
	read_list(&list); /* the directory does not even exist */
	assert_int_equal(list.n, 0);
	sr_operation_list_release(&list);
}

static bool clean_up(const char *id, struct sr_strlist *removed, struct sr_strlist *leftovers)
{
	char *dir = dir_of(id);
	bool ok;

	sr_strlist_release(removed);
	sr_strlist_release(leftovers);
	sr_error_release(&err);
	ok = sr_operation_cleanup(dir, drivers, NULL, nobody, removed, leftovers, &err);
	free(dir);
	return ok;
}

static void test_cleanup(void **state)
{
	static const char id[] = "restore-20240104-000000-0001";
	struct sr_strlist removed = SR_STRLIST_INIT, leftovers = SR_STRLIST_INIT;
	struct sr_operation_list list;

	(void)state;
	sr_journal_close(make(id, NULL, 0, false));
	stuck = true;
	assert_false(clean_up(id, &removed, &leftovers));
	assert_int_equal(err.class, SR_ERR_LEFTOVER);
	assert_int_equal(removed.n, 0);
	assert_int_equal(leftovers.n, 1);
	assert_string_equal(leftovers.items[0], "thing t1 (it is stuck)");
	read_list(&list);
	assert_string_equal(list.items[0].state, "abandoned"); /* still */
	sr_operation_list_release(&list);

	stuck = false;
	assert_true(clean_up(id, &removed, &leftovers));
	assert_int_equal(removed.n, 1);
	assert_string_equal(removed.items[0], "thing t1");
	assert_int_equal(leftovers.n, 0);
	read_list(&list);
	assert_string_equal(list.items[0].state, "interrupted");
	assert_int_equal(list.items[0].held.n, 0);
	sr_operation_list_release(&list);

	assert_int_equal(undone, 2);
	assert_true(clean_up(id, &removed, &leftovers));
	assert_int_equal(removed.n, 0);
	assert_int_equal(undone, 2);
	sr_strlist_release(&removed);
}

/* What an operation said of its end stays when its leftovers go later. */
static void test_cleanup_keeps_the_outcome(void **state)
{
	static const char id[] = "restore-20240104-000000-0002";
	struct sr_strlist removed = SR_STRLIST_INIT, leftovers = SR_STRLIST_INIT;
	struct sr_operation_list list;

	(void)state;
	sr_journal_close(make(id, "failed", 6, true));
	assert_true(clean_up(id, &removed, &leftovers));
	assert_int_equal(removed.n, 1);
	read_list(&list);
	assert_string_equal(list.items[0].state, "failed");
	assert_int_equal(list.items[0].exit_code, 6);
	assert_int_equal(list.items[0].held.n, 0);
	sr_operation_list_release(&list);
	sr_strlist_release(&removed);
}

static void test_cleanup_refuses(void **state)
{
	static const char id[] = "restore-20240104-000000-0003";
	struct sr_strlist removed = SR_STRLIST_INIT, leftovers = SR_STRLIST_INIT;
	struct sr_journal *j = make(id, NULL, 0, false);

	(void)state;
	assert_false(clean_up(id, &removed, &leftovers));
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_non_null(strstr(err.message, id));
	assert_int_equal(undone, 0);
	sr_journal_close(j);
	assert_false(clean_up("restore-20240104-000000-9999", &removed, &leftovers));
	assert_int_equal(err.class, SR_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list, begin, finish),
		cmocka_unit_test_setup_teardown(test_list_of_nothing, begin, finish),
		cmocka_unit_test_setup_teardown(test_cleanup, begin, finish),
		cmocka_unit_test_setup_teardown(test_cleanup_keeps_the_outcome, begin, finish),
		cmocka_unit_test_setup_teardown(test_cleanup_refuses, begin, finish),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
