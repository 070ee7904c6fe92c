#include <pg_query.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "ddl/script.h"

enum { JSON_DEPTH = 200 };

static void add_role(struct sr_strlist *roles, const char *name)
{
	if (name && *name && !sr_strlist_has(roles, name))
		sr_strlist_add(roles, name);
}

/* SET ROLE 'bob': another grantor than the owner grants this way; pg_dump itself writes SET SESSION AUTHORIZATION. */
static void add_session_role(struct sr_strlist *roles, struct json_object *set)
{
	const char *name = sr_json_string(set, "name");
	struct json_object *args = sr_json_member(set, "args"), *value;

	if (!name || (strcmp(name, "session_authorization") != 0 && strcmp(name, "role") != 0) ||
	    !json_object_is_type(args, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(args); i++) {
		value = sr_json_member(json_object_array_get_idx(args, i), "A_Const");
		value = value ? sr_json_member(value, "sval") : NULL;
		add_role(roles, value ? sr_json_string(value, "sval") : NULL);
	}
}

/* Every RoleSpec of the parse tree, wherever it is, but PUBLIC and CURRENT_USER and the like. */
static void add_tree(struct sr_strlist *roles, struct json_object *node)
{
	const char *type;

	if (json_object_is_type(node, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(node); i++)
			add_tree(roles, json_object_array_get_idx(node, i));
		return;
	}
	if (!json_object_is_type(node, json_type_object))
		return;
	type = sr_json_string(node, "roletype");
	if (type && !strcmp(type, "ROLESPEC_CSTRING"))
		add_role(roles, sr_json_string(node, "rolename"));
	json_object_object_foreach(node, key, child)
	{
		if (!strcmp(key, "VariableSetStmt"))
			add_session_role(roles, child);
		add_tree(roles, child);
	}
}

static bool add_statement(struct sr_strlist *roles, const char *sql, struct sr_error *err)
{
	PgQueryParseResult parsed = pg_query_parse(sql);
	struct json_object *tree = NULL;
	bool ok = true;

	if (!parsed.error) {
		tree = sr_json_parse(parsed.parse_tree, strlen(parsed.parse_tree), JSON_DEPTH, "a parse tree",
				     err);
		ok = tree != NULL;
		add_tree(roles, tree);
	}
	json_object_put(tree);
	pg_query_free_parse_result(parsed);
	return ok ? true : sr_error_reclass(err, SR_ERR_DDL);
}

bool sr_script_roles(const struct sr_script *s, struct sr_strlist *roles, struct sr_error *err)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sr_item *item = &s->items[i];

		if (item->owner_sql)
			add_role(roles, item->entry->owner);
		if (item->kind != SR_ITEM_ACL && item->kind != SR_ITEM_DEFAULT_ACL &&
		    item->kind != SR_ITEM_POLICY)
			continue;
		if (!add_statement(roles, item->sql, err)) {
			struct sr_strbuf what = SR_STRBUF_INIT;

			sr_item_describe(item, &what);
			sr_error_context(err, "reading the roles of %s", sr_strbuf_str(&what));
			sr_strbuf_release(&what);
			return false;
		}
	}
	sr_strlist_sort(roles);
	return true;
}
