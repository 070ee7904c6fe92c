/*
 * One chunk, from BEGIN to COMMIT.
 *
 *   target: BEGIN; its transaction id; is the table empty?
 *   source: COPY ... TO STDOUT
 *   target: [TRUNCATE;] COPY ... FROM STDIN
 *   rows, gathered
 *   target: end of COPY; both tags compared; COMMIT
 */
#include "copy/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "pg/conn.h"
#include "pg/ident.h"

enum { MESSAGE_BYTES = 64 * 1024, FREEZE_PAGES = 16, XID8_SINCE = 130000, SETTLE_MS = 60000 };

struct stream {
	const struct sr_copy_chunk *chunk;
	struct sr_conn *source, *target;
	const struct sr_copy_progress *progress;
	struct sr_copy_result *result;
	struct sr_strbuf rows; /* gathered, not sent yet */
	int64_t reported;
	bool freeze;
};

static bool stopped(const struct stream *s, struct sr_error *err)
{
	/* Set by another thread or a signal handler. */
	if (!s->progress || !s->progress->stop || !__atomic_load_n(s->progress->stop, __ATOMIC_RELAXED))
		return false;
	sr_error_set(err, SR_ERR_COPY, "the copy was stopped");
	strcpy(err->sqlstate, "57014");
	return true;
}

static void report(struct stream *s, int64_t bytes)
{
	s->reported += bytes;
	if (s->progress && s->progress->moved)
		s->progress->moved(s->progress->ctx, bytes);
}

/* ---- statements ---------------------------------------------------------------------------- */

/* Without a list COPY moves no generated columns: a table that has no others is moved so. */
static void add_table(const struct sr_copy_table *t, const char *name, struct sr_strbuf *sql)
{
	sr_strbuf_addf(sql, "COPY %s", name);
	if (*t->columns)
		sr_strbuf_addf(sql, " (%s)", t->columns);
}

/*
 * A query is planned, and planning inlines the SQL functions in a table's index
 * expressions, which may name things without a schema.  But where values go as
 * text, names in them (regclass) must come with their schemas.
 */
static void add_search_path(const struct sr_copy_chunk *chunk, struct sr_conn *source, struct sr_strbuf *sql)
{
	sr_strbuf_adds(sql, "SET LOCAL search_path = ");
	if (chunk->whole || !chunk->table->binary) {
		sr_strbuf_adds(sql, "''; ");
	} else {
		sr_ident_add(sql, source, chunk->table->source_schema);
		sr_strbuf_adds(sql, ", public; ");
	}
}

static void source_statement(const struct sr_copy_chunk *chunk, struct sr_conn *source, struct sr_strbuf *sql)
{
	const struct sr_copy_table *t = chunk->table;

	add_search_path(chunk, source, sql);
	if (chunk->whole) {
		add_table(t, t->source, sql);
	} else {
		sr_strbuf_addf(sql,
			       "COPY (SELECT %s FROM ONLY %s WHERE ctid >= '(%" PRId64 ",0)'::pg_catalog.tid",
			       t->columns, t->source, chunk->first_page);
		if (chunk->end_page >= 0)
			sr_strbuf_addf(sql, " AND ctid < '(%" PRId64 ",0)'::pg_catalog.tid", chunk->end_page);
		sr_strbuf_addc(sql, ')');
	}
	sr_strbuf_addf(sql, " TO STDOUT (FORMAT %s)", t->binary ? "binary" : "text");
}

static void target_statement(const struct sr_copy_chunk *chunk, bool freeze, struct sr_strbuf *sql)
{
	const struct sr_copy_table *t = chunk->table;

	if (freeze)
		sr_strbuf_addf(sql, "TRUNCATE ONLY %s; ", t->qualified);
	add_table(t, t->through ? t->through : t->qualified, sql);
	sr_strbuf_addf(sql, " FROM STDIN (FORMAT %s%s)", t->binary ? "binary" : "text",
		       freeze ? ", FREEZE" : "");
}

/* Sends a statement that begins a COPY. */
static bool start_copy(struct sr_conn *c, const struct sr_strbuf *sql, ExecStatusType expected,
		       struct sr_error *err)
{
	PGresult *res = PQexec(sr_conn_pg(c), sr_strbuf_str(sql));
	bool ok = PQresultStatus(res) == expected;

