#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"

static struct json_object *parse(const char *text, struct sr_error *err)
{
	return sr_json_parse(text, strlen(text), 8, "the request", err);
}

static void test_members(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct json_object *obj = parse(
		"\n{\"s\": \"x\", \"n\": 9007199254740993, \"b\": true, \"o\": {\"k\": null}}\n ", &err);

	(void)state;
	assert_non_null(obj);
	assert_string_equal(sr_json_string(obj, "s"), "x");
	assert_null(sr_json_string(obj, "n"));
	assert_null(sr_json_string(obj, "absent"));
	assert_true(sr_json_int(obj, "n", 0) == INT64_C(9007199254740993));
	assert_int_equal(sr_json_int(obj, "s", -1), -1);
	assert_int_equal(sr_json_int(obj, "absent", -1), -1);
	assert_true(sr_json_bool(obj, "b", false));
	assert_true(sr_json_bool(obj, "absent", true));
	assert_false(sr_json_bool(obj, "s", false));
	assert_non_null(sr_json_member(obj, "o"));
	assert_null(sr_json_member(sr_json_member(obj, "o"), "k"));
	assert_null(sr_json_member(sr_json_member(obj, "s"), "k"));
	assert_null(sr_json_member(NULL, "k"));
	json_object_put(obj);
}

static void test_scalars(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct json_object *obj = parse("12", &err);

	(void)state;
	assert_non_null(obj);
	assert_int_equal(json_object_get_int(obj), 12);
	json_object_put(obj);
	/* Not NUL-terminated: exactly n bytes are read. */
	obj = sr_json_parse("[1]x", 3, 8, "it", &err);
	assert_non_null(obj);
	json_object_put(obj);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "", "not complete" },
		{ "  ", "not complete" },
		{ "{\"a\": 1", "not complete" },
		{ "{\"a\": \"x", "not complete" },
		{ "{\"a\": 1}\n}", "line 2: something follows" },
		{ "{} {}", "something follows" },
		{ "12 x", "something follows" },
		{ "{\"a\": 1,\n \"b\" 2}", "line 2" },
		{ "['a']", "line 1" },
		{ "[1,]", "line 1" },
		{ "nope", "line 1" },
		{ "null", "is null" },
		{ "[[[[[[[[[1]]]]]]]]]", "line 1: nesting too deep" },
		{ "\"\xff\xfe\"", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		struct sr_error err = SR_ERROR_INIT;

		if (parse(cases[i].text, &err))
			fail_msg("%s was read", cases[i].text);
		assert_int_equal(err.class, SR_ERR_USAGE);
		assert_memory_equal(err.message, "the request ", 12);
		if (!strstr(err.message, cases[i].part))
			fail_msg("%s: %s", cases[i].text, err.message);
		sr_error_release(&err);
	}
}

static void test_line(void **state)
{
	struct json_object *obj = json_object_new_object();
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	sr_json_add_string(obj, "s", "a/b\n\"c\"");
	sr_json_add_string(obj, "none", NULL);
	sr_json_add_int(obj, "i", INT64_MIN);
	sr_json_add_bool(obj, "b", false);
	sr_json_add_double(obj, "d", 1.23456);
	sr_json_add_double(obj, "inf", INFINITY);
	sr_json_line(obj, &sb);
	assert_string_equal(sr_strbuf_str(&sb),
			    "{\"s\":\"a/b\\n\\\"c\\\"\",\"i\":-9223372036854775808,\"b\":false,"
			    "\"d\":1.235,\"inf\":null}");
	sr_strbuf_release(&sb);
	json_object_put(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
