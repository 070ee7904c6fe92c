/* What the jobs of the graph do. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "run.h"

/* ---- DDL ---- */

static void roll_back(struct sr_worker *w)
{
	struct sr_error ignored = SR_ERROR_INIT;

	if (PQtransactionStatus(sr_conn_pg(w->target)) != PQTRANS_IDLE)
		sr_conn_exec(w->target, "ROLLBACK", &ignored);
	sr_error_release(&ignored);
	/* Settings made in the transaction are gone with it: no name, so that the next item sets its own. */
	memcpy(w->session.tablespace, "?", 2);
	memcpy(w->session.table_am, "?", 2);
}

static bool run_item(struct sr_worker *w, const struct sr_item *item, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT, what = SR_STRBUF_INIT;
	bool ok;

	sr_item_settings(item, &w->session, &sql);
	sr_strbuf_adds(&sql, item->sql);
	if (item->owner_sql)
		sr_strbuf_addf(&sql, "\n%s", item->owner_sql);
	/* One message: without a transaction around it the server makes it one. */
	ok = sr_conn_exec(w->target, sr_strbuf_str(&sql), err);
	if (!ok) {
		sr_item_describe(item, &what);
		sr_error_context(err, "creating %s", sr_strbuf_str(&what));
	}
	sr_strbuf_release(&what);
	sr_strbuf_release(&sql);
	return ok;
}

bool sr_job_pre_data(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	struct sr_run *run = task->run;
	bool ok;

	sr_conn_set_class(w->target, SR_ERR_DDL);
	sr_report_worker(run->report, index, "creating %zu objects", task->count);
	ok = sr_conn_exec(w->target, "BEGIN", err);
	for (size_t i = 0; ok && i < task->count; i++)
		ok = run_item(w, &run->script.items[task->indexes[i]], err);
	ok = ok && sr_conn_exec(w->target, "COMMIT", err);
	if (!ok)
		roll_back(w);
	sr_report_worker(run->report, index, NULL);
	return ok;
}

/* Indexes and constraints call functions for each row. */
static bool reads_by_functions(const struct sr_item *item)
{
	return item->kind == SR_ITEM_INDEX || item->kind == SR_ITEM_CONSTRAINT || item->kind == SR_ITEM_CHECK;
}

static bool run_item_with_path(struct sr_worker *w, const struct sr_item *item, const char *what,
			       struct sr_error *err)
{
	struct sr_error again = SR_ERROR_INIT;
	bool ok = sr_late_search_path(w, w->target, item->entry->schema, &again) && run_item(w, item, &again);

	if (!ok)
		roll_back(w);
	return sr_late_settle(w, ok, what, &again, err);
}

bool sr_job_post_data(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	struct sr_strbuf what = SR_STRBUF_INIT;
	bool ok;

	sr_conn_set_class(w->target, SR_ERR_POST_DATA);
	sr_item_describe(task->item, &what);
	sr_report_worker(task->run->report, index, "%s", sr_strbuf_str(&what));
	ok = run_item(w, task->item, err);
	if (!ok)
		roll_back(w);
	if (!ok && reads_by_functions(task->item) && sr_late_is_name(err))
		ok = run_item_with_path(w, task->item, sr_strbuf_str(&what), err);
	sr_report_worker(task->run->report, index, NULL);
	sr_strbuf_release(&what);
	return ok;
}

/* ---- Rows ---- */

struct chunk_progress {
	struct sr_task *task;
	int64_t estimate;
};

/* COPY's bytes are not the heap's: what is told never goes beyond the chunk's share of the estimate. */
static void on_moved(void *ctx, int64_t bytes)
{
	struct chunk_progress *p = ctx;
	int64_t room = p->estimate - p->task->reported, tell = bytes < room ? bytes : room;

	if (bytes < 0) /* the chunk failed: what was told is taken back */
		tell = -p->task->reported;
	if (tell == 0)
		return;
	p->task->reported += tell;
	sr_report_add(p->task->run->report, tell, 0, 0);
}

