#include "ddl/parents.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "ddl/parse.h"
#include "pg/ident.h"

/* The first value with this key, wherever it is. */
static struct json_object *find(struct json_object *node, const char *wanted)
{
	struct json_object *found = NULL;

	if (json_object_is_type(node, json_type_array))
		for (size_t i = 0; !found && i < json_object_array_length(node); i++)
			found = find(json_object_array_get_idx(node, i), wanted);
	if (!json_object_is_type(node, json_type_object))
		return found;
	json_object_object_foreach(node, key, child)
	{
		if (found)
			break;
		found = strcmp(key, wanted) == 0 ? child : find(child, wanted);
	}
	return found;
}

/* A RangeVar in none of the new schemas. */
static bool is_outside(struct json_object *relation, const struct sr_body_rules *rules)
{
	const char *schema = sr_json_string(relation, "schemaname");

	if (!schema || !sr_json_string(relation, "relname"))
		return false;
	for (size_t i = 0; i < rules->nrenames; i++)
		if (strcmp(rules->renames[i].to, schema) == 0)
			return false;
	return true;
}

static void add_name(struct sr_strbuf *out, struct json_object *relation)
{
	sr_ident_add(out, NULL, sr_json_string(relation, "schemaname"));
	sr_strbuf_addc(out, '.');
	sr_ident_add(out, NULL, sr_json_string(relation, "relname"));
}

static void add_pretty(struct sr_strbuf *out, struct json_object *relation)
{
	if (out->len)
		sr_strbuf_adds(out, ", ");
	sr_ident_pretty(out, sr_json_string(relation, "schemaname"));
	sr_strbuf_addc(out, '.');
	sr_ident_pretty(out, sr_json_string(relation, "relname"));
}

bool sr_parent_is_outside(const struct sr_toc_entry *e, const struct sr_body_rules *rules,
			  struct sr_strbuf *parent)
{
	struct json_object *tree, *relation;
	bool outside;

	if (!rules || (strcmp(e->desc, "TABLE ATTACH") != 0 && strcmp(e->desc, "INDEX ATTACH") != 0))
		return false;
	tree = sr_parse_sql(e->defn, NULL);
	relation = find(tree, "relation");
	outside = relation && is_outside(relation, rules);
	if (outside)
		add_pretty(parent, relation);
	json_object_put(tree);
	return outside;
}

/*
 * The parser may not know all the syntax of a newer server's CREATE TABLE, so
 * only the clause is given to it, which pg_dump begins on a line of its own.
 */
static struct json_object *parse_inherits(const char *defn)
{
	static const char begins[] = "\nINHERITS (";
	struct sr_strbuf sql = SR_STRBUF_INIT;
	struct json_object *tree;
	const char *clause = NULL, *p = defn;
	char quote = 0;

	while ((p = strstr(p, begins)))
		clause = p++;
	if (!clause)
		return NULL;
	for (p = clause; *p && (quote || *p != ')'); p++)
		if (*p == '"')
			quote = quote ? 0 : '"';
	sr_strbuf_adds(&sql, "CREATE TABLE x ()");
	sr_strbuf_add(&sql, clause, (size_t)(p - clause));
	sr_strbuf_addc(&sql, ')');
	tree = sr_parse_sql(sr_strbuf_str(&sql), NULL);
	sr_strbuf_release(&sql);
	return tree;
}

void sr_parent_disinherit(const struct sr_toc_entry *e, const struct sr_body_rules *rules,
			  struct sr_strbuf *sql, struct sr_strbuf *parents)
{
	struct json_object *tree, *all;

	if (!rules || (strcmp(e->desc, "TABLE") != 0 && strcmp(e->desc, "FOREIGN TABLE") != 0))
		return;
	tree = parse_inherits(e->defn);
	all = find(tree, "inhRelations");
	for (size_t i = 0; json_object_is_type(all, json_type_array) && i < json_object_array_length(all);
	     i++) {
		struct json_object *relation = sr_json_member(json_object_array_get_idx(all, i), "RangeVar");

		if (!relation || !is_outside(relation, rules))
			continue;
		sr_strbuf_addf(sql, "\nALTER %s ", e->desc);
		sr_ident_add(sql, NULL, e->schema);
		sr_strbuf_addc(sql, '.');
		sr_ident_add(sql, NULL, e->tag);
		sr_strbuf_adds(sql, " NO INHERIT ");
		add_name(sql, relation);
		sr_strbuf_adds(sql, ";\n");
		add_pretty(parents, relation);
	}
	json_object_put(tree);
}
