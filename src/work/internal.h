/*
 * What graph.c (building and ordering) and run.c (threads) share.  Nobody else
 * includes this.
 */
#ifndef SR_WORK_INTERNAL_H
#define SR_WORK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "work/graph.h"

struct edge {
	int before, after;
	enum sr_edge kind;
};

struct job {
	char *name;
	sr_job_run *run;
	void *arg;
	double cost;
	enum sr_job_policy policy;
	int retries;
	/* Set by sr_graph_order(), guarded by the run's mutex afterwards. */
	double path; /* cost of the dearest chain that begins here */
	int waiting; /* edges whose beginning has not ended yet */
	enum sr_job_state state;
	int skipped_by;
	struct sr_error err;
};

struct sr_graph {
	struct job *jobs;
	size_t njobs, jobs_cap;
	struct edge *edges; /* sorted by `before` once ordered */
	size_t nedges, edges_cap;
	size_t *first; /* of job i: edges[first[i]] up to edges[first[i + 1]] */
	int *ready; /* a heap: the longest path on top, then the lowest number */
	size_t nready;
	bool ordered;
};

/* Sorts the edges, finds the paths, and fills the heap with the jobs that wait for nothing. */
bool sr_graph_order(struct sr_graph *g, struct sr_error *err);
/* The heap; the caller holds the lock. */
void sr_graph_push(struct sr_graph *g, int job);
int sr_graph_pop(struct sr_graph *g); /* -1: empty */
/* The job ended in `state`: moves its successors on. Returns how many became ready. */
size_t sr_graph_settle(struct sr_graph *g, int job, enum sr_job_state state);

#endif
