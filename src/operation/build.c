/*
 * The graph of jobs for phases 4 and 5, and why its edges are what they are:
 *
 *     the owners may use the schemas
 *       -> pre-data batches, in the archive's order, one after the other; built-in privileges
 *            -> chunks of rows (functions that checks and generated columns call exist by then)
 *                 -> indexes and keys, each as soon as its own table is whole
 *                 -> "loaded": all rows are there, sequences are set
 *                      -> foreign keys, checks, triggers, rules, policies; then row-level security
 *                           -> built-in privileges, then the grants, in one chain (two on one object at once
 *                              would collide)
 *                                -> materialized views (their owners need the grants), then the indexes on them
 *                           -> ANALYZE
 *
 * Everything up to "loaded" is essential; what comes after is optional: a
 * failure there is kept and told (exit 7).
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "build.h"

#define PRE_DATA_BATCH 100 /* a few locks each: far below the 6,400 of a default server */
#define RETRIES        5

static int *filled(size_t n)
{
	int *array = sr_calloc(n ? n : 1, sizeof *array);

	for (size_t i = 0; i < n; i++)
		array[i] = -1;
	return array;
}

struct sr_task *sr_build_add(struct sr_builder *b, const char *name, sr_job_run *fn, double cost,
			     enum sr_job_policy policy)
{
	struct sr_run *run = b->run;
	struct sr_task *task = &run->tasks[run->ntasks++];

	task->run = run;
	task->job = sr_graph_add(run->graph, &(struct sr_job_spec){
						     .name = name,
						     .run = fn,
						     .arg = task,
						     .cost = cost,
						     .policy = policy,
						     .retries = RETRIES,
					     });
	return task;
}

void sr_build_edge(struct sr_builder *b, int before, int after, enum sr_edge kind)
{
	if (before >= 0 && after >= 0 && before != after)
		sr_graph_edge(b->run->graph, before, after, kind);
}

/* ---- Looking things up ---- */

/* Schemas are made with a mark before the graph runs; their comments replace the marks after it. */
static bool is_made_elsewhere(const struct sr_script *s, const struct sr_item *item)
{
	return item->kind == SR_ITEM_SCHEMA || sr_item_is_schema_comment(s, item);
}

static int find_table(const struct sr_copy_plan *plan, const struct sr_toc_entry *entry)
{
	for (size_t i = 0; i < plan->ntables; i++)
		if (strcmp(plan->tables[i].name, entry->tag) == 0 &&
		    strcmp(plan->tables[i].schema, entry->schema) == 0)
			return (int)i;
	return -1;
}

static int find_matview(const struct sr_copy_plan *plan, const struct sr_toc_entry *entry)
{
	for (size_t i = 0; i < plan->nmatviews; i++)
		if (strcmp(plan->matviews[i].name, entry->tag) == 0 &&
		    strcmp(plan->matviews[i].schema, entry->schema) == 0)
			return (int)i;
	return -1;
}

static void map_entries(struct sr_builder *b)
{
	const struct sr_run *run = b->run;

	for (size_t i = 0; i < run->script.n; i++)
		if (run->script.items[i].entry->dump_id > b->max_id)
			b->max_id = run->script.items[i].entry->dump_id;
	b->job_of = filled((size_t)b->max_id + 1);
	b->table_of = filled((size_t)b->max_id + 1);
	b->matview_of = filled((size_t)b->max_id + 1);
	b->late = sr_calloc((size_t)b->max_id + 1, sizeof *b->late);
	for (size_t i = 0; i < run->script.n; i++) {
		const struct sr_item *item = &run->script.items[i];

		if (item->kind == SR_ITEM_TABLE)
			b->table_of[item->entry->dump_id] = find_table(&run->plan, item->entry);
		else if (item->kind == SR_ITEM_MATVIEW)
			b->matview_of[item->entry->dump_id] = find_matview(&run->plan, item->entry);
	}
}

/* ---- Pre-data and rows ---- */

static void add_pre_data(struct sr_builder *b)
{
	struct sr_run *run = b->run;
	const struct sr_script *s = &run->script;
	struct sr_task *batch = NULL;
	int built;

	b->pre_data = sr_build_add(b, "schemas for their owners", sr_job_lend, 1, SR_JOB_ESSENTIAL)->job;
	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i].section != SR_SECTION_PRE_DATA || is_made_elsewhere(s, &s->items[i]))
			continue;
		if (!batch || batch->count == PRE_DATA_BATCH) {
			batch = sr_build_add(b, "pre-data", sr_job_pre_data, 1, SR_JOB_ESSENTIAL);
			batch->indexes = sr_calloc(PRE_DATA_BATCH, sizeof *batch->indexes);
			sr_build_edge(b, b->pre_data, batch->job, SR_EDGE_NEEDS);
			b->pre_data = batch->job;
		}
		batch->indexes[batch->count++] = i;
	}
	built = sr_build_add(b, "built-in privileges of the objects", sr_job_objects_as_built, 1,
			     SR_JOB_ESSENTIAL)
			->job;
	sr_build_edge(b, b->pre_data, built, SR_EDGE_NEEDS);
	b->pre_data = built;
}

