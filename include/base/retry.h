/*
 * One retry policy: a deadline, exponential backoff with jitter, an injected
 * clock.  A value; belongs to one thread.
 *
 *     struct sr_retry retry;
 *     sr_retry_begin(&retry, &policy, NULL);
 *     while (!attempt(err))
 *         if (!err->retry || !sr_retry_again(&retry))
 *             return sr_retry_context(&retry, err);
 */
#ifndef SR_BASE_RETRY_H
#define SR_BASE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct sr_error;

struct sr_retry_policy {
	int attempts; /* in all, the first included; 0: only the deadline counts */
	int64_t deadline_ms; /* from the start; 0: none */
	int64_t first_ms; /* wait before the second attempt */
	int64_t max_ms; /* longest wait */
};
struct sr_retry_clock {
	int64_t (*now_ms)(void *ctx);
	void (*sleep_ms)(void *ctx, int64_t ms);
	double (*random)(void *ctx); /* 0 <= x < 1 */
	void *ctx;
};
struct sr_retry {
	struct sr_retry_policy policy;
	struct sr_retry_clock clock;
	int64_t began_ms;
	int failures;
	int attempts; /* begun so far */
};

/* clock NULL: the real one. */
void sr_retry_begin(struct sr_retry *r, const struct sr_retry_policy *policy,
		    const struct sr_retry_clock *clock);
/* Counts a failure; sleeps and returns true when another attempt is due. */
bool sr_retry_again(struct sr_retry *r);
/* Adds "after 5 attempts in 31 s" to err when there was more than one attempt; returns false. */
bool sr_retry_context(const struct sr_retry *r, struct sr_error *err);

#endif
