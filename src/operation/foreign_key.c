/*
 * Foreign keys to live tables.
 *
 * A key whose other table is not restored with it touches production twice.
 * ADD CONSTRAINT takes SHARE ROW EXCLUSIVE on the live table, and would keep it
 * until all rows are checked: it comes NOT VALID, so that this is over at once.
 * And while it waits for that lock, every writer queues behind it: it waits
 * LOCK_TIMEOUT at most, then lets them pass before it asks again.  VALIDATE
 * CONSTRAINT, on its own, takes only ROW SHARE there (tablecmds.c,
 * AlterTableGetLockLevel() and ATExecValidateConstraint()).
 *
 * Rows of that time may refer to what has been deleted since.  That is no
 * failure of the restore: the key holds for new rows, and who asks is told which
 * of the old ones have no match.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/retry.h"
#include "base/strbuf.h"
#include "ddl/foreign_key.h"
#include "pg/ident.h"
#include "run.h"
#include "sql.h"

#define SET_LOCK_TIMEOUT "SET LOCAL lock_timeout = '2s'"

/* For as long as a lock is likely to be held by work rather than by an oversight. */
static const struct sr_retry_policy patience = { .deadline_ms = 300000, .first_ms = 500, .max_ms = 2000 };

static bool is_code(const struct sr_error *err, const char *sqlstate)
{
	return strcmp(err->sqlstate, sqlstate) == 0;
}

static bool exec_patiently(struct sr_worker *w, int index, const char *what, const char *statement,
			   struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	struct sr_retry retry;
	bool ok;

	/* One message, so one transaction. */
	sr_strbuf_addf(&sql, SET_LOCK_TIMEOUT "; %s", statement);
	sr_retry_begin(&retry, &patience, NULL);
	while (!(ok = sr_conn_exec(w->target, sr_strbuf_str(&sql), err)) && is_code(err, "55P03")) {
		sr_report_worker(w->run->report, index, "%s, waiting for a lock", what);
		if (sr_run_interrupted(w->run) || !sr_retry_again(&retry)) {
			err->retry = false;
			sr_retry_context(&retry, err);
			break;
		}
		sr_error_release(err);
	}
	sr_strbuf_release(&sql);
	return ok;
}

/* -1, and *words NULL, where that cannot be known: the live table need not be ours to read. */
static int64_t count_unmatched(struct sr_worker *w, const struct sr_foreign_key *key, char **words)
{
	struct sr_error ignored = SR_ERROR_INIT;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	int64_t rows = -1;

	*words = NULL;
	if (sr_conn_exec(w->target, "BEGIN; " SET_LOCK_TIMEOUT, &ignored) &&
	    sr_conn_text(w->target, &ignored, words, sr_sql_target_foreign_key_unmatched, "%text %text %text",
			 key->schema, key->table, key->name) &&
	    *words) {
		sr_strbuf_addf(&sql, "SELECT count(*) %s", *words);
		if (!sr_conn_int8(w->target, &ignored, &rows, sr_strbuf_str(&sql), NULL))
			rows = -1;
	}
	sr_error_release(&ignored);
	sr_conn_exec(w->target, "ROLLBACK", &ignored);
	sr_error_release(&ignored);
	sr_strbuf_release(&sql);
	return rows;
}

static void warn_unmatched(struct sr_worker *w, const struct sr_foreign_key *key, const char *what,
			   const char *validate)
{
	struct sr_strbuf table = SR_STRBUF_INIT, text = SR_STRBUF_INIT, hint = SR_STRBUF_INIT;
	char *words;
	int64_t rows = count_unmatched(w, key, &words);

	sr_ident_pretty_qualified(&table, key->to_schema, key->to_table);
	if (rows > 0)
		sr_count_format(rows, &text);
	sr_strbuf_adds(&text, rows == 1 ? " row has" : rows > 0 ? " rows have" : "rows have");
	if (words)
		sr_strbuf_addf(&hint, "See them with SELECT * %s; and when they are mended: %s", words,
			       validate);
	else
		sr_strbuf_addf(&hint, "When they are mended: %s", validate);
	sr_report_warning(w->run->report, "foreign-key-not-valid", what, sr_strbuf_str(&hint),
			  "%s no match in the live table %s: it is left NOT VALID, and holds for new rows",
			  sr_strbuf_str(&text), sr_strbuf_str(&table));
	free(words);
	sr_strbuf_release(&table);
	sr_strbuf_release(&text);
	sr_strbuf_release(&hint);
}

/* The key is there by now: whatever keeps it from being validated, but a lost connection and the like, is told. */
static bool validate_key(struct sr_task *task, struct sr_worker *w, int index,
			 const struct sr_foreign_key *key, const char *what, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	sr_foreign_key_add_validate(key, &sql);
	ok = exec_patiently(w, index, what, sr_strbuf_str(&sql), err);
	if (!ok && is_code(err, "23503")) {
		sr_error_release(err);
		warn_unmatched(w, key, what, sr_strbuf_str(&sql));
		ok = task->not_valid = true;
	} else if (!ok && !err->retry && !is_code(err, "57014")) {
		struct sr_strbuf hint = SR_STRBUF_INIT;

		sr_strbuf_addf(&hint, "When that is mended: %s", sr_strbuf_str(&sql));
		sr_report_warning(w->run->report, "foreign-key-not-valid", what, sr_strbuf_str(&hint),
				  "is left NOT VALID, and holds for new rows: %s", err->message);
		sr_strbuf_release(&hint);
		sr_error_release(err);
		ok = task->not_valid = true;
	}
	sr_strbuf_release(&sql);
	return ok;
}

static bool add_key(struct sr_task *task, struct sr_worker *w, int index, const struct sr_foreign_key *key,
		    const char *what, bool not_valid, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;

	if (not_valid)
		sr_foreign_key_add_not_valid(key, task->item->sql, &sql);
	else
		sr_strbuf_adds(&sql, task->item->sql);
	task->added = exec_patiently(w, index, what, sr_strbuf_str(&sql), err);
	if (!task->added)
		sr_error_context(err, "creating %s", what);
	sr_strbuf_release(&sql);
	return task->added;
}

static bool run_outside(struct sr_task *task, struct sr_worker *w, int index,
			const struct sr_foreign_key *key, struct sr_error *err)
{
	/* Of a partitioned table it cannot be NOT VALID before PostgreSQL 18. */
	const bool not_valid = !key->partitioned || w->run->target.version >= 180000;
	struct sr_strbuf what = SR_STRBUF_INIT;
	bool ok;

	sr_conn_set_class(w->target, SR_ERR_POST_DATA);
	sr_item_describe(task->item, &what);
	sr_report_worker(w->run->report, index, "%s", sr_strbuf_str(&what));
	ok = task->added || add_key(task, w, index, key, sr_strbuf_str(&what), not_valid, err);
	/* One that was not valid on the source stays what it was. */
	if (ok && not_valid && !key->not_valid)
		ok = validate_key(task, w, index, key, sr_strbuf_str(&what), err);
	sr_report_worker(w->run->report, index, NULL);
	sr_strbuf_release(&what);
	return ok;
}

bool sr_job_foreign_key(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_run *run = task->run;
	struct sr_foreign_key key;
	bool ok;

	if (sr_foreign_key_parse(&key, task->item->sql) &&
	    sr_foreign_key_is_outside(&key, run->renames, run->nrenames))
		ok = run_outside(task, worker, index, &key, err);
	else
		ok = sr_job_post_data(arg, worker, index, err);
	sr_foreign_key_release(&key);
	return ok;
}
