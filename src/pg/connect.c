/* Opening a connection: parameters, waiting, and what to say when it fails. */
#include "pg/connect.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/conn.h"

enum { DEFAULT_TIMEOUT_S = 10 };

static void default_to(struct sr_conninfo *ci, const char *key, const char *variable, const char *value)
{
	if (!sr_conninfo_get(ci, key) && !(variable && getenv(variable)))
		sr_conninfo_set(ci, key, value);
}

static void complete(struct sr_conninfo *ci, const struct sr_conn_options *options)
{
	char timeout[16];
	int seconds = options->connect_timeout_s > 0 ? options->connect_timeout_s : DEFAULT_TIMEOUT_S;

	snprintf(timeout, sizeof timeout, "%d", seconds);
	default_to(ci, "connect_timeout", "PGCONNECT_TIMEOUT", timeout);
	default_to(ci, "fallback_application_name", NULL,
		   options->application ? options->application : "schemarestore");
	/* A peer that vanished is noticed within about a minute; the kernel's default is over two hours. */
	default_to(ci, "keepalives_idle", NULL, "30");
	default_to(ci, "keepalives_interval", NULL, "10");
	default_to(ci, "keepalives_count", NULL, "3");
	default_to(ci, "tcp_user_timeout", NULL, "60000");
}

static int64_t timeout_ms(const struct sr_conninfo *ci)
{
	const char *text = sr_conninfo_get(ci, "connect_timeout");
	long seconds = atol(text ? text : getenv("PGCONNECT_TIMEOUT"));

	/* As libpq reads it: not positive is "wait for ever", 1 is rounded up to 2. */
	if (seconds <= 0)
		return -1;
	return (seconds < 2 ? 2 : (int64_t)seconds) * 1000;
}

/*
 * The connection is made step by step so that the notice receiver is in place
 * before the server says anything: warnings at login (a collation version
 * mismatch is usual on a restored backup) would go to stderr otherwise.
 */
static bool connect_steps(PGconn *pg, int64_t timeout, bool *timed_out)
{
	int64_t end = timeout < 0 ? INT64_MAX : sr_clock_monotonic_ms() + timeout;
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	while (PQstatus(pg) != CONNECTION_BAD) {
		struct pollfd p = { .fd = PQsocket(pg) };
		int64_t left = end - sr_clock_monotonic_ms();
		int n;

		if (left <= 0) {
			*timed_out = true;
			return false;
		}
		p.events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n == 0 || (n < 0 && errno == EINTR))
			continue;
		if (n < 0)
			return false;
		state = PQconnectPoll(pg);
		if (state == PGRES_POLLING_OK)
			return true;
		if (state == PGRES_POLLING_FAILED)
			return false;
	}
	return false;
}

PGconn *sr_connect(const struct sr_conninfo *given, const struct sr_conn_options *options,
		   PQnoticeReceiver receiver, void *ctx, bool *timed_out)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	const char **keys, **values;
	PGconn *pg;

	*timed_out = false;
	sr_conninfo_copy(&ci, given);
	complete(&ci, options);
	keys = sr_calloc(ci.n + 1, sizeof *keys);
	values = sr_calloc(ci.n + 1, sizeof *values);
	for (size_t i = 0; i < ci.n; i++) {
		keys[i] = ci.keys[i];
		values[i] = ci.values[i];
	}
	if (strchr(sr_conninfo_get(&ci, "host") ? sr_conninfo_get(&ci, "host") : "", ',')) {
		/* Only libpq itself can give up on one of several hosts and go on with the next. */
		pg = PQconnectdbParams(keys, values, 0);
		PQsetNoticeReceiver(pg, receiver, ctx);
	} else {
		pg = PQconnectStartParams(keys, values, 0);
		PQsetNoticeReceiver(pg, receiver, ctx);
		connect_steps(pg, timeout_ms(&ci), timed_out);
	}
	free(keys);
	free(values);
	sr_conninfo_release(&ci);
	return pg;
}

