/*
 * Quoting, by libpq where a connection is at hand.  PQescapeIdentifier always adds quotes: that is what
 * goes to servers.  sr_ident_pretty() is for people: quotes only where needed.
 */
#ifndef SR_PG_IDENT_H
#define SR_PG_IDENT_H

#include <stdbool.h>

struct sr_conn;
struct sr_strbuf;

/*
 * With c NULL (no connection to ask) quotes are doubled here, as libpq does it: exact for text in any encoding
 * that a server can have, whose multibyte characters never hold an ASCII byte.
 */
void sr_ident_add(struct sr_strbuf *out, struct sr_conn *c, const char *name);
void sr_ident_add_qualified(struct sr_strbuf *out, struct sr_conn *c, const char *schema, const char *name);
void sr_literal_add(struct sr_strbuf *out, struct sr_conn *c, const char *value);
/* The names as PostgreSQL writes an array of text, {"a","Weird \"name"}: for a parameter that is cast to text[]. */
struct sr_strlist;
char *sr_ident_array(const struct sr_strlist *names); /* caller frees */
/* For messages: a.orders, "Weird name".t. No server needed. */
void sr_ident_pretty(struct sr_strbuf *out, const char *name);
void sr_ident_pretty_qualified(struct sr_strbuf *out, const char *schema, const char *name);

#endif
