/*
 * SQL to a parse tree: libpg_query's, as JSON with byte offsets ("location").
 * Any thread may call (libpg_query keeps its state per thread).
 */
#ifndef SR_DDL_PARSE_H
#define SR_DDL_PARSE_H

#include <json-c/json.h>

/*
 * The tree of one or more statements; the caller puts it.  NULL when the parser
 * does not know the syntax, or the tree nests too deep to be read safely; *why (may be NULL) then gets the
 * parser's words, to be freed.
 */
struct json_object *sr_parse_sql(const char *sql, char **why);

#endif
