#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "internal.h"
#include "work/graph.h"

enum { DEFAULT_TICK_MS = 100, FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 5000 };

/*
 * Locks: `mutex` guards the graph and everything in struct run; a worker's
 * `state_mutex` guards its state against being closed while the coordinator
 * cancels it.  Nobody holds both, and no callback but worker_cancel() is called
 * under either.
 */
struct run {
	struct sr_graph *g;
	const struct sr_graph_options *o;
	pthread_mutex_t mutex;
	pthread_cond_t ready; /* workers: there may be a job, or nothing more to do */
	pthread_cond_t halt; /* workers that pause before another attempt: the run stops */
	pthread_cond_t wake; /* the coordinator: the run stops, or a worker has left */
	size_t unfinished; /* jobs that have not ended */
	int alive; /* workers that have not left */
	bool stopping;
	int culprit; /* the job because of which the run stops, or -1 */
	struct sr_error err; /* the first failure */
};

struct worker {
	struct run *run;
	int index;
	pthread_t thread;
	bool busy; /* guarded by run->mutex */
	pthread_mutex_t state_mutex;
	void *state;
};

/* The caller holds the lock.  The first reason wins. */
static void stop_run(struct run *run, int culprit, const struct sr_error *err)
{
	if (run->stopping)
		return;
	run->stopping = true;
	run->culprit = culprit;
	sr_error_copy(&run->err, err);
	pthread_cond_broadcast(&run->ready);
	pthread_cond_broadcast(&run->halt);
	pthread_cond_signal(&run->wake);
}

static bool is_stopping(struct run *run)
{
	bool stopping;

	pthread_mutex_lock(&run->mutex);
	stopping = run->stopping;
	pthread_mutex_unlock(&run->mutex);
	return stopping;
}

static struct timespec deadline_at(int64_t monotonic_ms)
{
	return (struct timespec){ .tv_sec = (time_t)(monotonic_ms / 1000),
				  .tv_nsec = (long)(monotonic_ms % 1000) * 1000000L };
}

/* ---- a worker's thread --------------------------------------------------------------------- */

static void close_state(struct worker *w)
{
	const struct sr_graph_options *o = w->run->o;
	void *state;

	pthread_mutex_lock(&w->state_mutex);
	state = w->state;
	w->state = NULL;
	pthread_mutex_unlock(&w->state_mutex);
	if (state && o->worker_close)
		o->worker_close(o->ctx, w->index, state);
}

/* A failure stops the run: nobody knows whether the remaining workers would do. */
static bool open_state(struct worker *w)
{
	struct run *run = w->run;
	struct sr_error err = SR_ERROR_INIT;
	void *state = NULL;

	if (!run->o->worker_open)
		return true;
	if (!run->o->worker_open(run->o->ctx, w->index, &state, &err)) {
		pthread_mutex_lock(&run->mutex);
		stop_run(run, -1, &err);
		pthread_mutex_unlock(&run->mutex);
		sr_error_release(&err);
		return false;
	}
	pthread_mutex_lock(&w->state_mutex);
	w->state = state;
	pthread_mutex_unlock(&w->state_mutex);
	return true;
}

static bool renew_state(struct worker *w)
{
	const struct sr_graph_options *o = w->run->o;

	if (w->state && o->worker_usable && o->worker_usable(o->ctx, w->state))
		return true;
	close_state(w);
	return open_state(w);
}

/* False when the run stops meanwhile. */
static bool pause_before_retry(struct run *run, int failures)
{
	int64_t ms = failures < 6 ? (int64_t)FIRST_PAUSE_MS << (failures - 1) : LONGEST_PAUSE_MS;
	struct timespec until = deadline_at(sr_clock_monotonic_ms() + ms);
	bool go_on;

	pthread_mutex_lock(&run->mutex);
	while (!run->stopping)
		if (pthread_cond_timedwait(&run->halt, &run->mutex, &until) != 0)
			break;
	go_on = !run->stopping;
	pthread_mutex_unlock(&run->mutex);
	return go_on;
}

