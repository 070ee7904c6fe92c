/*
 * A thin layer over json-c: reading with errors that say what and where, and
 * members that may be absent.  Objects are json-c's, with its reference counts.
 */
#ifndef SR_BASE_JSON_H
#define SR_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct sr_error;
struct sr_strbuf;

/* Parses exactly one value in n bytes; nesting up to `depth`. NULL with SR_ERR_USAGE otherwise. */
struct json_object *sr_json_parse(const char *text, size_t n, int depth, const char *what,
				  struct sr_error *err);
/* The member's string, or NULL when absent or not a string.  Owned by obj. */
const char *sr_json_string(struct json_object *obj, const char *key);
int64_t sr_json_int(struct json_object *obj, const char *key, int64_t absent);
bool sr_json_bool(struct json_object *obj, const char *key, bool absent);
struct json_object *sr_json_member(struct json_object *obj, const char *key); /* borrowed, or NULL */
void sr_json_add_string(struct json_object *obj, const char *key,
			const char *value); /* NULL value: left out */
void sr_json_add_int(struct json_object *obj, const char *key, int64_t value);
void sr_json_add_bool(struct json_object *obj, const char *key, bool value);
void sr_json_add_double(struct json_object *obj, const char *key, double value); /* three decimals */
/* One line, no newline inside, '/' not escaped. */
void sr_json_line(struct json_object *obj, struct sr_strbuf *out);

#endif
