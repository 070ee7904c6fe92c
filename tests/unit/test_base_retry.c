#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/retry.h"

struct fake {
	int64_t now, sleeps[32];
	int n;
	double random;
};

static int64_t fake_now(void *ctx)
{
	return ((struct fake *)ctx)->now;
}

static void fake_sleep(void *ctx, int64_t ms)
{
	struct fake *f = ctx;

	f->sleeps[f->n++] = ms;
	f->now += ms;
}

static double fake_random(void *ctx)
{
	return ((struct fake *)ctx)->random;
}

static void begin(struct sr_retry *r, struct fake *f, struct sr_retry_policy policy)
{
	const struct sr_retry_clock clock = { fake_now, fake_sleep, fake_random, f };

	sr_retry_begin(r, &policy, &clock);
}

static void test_attempts(void **state)
{
	struct fake f = { .now = 1000, .random = 0.999999 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_retry r;

	(void)state;
	begin(&r, &f, (struct sr_retry_policy){ .attempts = 5, .first_ms = 100, .max_ms = 300 });
	assert_true(sr_retry_again(&r));
	assert_true(sr_retry_again(&r));
	assert_true(sr_retry_again(&r));
	assert_true(sr_retry_again(&r));
	assert_false(sr_retry_again(&r));
	assert_int_equal(f.n, 4);
	assert_in_range(f.sleeps[0], 99, 100);
	assert_in_range(f.sleeps[1], 199, 200);
	assert_in_range(f.sleeps[2], 299, 300);
	assert_in_range(f.sleeps[3], 299, 300);
	sr_error_set(&err, SR_ERR_INTERNAL, "no");
	f.now = 32000;
	assert_false(sr_retry_context(&r, &err));
	assert_string_equal(err.context, "after 5 attempts in 31.0 s");
	sr_error_release(&err);
}

static void test_jitter_is_at_most_half(void **state)
{
	struct fake f = { .random = 0 };
	struct sr_retry r;

	(void)state;
	begin(&r, &f, (struct sr_retry_policy){ .attempts = 3, .first_ms = 100, .max_ms = 1000 });
	assert_true(sr_retry_again(&r));
	assert_true(sr_retry_again(&r));
	assert_int_equal(f.sleeps[0], 50);
	assert_int_equal(f.sleeps[1], 100);
}

static void test_deadline(void **state)
{
	struct fake f = { .random = 0.999999 };
	struct sr_retry r;
	int attempts = 1;

	(void)state;
	begin(&r, &f, (struct sr_retry_policy){ .deadline_ms = 1000, .first_ms = 400, .max_ms = 400 });
	while (sr_retry_again(&r))
		attempts++;
	/* The last wait is cut short so that one more attempt is made at the deadline. */
	assert_int_equal(f.now, 1000);
	assert_int_equal(attempts, 4);
}

static void test_single_attempt(void **state)
{
	struct fake f = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_retry r;

	(void)state;
	begin(&r, &f, (struct sr_retry_policy){ .attempts = 1, .first_ms = 100 });
	assert_false(sr_retry_again(&r));
	assert_int_equal(f.n, 0);
	sr_error_set(&err, SR_ERR_INTERNAL, "no");
	sr_retry_context(&r, &err);
	assert_null(err.context);
	sr_error_release(&err);
}

static void test_counts_the_attempt_that_was_not_worth_a_retry(void **state)
{
	struct fake f = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_retry r;

	(void)state;
	begin(&r, &f, (struct sr_retry_policy){ .attempts = 9, .first_ms = 100 });
	assert_true(sr_retry_again(&r));
	sr_error_set(&err, SR_ERR_INTERNAL, "permanent");
	sr_retry_context(&r, &err);
	assert_non_null(err.context);
	assert_memory_equal(err.context, "after 2 attempts", 16);
	sr_error_release(&err);
}

static void test_real_clock(void **state)
{
	struct sr_retry r;

	(void)state;
	sr_retry_begin(&r, &(struct sr_retry_policy){ .attempts = 3, .first_ms = 2, .max_ms = 2 }, NULL);
	assert_true(sr_retry_again(&r));
	assert_true(sr_retry_again(&r));
	assert_false(sr_retry_again(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_jitter_is_at_most_half),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_single_attempt),
		cmocka_unit_test(test_counts_the_attempt_that_was_not_worth_a_retry),
		cmocka_unit_test(test_real_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