/* A chunk that goes through an ancestor may bring rows to each of the tables below it. */
static void edge_to_whole(struct sr_builder *b, int chunk, const struct sr_copy_table *table)
{
	const struct sr_copy_table *tables = b->run->plan.tables;

	if (!table->through)
		sr_build_edge(b, chunk, b->whole[table - tables], SR_EDGE_NEEDS);
	else
		for (table = table->first_sibling; table; table = table->next_sibling)
			sr_build_edge(b, chunk, b->whole[table - tables], SR_EDGE_NEEDS);
}

static void add_chunks(struct sr_builder *b)
{
	struct sr_run *run = b->run;
	struct sr_strbuf name = SR_STRBUF_INIT;

	b->whole = filled(run->plan.ntables);
	for (size_t i = 0; i < run->plan.ntables; i++)
		if (run->plan.tables[i].nchunks > 1 || run->plan.tables[i].through)
			b->whole[i] = sr_build_add(b, "all chunks", NULL, 0, SR_JOB_ESSENTIAL)->job;
	b->loaded = sr_build_add(b, "sequences", sr_job_loaded, 1, SR_JOB_ESSENTIAL)->job;
	sr_build_edge(b, b->pre_data, b->loaded, SR_EDGE_NEEDS);
	for (size_t i = 0; i < run->plan.nchunks; i++) {
		const struct sr_copy_chunk *chunk = &run->plan.chunks[i];
		size_t table = (size_t)(chunk->table - run->plan.tables);
		struct sr_task *task;

		sr_strbuf_clear(&name);
		sr_strbuf_adds(&name, "copying ");
		sr_copy_chunk_describe(chunk, &name);
		task = sr_build_add(b, sr_strbuf_str(&name), sr_job_chunk, (double)chunk->bytes + 8192,
				    SR_JOB_ESSENTIAL);
		task->first = i;
		sr_build_edge(b, b->pre_data, task->job, SR_EDGE_NEEDS);
		if (b->whole[table] < 0)
			b->whole[table] = task->job;
		else
			edge_to_whole(b, task->job, &run->plan.tables[table]);
		sr_build_edge(b, task->job, b->loaded, SR_EDGE_NEEDS);
	}
	sr_strbuf_release(&name);
}

/* ---- Post-data ---- */

static bool is_grant(const struct sr_item *item)
{
	return item->kind == SR_ITEM_ACL || item->kind == SR_ITEM_DEFAULT_ACL;
}

bool sr_build_is_index(const struct sr_item *item)
{
	return item->kind == SR_ITEM_INDEX || item->kind == SR_ITEM_INDEX_ATTACH ||
	       item->kind == SR_ITEM_CONSTRAINT || item->kind == SR_ITEM_STATISTICS;
}

/* In bytes of COPY, roughly: what building costs beside moving the rows of the same table. */
static double item_cost(const struct sr_builder *b, const struct sr_item *item)
{
	double bytes = 8192, factor = 0.3;

	for (size_t i = 0; i < item->entry->ndeps; i++) {
		int id = item->entry->deps[i];

		if (id >= 0 && id <= b->max_id && b->table_of[id] >= 0)
			bytes += (double)b->run->plan.tables[b->table_of[id]].bytes;
	}
	if (item->kind != SR_ITEM_INDEX && item->kind != SR_ITEM_CONSTRAINT &&
	    item->kind != SR_ITEM_FOREIGN_KEY)
		return 8192;
	if (item->kind == SR_ITEM_FOREIGN_KEY)
		factor = 0.2;
	else if (strstr(item->sql, " USING gin ") || strstr(item->sql, " USING gist "))
		factor = 4;
	return bytes * factor;
}

static void add_item_edges(struct sr_builder *b, const struct sr_item *item, int job)
{
	sr_build_edge(b, sr_build_is_index(item) ? b->pre_data : b->loaded, job, SR_EDGE_NEEDS);
	for (size_t i = 0; i < item->entry->ndeps; i++) {
		int id = item->entry->deps[i];

		if (id < 0 || id > b->max_id)
			continue;
		sr_build_edge(b, b->job_of[id], job, SR_EDGE_NEEDS);
		if (b->late[id])
			b->late[item->entry->dump_id] = true;
		if (b->table_of[id] >= 0)
			sr_build_edge(b, b->whole[b->table_of[id]], job, SR_EDGE_NEEDS);
		/* Statistics are no work, and their owner needs the schema that is his only until the grants. */
		if (b->matview_of[id] >= 0 && sr_build_is_index(item) && item->kind != SR_ITEM_STATISTICS &&
		    b->refresh[b->matview_of[id]] >= 0) {
			sr_build_edge(b, b->refresh[b->matview_of[id]], job, SR_EDGE_AFTER);
			b->late[item->entry->dump_id] = true;
		}
	}
}

