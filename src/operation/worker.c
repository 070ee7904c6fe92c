/* The workers of a graph: each has a connection to the target, and one to the source inside the snapshot. */
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "run.h"

#define BREAK_AFTER 30 /* cancels, one at each tick of 100 ms, before the connections are cut */

static struct sr_conn *open_source(struct sr_run *run, int index, struct sr_error *err)
{
	struct sr_conn *c;
	char *label = sr_asprintf("the source (worker %d)", index + 1);
	struct sr_conn_options options = {
		.label = label,
		.encoding = run->encoding,
		.class = SR_ERR_COPY,
		.log = run->log,
		.attempts = 3,
	};

	c = sr_conn_open(&run->source_info, &options, err);
	free(label);
	/* The identifier of a snapshot is made of hexadecimal digits and dashes. */
	if (c &&
	    !sr_conn_execf(c, err,
			   "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '%s'",
			   run->snapshot)) {
		sr_conn_close(c);
		c = NULL;
	}
	return c;
}

static bool open_target(struct sr_worker *w, int index, struct sr_error *err)
{
	struct sr_run *run = w->run;
	char *label = sr_asprintf("the target (worker %d)", index + 1);
	struct sr_conn_options options = {
		.label = label,
		.encoding = run->encoding,
		.class = SR_ERR_COPY,
		.log = run->log,
		.attempts = 3,
	};
	struct sr_strbuf preamble = SR_STRBUF_INIT;
	bool ok;

	/* The commit that ends the operation is synchronous, and makes these durable with it. */
	sr_strbuf_adds(&preamble, "SET synchronous_commit = off; ");
	sr_script_preamble(&run->script, &preamble);
	w->target = sr_conn_open(&run->target.conninfo, &options, err);
	ok = w->target && sr_conn_exec(w->target, sr_strbuf_str(&preamble), err);
	sr_strbuf_release(&preamble);
	free(label);
	return ok;
}

static void worker_close(void *ctx, int index, void *state)
{
	struct sr_run *run = ctx;
	struct sr_worker *w = state;

	sr_report_worker(run->report, index, NULL);
	if (!w)
		return;
	sr_conn_close(w->source);
	sr_conn_close(w->target);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

static bool worker_open(void *ctx, int index, void **state, struct sr_error *err)
{
	struct sr_run *run = ctx;
	struct sr_worker *w = sr_calloc(1, sizeof *w);

	w->run = run;
	pthread_mutex_init(&w->mutex, NULL);
	if ((run->workers_need_source && !(w->source = open_source(run, index, err))) ||
	    !open_target(w, index, err)) {
		worker_close(ctx, index, w);
		return false;
	}
	*state = w;
	return true;
}

/* A cancel may come at any time, and must not meet a connection that is being closed. */
static void swap_source(struct sr_worker *w, struct sr_conn *c)
{
	struct sr_conn *old;

	pthread_mutex_lock(&w->mutex);
	old = w->source;
	w->source = c;
	pthread_mutex_unlock(&w->mutex);
	sr_conn_close(old);
}

bool sr_worker_renew_source(struct sr_worker *w, int index, struct sr_error *err)
{
	struct sr_conn *c = open_source(w->run, index, err);

	swap_source(w, c);
	return c != NULL;
}

static bool worker_usable(void *ctx, void *state)
{
	struct sr_worker *w = state;

	(void)ctx;
	return (!w->source || PQtransactionStatus(sr_conn_pg(w->source)) == PQTRANS_INTRANS) &&
	       PQtransactionStatus(sr_conn_pg(w->target)) == PQTRANS_IDLE;
}

static void worker_cancel(void *ctx, void *state)
{
	struct sr_worker *w = state;
	bool patient = w->cancels++ < BREAK_AFTER;

	(void)ctx;
	pthread_mutex_lock(&w->mutex);
	if (w->source)
		(patient ? sr_conn_cancel : sr_conn_break)(w->source);
	pthread_mutex_unlock(&w->mutex);
	(patient ? sr_conn_cancel : sr_conn_break)(w->target);
}

static void tick(void *ctx)
{
	struct sr_run *run = ctx;

	sr_report_tick(run->report);
}

int sr_run_interrupted(void *ctx)
{
	struct sr_run *run = ctx;

	return __atomic_load_n(run->interrupted, __ATOMIC_RELAXED);
}

static void job_ended(void *ctx, int job, const char *name, enum sr_job_state state, int64_t ms,
		      const struct sr_error *err)
{
	struct sr_run *run = ctx;

	(void)job;
	sr_report_add(run->report, 0, 0, 1);
	if (state == SR_JOB_FAILED && err)
		sr_log_warning(run->log, "%s failed after %lld ms: %s", name, (long long)ms, err->message);
	else
		sr_log_debug(run->log, "%s: %lld ms", name, (long long)ms);
}

bool sr_run_graph(struct sr_run *run, struct sr_graph *graph, struct sr_error *err)
{
	struct sr_graph_options options = {
		.workers = run->workers,
		.worker_open = worker_open,
		.worker_close = worker_close,
		.worker_usable = worker_usable,
		.worker_cancel = worker_cancel,
		.tick = tick,
		.interrupted = sr_run_interrupted,
		.job_ended = job_ended,
		.ctx = run,
	};

	return sr_graph_run(graph, &options, err);
}
