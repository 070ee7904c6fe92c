#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "work/graph.h"

/* What the jobs of a test did, in order. */
struct record {
	pthread_mutex_t lock;
	int order[64];
	int n;
	_Atomic int opened, closed, cancels, interrupted, ticks, ended, skipped;
	_Atomic bool blocked;
	int open_fails_from; /* 0: never */
	bool usable;
};

struct step {
	struct record *record;
	int id;
	int fails; /* how many times it fails before it does not */
	bool retry;
	const char *sqlstate;
	int64_t sleep_ms;
	bool until_cancelled;
	_Atomic int ran;
};

static void init_record(struct record *r)
{
	memset(r, 0, sizeof *r);
	pthread_mutex_init(&r->lock, NULL);
}

static bool run_step(void *arg, void *worker, int index, struct sr_error *err)
{
	struct step *s = arg;
	struct record *r = s->record;

	(void)worker;
	(void)index;
	s->ran++;
	pthread_mutex_lock(&r->lock);
	if (r->n < 64)
		r->order[r->n++] = s->id;
	pthread_mutex_unlock(&r->lock);
	sr_clock_sleep_ms(s->sleep_ms);
	for (int i = 0; s->until_cancelled && r->cancels == 0 && i < 5000; i++)
		sr_clock_sleep_ms(1);
	if (s->fails > 0) {
		s->fails--;
		sr_error_set(err, SR_ERR_COPY, "step %d failed", s->id);
		err->retry = s->retry;
		if (s->sqlstate)
			strcpy(err->sqlstate, s->sqlstate);
		return false;
	}
	return true;
}

static bool open_worker(void *ctx, int index, void **state, struct sr_error *err)
{
	struct record *r = ctx;
	sigset_t mask;

	(void)index;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	r->blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1;
	if (++r->opened >= r->open_fails_from && r->open_fails_from)
		return sr_error_set(err, SR_ERR_COPY, "no connection");
	*state = r;
	return true;
}

static void close_worker(void *ctx, int index, void *state)
{
	struct record *r = ctx;

	(void)index;
	(void)state;
	r->closed++;
}

static bool worker_usable(void *ctx, void *state)
{
	(void)state;
	return ((struct record *)ctx)->usable;
}

static void cancel_worker(void *ctx, void *state)
{
	(void)state;
	((struct record *)ctx)->cancels++;
}

static void tick(void *ctx)
{
	((struct record *)ctx)->ticks++;
}

static int interrupted(void *ctx)
{
	return ((struct record *)ctx)->interrupted;
}

static void job_ended(void *ctx, int job, const char *name, enum sr_job_state state, int64_t ms,
		      const struct sr_error *err)
{
	struct record *r = ctx;

	(void)job;
	(void)name;
	(void)ms;
	r->ended++;
	if (state == SR_JOB_SKIPPED)
		r->skipped++;
	assert_true((state == SR_JOB_FAILED) == (err != NULL));
}

static bool go(struct sr_graph *g, struct record *r, int workers, struct sr_error *err)
{
	struct sr_graph_options o = {
		.workers = workers,
		.worker_open = open_worker,
		.worker_close = close_worker,
		.worker_usable = worker_usable,
		.worker_cancel = cancel_worker,
		.tick = tick,
		.interrupted = interrupted,
		.job_ended = job_ended,
		.ctx = r,
		.tick_ms = 20,
	};

	return sr_graph_run(g, &o, err);
}

static int add(struct sr_graph *g, struct step *s, const char *name, double cost, enum sr_job_policy policy,
	       int retries)
{
	return sr_graph_add(g, &(struct sr_job_spec){ .name = name,
						      .run = run_step,
						      .arg = s,
						      .cost = cost,
						      .policy = policy,
						      .retries = retries });
}

/* What the end depends on comes first: 1 (cost 1) begins a chain of 11, 2 costs 5, 0 costs 3. */
static void test_critical_path_first(void **state)
{
	struct record r;
	struct step s[4];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;
	double costs[] = { 3, 1, 5, 10 };

	(void)state;
	init_record(&r);
	for (int i = 0; i < 4; i++) {
		s[i] = (struct step){ .record = &r, .id = i };
		add(g, &s[i], "step", costs[i], SR_JOB_ESSENTIAL, 0);
	}
	sr_graph_edge(g, 1, 3, SR_EDGE_NEEDS);
	sr_graph_edge(g, 1, 3, SR_EDGE_NEEDS);
	assert_true(go(g, &r, 1, &err));
	assert_int_equal(r.n, 4);
	assert_int_equal(r.order[0], 1);
	assert_int_equal(r.order[1], 3);
	assert_int_equal(r.order[2], 2);
	assert_int_equal(r.order[3], 0);
	assert_int_equal(r.opened, 1);
	assert_int_equal(r.closed, 1);
	assert_int_equal(r.ended, 4);
	assert_true(r.blocked);
	assert_false(sr_graph_run(g, &(struct sr_graph_options){ .workers = 1 }, &err));
	sr_error_release(&err);
	sr_graph_free(g);
}

