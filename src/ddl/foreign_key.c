#include "ddl/foreign_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "ddl/parse.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/ident.h"

/* The one element of an array that has no more. */
static struct json_object *only(struct json_object *array)
{
	if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) != 1)
		return NULL;
	return json_object_array_get_idx(array, 0);
}

static struct json_object *member(struct json_object *obj, const char *key)
{
	return json_object_is_type(obj, json_type_object) ? sr_json_member(obj, key) : NULL;
}

static bool take_name(struct json_object *relation, char **schema, char **table)
{
	const char *s = relation ? sr_json_string(relation, "schemaname") : NULL;
	const char *t = relation ? sr_json_string(relation, "relname") : NULL;

	if (!s || !t)
		return false;
	*schema = sr_strdup(s);
	*table = sr_strdup(t);
	return true;
}

static bool read_tree(struct sr_foreign_key *key, struct json_object *tree, size_t length)
{
	struct json_object *raw = only(member(tree, "stmts"));
	struct json_object *alter = member(member(raw, "stmt"), "AlterTableStmt");
	struct json_object *command = member(only(member(alter, "cmds")), "AlterTableCmd");
	struct json_object *def = member(member(command, "def"), "Constraint");
	const char *name = def ? sr_json_string(def, "conname") : NULL;
	const char *type = def ? sr_json_string(def, "contype") : NULL;
	struct json_object *relation = member(alter, "relation");
	int64_t statement;

	if (!name || !type || strcmp(type, "CONSTR_FOREIGN") != 0 ||
	    !take_name(relation, &key->schema, &key->table) ||
	    !take_name(member(def, "pktable"), &key->to_schema, &key->to_table))
		return false;
	key->name = sr_strdup(name);
	key->not_valid = sr_json_bool(def, "skip_validation", false);
	key->partitioned = sr_json_bool(relation, "inh", false);
	/* No length: up to the end. */
	statement = sr_json_int(raw, "stmt_len", 0);
	key->end = statement > 0 ? (size_t)(sr_json_int(raw, "stmt_location", 0) + statement) : length;
	return key->end <= length;
}

bool sr_foreign_key_parse(struct sr_foreign_key *key, const char *sql)
{
	struct json_object *tree = sr_parse_sql(sql, NULL);
	bool ok;

	*key = (struct sr_foreign_key){ 0 };
	ok = tree && read_tree(key, tree, strlen(sql));
	json_object_put(tree);
	return ok;
}

void sr_foreign_key_release(struct sr_foreign_key *key)
{
	free(key->schema);
	free(key->table);
	free(key->name);
	free(key->to_schema);
	free(key->to_table);
	*key = (struct sr_foreign_key){ 0 };
}

bool sr_foreign_key_is_outside(const struct sr_foreign_key *key, const struct sr_rename *renames,
			       size_t nrenames)
{
	for (size_t i = 0; i < nrenames; i++)
		if (strcmp(renames[i].to, key->to_schema) == 0)
			return false;
	return true;
}

void sr_foreign_key_add_not_valid(const struct sr_foreign_key *key, const char *sql, struct sr_strbuf *out)
{
	sr_strbuf_add(out, sql, key->end);
	if (!key->not_valid)
		sr_strbuf_adds(out, " NOT VALID");
	sr_strbuf_adds(out, sql + key->end);
}

void sr_foreign_key_add_validate(const struct sr_foreign_key *key, struct sr_strbuf *out)
{
	sr_strbuf_adds(out, "ALTER TABLE ");
	sr_ident_add_qualified(out, NULL, key->schema, key->table);
	sr_strbuf_adds(out, " VALIDATE CONSTRAINT ");
	sr_ident_add(out, NULL, key->name);
	sr_strbuf_addc(out, ';');
}
