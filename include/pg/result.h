/*
 * libpqtypes behind a lock.  Its error text lives in one buffer of the whole
 * process, written by nearly all of its functions and by no means per thread
 * (libpqtypes 1.5, error.c): here they are called one at a time, and never
 * while waiting for a server.  For pg/conn.c; others call sr_conn_query() and
 * sr_row().
 */
#ifndef SR_PG_RESULT_H
#define SR_PG_RESULT_H

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdbool.h>

struct sr_strbuf;

bool sr_types_init(PGconn *pg);
/* Sends and waits; NULL when it could not be sent, and then `why` says it. */
PGresult *sr_types_query(PGconn *pg, const char *sql, const char *params, va_list ap, struct sr_strbuf *why);

#endif
