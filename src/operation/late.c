/*
 * What depends on more than the server says.
 *
 * A CHECK constraint may call a function that reads another table, which is
 * empty until its rows are copied; a function called for a check, an index or a
 * materialized view may name tables without a schema and count on a search_path
 * like the one that people have.  The catalogs know neither.  So rows that are
 * refused for such a reason come once more when all others are there, and what
 * finds no such name is tried with a search_path as the original would have had:
 * the restored schema, then public.
 */
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "pg/ident.h"
#include "run.h"

static bool is_one_of(const struct sr_error *err, const char *const codes[])
{
	for (size_t i = 0; codes[i]; i++)
		if (strcmp(err->sqlstate, codes[i]) == 0)
			return true;
	return false;
}

/* undefined table, function, object */
static const char *const undefined[] = { "42P01", "42883", "42704", NULL };
/* check_violation, and what functions raise */
static const char *const refused[] = { "23514", "P0001", "P0002", NULL };

bool sr_late_is_name(const struct sr_error *err)
{
	return is_one_of(err, undefined);
}

bool sr_late_is_row(const struct sr_error *err)
{
	return is_one_of(err, undefined) || is_one_of(err, refused);
}

bool sr_late_search_path(struct sr_worker *w, struct sr_conn *c, const char *schema, struct sr_error *err)
{
	const struct sr_run *run = w->run;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	const char *last = "public";
	bool ok;

	for (size_t i = 0; i < run->nrenames; i++)
		if (strcmp(run->renames[i].from, last) == 0) {
			last = run->renames[i].to;
			break;
		}
	sr_strbuf_adds(&sql, "SET search_path = ");
	if (schema) {
		sr_ident_add(&sql, c, schema);
		sr_strbuf_adds(&sql, ", ");
		sr_ident_add(&sql, c, last);
	} else {
		sr_strbuf_adds(&sql, "''");
	}
	ok = sr_conn_exec(c, sr_strbuf_str(&sql), err);
	sr_strbuf_release(&sql);
	return ok;
}

static void warn(struct sr_run *run, const char *what)
{
	sr_report_warning(run->report, "search-path", what,
			  "Give the function a search_path of its own (ALTER FUNCTION … SET search_path), or "
			  "qualify the names in it.",
			  "calls a function that names things without a schema: it ran with the restored "
			  "schema and public in the search_path");
}

bool sr_late_settle(struct sr_worker *w, bool ok, const char *what, struct sr_error *again,
		    struct sr_error *err)
{
	sr_error_release(again);
	if (ok) {
		sr_error_release(err);
		warn(w->run, what);
	}
	if (sr_late_search_path(w, w->target, NULL, again))
		return ok;
	if (ok)
		sr_error_move(err, again);
	sr_error_release(again);
	return false;
}

bool sr_late_exec(struct sr_worker *w, const char *schema, const char *what, struct sr_error *err,
		  const char *fmt, ...)
{
	struct sr_error again = SR_ERROR_INIT;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	va_list args;
	bool ok;

	va_start(args, fmt);
	sr_strbuf_vaddf(&sql, fmt, args);
	va_end(args);
	ok = sr_conn_exec(w->target, sr_strbuf_str(&sql), err);
	if (!ok && sr_late_is_name(err)) {
		ok = sr_late_search_path(w, w->target, schema, &again) &&
		     sr_conn_exec(w->target, sr_strbuf_str(&sql), &again);
		ok = sr_late_settle(w, ok, what, &again, err);
	}
	sr_strbuf_release(&sql);
	return ok;
}

bool sr_late_renew(struct sr_worker *w, int index, struct sr_error *err)
{
	struct sr_error why = SR_ERROR_INIT; /* err keeps what the chunk was refused for */

	if (PQtransactionStatus(sr_conn_pg(w->source)) == PQTRANS_INTRANS)
		return true;
	if (sr_worker_renew_source(w, index, &why))
		return true;
	sr_error_move(err, &why);
	return false;
}

static bool try_one(struct sr_task *task, struct sr_worker *w, int index, bool with_path,
		    struct sr_error *err)
{
	const struct sr_copy_table *table = task->run->plan.chunks[task->first].table;
	struct sr_error ignored = SR_ERROR_INIT;
	bool ok = (!with_path || sr_late_search_path(w, w->target, table->schema, err)) &&
		  sr_job_chunk_now(task, w, index, err);

	if (with_path && !sr_late_search_path(w, w->target, NULL, ok ? err : &ignored))
		ok = false;
	sr_error_release(&ignored);
	if (ok && with_path)
		warn(task->run, table->display);
	return ok;
}

/* Until a whole round brings nothing more: then err has why. */
static bool try_all(struct sr_run *run, struct sr_worker *w, int index, bool with_path, size_t *left,
		    struct sr_error *err)
{
	size_t before = *left + 1;

	while (*left && *left < before) {
		before = *left;
		for (size_t i = 0; i < run->ntasks; i++) {
			struct sr_task *task = &run->tasks[i];

			if (!task->late)
				continue;
			sr_error_release(err);
			if (try_one(task, w, index, with_path, err)) {
				task->late = false;
				(*left)--;
			} else if (!sr_late_is_row(err) || !sr_late_renew(w, index, err)) {
				return false;
			}
		}
	}
	return *left == 0;
}

bool sr_late_chunks(struct sr_run *run, struct sr_worker *w, int index, struct sr_error *err)
{
	size_t left = 0;

	for (size_t i = 0; i < run->ntasks; i++)
		left += run->tasks[i].late;
	if (left == 0)
		return true;
	sr_log_info(run->log, "%zu pieces of tables come once more, now that the others are there", left);
	if (try_all(run, w, index, false, &left, err) ||
	    (sr_late_is_row(err) && try_all(run, w, index, true, &left, err))) {
		sr_error_release(err);
		return true;
	}
	return false;
}
