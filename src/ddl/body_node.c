#include "body_node.h"

#include <stdbool.h>
#include <string.h>

struct json_object *sr_node_member(struct json_object *node, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(node, json_type_object))
		json_object_object_get_ex(node, key, &value);
	return value;
}

struct json_object *sr_node_item(struct json_object *list, size_t i)
{
	bool there = json_object_is_type(list, json_type_array) && i < json_object_array_length(list);

	return there ? json_object_array_get_idx(list, i) : NULL;
}

const char *sr_node_string(struct json_object *node, const char *key)
{
	struct json_object *value = sr_node_member(node, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* The i-th name of a list: {"String": {"sval": "a"}}; "" for an empty string; NULL for anything else. */
const char *sr_node_name(struct json_object *names, size_t i)
{
	struct json_object *string = sr_node_member(sr_node_item(names, i), "String");
	const char *value = sr_node_string(string, "sval");

	return string && !value ? "" : value;
}

size_t sr_node_count(struct json_object *names)
{
	return json_object_is_type(names, json_type_array) ? json_object_array_length(names) : 0;
}

/* The string constant in this expression, with casts to text taken off. */
struct json_object *sr_node_constant(struct json_object *expr)
{
	struct json_object *cast = sr_node_member(expr, "TypeCast"), *names;
	const char *type;

	if (cast) {
		names = sr_node_member(sr_node_member(cast, "typeName"), "names");
		type = sr_node_count(names) ? sr_node_name(names, sr_node_count(names) - 1) : NULL;
		if (!type ||
		    (strcmp(type, "text") != 0 && strcmp(type, "varchar") != 0 && strcmp(type, "name") != 0))
			return NULL;
		expr = sr_node_member(cast, "arg");
	}
	expr = sr_node_member(expr, "A_Const");
	return sr_node_member(expr, "sval") ? expr : NULL;
}

const char *sr_node_constant_value(struct json_object *aconst)
{
	const char *value = sr_node_string(sr_node_member(aconst, "sval"), "sval");

	return value ? value : "";
}