/* Runs the job as often as it may be tried. */
static bool attempt(struct worker *w, const struct job *job, struct sr_error *err)
{
	struct run *run = w->run;

	for (int failures = 1;; failures++) {
		sr_error_release(err);
		if (job->run(job->arg, w->state, w->index, err))
			return true;
		if (err->class == SR_ERR_NONE)
			sr_error_set(err, SR_ERR_INTERNAL, "the job \"%s\" failed without saying why",
				     job->name);
		if (!err->retry || failures > job->retries) {
			if (failures > 1)
				sr_error_context(err, "in %d attempts", failures);
			break;
		}
		if (!pause_before_retry(run, failures) || !renew_state(w))
			return false;
	}
	/* The next job must not inherit a lost connection or an open transaction. */
	if (job->policy == SR_JOB_OPTIONAL && !is_stopping(run))
		renew_state(w);
	return false;
}

/* The next job, or -1 when this worker has nothing to do any more. */
static int take_job(struct worker *w)
{
	struct run *run = w->run;
	int id = -1;

	pthread_mutex_lock(&run->mutex);
	while (!run->stopping && run->unfinished > 0 && run->g->nready == 0)
		pthread_cond_wait(&run->ready, &run->mutex);
	if (!run->stopping && run->unfinished > 0) {
		id = sr_graph_pop(run->g);
		run->g->jobs[id].state = SR_JOB_RUNNING;
		w->busy = true;
	}
	pthread_mutex_unlock(&run->mutex);
	return id;
}

/*
 * What a failure means.  A query that ends with "canceled on user request" once
 * the run is stopping was cancelled by us: such a job has not failed, it was not done.
 */
static enum sr_job_state judge_failure(struct run *run, int id, const struct sr_error *err)
{
	struct job *job = &run->g->jobs[id];
	enum sr_job_state state = SR_JOB_FAILED;

	pthread_mutex_lock(&run->mutex);
	if (run->stopping && strcmp(err->sqlstate, "57014") == 0) {
		state = SR_JOB_SKIPPED;
		job->skipped_by = run->culprit;
	} else if (job->policy == SR_JOB_ESSENTIAL) {
		stop_run(run, id, err);
	}
	pthread_mutex_unlock(&run->mutex);
	return state;
}

static void settle_job(struct worker *w, int id, enum sr_job_state state, struct sr_error *err)
{
	struct run *run = w->run;
	size_t freed;

	pthread_mutex_lock(&run->mutex);
	if (state == SR_JOB_FAILED)
		sr_error_move(&run->g->jobs[id].err, err);
	freed = sr_graph_settle(run->g, id, state);
	run->unfinished--;
	w->busy = false;
	/* This worker takes one of them itself. */
	if (run->unfinished == 0 || freed > 2)
		pthread_cond_broadcast(&run->ready);
	else if (freed == 2)
		pthread_cond_signal(&run->ready);
	pthread_mutex_unlock(&run->mutex);
}

static void do_job(struct worker *w, int id)
{
	struct run *run = w->run;
	const struct job *job = &run->g->jobs[id];
	struct sr_error err = SR_ERROR_INIT;
	int64_t began = sr_clock_monotonic_ms();
	enum sr_job_state state = SR_JOB_DONE;

	if (job->skipped_by >= 0)
		state = SR_JOB_SKIPPED;
	else if (job->run && !attempt(w, job, &err))
		state = judge_failure(run, id, &err);
	/* Told before the successors may begin, so that whoever listens sees jobs in their order. */
	if (run->o->job_ended)
		run->o->job_ended(run->o->ctx, id, job->name, state, sr_clock_monotonic_ms() - began,
				  state == SR_JOB_FAILED ? &err : NULL);
	settle_job(w, id, state, &err);
	sr_error_release(&err);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	int id;

	if (open_state(w))
		while ((id = take_job(w)) >= 0)
			do_job(w, id);
	close_state(w);
	pthread_mutex_lock(&w->run->mutex);
	w->run->alive--;
	pthread_cond_signal(&w->run->wake);
	pthread_mutex_unlock(&w->run->mutex);
	return NULL;
}

/* ---- the coordinator's thread -------------------------------------------------------------- */

static void cancel_busy(struct worker *workers, int n)
{
	const struct sr_graph_options *o = workers[0].run->o;

	for (int i = 0; o->worker_cancel && i < n; i++) {
		struct worker *w = &workers[i];
		bool busy;

		pthread_mutex_lock(&w->run->mutex);
		busy = w->busy;
		pthread_mutex_unlock(&w->run->mutex);
		if (!busy)
			continue;
		pthread_mutex_lock(&w->state_mutex);
		if (w->state)
			o->worker_cancel(o->ctx, w->state);
		pthread_mutex_unlock(&w->state_mutex);
	}
}

