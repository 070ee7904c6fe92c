#include "pg/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/retry.h"
#include "base/strbuf.h"
#include "pg/cancel.h"
#include "pg/connect.h"
#include "pg/result.h"

struct sr_conn {
	PGconn *pg;
	char *label;
	enum sr_error_class class;
	struct sr_log *log;
	int version;
	struct sr_cancel *cancel;
};

/* The server's notices; only warnings are of interest to people. */
static void receive_notice(void *ctx, const PGresult *res)
{
	struct sr_conn *c = ctx;
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	bool warning = severity && strcmp(severity, "WARNING") == 0;

	sr_log_write(c->log, warning ? SR_LOG_WARNING : SR_LOG_DEBUG, "%s: %s", c->label,
		     message ? message : PQresultErrorMessage(res));
}

/*
 * What every session of ours has, whatever ALTER ROLE ... SET or ALTER DATABASE
 * ... SET say: names are always qualified; output does not depend on the place;
 * waiting is bounded by us alone; and a row that may not be seen is an error.
 */
static const struct setting {
	const char *name, *value;
	int since;
} settings[] = {
	{ "search_path", "", 0 },
	{ "statement_timeout", "0", 0 },
	{ "lock_timeout", "0", 0 },
	{ "idle_in_transaction_session_timeout", "0", 90600 },
	{ "idle_session_timeout", "0", 140000 },
	{ "transaction_timeout", "0", 170000 },
	{ "DateStyle", "ISO, YMD", 0 },
	{ "IntervalStyle", "postgres", 0 },
	{ "lc_monetary", "C", 0 }, /* the text form of money must mean the same on both ends */
	{ "TimeZone", "UTC", 0 },
	{ "extra_float_digits", "3", 0 },
	{ "bytea_output", "hex", 0 },
	{ "standard_conforming_strings", "on", 0 },
	{ "xmloption", "content", 0 },
	{ "array_nulls", "on", 0 },
	{ "transform_null_equals", "off", 0 },
	{ "row_security", "off", 90500 },
	{ "client_min_messages", "warning", 0 },
	{ "quote_all_identifiers", "off", 0 },
	{ "default_transaction_read_only", "off", 0 },
	{ "default_transaction_isolation", "read committed", 0 },
	{ "default_transaction_deferrable", "off", 0 },
	/* Compiling the queries of a catalog takes longer than running them. */
	{ "jit", "off", 110000 },
	/* Objects go where their DDL says. */
	{ "default_tablespace", "", 0 },
	/* A scan that starts in the middle of a table would copy its rows in another order. */
	{ "synchronize_seqscans", "off", 0 },
};

/* One statement and one round trip for all of them. */
static bool set_up(struct sr_conn *c, const char *encoding, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	sr_strbuf_adds(&sql, "SELECT ");
	for (size_t i = 0; i < SR_COUNT(settings); i++)
		if (c->version >= settings[i].since)
			sr_strbuf_addf(&sql, "pg_catalog.set_config('%s', '%s', false), ", settings[i].name,
				       settings[i].value);
	sr_strbuf_adds(&sql, "pg_catalog.set_config('client_encoding', ");
	if (encoding) {
		char *quoted = PQescapeLiteral(c->pg, encoding, strlen(encoding));

		sr_strbuf_adds(&sql, quoted ? quoted : "''");
		PQfreemem(quoted);
	} else {
		sr_strbuf_adds(&sql, "pg_catalog.current_setting('server_encoding')");
	}
	sr_strbuf_adds(&sql, ", false)");
	ok = sr_conn_exec(c, sr_strbuf_str(&sql), err);
	if (!ok)
		sr_error_context(err, "setting up the session on %s", c->label);
	sr_strbuf_release(&sql);
	return ok;
}

static bool open_once(struct sr_conn *c, const struct sr_conninfo *ci, const struct sr_conn_options *options,
		      struct sr_error *err)
{
	bool timed_out;

	PQfinish(c->pg);
	c->pg = sr_connect(ci, options, receive_notice, c, &timed_out);
	if (PQstatus(c->pg) != CONNECTION_OK || timed_out)
		return sr_connect_failed(c->pg, ci, options, timed_out, err);
	c->version = PQserverVersion(c->pg);
	if (!sr_types_init(c->pg))
		return sr_error_set(err, c->class, "could not set up libpqtypes for %s", c->label);
	return set_up(c, options->encoding, err);
}

struct sr_conn *sr_conn_open(const struct sr_conninfo *ci, const struct sr_conn_options *options,
			     struct sr_error *err)
{
	const struct sr_retry_policy policy = { .attempts = options->attempts > 0 ? options->attempts : 1,
						.first_ms = 500,
						.max_ms = 5000 };
	struct sr_conn *c = sr_calloc(1, sizeof *c);
	struct sr_retry retry;