	if (!ok)
		sr_conn_failed(c, res, err);
	PQclear(res);
	return ok;
}

/* Several statements in one round trip; the last one's row is what counts. */
static bool begin_target(struct stream *s, struct sr_error *err)
{
	const struct sr_copy_table *t = s->chunk->table;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok, empty;
	PGresult *res;

	sr_strbuf_addf(&sql,
		       "BEGIN; SET LOCAL synchronous_commit = off; SELECT pg_catalog.%s::pg_catalog.text, ",
		       sr_conn_version(s->target) >= XID8_SINCE ? "pg_current_xact_id()" : "txid_current()");
	if (s->chunk->whole && !t->through)
		sr_strbuf_addf(&sql, "NOT EXISTS (SELECT FROM ONLY %s)", t->qualified);
	else
		sr_strbuf_adds(&sql, "true");
	res = PQexec(sr_conn_pg(s->target), sr_strbuf_str(&sql));
	ok = PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1;
	if (!ok) {
		sr_conn_failed(s->target, res, err);
	} else {
		snprintf(s->result->xid, sizeof s->result->xid, "%s", PQgetvalue(res, 0, 0));
		empty = *PQgetvalue(res, 0, 1) == 't';
		if (!empty) {
			/* Never ours: a failed attempt leaves nothing.  TRUNCATE would destroy them. */
			ok = sr_error_set(err, SR_ERR_COPY, "the table on %s already has rows",
					  sr_conn_label(s->target));
			sr_error_hint(err,
				      "Nothing else may write to the schema while it is being restored.");
		}
	}
	/* What is loaded frozen need not be written a second time by VACUUM; not worth a new file for a few pages. */
	s->freeze = s->chunk->whole && !t->through && t->heap && t->heap_pages > FREEZE_PAGES;
	PQclear(res);
	sr_strbuf_release(&sql);
	return ok;
}

static bool start_both(struct stream *s, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	source_statement(s->chunk, s->source, &sql);
	ok = start_copy(s->source, &sql, PGRES_COPY_OUT, err);
	if (ok) {
		sr_strbuf_clear(&sql);
		target_statement(s->chunk, s->freeze, &sql);
		ok = start_copy(s->target, &sql, PGRES_COPY_IN, err);
	}
	sr_strbuf_release(&sql);
	return ok;
}

/* ---- moving -------------------------------------------------------------------------------- */

static void drain_results(struct sr_conn *c)
{
	PGresult *res;

	while ((res = PQgetResult(sr_conn_pg(c)))) {
		ExecStatusType status = PQresultStatus(res);

		PQclear(res);
		/* These come again and again until the COPY is ended. */
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
			break;
	}
}

/*
 * libpq shows a server's error during COPY FROM only at the end, while rows go on
 * being sent to nobody.  The server says nothing before that but errors and
 * notices, so the type of the next message, still in the socket, tells.  When TLS
 * hides it, or libpq has read it already, the error is found at the end.
 */
static bool target_complains(struct sr_conn *target)
{
	PGconn *pg = sr_conn_pg(target);
	char type;
	ssize_t n;

	if (PQsslInUse(pg))
		return false;
	n = recv(PQsocket(pg), &type, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n == 1 && type == 'E');
}

/* Ends the target's COPY (reason NULL: that was all) and gives its number of rows. */
static bool end_target(struct sr_conn *target, const char *reason, int64_t *rows, struct sr_error *err)
{
	PGconn *pg = sr_conn_pg(target);
	PGresult *res;
	bool ok;

	/* When the connection is lost this fails; PQgetResult() then knows why. */
	PQputCopyEnd(pg, reason);
	res = PQgetResult(pg);
	ok = PQresultStatus(res) == PGRES_COMMAND_OK;
	if (ok)
		*rows = strtoll(PQcmdTuples(res), NULL, 10);
	else
		sr_conn_failed(target, res, err);
	PQclear(res);
	drain_results(target);
	return ok;
}

