/*
 * One graph of jobs, and the threads that run it.
 *
 * A job is a function with an argument, an estimated cost and edges to the jobs
 * that must come before it.  N workers, each with a state of its own (a
 * connection to both ends), take the ready job with the longest path behind it
 * (the sum of the costs of the dearest chain that waits for it), so that what
 * the end depends on starts first.
 *
 * Protocol: one mutex guards the graph; workers wait on one condition variable
 * for ready jobs.  The thread that called sr_graph_run() only coordinates: every
 * tick_ms it calls tick(), asks interrupted(), and when the run has to stop it
 * marks the graph as stopping and calls worker_cancel() for every busy worker,
 * again at each tick until all are idle (a cancel may come between two statements).
 * A job that then fails with SQLSTATE 57014 (query canceled) has not failed: it
 * counts as skipped by the job that stopped the run.  Jobs that were not begun stay
 * WAITING or READY.  Workers block all signals: the caller's thread gets them.
 *
 * Building is for one thread; sr_graph_run() may be called once.  A job may not
 * add jobs.
 */
#ifndef SR_WORK_GRAPH_H
#define SR_WORK_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sr_graph;

/* worker: the worker's state, from worker_open; index: 0 .. workers-1. */
typedef bool sr_job_run(void *arg, void *worker, int index, struct sr_error *err);

enum sr_job_policy {
	SR_JOB_ESSENTIAL, /* its failure stops everything */
	SR_JOB_OPTIONAL, /* its failure is kept; jobs that need it are skipped; the rest goes on */
};
enum sr_job_state {
	SR_JOB_WAITING,
	SR_JOB_READY,
	SR_JOB_RUNNING,
	SR_JOB_DONE,
	SR_JOB_FAILED,
	SR_JOB_SKIPPED
};

struct sr_job_spec {
	const char *name; /* copied; for messages and the log */
	sr_job_run *run; /* NULL: a milestone that only gathers edges */
	void *arg; /* borrowed */
	double cost; /* estimated, any unit that all jobs share; >= 0 */
	enum sr_job_policy policy;
	int retries; /* how often a failure with err->retry is tried again (on a worker whose state was renewed) */
};

enum sr_edge { SR_EDGE_NEEDS, SR_EDGE_AFTER }; /* AFTER: order only, a failure before does not skip */

struct sr_graph_options {
	int workers;
	/* Called by the worker's own thread; a failure to open is essential. */
	bool (*worker_open)(void *ctx, int index, void **state, struct sr_error *err);
	void (*worker_close)(void *ctx, int index, void *state);
	/*
	 * After a failure, before the worker runs something again: true when the state may be used as it is;
	 * otherwise it is closed and opened anew.  NULL: always renewed.
	 */
	bool (*worker_usable)(void *ctx, void *state);
	/* Any thread; must not block for long. */
	void (*worker_cancel)(void *ctx, void *state);
	/* Coordinator's thread, every tick_ms. */
	void (*tick)(void *ctx);
	/* Non-zero: a signal number; the run stops with SR_ERR_SIGNAL. */
	int (*interrupted)(void *ctx);
	/*
	 * After each job (milestones and skipped ones too), by the worker's thread, before jobs that wait for it
	 * begin; err only when it failed.
	 */
	void (*job_ended)(void *ctx, int job, const char *name, enum sr_job_state state, int64_t ms,
			  const struct sr_error *err);
	void *ctx;
	int tick_ms; /* 0: 100 */
};

struct sr_graph *sr_graph_new(void);
void sr_graph_free(struct sr_graph *g); /* not while it runs; NULL is fine */
/* Returns the job's number, from 0. */
int sr_graph_add(struct sr_graph *g, const struct sr_job_spec *spec);
/* `after` waits for `before`.  Doubles are fine. */
void sr_graph_edge(struct sr_graph *g, int before, int after, enum sr_edge kind);
size_t sr_graph_jobs(const struct sr_graph *g);

/*
 * Runs everything.  False when an essential job failed (its error), a worker
 * could not be opened, the run was interrupted, or the graph has a cycle
 * (SR_ERR_INTERNAL, naming the jobs in it).  Failures of optional jobs do not
 * make it false: ask below.
 */
bool sr_graph_run(struct sr_graph *g, const struct sr_graph_options *options, struct sr_error *err);

enum sr_job_state sr_graph_state(const struct sr_graph *g, int job);
const struct sr_error *sr_graph_error(const struct sr_graph *g, int job); /* NULL unless FAILED */
const char *sr_graph_name(const struct sr_graph *g, int job);
/* The failed job because of which this one was skipped; -1 when it was not. */
int sr_graph_skipped_by(const struct sr_graph *g, int job);

#endif