	c->label = sr_strdup(options->label ? options->label : "the server");
	c->class = options->class ? options->class : SR_ERR_INTERNAL;
	c->log = options->log;
	sr_retry_begin(&retry, &policy, NULL);
	while (!open_once(c, ci, options, err)) {
		sr_log_debug(c->log, "%s", err->message);
		if (!err->retry || !sr_retry_again(&retry)) {
			sr_retry_context(&retry, err);
			sr_conn_close(c);
			return NULL;
		}
	}
	/* The failures before this success are no longer of interest. */
	if (err->class)
		sr_error_release(err);
	c->cancel = sr_cancel_new(c->pg);
	sr_log_debug(c->log, "connected to %s (host=%s port=%s dbname=%s), version %d, process %d", c->label,
		     PQhost(c->pg), PQport(c->pg), PQdb(c->pg), c->version, PQbackendPID(c->pg));
	return c;
}

void sr_conn_close(struct sr_conn *c)
{
	if (!c)
		return;
	sr_cancel_free(c->cancel);
	PQfinish(c->pg);
	free(c->label);
	free(c);
}

PGconn *sr_conn_pg(struct sr_conn *c)
{
	return c->pg;
}

const char *sr_conn_label(const struct sr_conn *c)
{
	return c->label;
}

int sr_conn_version(const struct sr_conn *c)
{
	return c->version;
}

void sr_conn_set_class(struct sr_conn *c, enum sr_error_class class)
{
	c->class = class;
}

bool sr_conn_lost(struct sr_conn *c)
{
	return PQstatus(c->pg) != CONNECTION_OK;
}

void sr_conn_cancel(struct sr_conn *c)
{
	sr_cancel_send(c->cancel);
}

void sr_conn_break(struct sr_conn *c)
{
	sr_cancel_break(c->cancel);
}

bool sr_conn_exec(struct sr_conn *c, const char *sql, struct sr_error *err)
{
	PGresult *res = PQexec(c->pg, sql);
	ExecStatusType status = PQresultStatus(res);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;

	if (!ok)
		sr_conn_failed(c, res, err);
	PQclear(res);
	return ok;
}

bool sr_conn_execf(struct sr_conn *c, struct sr_error *err, const char *fmt, ...)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&sql, fmt, ap);
	va_end(ap);
	ok = sr_conn_exec(c, sr_strbuf_str(&sql), err);
	sr_strbuf_release(&sql);
	return ok;
}

static PGresult *queryv(struct sr_conn *c, struct sr_error *err, const char *sql, const char *params,
			va_list ap)
{
	struct sr_strbuf why = SR_STRBUF_INIT;
	PGresult *res;

	res = sr_types_query(c->pg, sql, params, ap, &why);
	if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK) {
		if (why.len > 0 && !sr_conn_lost(c))
			sr_error_set(err, SR_ERR_INTERNAL, "could not send a query to %s: %s", c->label,
				     sr_strbuf_str(&why));
		else
			sr_conn_failed(c, res, err);
		PQclear(res);
		res = NULL;
	}
	sr_strbuf_release(&why);
	return res;
}

PGresult *sr_conn_query(struct sr_conn *c, struct sr_error *err, const char *sql, const char *params, ...)
{
	PGresult *res;
	va_list ap;

	va_start(ap, params);
	res = queryv(c, err, sql, params, ap);
	va_end(ap);
	return res;
}

/* The only row of a query that gives exactly one value. */
static PGresult *query_one(struct sr_conn *c, struct sr_error *err, const char *sql, const char *params,
			   va_list ap)
{
	PGresult *res = queryv(c, err, sql, params, ap);

	if (res && (PQntuples(res) != 1 || PQnfields(res) != 1)) {
		sr_error_set(err, c->class,
			     "a query on %s gave %d rows of %d columns where one value was expected",
			     c->label, PQntuples(res), PQnfields(res));
		sr_error_context(err, "%s", sql);
		PQclear(res);
		return NULL;
	}
	return res;
}

bool sr_conn_text(struct sr_conn *c, struct sr_error *err, char **out, const char *sql, const char *params,
		  ...)
{
	PGresult *res;
	char *text = NULL;
	va_list ap;
	bool ok;

	va_start(ap, params);
	res = query_one(c, err, sql, params, ap);
	va_end(ap);
	ok = res && sr_row(res, 0, err, "%text", 0, &text);
	if (ok)
		*out = PQgetisnull(res, 0, 0) ? NULL : sr_strdup(text);
	PQclear(res);
	return ok;
}

