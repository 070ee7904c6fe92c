#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/records.h"

#define NOW (INT64_C(1706452200) * SR_USEC_PER_SEC)

static struct sr_operation_info items[] = {
	{ .id = (char *)"restore-20240128-132000-ab12",
	  .dir = (char *)"/s/restore-20240128-132000-ab12",
	  .state = "running",
	  .started = NOW - 60 * SR_USEC_PER_SEC,
	  .ended = SR_TIME_NONE,
	  .exit_code = -1,
	  .what = (char *)"a at latest",
	  .pid = 42 },
	{ .id = (char *)"restore-20240127-132000-cd34",
	  .dir = (char *)"/s/restore-20240127-132000-cd34",
	  .state = "failed",
	  .started = NOW - 86400 * SR_USEC_PER_SEC,
	  .ended = NOW - 86390 * SR_USEC_PER_SEC,
	  .exit_code = 6,
	  .what = (char *)"customer_1 at latest",
	  .error = (char *)"could not copy a.t" },
};
static const struct sr_operation_list list = { .items = items, .n = 2 };

static void test_find(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_ptr_equal(sr_records_find(&list, "restore-20240127-132000-cd34", &err), &items[1]);
	assert_ptr_equal(sr_records_find(&list, "ab12", &err), &items[0]);
	assert_ptr_equal(sr_records_find(&list, "restore-20240127", &err), &items[1]);
	assert_int_equal(err.class, SR_ERR_NONE);
	assert_null(sr_records_find(&list, "restore-2024", &err));
	assert_non_null(strstr(err.message, "2 operations"));
	assert_null(sr_records_find(&list, "restore-20240127-132000-cd35", &err));
	assert_int_equal(err.class, SR_ERR_USAGE);
	assert_non_null(strstr(err.hint, "cd34"));
	assert_null(sr_records_find(&list, "", &err));
	sr_error_release(&err);
}

static void test_describe(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	sr_records_describe(&items[0], NOW, true, &out);
	assert_string_equal(sr_strbuf_str(&out), "restore-20240128-132000-ab12\n"
						 "  state        running, process 42\n"
						 "  what         a at latest\n"
						 "  started      2024-01-28 14:29:00+00 (60 seconds ago)\n"
						 "  running for  1 min 0 s\n"
						 "  record       /s/restore-20240128-132000-ab12\n");
	sr_strbuf_clear(&out);
	sr_records_describe(&items[1], NOW, true, &out);
	assert_non_null(strstr(sr_strbuf_str(&out), "failed, exit code 6\n"));
	assert_non_null(strstr(sr_strbuf_str(&out), "took     10.0 s\n"));
	sr_strbuf_release(&out);
}

static void test_table(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	sr_records_table(&list, NOW, 0, true, &out);
	assert_string_equal(
		sr_strbuf_str(&out),
		"operation                     state        exit  started                  took  what\n"
		"restore-20240128-132000-ab12  running            60 seconds ago      1 min 0 s  a at "
		"latest\n"
		"restore-20240127-132000-cd34  failed          6  24 hours ago           10.0 s  customer_1 "
		"at latest\n");
	sr_strbuf_clear(&out);
	sr_records_table(&list, NOW, 92, true, &out);
	assert_non_null(strstr(sr_strbuf_str(&out), "  10.0 s  customer_1 …\n"));
	sr_strbuf_release(&out);
}

static void test_json(void **state)
{
	struct json_object *obj = sr_records_json(&items[1]);

	(void)state;
	assert_string_equal(sr_json_string(obj, "state"), "failed");
	assert_string_equal(sr_json_string(obj, "error"), "could not copy a.t");
	assert_int_equal(sr_json_int(obj, "exit_code", 0), 6);
	json_object_put(obj);
	obj = sr_records_json(&items[0]);
	assert_null(sr_json_member(obj, "exit_code"));
	assert_null(sr_json_member(obj, "ended"));
	json_object_put(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