/* 0 fails: 1 needs it, 2 needs 1 through a milestone; 4 only comes after it. */
static void test_skips(void **state)
{
	struct record r;
	struct step s[5];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;
	int milestone;

	(void)state;
	init_record(&r);
	for (int i = 0; i < 5; i++) {
		s[i] = (struct step){ .record = &r, .id = i, .fails = i == 0 };
		add(g, &s[i], "step", 1, SR_JOB_OPTIONAL, 0);
	}
	milestone = sr_graph_add(g, &(struct sr_job_spec){ .name = "milestone" });
	sr_graph_edge(g, 0, 1, SR_EDGE_NEEDS);
	sr_graph_edge(g, 1, milestone, SR_EDGE_NEEDS);
	sr_graph_edge(g, milestone, 2, SR_EDGE_NEEDS);
	sr_graph_edge(g, 0, 4, SR_EDGE_AFTER);
	sr_graph_edge(g, 2, 4, SR_EDGE_AFTER);
	assert_true(go(g, &r, 2, &err));
	assert_int_equal(err.class, SR_ERR_NONE);
	assert_int_equal(sr_graph_state(g, 0), SR_JOB_FAILED);
	assert_string_equal(sr_graph_error(g, 0)->message, "step 0 failed");
	assert_int_equal(sr_graph_state(g, 1), SR_JOB_SKIPPED);
	assert_int_equal(sr_graph_skipped_by(g, 1), 0);
	assert_int_equal(sr_graph_state(g, milestone), SR_JOB_SKIPPED);
	assert_int_equal(sr_graph_state(g, 2), SR_JOB_SKIPPED);
	assert_int_equal(sr_graph_skipped_by(g, 2), 0);
	assert_null(sr_graph_error(g, 2));
	assert_int_equal(sr_graph_state(g, 3), SR_JOB_DONE);
	assert_int_equal(sr_graph_skipped_by(g, 3), -1);
	assert_int_equal(sr_graph_state(g, 4), SR_JOB_DONE);
	assert_int_equal(s[1].ran + s[2].ran, 0);
	assert_int_equal(r.skipped, 3);
	assert_int_equal(r.ended, 6);
	sr_graph_free(g);
}

static void test_after_keeps_order(void **state)
{
	struct record r;
	struct step s[2];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	init_record(&r);
	s[0] = (struct step){ .record = &r, .id = 0 };
	s[1] = (struct step){ .record = &r, .id = 1, .sleep_ms = 30 };
	add(g, &s[0], "late", 100, SR_JOB_ESSENTIAL, 0);
	add(g, &s[1], "early", 0, SR_JOB_ESSENTIAL, 0);
	sr_graph_edge(g, 1, 0, SR_EDGE_AFTER);
	assert_true(go(g, &r, 2, &err));
	assert_int_equal(r.order[0], 1);
	assert_int_equal(r.order[1], 0);
	sr_graph_free(g);
}

static void test_cycles_are_named(void **state)
{
	struct record r;
	struct step s = { .record = &r };
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	init_record(&r);
	add(g, &s, "start", 1, SR_JOB_ESSENTIAL, 0);
	add(g, &s, "a", 1, SR_JOB_ESSENTIAL, 0);
	add(g, &s, "b", 1, SR_JOB_ESSENTIAL, 0);
	add(g, &s, "waits", 1, SR_JOB_ESSENTIAL, 0);
	sr_graph_edge(g, 0, 1, SR_EDGE_NEEDS);
	sr_graph_edge(g, 1, 2, SR_EDGE_NEEDS);
	sr_graph_edge(g, 2, 1, SR_EDGE_AFTER);
	sr_graph_edge(g, 2, 3, SR_EDGE_NEEDS);
	assert_false(go(g, &r, 2, &err));
	assert_int_equal(err.class, SR_ERR_INTERNAL);
	assert_non_null(strstr(err.detail, "a -> b -> a"));
	assert_null(strstr(err.detail, "start"));
	assert_null(strstr(err.detail, "waits"));
	assert_int_equal(s.ran, 0);
	sr_graph_free(g);

	g = sr_graph_new();
	add(g, &s, "self", 1, SR_JOB_ESSENTIAL, 0);
	sr_graph_edge(g, 0, 0, SR_EDGE_NEEDS);
	assert_false(go(g, &r, 2, &err));
	assert_non_null(strstr(err.detail, "self -> self"));
	sr_error_release(&err);
	sr_graph_free(g);

	/* A circle of all jobs, longer than is shown. */
	g = sr_graph_new();
	for (int i = 0; i < 40; i++)
		add(g, &s, "ring", 1, SR_JOB_ESSENTIAL, 0);
	for (int i = 0; i < 40; i++)
		sr_graph_edge(g, i, (i + 1) % 40, SR_EDGE_NEEDS);
	assert_false(go(g, &r, 2, &err));
	assert_non_null(strstr(err.detail, "ring -> ... -> ring."));
	sr_error_release(&err);
	sr_graph_free(g);
}