static bool put(struct stream *s, const char *bytes, size_t n, struct sr_error *err)
{
	int64_t ignored;

	if (stopped(s, err))
		return false;
	if (target_complains(s->target) || PQputCopyData(sr_conn_pg(s->target), bytes, (int)n) != 1) {
		if (end_target(s->target, "the copy was given up", &ignored, err))
			sr_error_set(err, SR_ERR_COPY, "%s did not take all rows", sr_conn_label(s->target));
		return false;
	}
	s->result->bytes += (int64_t)n;
	report(s, (int64_t)n);
	return true;
}

static bool flush(struct stream *s, struct sr_error *err)
{
	bool ok = s->rows.len == 0 || put(s, s->rows.data, s->rows.len, err);

	sr_strbuf_clear(&s->rows);
	return ok;
}

/* A row, or in binary the header or the trailer. */
static bool gather(struct stream *s, const char *row, size_t n, struct sr_error *err)
{
	if (s->rows.len + n > MESSAGE_BYTES && !flush(s, err))
		return false;
	if (n >= MESSAGE_BYTES)
		return put(s, row, n, err);
	sr_strbuf_add(&s->rows, row, n);
	return true;
}

/* The source's COPY has ended: how? */
static bool end_source(struct sr_conn *source, int64_t *rows, struct sr_error *err)
{
	PGresult *res = PQgetResult(sr_conn_pg(source));
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;

	if (ok)
		*rows = strtoll(PQcmdTuples(res), NULL, 10);
	else
		sr_conn_failed(source, res, err);
	PQclear(res);
	drain_results(source);
	return ok;
}

static bool move_rows(struct stream *s, struct sr_error *err)
{
	int64_t sent = 0, taken = 0;
	bool ok = true;
	char *row;
	int n;

	sr_strbuf_reserve(&s->rows, MESSAGE_BYTES);
	while (ok && (n = PQgetCopyData(sr_conn_pg(s->source), &row, 0)) > 0) {
		ok = gather(s, row, (size_t)n, err);
		PQfreemem(row);
	}
	ok = ok && end_source(s->source, &sent, err) && flush(s, err) &&
	     end_target(s->target, NULL, &taken, err);
	if (ok && sent != taken) {
		ok = sr_error_set(err, SR_ERR_COPY, "%s sent %" PRId64 " rows but %s took %" PRId64,
				  sr_conn_label(s->source), sent, sr_conn_label(s->target), taken);
		sr_error_hint(err, "A trigger or a rule on the table may have changed what was loaded.");
	}
	s->result->rows = taken;
	return ok;
}

/* ---- the end ------------------------------------------------------------------------------- */

static bool commit(struct stream *s, struct sr_error *err)
{
	PGresult *res = PQexec(sr_conn_pg(s->target), "COMMIT");
	bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;

	if (!ok) {
		s->result->in_doubt = sr_conn_lost(s->target);
		sr_conn_failed(s->target, res, err);
	} else if (strcmp(PQcmdStatus(res), "COMMIT") != 0) {
		ok = sr_error_set(err, SR_ERR_COPY, "the transaction on %s could not be committed",
				  sr_conn_label(s->target));
	}
	PQclear(res);
	return ok;
}

/* Leaves neither connection inside a COPY, and the target outside a transaction. */
static void abandon(struct stream *s)
{
	PGconn *source = sr_conn_pg(s->source), *target = sr_conn_pg(s->target);
	struct sr_error ignored = SR_ERROR_INIT;
	int64_t rows;

	if (PQtransactionStatus(target) == PQTRANS_ACTIVE)
		end_target(s->target, "the copy was given up", &rows, &ignored);
	if (PQtransactionStatus(target) == PQTRANS_INTRANS || PQtransactionStatus(target) == PQTRANS_INERROR)
		sr_conn_exec(s->target, "ROLLBACK", &ignored);
	if (PQtransactionStatus(source) == PQTRANS_ACTIVE) {
		char *row;

		sr_conn_cancel(s->source);
		while (PQgetCopyData(source, &row, 0) > 0)
			PQfreemem(row);
		drain_results(s->source);
	}
	sr_error_release(&ignored);
	if (s->reported)
		report(s, -s->reported);
}

static bool check_ends(const struct stream *s, struct sr_error *err)
{
	/* Bytes pass through as they are. */
	if (PQclientEncoding(sr_conn_pg(s->source)) != PQclientEncoding(sr_conn_pg(s->target)))
		return sr_error_set(err, SR_ERR_INTERNAL,
				    "the connections to both ends have different encodings");
	return !stopped(s, err);
}

