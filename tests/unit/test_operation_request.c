#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "operation/request.h"

static char path[] = "/tmp/test_operation_request.XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* Releases what r held, reads the text. */
static bool read_text(struct sr_request *r, const char *text, struct sr_error *err)
{
	sr_request_release(r);
	sr_error_release(err);
	assert_true(sr_file_write_atomic(path, text, strlen(text), 0600, err));
	return sr_request_read(r, path, err);
}

static void test_reads(void **state)
{
	struct sr_request r;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	sr_request_init(&r);
	assert_int_equal(r.verify, SR_VERIFY_COUNTS);
	assert_int_equal(r.time, SR_TIME_NONE);
	assert_true(read_text(
		&r,
		"{\"database\": \"shop\", \"schemas\": [\"a\", \"Sales \\\"1\\\"\", \"c*\", \"%\"], "
		"\"restoreTime\": \"2024-01-28T14:30:00Z\", \"snapshotId\": null}",
		&err));
	assert_string_equal(sr_conninfo_get(&r.conninfo, "dbname"), "shop");
	assert_int_equal(r.schemas.n, 4);
	assert_string_equal(r.schemas.items[0], "a");
	assert_string_equal(r.schemas.items[1], "\"Sales \"\"1\"\"\"");
	assert_string_equal(r.schemas.items[2], "c*");
	assert_string_equal(r.schemas.items[3], "*");
	assert_true(r.has_target);
	assert_int_equal(r.target, SR_TARGET_TIME);
	assert_int_equal(r.time, INT64_C(1706452200) * SR_USEC_PER_SEC);
	assert_true(read_text(&r, "{\"snapshotId\": \"20240128\"}", &err));
	assert_int_equal(r.target, SR_TARGET_SNAPSHOT);
	assert_string_equal(r.snapshot, "20240128");
	sr_request_release(&r);
	sr_error_release(&err);
}

static void test_what_is_set_wins(void **state)
{
	struct sr_request r;
	struct sr_error err = SR_ERROR_INIT;
	const char *text = "{\"database\": \"shop\", \"schemas\": [\"a\"], \"restoreTime\": \"latest\"}";

	(void)state;
	sr_request_init(&r);
	assert_true(sr_file_write_atomic(path, text, strlen(text), 0600, &err));
	sr_strlist_add(&r.schemas, "mine");
	sr_conninfo_set(&r.conninfo, "dbname", "mine");
	sr_request_set_snapshot(&r, "s1");
	assert_true(sr_request_read(&r, path, &err));
	assert_int_equal(r.schemas.n, 1);
	assert_string_equal(r.schemas.items[0], "mine");
	assert_string_equal(sr_conninfo_get(&r.conninfo, "dbname"), "mine");
	assert_int_equal(r.target, SR_TARGET_SNAPSHOT);
	sr_request_release(&r);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} cases[] = {
		{ "{\"schema\": \"a\"}", "unknown key \"schema\"", "schemas" },
		{ "{\"frobnicate_all\": 1}", "unknown key \"frobnicate_all\"", "restoreTime" },
		{ "{\"schemas\": \"a\"}", "\"schemas\"", "[\"a\"" },
		{ "{\"schemas\": []}", "\"schemas\"", "[\"a\"" },
		{ "{\"schemas\": [\"a\", 1]}", "element 2", NULL },
		{ "{\"schemas\": [\"a\\u0000b\"]}", "element 1", NULL },
		{ "{\"database\": 1}", "\"database\"", NULL },
		{ "{\"database\": \"\"}", "\"database\"", NULL },
		{ "{\"restoreTime\": \"latest\", \"snapshotId\": \"x\"}", "both", "Keep" },
		{ "[]", "one JSON object", "schemas" },
		{ "{\"schemas\": [", "not complete", NULL },
		{ "{} x", "follows", NULL },
	};
	struct sr_request r;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	sr_request_init(&r);
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		assert_false(read_text(&r, cases[i].text, &err));
		assert_int_equal(err.class, SR_ERR_USAGE);
		assert_non_null(strstr(err.message, cases[i].message));
		assert_true(!cases[i].hint || strstr(err.hint, cases[i].hint));
		/* Nothing is half taken. */
		assert_int_equal(r.schemas.n, 0);
		assert_false(r.has_target);
	}
	assert_false(sr_request_read(&r, "/nowhere/request.json", &err));
	assert_int_equal(err.class, SR_ERR_USAGE);
	sr_request_release(&r);
	sr_error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_what_is_set_wins),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
