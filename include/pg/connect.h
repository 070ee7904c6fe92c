/*
 * How a connection is opened, apart from what it is used for: for pg/conn.c
 * alone; everybody else calls sr_conn_open().
 */
#ifndef SR_PG_CONNECT_H
#define SR_PG_CONNECT_H

#include <libpq-fe.h>
#include <stdbool.h>

struct sr_conn_options;
struct sr_conninfo;
struct sr_error;

/* Tries once.  Never NULL but for memory; ask PQstatus(); the caller ends it with PQfinish(). */
PGconn *sr_connect(const struct sr_conninfo *given, const struct sr_conn_options *options,
		   PQnoticeReceiver receiver, void *ctx, bool *timed_out);
/* Fills err for a connection that did not come about: what, where, why, what to do.  Returns false. */
bool sr_connect_failed(PGconn *pg, const struct sr_conninfo *given, const struct sr_conn_options *options,
		       bool timed_out, struct sr_error *err);

#endif
