/*
 * Connection parameters: an ordered set of libpq keywords and values.
 *
 * Built from -d (a database name, a "key=value" string or a URI), then -h, -p,
 * -U.  libpq fills in the rest from PG* variables, service files and .pgpass,
 * so those work as in PostgreSQL's own tools.  A value belongs to one thread at
 * a time; reading a settled one from several is fine.
 */
#ifndef SR_PG_CONNINFO_H
#define SR_PG_CONNINFO_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;
struct sr_error;
struct sr_strbuf;

struct sr_conninfo {
	char **keys, **values;
	size_t n, cap;
};
#define SR_CONNINFO_INIT ((struct sr_conninfo){ 0 })

void sr_conninfo_release(struct sr_conninfo *ci);
/* Adds what text says; a text without '=' that is no URI is a database name. SR_ERR_USAGE when unreadable
 * (libpq's message never shows a password: it is cut from ours). */
bool sr_conninfo_parse(struct sr_conninfo *ci, const char *text, struct sr_error *err);
void sr_conninfo_set(struct sr_conninfo *ci, const char *key, const char *value); /* NULL removes */
const char *sr_conninfo_get(const struct sr_conninfo *ci, const char *key); /* or NULL */
void sr_conninfo_copy(struct sr_conninfo *dst, const struct sr_conninfo *src); /* dst is released first */
/* "host=/run/x dbname='my db'"; secrets (password, sslpassword) are left out. For people and for children's arguments. */
void sr_conninfo_format(const struct sr_conninfo *ci, struct sr_strbuf *out);
/* The same as an object for the journal: never a secret.  The caller owns the new object. */
struct json_object *sr_conninfo_to_json(const struct sr_conninfo *ci);
void sr_conninfo_from_json(struct sr_conninfo *ci, struct json_object *obj);
/* True for the keywords whose values are secret. */
bool sr_conninfo_is_secret(const char *key);

#endif