#define HINT_PASSWORD "Put the password into ~/.pgpass or PGPASSWORD, or use -W to be asked for it."
#define HINT_WAIT     "Try again in a moment."
#define HINT_REACH                                                                                           \
	"Check that the server runs there and accepts connections, and that host and port are right."
#define HINT_TLS "Check sslmode, sslrootcert and the server's certificate."

/*
 * libpq 15 has no SQLSTATE for a connection that failed, only text, which is
 * in the server's language: what is not found here is shown as it came.  The
 * order matters: a text may hold one line for each address that was tried.
 */
static const struct cause {
	const char *needle, *sqlstate;
	bool retry;
	const char *hint;
} causes[] = {
	{ "password authentication failed", "28P01", false,
	  "Check the user's name and the password: ~/.pgpass, PGPASSWORD, or -W to be asked for it." },
	{ "no password supplied", "28P01", false, HINT_PASSWORD },
	{ "Peer authentication failed", "28000", false,
	  "This server lets in only the operating system user of the same name: use -U, run as that user, or "
	  "connect with -h localhost." },
	{ "authentication failed", "28000", false,
	  "Check the user's name (-U) and the server's pg_hba.conf." },
	{ "is not permitted to log in", "28000", false, "Use -U with a role that has LOGIN." },
	{ "no pg_hba.conf entry", "28000", false,
	  "The server's pg_hba.conf does not let this user reach this database from here: add a line there, "
	  "or "
	  "use another user, host or sslmode." },
	{ "pg_hba.conf rejects", "28000", false,
	  "The server's pg_hba.conf forbids this user, database and address: change it, or use another user, "
	  "host "
	  "or sslmode." },
	{ "permission denied for database", "42501", false,
	  "Grant CONNECT on the database to this role, or use another one (-U)." },
	{ "remaining connection slots", "53300", true, "Wait until sessions end, or raise max_connections." },
	{ "sorry, too many clients", "53300", true, "Wait until sessions end, or raise max_connections." },
	{ "too many connections", "53300", true,
	  "Wait until sessions end, or raise the connection limit of the role or the database." },
	{ "is starting up", "57P03", true, HINT_WAIT },
	{ "is shutting down", "57P03", true, HINT_WAIT },
	{ "in recovery mode", "57P03", true, HINT_WAIT },
	{ "not yet accepting connections", "57P03", true, HINT_WAIT },
	{ "not accepting connections", "57P03", true, HINT_WAIT },
	{ "could not translate host name", "08001", false, "Check the host's name (-h)." },
	{ "certificate", "08001", false, HINT_TLS },
	{ "does not support SSL", "08001", false, HINT_TLS },
	{ "SSL error", "08001", false, HINT_TLS },
	{ "Connection refused", "08001", true, HINT_REACH },
	{ "No such file or directory", "08001", true, HINT_REACH },
	{ "Permission denied", "08001", false, "Check the permissions of the socket's directory." },
	{ "timeout expired", "08001", true, HINT_REACH },
	{ "Connection timed out", "08001", true, HINT_REACH },
	{ "No route to host", "08001", true, HINT_REACH },
	{ "Network is unreachable", "08001", true, HINT_REACH },
	{ "server closed the connection", "08006", true, HINT_REACH },
};

/* role "x" does not exist, database "x" does not exist: two ends of one line. */
static const struct cause missing[] = {
	{ "role \"", "28000", false, "Use -U to name another role, or create this one." },
	{ "database \"", "3D000", false, "Check the database's name (-d); psql -l lists those that exist." },
};