static void add_post_data(struct sr_builder *b)
{
	struct sr_run *run = b->run;
	struct sr_strbuf name = SR_STRBUF_INIT;

	b->last_key = filled(run->plan.ntables);
	b->post_done = sr_build_add(b, "post-data done", NULL, 0, SR_JOB_OPTIONAL)->job;
	sr_build_edge(b, b->loaded, b->post_done, SR_EDGE_NEEDS);
	for (size_t i = 0; i < run->script.n; i++) {
		const struct sr_item *item = &run->script.items[i];
		sr_job_run *run_it;
		struct sr_task *task;

		if (item->section != SR_SECTION_POST_DATA || is_grant(item) ||
		    is_made_elsewhere(&run->script, item))
			continue;
		sr_strbuf_clear(&name);
		sr_item_describe(item, &name);
		run_it = item->kind == SR_ITEM_FOREIGN_KEY ? sr_job_foreign_key : sr_job_post_data;
		task = sr_build_add(b, sr_strbuf_str(&name), run_it, item_cost(b, item), SR_JOB_OPTIONAL);
		task->item = item;
		b->job_of[item->entry->dump_id] = task->job;
		add_item_edges(b, item, task->job);
		if (item->kind == SR_ITEM_FOREIGN_KEY)
			sr_build_order_foreign_key(b, item, task->job);
		if (!b->late[item->entry->dump_id])
			sr_build_edge(b, task->job, b->post_done, SR_EDGE_AFTER);
	}
	for (size_t i = 0; i < run->script.n; i++)
		if (run->script.items[i].kind == SR_ITEM_FOREIGN_KEY)
			sr_build_order_after_builds(b, &run->script.items[i],
						    b->job_of[run->script.items[i].entry->dump_id]);
	sr_build_order_partitioned_keys(b);
	sr_build_order_partition_triggers(b);
	sr_build_order_row_security(b);
	sr_strbuf_release(&name);
}

static void add_grants(struct sr_builder *b)
{
	struct sr_run *run = b->run;
	struct sr_strbuf name = SR_STRBUF_INIT;

	b->acl_done = sr_build_add(b, "built-in privileges", sr_job_all_as_built, 8192, SR_JOB_OPTIONAL)->job;
	sr_build_edge(b, b->post_done, b->acl_done, SR_EDGE_AFTER);
	for (size_t i = 0; i < run->script.n; i++) {
		const struct sr_item *item = &run->script.items[i];
		struct sr_task *task;

		if (!is_grant(item))
			continue;
		sr_strbuf_clear(&name);
		sr_item_describe(item, &name);
		task = sr_build_add(b, sr_strbuf_str(&name), sr_job_post_data, 8192, SR_JOB_OPTIONAL);
		task->item = item;
		sr_build_edge(b, b->acl_done, task->job, SR_EDGE_AFTER);
		b->acl_done = task->job;
	}
	sr_strbuf_release(&name);
}

/* Before the post-data, whose index jobs name them; their own edges come when the grants are known. */
static void add_refreshes(struct sr_builder *b)
{
	struct sr_run *run = b->run;
	struct sr_strbuf name = SR_STRBUF_INIT;

	b->refresh = filled(run->plan.nmatviews);
	for (size_t i = 0; i < run->plan.nmatviews; i++) {
		struct sr_copy_matview *matview = &run->plan.matviews[i];
		struct sr_task *task;

		if (!matview->populated)
			continue;
		sr_strbuf_clear(&name);
		sr_strbuf_addf(&name, "materialized view %s", matview->display);
		task = sr_build_add(b, sr_strbuf_str(&name), sr_job_refresh, (double)matview->bytes + 8192,
				    SR_JOB_OPTIONAL);
		task->matview = matview;
		b->refresh[i] = task->job;
	}
	sr_strbuf_release(&name);
}

static void add_analyze(struct sr_builder *b)
{
	struct sr_run *run = b->run;

	for (size_t i = 0; i < run->plan.ntables; i++) {
		struct sr_task *task =
			sr_build_add(b, "analyze", sr_job_analyze, (double)run->plan.tables[i].bytes * 0.02,
				     SR_JOB_OPTIONAL);

		task->table = &run->plan.tables[i];
		sr_build_edge(b, b->loaded, task->job, SR_EDGE_NEEDS);
		sr_build_edge(b, b->post_done, task->job, SR_EDGE_AFTER);
	}
}

void sr_run_build(struct sr_run *run)
{
	struct sr_builder b = { .run = run };
	size_t most = run->script.n + run->plan.nchunks + 2 * run->plan.ntables + run->plan.nmatviews + 16;

	run->graph = sr_graph_new();
	run->tasks = sr_calloc(most, sizeof *run->tasks);
	map_entries(&b);
	add_pre_data(&b);
	add_chunks(&b);
	add_refreshes(&b);
	add_post_data(&b);
	add_grants(&b);
	sr_build_order_refreshes(&b);
	add_analyze(&b);
	free(b.job_of);
	free(b.late);
	free(b.table_of);
	free(b.matview_of);
	free(b.whole);
	free(b.refresh);
	free(b.last_key);
}
