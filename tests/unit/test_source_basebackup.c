#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "source/source.h"

static char base[] = "/tmp/test_source_basebackup.XXXXXX";
static struct sr_error err;
static struct sr_log *log_;

static int set_up(void **state)
{
	(void)state;
	log_ = sr_log_new(SR_LOG_ERROR, NULL, NULL);
	return mkdtemp(base) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	sr_log_free(log_);
	return !sr_tree_remove(base, &err);
}

static bool undo(const char *root, const char *socket_dir)
{
	struct json_object *detail = json_object_new_object();
	bool ok;

	sr_error_release(&err);
	sr_json_add_string(detail, "root", root);
	sr_json_add_string(detail, "socket_dir", socket_dir);
	ok = sr_source_basebackup.undo("cluster", detail, log_, &err);
	json_object_put(detail);
	return ok;
}

static void test_undo(void **state)
{
	char *root = sr_path_join(base, "restore-1"), *data = sr_path_join(root, "data"),
	     *s = sr_path_join(root, "s");

	(void)state;
	assert_true(sr_dir_make_all(data, 0700, &err));
	assert_true(undo(root, s));
	assert_false(sr_path_exists(root));
	assert_true(undo(root, s)); /* again: harmless */
	free(s);
	free(data);
	free(root);
}

/* A journal that was forged or damaged must not lead to the removal of anything that we could not have named. */
static void test_undo_refuses(void **state)
{
	char *victim = sr_path_join(base, "victim"), *inside = sr_path_join(base, "restore-2");
	char *through = sr_path_join(base, "restore-2/../victim"), *up = sr_path_join(base, "restore-2/..");
	char *dots = sr_path_join(base, "x/../restore-2"), *s = sr_path_join(inside, "s");
	const char *const roots[] = { victim, through, up, dots, "restore-2", "/", "", NULL };

	(void)state;
	assert_true(sr_dir_make_all(victim, 0700, &err));
	assert_true(sr_dir_make_all(inside, 0700, &err));
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		assert_false(undo(roots[i], s));
		assert_int_equal(err.class, SR_ERR_LEFTOVER);
	}
	assert_false(undo(inside, victim));
	assert_false(undo(inside, NULL));
	assert_false(undo(inside, "/etc/s"));
	assert_false(undo(inside, "/tmp/restore-3"));
	assert_false(undo(s, s));
	assert_true(sr_path_exists(victim));
	assert_true(sr_path_exists(inside));
	assert_false(sr_source_basebackup.undo("cluster", NULL, log_, &err));
	sr_error_release(&err);
	free(victim);
	free(inside);
	free(through);
	free(up);
	free(dots);
	free(s);
}

static void test_describe(void **state)
{
	struct json_object *detail = json_object_new_object();
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	assert_true(sr_source_basebackup.owns("cluster"));
	assert_false(sr_source_basebackup.owns("clusters"));
	sr_json_add_string(detail, "root", "/var/tmp/restore-3");
	sr_source_basebackup.describe("cluster", detail, &out);
	assert_string_equal(sr_strbuf_str(&out), "temporary instance in /var/tmp/restore-3");
	sr_strbuf_release(&out);
	json_object_put(detail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_undo_refuses),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
