/* Phase 6: both ends are compared, table by table, by the same workers. */
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "run.h"
#include "verify/counts.h"

/*
 * Planning a query inlines the SQL functions in index expressions, which may name
 * things without a schema; and both ends have to write such names alike.  What
 * fails on the source must not end the transaction that holds the snapshot.
 */
static bool compare(const struct sr_copy_table *table, struct sr_worker *w, struct sr_verify_result *result,
		    struct sr_error *err)
{
	struct sr_error ignored = SR_ERROR_INIT;
	bool ok = sr_late_search_path(w, w->target, table->schema, err);

	if (ok && w->source)
		ok = sr_conn_exec(w->source, "SAVEPOINT comparing", err) &&
		     sr_late_search_path(w, w->source, table->source_schema, err) &&
		     sr_verify_checksum(table, w->source, w->target, result, err);
	else if (ok)
		ok = sr_verify_counts(table, w->target, result, err);
	if (w->source)
		sr_conn_exec(w->source, "ROLLBACK TO comparing", &ignored);
	sr_error_release(&ignored);
	return ok;
}

static bool verify_table(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	struct sr_run *run = task->run;
	struct sr_verify_result result = { 0 };
	bool ok;

	sr_conn_set_class(w->target, SR_ERR_VERIFY);
	sr_report_worker(run->report, index, "comparing %s", task->table->display);
	ok = compare(task->table, w, &result, err);
	sr_report_worker(run->report, index, NULL);
	if (!ok)
		return sr_error_context(err, "comparing %s", task->table->display);
	task->differs = !result.equal;
	task->hidden = result.hidden;
	if (result.hidden)
		sr_report_warning(
			run->report, "not-verified", task->table->display,
			"Its grants or its row-level security hold for this role, too: count its rows as a "
			"superuser.",
			"could not be compared, for this role may not see all its rows");
	else if (result.rows_expected != result.rows_found)
		sr_report_warning(run->report, "difference", task->table->display,
				  "Do not use this table; keep the log and report it.",
				  "%lld rows, but %lld were copied", (long long)result.rows_found,
				  (long long)result.rows_expected);
	else if (!result.equal)
		sr_report_warning(run->report, "difference", task->table->display,
				  "Do not use this table; keep the log and report it.",
				  "another checksum: %s on the source, %s on the target", result.source_sum,
				  result.target_sum);
	return true;
}

static struct sr_graph *build(struct sr_run *run, struct sr_task *tasks)
{
	struct sr_graph *graph = sr_graph_new();

	for (size_t i = 0; i < run->plan.ntables; i++) {
		tasks[i] = (struct sr_task){ .run = run, .table = &run->plan.tables[i] };
		tasks[i].job = sr_graph_add(graph, &(struct sr_job_spec){
							   .name = run->plan.tables[i].display,
							   .run = verify_table,
							   .arg = &tasks[i],
							   .cost = (double)run->plan.tables[i].bytes,
							   .policy = SR_JOB_ESSENTIAL,
							   .retries = 3,
						   });
	}
	return graph;
}

static bool verify_tables(struct sr_run *run, struct sr_error *err)
{
	struct sr_task *tasks = sr_calloc(run->plan.ntables + 1, sizeof *tasks);
	struct sr_graph *graph = build(run, tasks);
	bool ok;

	run->workers_need_source = (run->request->verify & SR_VERIFY_CHECKSUM) != 0;
	sr_report_totals(run->report, 0, (int64_t)run->plan.ntables, run->workers);
	ok = sr_run_graph(run, graph, err);
	for (size_t i = 0; ok && i < run->plan.ntables; i++) {
		run->out->verified_tables += !tasks[i].hidden;
		run->out->differences += tasks[i].differs;
	}
	run->out->verified = ok;
	if (run->out->differences)
		sr_strbuf_addf(&run->done, "%lld of %lld tables differ", (long long)run->out->differences,
			       (long long)run->out->verified_tables);
	else
		sr_strbuf_addf(&run->done, "%lld tables equal", (long long)run->out->verified_tables);
	sr_graph_free(graph);
	free(tasks);
	return ok;
}

static void say_definitions(struct sr_run *run)
{
	const struct sr_outcome *out = run->out;
	const char *between = run->done.len ? ", " : "";

	if (out->ddl_differences)
		sr_strbuf_addf(&run->done, "%s%lld differences in definitions", between,
			       (long long)out->ddl_differences);
	else
		sr_strbuf_addf(&run->done, "%s%lld definitions equal", between, (long long)out->ddl_equal);
}

bool sr_run_verify(struct sr_run *run, struct sr_error *err)
{
	const unsigned kinds = run->request->verify;

	if ((kinds & (SR_VERIFY_COUNTS | SR_VERIFY_CHECKSUM)) && !verify_tables(run, err))
		return false;
	if (!(kinds & SR_VERIFY_DDL))
		return true;
	if (!sr_run_verify_ddl(run, err))
		return false;
	say_definitions(run);
	return true;
}
