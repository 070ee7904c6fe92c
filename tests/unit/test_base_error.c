#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"

static void format_is(const struct sr_error *err, const char *expected)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	sr_error_format(err, &sb);
	assert_string_equal(sr_strbuf_str(&sb), expected);
	sr_strbuf_release(&sb);
}

static void test_set(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_int_equal(sr_error_exit_code(&err), 0);
	assert_false(sr_error_set(&err, SR_ERR_COPY, "could not copy %s", "a.orders"));
	assert_int_equal(err.class, SR_ERR_COPY);
	assert_false(sr_error_detail(&err, "d%d\nd2\n", 1));
	assert_false(sr_error_hint(&err, "Do it again."));
	assert_false(sr_error_context(&err, "inner"));
	assert_false(sr_error_context(&err, "outer %d", 2));
	format_is(&err, "could not copy a.orders\nDETAIL:  d1\n\td2\nHINT:  Do it again.\nCONTEXT:  "
			"inner\n\touter 2");
	assert_false(sr_error_reclass(&err, SR_ERR_VERIFY));
	assert_int_equal(sr_error_exit_code(&err), 8);

	/* Setting replaces everything, and may use what it replaces. */
	err.retry = true;
	sr_error_set(&err, SR_ERR_USAGE, "again: %s", err.message);
	format_is(&err, "again: could not copy a.orders");
	assert_false(err.retry);
	assert_int_equal(sr_error_exit_code(&err), 2);
	sr_error_detail(&err, "one");
	sr_error_detail(&err, "two, after %s", err.detail);
	assert_string_equal(err.detail, "two, after one");
	sr_error_release(&err);
	assert_int_equal(err.class, SR_ERR_NONE);
	assert_null(err.message);
}

static void test_errno(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	errno = ENOENT;
	assert_false(sr_error_errno(&err, SR_ERR_INTERNAL, "could not open \"%s\"", "x"));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(err.message, "could not open \"x\": No such file or directory");
	sr_error_release(&err);
}

static void test_move_and_copy(void **state)
{
	struct sr_error a = SR_ERROR_INIT, b = SR_ERROR_INIT;

	(void)state;
	sr_error_set(&a, SR_ERR_SIGNAL, "stopped");
	a.signal = 2;
	strcpy(a.sqlstate, "57014");
	sr_error_context(&a, "copying");
	sr_error_set(&b, SR_ERR_DDL, "old");
	sr_error_copy(&b, &a);
	assert_ptr_not_equal(a.message, b.message);
	assert_string_equal(b.message, "stopped");
	assert_string_equal(b.context, "copying");
	assert_string_equal(b.sqlstate, "57014");
	assert_int_equal(sr_error_exit_code(&b), 130);
	sr_error_set(&b, SR_ERR_DDL, "old");
	sr_error_move(&b, &a);
	assert_null(a.message);
	assert_int_equal(a.class, SR_ERR_NONE);
	assert_string_equal(b.message, "stopped");
	sr_error_move(&b, &b);
	sr_error_copy(&b, &b);
	assert_string_equal(b.message, "stopped");
	sr_error_release(&a);
	sr_error_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_move_and_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
