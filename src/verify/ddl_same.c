#include <json-c/json.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "ddl/parse.h"
#include "ddl_text.h"

static bool is_place(const char *key)
{
	return !strcmp(key, "location") || !strcmp(key, "stmt_location") || !strcmp(key, "stmt_len");
}

/* (ARRAY[a, b])::t[] is ARRAY[a::t, b::t].  Takes nothing; NULL when the cast is another one. */
static struct json_object *push_down(struct json_object *cast)
{
	struct json_object *array = sr_json_member(sr_json_member(cast, "arg"), "A_ArrayExpr"),
			   *type = sr_json_member(cast, "typeName"),
			   *elements = sr_json_member(array, "elements"), *casts, *result, *inner;

	if (!elements || !sr_json_member(type, "arrayBounds"))
		return NULL;
	/* `type` is a copy of ours already: normal() made it. */
	json_object_object_del(type, "arrayBounds");
	casts = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(elements); i++) {
		struct json_object *one = json_object_new_object(), *wrapped = json_object_new_object();

		json_object_object_add(one, "arg", json_object_get(json_object_array_get_idx(elements, i)));
		json_object_object_add(one, "typeName", json_object_get(type));
		json_object_object_add(wrapped, "TypeCast", one);
		json_object_array_add(casts, wrapped);
	}
	inner = json_object_new_object();
	json_object_object_add(inner, "elements", casts);
	result = json_object_new_object();
	json_object_object_add(result, "A_ArrayExpr", inner);
	return result;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(json_object_to_json_string(*(struct json_object *const *)a),
		      json_object_to_json_string(*(struct json_object *const *)b));
}

/* A copy without places, with casts of arrays as casts of their elements, and with a policy's roles sorted. */
static struct json_object *normal(struct json_object *node)
{
	struct json_object *copy, *pushed, *policy;

	if (json_object_is_type(node, json_type_array)) {
		copy = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(node); i++)
			json_object_array_add(copy, normal(json_object_array_get_idx(node, i)));
		return copy;
	}
	if (!json_object_is_type(node, json_type_object))
		return json_object_get(node);
	copy = json_object_new_object();
	json_object_object_foreach(node, key, child)
	{
		if (!is_place(key))
			json_object_object_add(copy, key, normal(child));
	}
	policy = sr_json_member(sr_json_member(copy, "CreatePolicyStmt"), "roles");
	if (json_object_is_type(policy, json_type_array))
		json_object_array_sort(policy, by_text);
	pushed = push_down(sr_json_member(copy, "TypeCast"));
	if (!pushed)
		return copy;
	json_object_put(copy);
	return pushed;
}

static bool may_be_printed_otherwise(const char *sql)
{
	return strstr(sql, "ARRAY[") || !strncmp(sql, "CREATE POLICY ", strlen("CREATE POLICY "));
}

bool sr_ddl_same_meaning(const char *a, const char *b)
{
	struct json_object *x, *y, *nx, *ny;
	bool same;

	/* White space counts wherever neither can be the cause. */
	if (!may_be_printed_otherwise(a) || !may_be_printed_otherwise(b))
		return false;
	x = sr_parse_sql(a, NULL);
	y = sr_parse_sql(b, NULL);
	nx = normal(x);
	ny = normal(y);
	same = nx && ny && json_object_equal(nx, ny);
	json_object_put(nx);
	json_object_put(ny);
	json_object_put(x);
	json_object_put(y);
	return same;
}