/* The other worker is cancelled; what it then says is not reported; what waited is not begun. */
static void test_essential_failure_stops(void **state)
{
	struct record r;
	struct step s[3];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;
	int64_t began;

	(void)state;
	init_record(&r);
	s[0] = (struct step){ .record = &r, .id = 0, .fails = 1, .sleep_ms = 50 };
	s[1] = (struct step){
		.record = &r, .id = 1, .fails = 1, .sqlstate = "57014", .until_cancelled = true
	};
	s[2] = (struct step){ .record = &r, .id = 2 };
	add(g, &s[0], "fails", 10, SR_JOB_ESSENTIAL, 0);
	add(g, &s[1], "long", 10, SR_JOB_ESSENTIAL, 0);
	add(g, &s[2], "waits", 1, SR_JOB_ESSENTIAL, 0);
	sr_graph_edge(g, 1, 2, SR_EDGE_AFTER);
	began = sr_clock_monotonic_ms();
	assert_false(go(g, &r, 2, &err));
	assert_true(sr_clock_monotonic_ms() - began < 1000);
	assert_string_equal(err.message, "step 0 failed");
	assert_int_equal(err.class, SR_ERR_COPY);
	assert_true(r.cancels >= 1);
	assert_int_equal(sr_graph_state(g, 0), SR_JOB_FAILED);
	assert_int_equal(sr_graph_state(g, 1), SR_JOB_SKIPPED);
	assert_int_equal(sr_graph_skipped_by(g, 1), 0);
	assert_null(sr_graph_error(g, 1));
	assert_int_equal(s[2].ran, 0);
	assert_int_equal(r.closed, 2);
	sr_error_release(&err);
	sr_graph_free(g);
}

/* Without a stop of ours a cancelled query is a failure like any other. */
static void test_cancel_from_outside_is_a_failure(void **state)
{
	struct record r;
	struct step s = { .record = &r, .fails = 1, .sqlstate = "57014" };
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	init_record(&r);
	add(g, &s, "cancelled", 1, SR_JOB_ESSENTIAL, 0);
	assert_false(go(g, &r, 2, &err));
	assert_string_equal(err.sqlstate, "57014");
	assert_int_equal(sr_graph_state(g, 0), SR_JOB_FAILED);
	sr_error_release(&err);
	sr_graph_free(g);
}

static void test_retries_renew_the_worker(void **state)
{
	struct record r;
	struct step s[3];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	init_record(&r);
	s[0] = (struct step){ .record = &r, .fails = 2, .retry = true };
	s[1] = (struct step){ .record = &r, .fails = 1, .retry = false };
	s[2] = (struct step){ .record = &r, .fails = 9, .retry = true };
	add(g, &s[0], "comes round", 3, SR_JOB_ESSENTIAL, 2);
	add(g, &s[1], "no use", 2, SR_JOB_OPTIONAL, 2);
	add(g, &s[2], "never", 1, SR_JOB_OPTIONAL, 1);
	assert_true(go(g, &r, 1, &err));
	assert_int_equal(s[0].ran, 3);
	assert_int_equal(s[1].ran, 1);
	assert_int_equal(s[2].ran, 2);
	assert_int_equal(sr_graph_state(g, 0), SR_JOB_DONE);
	assert_int_equal(sr_graph_state(g, 1), SR_JOB_FAILED);
	assert_string_equal(sr_graph_error(g, 2)->context, "in 2 attempts");
	/* Two retries, a failure, a retry and a failure: five renewals. */
	assert_int_equal(r.opened, 6);
	assert_int_equal(r.closed, 6);
	sr_graph_free(g);

	init_record(&r);
	r.usable = true;
	s[0] = (struct step){ .record = &r, .fails = 1, .retry = true };
	g = sr_graph_new();
	add(g, &s[0], "comes round", 3, SR_JOB_ESSENTIAL, 2);
	assert_true(go(g, &r, 1, &err));
	assert_int_equal(r.opened, 1);
	sr_graph_free(g);
}