static void chunk_done(struct sr_task *task, const struct sr_copy_chunk *chunk)
{
	sr_report_add(task->run->report, chunk->bytes - task->reported, task->result.rows, 0);
	task->reported = chunk->bytes;
}

/* After a connection that was lost during COMMIT: true when the rows are there already. */
static bool is_settled(struct sr_task *task, struct sr_worker *w, bool *committed, struct sr_error *err)
{
	*committed = false;
	if (!task->result.in_doubt)
		return true;
	return sr_copy_chunk_settled(w->target, &task->result, committed, err);
}

bool sr_job_chunk_now(struct sr_task *task, struct sr_worker *w, int index, struct sr_error *err)
{
	const struct sr_copy_chunk *chunk = &task->run->plan.chunks[task->first];
	struct chunk_progress mine = { .task = task, .estimate = chunk->bytes };
	struct sr_copy_progress progress = {
		.moved = on_moved,
		.ctx = &mine,
		.stop = task->run->interrupted,
	};
	struct sr_strbuf what = SR_STRBUF_INIT;
	bool ok, committed = false;

	sr_conn_set_class(w->target, SR_ERR_COPY);
	sr_copy_chunk_describe(chunk, &what);
	sr_report_worker(task->run->report, index, "copying %s", sr_strbuf_str(&what));
	ok = is_settled(task, w, &committed, err);
	if (ok && committed)
		sr_copy_chunk_account(chunk, &task->result);
	else if (ok)
		ok = sr_copy_chunk_run(chunk, w->source, w->target, &progress, &task->result, err);
	if (ok)
		chunk_done(task, chunk);
	sr_report_worker(task->run->report, index, NULL);
	sr_strbuf_release(&what);
	return ok;
}

bool sr_job_chunk(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;

	if (sr_job_chunk_now(task, worker, index, err))
		return true;
	task->late = sr_late_is_row(err);
	if (!task->late)
		return false;
	sr_error_release(err);
	return sr_late_renew(worker, index, err);
}

bool sr_job_loaded(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	struct sr_run *run = task->run;
	struct sr_progress done;
	struct sr_strbuf rows = SR_STRBUF_INIT, bytes = SR_STRBUF_INIT;

	if (!sr_late_chunks(run, w, index, err))
		return false;
	if (!sr_copy_sequences_set(w->target, run->plan.sequences, run->plan.nsequences, err))
		return false;
	done = sr_report_progress(run->report);
	/* The chunks' shares are rounded. */
	sr_report_add(run->report, done.bytes_total - done.bytes_done, 0, 0);
	sr_count_format(done.rows_done, &rows);
	sr_bytes_format(run->plan.bytes, &bytes);
	sr_report_phase_end(run->report, SR_PHASE_COPY, true, "%zu tables, %s rows, %s", run->plan.ntables,
			    sr_strbuf_str(&rows), sr_strbuf_str(&bytes));
	sr_report_phase_begin(run->report, SR_PHASE_FINISH);
	sr_strbuf_release(&rows);
	sr_strbuf_release(&bytes);
	return true;
}

bool sr_job_refresh(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	bool ok;

	sr_conn_set_class(w->target, SR_ERR_POST_DATA);
	sr_report_worker(task->run->report, index, "refreshing %s", task->matview->display);
	/* Run as the owner, for whom policies hold as they did when the view was last filled; off would be an error. */
	ok = sr_late_exec(w, task->matview->schema, task->matview->display, err,
			  "SET LOCAL row_security = on; REFRESH MATERIALIZED VIEW %s",
			  task->matview->qualified);
	if (!ok)
		sr_error_context(err, "refreshing materialized view %s", task->matview->display);
	sr_report_worker(task->run->report, index, NULL);
	return ok;
}

bool sr_job_analyze(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	bool ok;

	if (task->table->rows_copied == 0)
		return true;
	sr_conn_set_class(w->target, SR_ERR_POST_DATA);
	sr_report_worker(task->run->report, index, "analyzing %s", task->table->display);
	ok = sr_late_exec(w, task->table->schema, task->table->display, err, "ANALYZE %s",
			  task->table->qualified);
	sr_report_worker(task->run->report, index, NULL);
	return ok;
}
