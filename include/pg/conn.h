/*
 * One connection to one server.
 *
 * Every session is set up the same way, never inheriting what a role or a
 * database sets: search_path empty, all timeouts off, DateStyle ISO,
 * IntervalStyle postgres, TimeZone UTC, extra_float_digits 3, bytea_output hex,
 * standard_conforming_strings on, row_security off (an error beats silently
 * missing rows), client_min_messages warning, quote_all_identifiers off,
 * default_transaction_read_only off, client_encoding as asked.  (pg_dump sets
 * the like in setup_connection(); the reasons are in the source.)
 *
 * A connection is used by one thread at a time; sr_conn_cancel() may be called
 * by any thread while the connection is open.  Notices and warnings of the
 * server go to the log.
 */
#ifndef SR_PG_CONN_H
#define SR_PG_CONN_H

#include <libpq-fe.h>
#include <libpqtypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "pg/conninfo.h"

struct sr_log;
struct sr_conn;

struct sr_conn_options {
	const char *label; /* "the target", "the temporary instance": for messages */
	const char *application; /* application_name unless the user gives one; NULL: "schemarestore" */
	const char *encoding; /* client_encoding; NULL: the database's own (server_encoding) */
	enum sr_error_class class; /* of all errors of this connection, until set otherwise */
	struct sr_log *log;
	int connect_timeout_s; /* 0: 10 s, unless the conninfo says */
	int attempts; /* of the first connect, for transient failures only; 0: 1 */
};

/*
 * Opens and sets up.  Errors say which of these it was, each with a hint:
 * cannot be reached, no such database, no such role, wrong password (or none
 * given), pg_hba.conf rejects, too many connections, starting up.
 */
struct sr_conn *sr_conn_open(const struct sr_conninfo *ci, const struct sr_conn_options *options,
			     struct sr_error *err);
void sr_conn_close(struct sr_conn *c); /* NULL is fine; an open COPY or transaction is abandoned */

PGconn *sr_conn_pg(struct sr_conn *c);
const char *sr_conn_label(const struct sr_conn *c);
int sr_conn_version(const struct sr_conn *c); /* 150004 */
void sr_conn_set_class(struct sr_conn *c, enum sr_error_class class);
bool sr_conn_lost(struct sr_conn *c); /* the connection is gone, not just the statement */

/* Asks the server to give up what this connection runs (PQcancel), without waiting. Any thread. */
void sr_conn_cancel(struct sr_conn *c);
/* Ends the connection under whoever waits in it: for when the server or the network does not answer. Any thread. */
void sr_conn_break(struct sr_conn *c);

/* Runs one or more statements; results are dropped. */
bool sr_conn_exec(struct sr_conn *c, const char *sql, struct sr_error *err);
bool sr_conn_execf(struct sr_conn *c, struct sr_error *err, const char *fmt, ...)
	__attribute__((format(printf, 3,
			      4))); /* for words and numbers of ours; quote names with pg/ident.h first */
/*
 * One query with bound parameters through libpqtypes: `params` is its format
 * ("%text %int8", NULL: none), then the values.  Rows come in binary; read them
 * with sr_row(), whose format must match the columns' types exactly (cast in
 * the SQL: ::text, ::int8, ::bool, ::oid).  PQclear() the result.
 */
PGresult *sr_conn_query(struct sr_conn *c, struct sr_error *err, const char *sql, const char *params, ...);
/* PQgetf with an error: sr_row(res, i, err, "%text %int8", 0, &s, 1, &n). Strings live as long as res; a NULL text is "",
 * ask PQgetisnull. */
bool sr_row(PGresult *res, int row, struct sr_error *err, const char *format, ...);
/* One text value of a one-row, one-column (text) query with text parameters; NULL value: *out = NULL. Caller frees. */
bool sr_conn_text(struct sr_conn *c, struct sr_error *err, char **out, const char *sql, const char *params,
		  ...);
/* Likewise an int8. */
bool sr_conn_int8(struct sr_conn *c, struct sr_error *err, int64_t *out, const char *sql, const char *params,
		  ...);

/*
 * Fills err from a failed result (or, with res NULL, from the connection):
 * message primary, detail, hint, context, SQLSTATE; `retry` for the transient
 * ones (classes 08, 40, 53 but disk full, 57P01-57P03, 55P03, lost connections).  Returns false.
 */
bool sr_conn_failed(struct sr_conn *c, const PGresult *res, struct sr_error *err);

/* What the connection resolved to (host, port, user, dbname, TLS settings, ...), without secrets: for the
 * journal, so that a later cleanup reaches the same server from another environment. */
void sr_conn_resolved(struct sr_conn *c, struct sr_conninfo *out);

#endif
