/*
 * Reading nodes of libpg_query's tree.  Everything takes NULL and nodes of
 * another kind, gives NULL, 0 or "" for them, and lends what it returns.
 */
#ifndef SR_DDL_BODY_NODE_H
#define SR_DDL_BODY_NODE_H

#include <json-c/json.h>
#include <stddef.h>

struct json_object *sr_node_member(struct json_object *node, const char *key);
struct json_object *sr_node_item(struct json_object *list, size_t i);
const char *sr_node_string(struct json_object *node, const char *key);
/* The i-th name of a list; NULL if it is something else than a name. */
const char *sr_node_name(struct json_object *names, size_t i);
size_t sr_node_count(struct json_object *names);
/* The string constant in this expression, with casts to text taken off. */
struct json_object *sr_node_constant(struct json_object *expr);
const char *sr_node_constant_value(struct json_object *aconst);

#endif