bool sr_conn_int8(struct sr_conn *c, struct sr_error *err, int64_t *out, const char *sql, const char *params,
		  ...)
{
	PGresult *res;
	PGint8 value = 0;
	va_list ap;
	bool ok;

	va_start(ap, params);
	res = query_one(c, err, sql, params, ap);
	va_end(ap);
	ok = res && sr_row(res, 0, err, "%int8", 0, &value);
	if (ok && PQgetisnull(res, 0, 0)) {
		ok = sr_error_set(err, c->class, "a query on %s gave NULL where a number was expected",
				  c->label);
		sr_error_context(err, "%s", sql);
	}
	if (ok)
		*out = value;
	PQclear(res);
	return ok;
}

/* Transient by nature: the same statement may do on another try or another connection. */
static bool is_transient(const char *sqlstate)
{
	static const char *const classes[] = { "08", "40", "53", "57P01", "57P02", "57P03", "55P03" };

	if (strcmp(sqlstate, "53100") == 0)
		return false;
	for (size_t i = 0; i < SR_COUNT(classes); i++)
		if (strncmp(sqlstate, classes[i], strlen(classes[i])) == 0)
			return true;
	return false;
}

static void set_lost(struct sr_conn *c, struct sr_error *err)
{
	const char *text = PQerrorMessage(c->pg);
	size_t severity = strncmp(text, "FATAL:  ", 8) == 0 ? 8 : 0, n;

	text += severity;
	n = strcspn(text, "\n");
	sr_error_set(err, c->class, "the connection to %s was lost%s%.*s", c->label, n ? ": " : "", (int)n,
		     text);
	strcpy(err->sqlstate, "08006");
	err->retry = true;
}

bool sr_conn_failed(struct sr_conn *c, const PGresult *res, struct sr_error *err)
{
	const char *message = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *field;

	if (!message || !state) {
		const char *text = res ? PQresultErrorMessage(res) : PQerrorMessage(c->pg);

		if (sr_conn_lost(c))
			set_lost(c, err);
		else if (*text)
			sr_error_set(err, c->class, "%.*s", (int)strcspn(text, "\n"), text);
		else
			sr_error_set(err, c->class, "unexpected answer from %s: %s", c->label,
				     res ? PQresStatus(PQresultStatus(res)) : "none");
		return false;
	}
	sr_error_set(err, c->class, "%s", message);
	strncpy(err->sqlstate, state, sizeof err->sqlstate - 1);
	err->retry = is_transient(state) || sr_conn_lost(c);
	if ((field = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL)))
		sr_error_detail(err, "%s", field);
	if ((field = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT)))
		sr_error_hint(err, "%s", field);
	if ((field = PQresultErrorField(res, PG_DIAG_CONTEXT)))
		sr_error_context(err, "%s", field);
	return sr_error_context(err, "on %s", c->label);
}

static bool worth_keeping(const PQconninfoOption *o)
{
	/* Already resolved, made by us, or of no use later. */
	static const char *const left_out[] = { "service",
						"servicefile",
						"replication",
						"client_encoding",
						"connect_timeout",
						"keepalives_idle",
						"tcp_user_timeout",
						"keepalives_interval",
						"keepalives_count",
						"sslcompression",
						"fallback_application_name" };

	if (!o->val || !*o->val || sr_conninfo_is_secret(o->keyword))
		return false;
	for (size_t i = 0; i < SR_COUNT(left_out); i++)
		if (strcmp(o->keyword, left_out[i]) == 0)
			return false;
	return true;
}

void sr_conn_resolved(struct sr_conn *c, struct sr_conninfo *out)
{
	PQconninfoOption *options = PQconninfo(c->pg);
	const char *attrs;

	sr_conninfo_release(out);
	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (worth_keeping(o))
			sr_conninfo_set(out, o->keyword, o->val);
	PQconninfoFree(options);
	/* Of several hosts, the one that answered; but "the primary" may be another one later. */
	attrs = sr_conninfo_get(out, "target_session_attrs");
	if (!attrs || strcmp(attrs, "any") == 0) {
		if (sr_conninfo_get(out, "hostaddr"))
			sr_conninfo_set(out, "hostaddr", PQhostaddr(c->pg));
		sr_conninfo_set(out, "host", PQhost(c->pg));
		sr_conninfo_set(out, "port", PQport(c->pg));
	}
	sr_conninfo_set(out, "dbname", PQdb(c->pg));
	sr_conninfo_set(out, "user", PQuser(c->pg));
}
