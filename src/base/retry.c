#include "base/retry.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/strbuf.h"

static int64_t real_now(void *ctx)
{
	(void)ctx;
	return sr_clock_monotonic_ms();
}

static void real_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	sr_clock_sleep_ms(ms);
}

/* Jitter needs no quality; the nanoseconds differ between threads and processes that fail together. */
static double real_random(void *ctx)
{
	struct timespec now;
	uint64_t x;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &now);
	x = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)&now;
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return (double)(x >> 11) / (double)(UINT64_C(1) << 53);
}

void sr_retry_begin(struct sr_retry *r, const struct sr_retry_policy *policy,
		    const struct sr_retry_clock *clock)
{
	*r = (struct sr_retry){ .policy = *policy, .attempts = 1 };
	if (clock)
		r->clock = *clock;
	else
		r->clock = (struct sr_retry_clock){ real_now, real_sleep, real_random, NULL };
	r->began_ms = r->clock.now_ms(r->clock.ctx);
}

/* Doubles from first_ms to max_ms; half of it is fixed and half is chance, so that waiters spread out. */
static int64_t next_wait(struct sr_retry *r)
{
	int64_t wait = r->policy.first_ms;

	for (int i = 1; i < r->failures && wait < INT64_MAX / 2; i++) {
		if (r->policy.max_ms > 0 && wait >= r->policy.max_ms)
			break;
		wait *= 2;
	}
	if (r->policy.max_ms > 0 && wait > r->policy.max_ms)
		wait = r->policy.max_ms;
	return wait / 2 + (int64_t)(r->clock.random(r->clock.ctx) * (double)(wait - wait / 2));
}

bool sr_retry_again(struct sr_retry *r)
{
	int64_t wait, elapsed;

	r->failures++;
	if (r->policy.attempts > 0 && r->failures >= r->policy.attempts)
		return false;
	elapsed = r->clock.now_ms(r->clock.ctx) - r->began_ms;
	wait = next_wait(r);
	if (r->policy.deadline_ms > 0) {
		if (elapsed >= r->policy.deadline_ms)
			return false;
		/* The last attempt is made at the deadline, not beyond it. */
		if (wait > r->policy.deadline_ms - elapsed)
			wait = r->policy.deadline_ms - elapsed;
	}
	if (wait > 0)
		r->clock.sleep_ms(r->clock.ctx, wait);
	r->attempts++;
	return true;
}

bool sr_retry_context(const struct sr_retry *r, struct sr_error *err)
{
	struct sr_strbuf took = SR_STRBUF_INIT;

	if (r->attempts < 2)
		return false;
	sr_duration_format(r->clock.now_ms(r->clock.ctx) - r->began_ms, &took);
	sr_error_context(err, "after %d attempts in %s", r->attempts, sr_strbuf_str(&took));
	sr_strbuf_release(&took);
	return false;
}