/* The line that holds what was found, without "connection to server at ... failed: " and "FATAL:  ". */
static void add_reason(struct sr_strbuf *out, const char *text, const char *at)
{
	const char *line = at, *failed, *end;

	while (line > text && line[-1] != '\n')
		line--;
	end = line + strcspn(line, "\n");
	failed = strncmp(line, "connection to server ", 21) == 0 ? strstr(line, " failed: ") : NULL;
	if (failed && failed < end)
		line = failed + 9;
	/* Severities are translated too, but stay short words in capitals. */
	failed = strstr(line, ":  ");
	if (failed && failed < end && failed - line < 12)
		line = failed + 3;
	if (strncmp(line, "fe_sendauth: ", 13) == 0)
		line += 13;
	sr_strbuf_add(out, line, (size_t)(end - line));
	sr_strbuf_rtrim(out);
}

/* Several addresses or ways (with and without TLS) were tried, each with its own failure. */
static bool several_tries(const char *text)
{
	const char *first = strstr(text, "connection to server ");

	return first && strstr(first + 1, "connection to server ");
}

static const struct cause *find_cause(const char *text, const char **at)
{
	const char *ending = strstr(text, "\" does not exist");

	for (size_t i = 0; ending && i < SR_COUNT(missing); i++)
		if ((*at = strstr(text, missing[i].needle)) && *at < ending)
			return &missing[i];
	for (size_t i = 0; i < SR_COUNT(causes); i++)
		if ((*at = strstr(text, causes[i].needle)))
			return &causes[i];
	*at = text;
	return NULL;
}

/* "host=/tmp port=5433 dbname=shop": what libpq resolved, or as much as was given. */
static void add_where(struct sr_strbuf *out, PGconn *pg, const struct sr_conninfo *given)
{
	static const char *const keys[] = { "host", "hostaddr", "port", "dbname", "user" };
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	PQconninfoOption *options = pg ? PQconninfo(pg) : NULL;

	for (size_t k = 0; k < SR_COUNT(keys); k++) {
		const char *value = sr_conninfo_get(given, keys[k]);

		for (const PQconninfoOption *o = options; o && o->keyword; o++)
			if (strcmp(o->keyword, keys[k]) == 0 && o->val && *o->val)
				value = o->val;
		/* The default directory of sockets is not among the options. */
		if (!value && k == 0 && pg && PQhost(pg) && *PQhost(pg))
			value = PQhost(pg);
		if (value)
			sr_conninfo_set(&ci, keys[k], value);
	}
	sr_conninfo_format(&ci, out);
	PQconninfoFree(options);
	sr_conninfo_release(&ci);
}

bool sr_connect_failed(PGconn *pg, const struct sr_conninfo *given, const struct sr_conn_options *options,
		       bool timed_out, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT, where = SR_STRBUF_INIT, reason = SR_STRBUF_INIT;
	const struct cause *cause;
	const char *at;

	sr_strbuf_adds(&text, pg ? PQerrorMessage(pg) : "out of memory");
	sr_strbuf_rtrim(&text);
	if (timed_out || text.len == 0) {
		sr_strbuf_clear(&text);
		sr_strbuf_adds(&text, timed_out ? "timeout expired" : "connection failed");
	}
	cause = find_cause(sr_strbuf_str(&text), &at);
	add_reason(&reason, sr_strbuf_str(&text), at);
	add_where(&where, pg, given);
	sr_error_set(err, options->class ? options->class : SR_ERR_INTERNAL, "cannot connect to %s (%s): %s",
		     options->label ? options->label : "the server", sr_strbuf_str(&where),
		     sr_strbuf_str(&reason));
	if (several_tries(sr_strbuf_str(&text)) || (!cause && strchr(sr_strbuf_str(&text), '\n')))
		sr_error_detail(err, "%s", sr_strbuf_str(&text));
	if (cause) {
		err->retry = cause->retry;
		memcpy(err->sqlstate, cause->sqlstate, sizeof err->sqlstate);
		sr_error_hint(err, "%s", cause->hint);
	} else if (pg && PQconnectionNeedsPassword(pg)) {
		sr_error_hint(err, HINT_PASSWORD);
	}
	sr_strbuf_release(&text);
	sr_strbuf_release(&where);
	sr_strbuf_release(&reason);
	return false;
}
