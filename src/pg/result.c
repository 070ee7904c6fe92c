#include "pg/result.h"

#include <libpqtypes.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "pg/conn.h"

/* Guards libpqtypes' own process-wide state; nothing of ours. */
static pthread_mutex_t types_lock = PTHREAD_MUTEX_INITIALIZER;

bool sr_types_init(PGconn *pg)
{
	bool ok;

	pthread_mutex_lock(&types_lock);
	ok = PQinitTypes(pg);
	pthread_mutex_unlock(&types_lock);
	return ok;
}

/* What libpqtypes makes of the arguments; sends the query. */
static bool send_query(PGconn *pg, const char *sql, const char *params, va_list ap, struct sr_strbuf *why)
{
	PGparam *param = NULL;
	bool ok;

	pthread_mutex_lock(&types_lock);
	if (params) {
		param = PQparamCreate(pg);
		ok = param && PQputvf(param, NULL, 0, params, ap) && PQparamSendQuery(pg, param, sql, 1);
	} else {
		ok = PQsendQueryParams(pg, sql, 0, NULL, NULL, NULL, NULL, 1);
	}
	if (!ok) {
		sr_strbuf_adds(why, params ? PQgeterror() : PQerrorMessage(pg));
		sr_strbuf_rtrim(why);
	}
	PQparamClear(param);
	pthread_mutex_unlock(&types_lock);
	return ok;
}

PGresult *sr_types_query(PGconn *pg, const char *sql, const char *params, va_list ap, struct sr_strbuf *why)
{
	PGresult *res, *last = NULL;

	if (!send_query(pg, sql, params, ap, why))
		return NULL;
	/* As PQexec: an error is kept, and a COPY is left for the caller to see. */
	while ((res = PQgetResult(pg))) {
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(res);
			continue;
		}
		PQclear(last);
		last = res;
		if (PQresultStatus(res) == PGRES_COPY_IN || PQresultStatus(res) == PGRES_COPY_OUT ||
		    PQresultStatus(res) == PGRES_COPY_BOTH || PQstatus(pg) == CONNECTION_BAD)
			break;
	}
	return last;
}

/*
 * libpqtypes gives NULL for an SQL NULL; callers would rather have "".  The
 * arguments are pairs of a column number and a pointer, one for each specifier.
 */
static void null_texts_to_empty(const PGresult *res, int row, const char *format, va_list ap)
{
	static char empty[] = "";

	for (const char *spec = format; (spec = strchr(spec, '%')); spec++) {
		size_t n = strcspn(spec, " \t,");
		int column = va_arg(ap, int);
		void *into = va_arg(ap, void *);

		if (((n == 5 && strncmp(spec, "%text", n) == 0) ||
		     (n == 5 && strncmp(spec, "%name", n) == 0) ||
		     (n == 8 && strncmp(spec, "%varchar", n) == 0)) &&
		    PQgetisnull(res, row, column))
			*(char **)into = empty;
	}
}

bool sr_row(PGresult *res, int row, struct sr_error *err, const char *format, ...)
{
	struct sr_strbuf why = SR_STRBUF_INIT;
	va_list ap, again;
	bool ok;

	va_start(ap, format);
	va_copy(again, ap);
	pthread_mutex_lock(&types_lock);
	ok = PQgetvf(res, row, format, ap);
	if (!ok)
		sr_strbuf_adds(&why, PQgeterror());
	pthread_mutex_unlock(&types_lock);
	va_end(ap);
	if (ok)
		null_texts_to_empty(res, row, format, again);
	va_end(again);
	if (!ok) {
		sr_strbuf_rtrim(&why);
		sr_error_set(err, SR_ERR_INTERNAL, "could not read a row of a catalog query: %s",
			     sr_strbuf_str(&why));
	}
	sr_strbuf_release(&why);
	return ok;
}
