/*
 * Making a connection give up, from another thread.  Internal to the room.
 *
 * PQcancel() opens a connection of its own and waits for the server without any
 * bound (libpq 15 has no other way), so it runs in a short-lived thread: whoever
 * asks never waits, however broken the network is.  The object outlives the
 * connection for as long as such a thread is on its way.
 */
#ifndef SR_PG_CANCEL_H
#define SR_PG_CANCEL_H

#include <libpq-fe.h>

struct sr_cancel;

struct sr_cancel *sr_cancel_new(PGconn *pg); /* by the connection's thread, once connected */
/* Any thread: sends a request, unless one is on its way. */
void sr_cancel_send(struct sr_cancel *c);
/* Any thread: ends the connection under whoever waits in it, with an error there. */
void sr_cancel_break(struct sr_cancel *c);
void sr_cancel_free(struct sr_cancel *c); /* NULL is fine */

#endif
