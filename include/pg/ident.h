/*
 * Quoting, by libpq where a connection is at hand.  PQescapeIdentifier always adds quotes: that is what
 * goes to servers.  sr_ident_pretty() is for people: quotes only where needed.
 */
#ifndef SR_PG_IDENT_H
#define SR_PG_IDENT_H

#include <stdbool.h>

struct sr_conn;
struct sr_strbuf;

void sr_ident_add(struct sr_strbuf *out, struct sr_conn *c, const char *name);
void sr_ident_add_qualified(struct sr_strbuf *out, struct sr_conn *c, const char *schema, const char *name);
char *sr_ident_quoted(struct sr_conn *c, const char *name); /* caller frees with free() */
void sr_literal_add(struct sr_strbuf *out, struct sr_conn *c, const char *value);
/*
 * A name quoted for a statement where there is no connection to ask: always
 * quoted, quotes doubled, as PQescapeIdentifier does it.  Exact for text in any
 * encoding that a server can have (those never hold an ASCII byte in a
 * multibyte character).
 */
void sr_ident_add_plain(struct sr_strbuf *out, const char *name);
/* For messages: a.orders, "Weird name".t. No server needed. */
void sr_ident_pretty(struct sr_strbuf *out, const char *name);

#endif
