#include "work/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "internal.h"

struct sr_graph *sr_graph_new(void)
{
	return sr_calloc(1, sizeof(struct sr_graph));
}

void sr_graph_free(struct sr_graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->njobs; i++) {
		free(g->jobs[i].name);
		sr_error_release(&g->jobs[i].err);
	}
	free(g->jobs);
	free(g->edges);
	free(g->first);
	free(g->ready);
	free(g);
}

int sr_graph_add(struct sr_graph *g, const struct sr_job_spec *spec)
{
	SR_ARRAY_RESERVE(g->jobs, g->jobs_cap, g->njobs + 1);
	g->jobs[g->njobs] = (struct job){
		.name = sr_strdup(spec->name ? spec->name : "job"),
		.run = spec->run,
		.arg = spec->arg,
		.cost = spec->cost > 0 ? spec->cost : 0,
		.policy = spec->policy,
		.retries = spec->retries,
		.state = SR_JOB_WAITING,
		.skipped_by = -1,
		.err = SR_ERROR_INIT,
	};
	return (int)g->njobs++;
}

void sr_graph_edge(struct sr_graph *g, int before, int after, enum sr_edge kind)
{
	SR_ARRAY_RESERVE(g->edges, g->edges_cap, g->nedges + 1);
	g->edges[g->nedges++] = (struct edge){ before, after, kind };
}

size_t sr_graph_jobs(const struct sr_graph *g)
{
	return g->njobs;
}

enum sr_job_state sr_graph_state(const struct sr_graph *g, int job)
{
	return g->jobs[job].state;
}

const struct sr_error *sr_graph_error(const struct sr_graph *g, int job)
{
	return g->jobs[job].state == SR_JOB_FAILED ? &g->jobs[job].err : NULL;
}

const char *sr_graph_name(const struct sr_graph *g, int job)
{
	return g->jobs[job].name;
}

int sr_graph_skipped_by(const struct sr_graph *g, int job)
{
	return g->jobs[job].skipped_by;
}

/* Counting sort by the edge's beginning: linear, whatever the size. */
static void sort_edges(struct sr_graph *g)
{
	struct edge *sorted = sr_calloc(g->nedges, sizeof *sorted);
	size_t *next = sr_calloc(g->njobs + 1, sizeof *next);

	g->first = sr_calloc(g->njobs + 2, sizeof *g->first);
	for (size_t i = 0; i < g->nedges; i++)
		g->first[g->edges[i].before + 1]++;
	for (size_t i = 0; i < g->njobs; i++)
		g->first[i + 1] += g->first[i];
	memcpy(next, g->first, (g->njobs + 1) * sizeof *next);
	for (size_t i = 0; i < g->nedges; i++)
		sorted[next[g->edges[i].before]++] = g->edges[i];
	free(next);
	free(g->edges);
	g->edges = sorted;
	g->edges_cap = g->nedges;
}

/*
 * Every job that is left has a predecessor that is left, so going backwards from
 * any of them must come round to a job already seen: that is a cycle.
 */
static bool describe_cycle(const struct sr_graph *g, const int *waiting, struct sr_error *err)
{
	enum { SHOWN = 12 };
	struct sr_strbuf names = SR_STRBUF_INIT;
	int *before = sr_calloc(g->njobs, sizeof *before);
	int *round = sr_calloc(g->njobs + 1, sizeof *round);
	bool *seen = sr_calloc(g->njobs, sizeof *seen);
	size_t n = 0;
	int at = 0, low;

	for (size_t i = 0; i < g->nedges; i++)
		if (waiting[g->edges[i].before] > 0)
			before[g->edges[i].after] = g->edges[i].before;
	while (waiting[at] == 0)
		at++;
	for (; !seen[at]; at = before[at])
		seen[at] = true;
	low = at;
	for (int p = before[at]; p != at; p = before[p])
		low = p < low ? p : low;
	/* Backwards from the first of them to itself; printed from the end. */
	at = low;
	do {
		round[n++] = at;
		at = before[at];
	} while (at != low);
	round[n++] = low;
	for (size_t i = n; i-- > 0;) {
		if (n - i > SHOWN && i > 0)
			continue;
		sr_strbuf_addf(&names, "%s%s",
			       i == n - 1            ? ""
			       : n > SHOWN && i == 0 ? " -> ... -> "
						     : " -> ",
			       g->jobs[round[i]].name);
	}
	sr_error_set(err, SR_ERR_INTERNAL, "the jobs wait for each other in a circle");
	sr_error_detail(err, "The circle is: %s.", sr_strbuf_str(&names));
	sr_strbuf_release(&names);
	free(before);
	free(round);
	free(seen);
	return false;
}