/* A signal that comes when everything is done already changes nothing here. */
static void interrupt(struct run *run, int signal)
{
	struct sr_error err = SR_ERROR_INIT;
	const char *name = sigabbrev_np(signal);

	sr_error_set(&err, SR_ERR_SIGNAL, "stopped by signal %d (%s%s)", signal, name ? "SIG" : "",
		     name ? name : "unknown");
	err.signal = signal;
	pthread_mutex_lock(&run->mutex);
	if (run->unfinished > 0)
		stop_run(run, -1, &err);
	pthread_mutex_unlock(&run->mutex);
	sr_error_release(&err);
}

static void on_tick(struct run *run)
{
	const struct sr_graph_options *o = run->o;
	int signal;

	if (o->tick)
		o->tick(o->ctx);
	signal = o->interrupted ? o->interrupted(o->ctx) : 0;
	if (signal)
		interrupt(run, signal);
}

static void coordinate(struct run *run, struct worker *workers, int n)
{
	int tick_ms = run->o->tick_ms > 0 ? run->o->tick_ms : DEFAULT_TICK_MS;
	int64_t next = sr_clock_monotonic_ms();
	bool stopping = false, alive = true;

	while (alive) {
		bool due = sr_clock_monotonic_ms() >= next;
		struct timespec until;

		if (due) {
			on_tick(run);
			next = sr_clock_monotonic_ms() + tick_ms;
		}
		/* At once when the stop was noticed, then at each tick: a cancel may come between two statements. */
		if (is_stopping(run) && (due || !stopping)) {
			stopping = true;
			cancel_busy(workers, n);
		}
		until = deadline_at(next);
		pthread_mutex_lock(&run->mutex);
		if (run->alive > 0 && run->stopping == stopping)
			pthread_cond_timedwait(&run->wake, &run->mutex, &until);
		alive = run->alive > 0;
		pthread_mutex_unlock(&run->mutex);
	}
}

/* Workers start with all signals blocked, so that the thread that called us gets them. */
static int start_workers(struct run *run, struct worker *workers, int n)
{
	sigset_t all, before;
	int started = 0, failed = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	run->alive = n;
	while (started < n && failed == 0) {
		struct worker *w = &workers[started];

		*w = (struct worker){ .run = run, .index = started };
		pthread_mutex_init(&w->state_mutex, NULL);
		failed = pthread_create(&w->thread, NULL, worker_main, w);
		if (failed == 0)
			started++;
		else
			pthread_mutex_destroy(&w->state_mutex);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		struct sr_error err = SR_ERROR_INIT;

		sr_error_set(&err, SR_ERR_INTERNAL, "could not start worker thread %d of %d: %s", started + 1,
			     n, strerrordesc_np(failed));
		pthread_mutex_lock(&run->mutex);
		run->alive -= n - started;
		stop_run(run, -1, &err);
		pthread_mutex_unlock(&run->mutex);
		sr_error_release(&err);
	}
	return started;
}

static void init_run(struct run *run, struct sr_graph *g, const struct sr_graph_options *o)
{
	pthread_condattr_t monotonic;

	*run = (struct run){ .g = g, .o = o, .unfinished = g->njobs, .culprit = -1, .err = SR_ERROR_INIT };
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&run->mutex, NULL);
	pthread_cond_init(&run->ready, NULL);
	pthread_cond_init(&run->halt, &monotonic);
	pthread_cond_init(&run->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool sr_graph_run(struct sr_graph *g, const struct sr_graph_options *options, struct sr_error *err)
{
	int n = options->workers > 1 ? options->workers : 1;
	struct worker *workers;
	struct run run;
	bool ok;

	if (!sr_graph_order(g, err))
		return false;
	if (g->njobs == 0)
		return true;
	if ((size_t)n > g->njobs)
		n = (int)g->njobs;
	init_run(&run, g, options);
	workers = sr_calloc((size_t)n, sizeof *workers);
	n = start_workers(&run, workers, n);
	if (n > 0)
		coordinate(&run, workers, n);
	for (int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		pthread_mutex_destroy(&workers[i].state_mutex);
	}
	ok = !run.stopping;
	if (!ok)
		sr_error_move(err, &run.err);
	free(workers);
	pthread_cond_destroy(&run.ready);
	pthread_cond_destroy(&run.halt);
	pthread_cond_destroy(&run.wake);
	pthread_mutex_destroy(&run.mutex);
	return ok;
}