static void test_open_failure_is_essential(void **state)
{
	struct record r;
	struct step s[2];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	init_record(&r);
	r.open_fails_from = 2;
	for (int i = 0; i < 2; i++) {
		s[i] = (struct step){ .record = &r, .id = i, .sleep_ms = 50 };
		add(g, &s[i], "step", 1, SR_JOB_ESSENTIAL, 0);
	}
	assert_false(go(g, &r, 2, &err));
	assert_string_equal(err.message, "no connection");
	assert_int_equal(r.closed, 1);
	sr_error_release(&err);
	sr_graph_free(g);
}

static void *interrupt_soon(void *arg)
{
	sr_clock_sleep_ms(60);
	((struct record *)arg)->interrupted = SIGTERM;
	return NULL;
}

static void test_interruption(void **state)
{
	struct record r;
	struct step s[2];
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;
	pthread_t thread;

	(void)state;
	init_record(&r);
	s[0] = (struct step){ .record = &r, .fails = 1, .sqlstate = "57014", .until_cancelled = true };
	s[1] = (struct step){ .record = &r };
	add(g, &s[0], "long", 1, SR_JOB_ESSENTIAL, 0);
	add(g, &s[1], "waits", 1, SR_JOB_ESSENTIAL, 0);
	sr_graph_edge(g, 0, 1, SR_EDGE_NEEDS);
	pthread_create(&thread, NULL, interrupt_soon, &r);
	assert_false(go(g, &r, 4, &err));
	pthread_join(thread, NULL);
	assert_int_equal(err.class, SR_ERR_SIGNAL);
	assert_int_equal(err.signal, SIGTERM);
	assert_int_equal(sr_error_exit_code(&err), 143);
	assert_string_equal(err.message, "stopped by signal 15 (SIGTERM)");
	assert_int_equal(sr_graph_state(g, 0), SR_JOB_SKIPPED);
	assert_int_equal(sr_graph_skipped_by(g, 0), -1);
	assert_int_equal(s[1].ran, 0);
	assert_true(r.ticks >= 3);
	assert_int_equal(r.opened, 2);
	sr_error_release(&err);
	sr_graph_free(g);
}

static bool count(void *arg, void *worker, int index, struct sr_error *err)
{
	(void)worker;
	(void)index;
	(void)err;
	(*(_Atomic int *)arg)++;
	return true;
}

static void test_many_jobs(void **state)
{
	enum { JOBS = 10000 };
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;
	_Atomic int ran = 0;
	int64_t began = sr_clock_monotonic_ms();

	(void)state;
	for (int i = 0; i < JOBS; i++) {
		sr_graph_add(g, &(struct sr_job_spec){
					.name = "job", .run = count, .arg = (void *)&ran, .cost = i % 17 });
		/* Half a long chain, half a wide fan, and edges across. */
		if (i > 0)
			sr_graph_edge(g, i % 2 ? i - 1 : 0, i, SR_EDGE_NEEDS);
		for (int k = 2; k < 8 && i >= k * 7; k++)
			sr_graph_edge(g, i - k * 7, i, SR_EDGE_AFTER);
	}
	assert_true(sr_graph_run(g, &(struct sr_graph_options){ .workers = 8 }, &err));
	assert_int_equal(ran, JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(sr_graph_state(g, i), SR_JOB_DONE);
	assert_true(sr_clock_monotonic_ms() - began < 5000);
	sr_graph_free(g);
}

static void test_empty(void **state)
{
	struct sr_graph *g = sr_graph_new();
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_true(sr_graph_run(g, &(struct sr_graph_options){ .workers = 8 }, &err));
	assert_int_equal(sr_graph_jobs(g), 0);
	sr_graph_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_critical_path_first),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_after_keeps_order),
		cmocka_unit_test(test_cycles_are_named),
		cmocka_unit_test(test_essential_failure_stops),
		cmocka_unit_test(test_cancel_from_outside_is_a_failure),
		cmocka_unit_test(test_retries_renew_the_worker),
		cmocka_unit_test(test_open_failure_is_essential),
		cmocka_unit_test(test_interruption),
		cmocka_unit_test(test_many_jobs),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