/* Kahn's order; false leaves the jobs of cycles (and what waits for them) with waiting[i] > 0. */
static bool topological(const struct sr_graph *g, int *waiting, int *order)
{
	size_t n = 0;

	for (size_t i = 0; i < g->njobs; i++)
		if (waiting[i] == 0)
			order[n++] = (int)i;
	for (size_t at = 0; at < n; at++)
		for (size_t e = g->first[order[at]]; e < g->first[order[at] + 1]; e++)
			if (--waiting[g->edges[e].after] == 0)
				order[n++] = g->edges[e].after;
	return n == g->njobs;
}

static bool check_edges(const struct sr_graph *g, struct sr_error *err)
{
	for (size_t i = 0; i < g->nedges; i++) {
		const struct edge *e = &g->edges[i];

		if (e->before < 0 || e->after < 0 || (size_t)e->before >= g->njobs ||
		    (size_t)e->after >= g->njobs)
			return sr_error_set(err, SR_ERR_INTERNAL, "an edge of the job graph goes to no job");
	}
	return true;
}

bool sr_graph_order(struct sr_graph *g, struct sr_error *err)
{
	int *waiting, *order;
	bool ok;

	if (g->ordered)
		return sr_error_set(err, SR_ERR_INTERNAL, "a job graph can be run only once");
	if (!check_edges(g, err))
		return false;
	g->ordered = true;
	sort_edges(g);
	waiting = sr_calloc(g->njobs, sizeof *waiting);
	order = sr_calloc(g->njobs, sizeof *order);
	g->ready = sr_calloc(g->njobs, sizeof *g->ready);
	for (size_t i = 0; i < g->nedges; i++)
		g->jobs[g->edges[i].after].waiting++;
	for (size_t i = 0; i < g->njobs; i++)
		waiting[i] = g->jobs[i].waiting;
	ok = topological(g, waiting, order) || describe_cycle(g, waiting, err);
	for (size_t i = ok ? g->njobs : 0; i-- > 0;) {
		struct job *job = &g->jobs[order[i]];
		double longest = 0;

		for (size_t e = g->first[order[i]]; e < g->first[order[i] + 1]; e++)
			if (g->jobs[g->edges[e].after].path > longest)
				longest = g->jobs[g->edges[e].after].path;
		job->path = job->cost + longest;
	}
	for (size_t i = 0; ok && i < g->njobs; i++)
		if (g->jobs[i].waiting == 0)
			sr_graph_push(g, (int)i);
	free(waiting);
	free(order);
	return ok;
}

static bool sooner(const struct sr_graph *g, int a, int b)
{
	double pa = g->jobs[a].path, pb = g->jobs[b].path;

	return pa > pb || (!(pb > pa) && a < b);
}

void sr_graph_push(struct sr_graph *g, int job)
{
	size_t at = g->nready++;

	g->jobs[job].state = SR_JOB_READY;
	while (at > 0) {
		size_t up = (at - 1) / 2;

		if (!sooner(g, job, g->ready[up]))
			break;
		g->ready[at] = g->ready[up];
		at = up;
	}
	g->ready[at] = job;
}

int sr_graph_pop(struct sr_graph *g)
{
	int top, last;
	size_t at = 0;

	if (g->nready == 0)
		return -1;
	top = g->ready[0];
	last = g->ready[--g->nready];
	for (;;) {
		size_t down = at * 2 + 1;

		if (down >= g->nready)
			break;
		if (down + 1 < g->nready && sooner(g, g->ready[down + 1], g->ready[down]))
			down++;
		if (!sooner(g, g->ready[down], last))
			break;
		g->ready[at] = g->ready[down];
		at = down;
	}
	g->ready[at] = last;
	return top;
}

size_t sr_graph_settle(struct sr_graph *g, int job, enum sr_job_state state)
{
	struct job *ended = &g->jobs[job];
	size_t freed = 0;

	ended->state = state;
	for (size_t e = g->first[job]; e < g->first[job + 1]; e++) {
		struct job *next = &g->jobs[g->edges[e].after];

		/* A skipped job still waits for all its predecessors, then ends without having run. */
		if (g->edges[e].kind == SR_EDGE_NEEDS && next->skipped_by < 0) {
			if (state == SR_JOB_FAILED)
				next->skipped_by = job;
			else if (state == SR_JOB_SKIPPED)
				next->skipped_by = ended->skipped_by;
		}
		if (--next->waiting == 0) {
			sr_graph_push(g, g->edges[e].after);
			freed++;
		}
	}
	return freed;
}