bool sr_copy_chunk_run(const struct sr_copy_chunk *chunk, struct sr_conn *source, struct sr_conn *target,
		       const struct sr_copy_progress *progress, struct sr_copy_result *result,
		       struct sr_error *err)
{
	struct stream s = { .chunk = chunk,
			    .source = source,
			    .target = target,
			    .progress = progress,
			    .result = result,
			    .rows = SR_STRBUF_INIT };
	bool ok;

	*result = (struct sr_copy_result){ 0 };
	ok = check_ends(&s, err) && begin_target(&s, err) && start_both(&s, err) && move_rows(&s, err) &&
	     commit(&s, err);
	if (ok) {
		sr_copy_chunk_account(chunk, result);
	} else {
		struct sr_strbuf what = SR_STRBUF_INIT;

		abandon(&s);
		if (err->class != SR_ERR_INTERNAL)
			sr_error_reclass(err, SR_ERR_COPY);
		sr_copy_chunk_describe(chunk, &what);
		sr_error_context(err, "copying %s", sr_strbuf_str(&what));
		sr_strbuf_release(&what);
	}
	sr_strbuf_release(&s.rows);
	return ok;
}

void sr_copy_chunk_account(const struct sr_copy_chunk *chunk, const struct sr_copy_result *result)
{
	chunk->table->rows_copied += result->rows;
	chunk->table->bytes_copied += result->bytes;
}

/*
 * "in progress" is what a server says that has not yet noticed that its client is
 * gone.  A number in the future (22023) was forgotten in a crash: synchronous_commit
 * is off, so the transaction is lost.  (Another one may have been given the same
 * number since; the comparison of row counts finds that.)
 */
bool sr_copy_chunk_settled(struct sr_conn *target, const struct sr_copy_result *result, bool *committed,
			   struct sr_error *err)
{
	const char *sql = sr_conn_version(target) >= XID8_SINCE
				  ? "SELECT pg_catalog.pg_xact_status($1::pg_catalog.text::pg_catalog.xid8)"
				  : "SELECT pg_catalog.txid_status($1::pg_catalog.text::pg_catalog.int8)";
	int64_t end = sr_clock_monotonic_ms() + SETTLE_MS;

	for (int64_t wait = 20;; wait = wait < 1000 ? wait * 2 : wait) {
		char *status = NULL;
		bool running;

		if (!sr_conn_text(target, err, &status, sql, "%text", result->xid)) {
			*committed = false;
			if (strcmp(err->sqlstate, "22023") == 0) {
				sr_error_release(err);
				return true;
			}
			sr_error_reclass(err, SR_ERR_COPY);
			return sr_error_context(err, "looking for the end of transaction %s", result->xid);
		}
		*committed = status && strcmp(status, "committed") == 0;
		running = status && strcmp(status, "in progress") == 0;
		free(status);
		if (!running)
			return true;
		if (sr_clock_monotonic_ms() >= end)
			break;
		sr_clock_sleep_ms(wait);
	}
	sr_error_set(err, SR_ERR_COPY, "transaction %s on %s is still in progress", result->xid,
		     sr_conn_label(target));
	err->retry = true;
	return false;
}

bool sr_copy_sequences_set(struct sr_conn *target, const struct sr_copy_sequence *sequences, size_t n,
			   struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	if (n == 0)
		return true;
	sr_strbuf_adds(&sql, "SELECT pg_catalog.setval(s.name, s.value, s.called) FROM (VALUES ");
	for (size_t i = 0; i < n; i++) {
		sr_strbuf_adds(&sql, i ? ", (" : "(");
		sr_literal_add(&sql, target, sequences[i].qualified);
		sr_strbuf_addf(&sql, "::pg_catalog.regclass, %" PRId64 "::pg_catalog.int8, %s)",
			       sequences[i].last_value, sequences[i].is_called ? "true" : "false");
	}
	sr_strbuf_adds(&sql, ") AS s (name, value, called)");
	ok = sr_conn_exec(target, sr_strbuf_str(&sql), err);
	sr_strbuf_release(&sql);
	if (!ok) {
		sr_error_reclass(err, SR_ERR_COPY);
		sr_error_context(err, "setting sequences");
	}
	return ok;
}
