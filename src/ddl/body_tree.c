/*
 * The names in one statement, by libpg_query's parse tree.
 *
 * The tree is JSON: {"RangeVar": {"schemaname": …, "relname": …, "location": n}};
 * members that are 0 or empty are left out, so a location of 0 is absent.  Nodes
 * are recognised by their members, as fields of a fixed type have no node name
 * around them.  Names without a location (DROP, COMMENT, operator classes, …)
 * are put aside and then found among the tokens that nothing else has claimed.
 */
#include "body_node.h"
#include "body_text.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pending {
	struct json_object *names; /* borrowed */
	size_t schema; /* which of them */
	enum sr_body_object kind;
};

struct walk {
	struct sr_body_text *b;
	const struct sr_fragment *f;
	size_t shift; /* an offset in the parsed text, plus this, is one in the body (modulo 2^n) */
	struct sr_strlist ctes;
	struct pending *pending;
	size_t npending, pending_cap;
	bool definition; /* in CREATE OPERATOR (…) and the like: functions read as types */
	const char *objtype; /* of the utility statement around: "OBJECT_COLUMN" */
	bool failed; /* the tokens are not what the tree says */
};

static void walk(struct walk *w, const char *key, struct json_object *node);

/* The token at the node's location, or toks.n. */
static size_t token_of(const struct walk *w, struct json_object *node)
{
	struct json_object *location = sr_node_member(node, "location");
	long long at = location ? json_object_get_int64(location) : 0;
	size_t i;

	if (at < 0)
		return w->b->toks.n;
	i = sr_tok_at(&w->b->toks, (size_t)at + w->shift);
	return i >= w->f->lo && i < w->f->hi ? i : w->b->toks.n;
}

static int line_of(const struct walk *w, struct json_object *node)
{
	size_t i = token_of(w, node);

	return sr_tok_line(&w->b->toks, i < w->b->toks.n ? i : w->f->lo);
}

static bool renamed(const struct walk *w, const char *schema)
{
	return sr_body_rename_of(w->b->rules, schema) >= 0;
}

/* Does part `at` of the name at token i read so? */
static bool spelled(const struct walk *w, size_t i, size_t at, const char *name)
{
	return name && sr_tok_is_name(&w->b->toks, i + 2 * at) &&
	       strcmp(w->b->toks.items[i + 2 * at].value, name) == 0;
}

static void put_aside(struct walk *w, struct json_object *names, size_t schema, enum sr_body_object kind)
{
	if (!renamed(w, sr_node_name(names, schema)))
		return;
	SR_ARRAY_RESERVE(w->pending, w->pending_cap, w->npending + 1);
	w->pending[w->npending++] = (struct pending){ names, schema, kind };
}

/* A list of names that begins at the node's location; the schema is the one before the last, if there are two or more. */
static void located(struct walk *w, struct json_object *node, struct json_object *names,
		    enum sr_body_object kind)
{
	size_t n = sr_node_count(names), i = token_of(w, node);

	if (n < 2)
		return;
	if (!spelled(w, i, n - 2, sr_node_name(names, n - 2)) || !sr_body_edit_name(w->b, i, n, n - 2, kind))
		put_aside(w, names, n - 2, kind);
}

static void on_relation(struct walk *w, const char *key, struct json_object *node)
{
	const char *schema = sr_node_string(node, "schemaname"), *relation = sr_node_string(node, "relname");
	const char *catalog = sr_node_string(node, "catalogname"),
		   *persistence = sr_node_string(node, "relpersistence");
	size_t i = token_of(w, node), n = catalog ? 3 : 2;

	if (!relation)
		return;
	if (persistence && *persistence == 't')
		sr_strlist_add(&w->b->created, relation);
	if (!schema) {
		/* What a statement writes to cannot be a WITH query. */
		if (strcmp(key, "relation") == 0 || !sr_strlist_has(&w->ctes, relation))
			sr_body_unqualified(w->b, relation);
		return;
	}
	if (!spelled(w, i, n - 2, schema) || !sr_body_edit_name(w->b, i, n, n - 2, SR_BODY_RELATION))
		w->failed |= renamed(w, schema);
}

/* Is a relation of this name, schema included, in the fragment? */
static bool names_relation(const struct walk *w, const char *schema, const char *relation)
{
	const struct sr_toks *t = &w->b->toks;

	for (size_t i = w->f->lo; i + 2 < w->f->hi; i++)
		if (sr_body_chain(t, i, w->f->hi) == 2 && spelled(w, i, 0, schema) &&
		    spelled(w, i, 1, relation) && !(i > 0 && sr_tok_is(t, i - 1, ".")))
			return true;
	return false;
}

/* label.record.field, or schema.table.column?  Where both could be, nobody can tell. */
static bool is_variable(const struct walk *w, struct json_object *node, const char *first, const char *second)
{
	if (!first || !second || !sr_body_is_label(w->b, first, second))
		return false;
	if (renamed(w, first) && names_relation(w, first, second))
		sr_body_note(w->b->notes, "unparsed-body", line_of(w, node),
			     "Compare the restored function with the original one.",
			     "%s.%s may be a variable or a column of a table; it is left as it is", first,
			     second);
	return true;
}

/* a.t.c, a.t.*, db.a.t.c; with fewer parts the first is a relation, alias or variable. */
static void on_column(struct walk *w, struct json_object *node, struct json_object *fields)
{
	size_t n = sr_node_count(fields), i = token_of(w, node);
	const char *first = sr_node_name(fields, 0), *second = n > 1 ? sr_node_name(fields, 1) : NULL;

	if (i >= w->b->toks.n || n < 2)
		return;
	if (n < 3 || is_variable(w, node, first, second)) {
		w->b->claimed[i] = true;
		return;
	}
	if (!spelled(w, i, n - 3, sr_node_name(fields, n - 3)) ||
	    !sr_body_edit_name(w->b, i, n, n - 3, SR_BODY_RELATION))
		w->failed |= renamed(w, sr_node_name(fields, n - 3));
}

/* In a.t.c%TYPE the last name is a column; a.c%TYPE is column c of relation a, wherever that is. */
static void on_type(struct walk *w, struct json_object *node, struct json_object *names)
{
	struct json_object *pct = sr_node_member(node, "pct_type");
	size_t n = sr_node_count(names), i = token_of(w, node);

	if (!pct || !json_object_get_boolean(pct))
		located(w, node, names, w->definition ? SR_BODY_OTHER : SR_BODY_TYPE);
	else if (n >= 3)
		sr_body_edit_name(w->b, i, n, n - 3, SR_BODY_RELATION);
	else if (i < w->b->toks.n)
		w->b->claimed[i] = true;
}

/* pg_catalog.regclass or regclass, and not a.regclass. */
static enum sr_names_kind names_kind_of_type(struct json_object *names)
{
	size_t n = sr_node_count(names);
	const char *type = n ? sr_node_name(names, n - 1) : NULL;
	const char *schema = n > 1 ? sr_node_name(names, n - 2) : NULL;

	if (!type || (schema && strcmp(schema, "pg_catalog") != 0))
		return SR_NAMES_NONE;
	return sr_names_of_type(type);
}

/* Does any string constant below this node mention a renamed schema? */
static bool mentions(const struct walk *w, struct json_object *node)
{
	struct json_object *aconst = sr_node_member(node, "A_Const"),
			   *cast = sr_node_member(node, "TypeCast");
	size_t n = json_object_is_type(node, json_type_array) ? json_object_array_length(node) : 0;
	struct json_object_iterator it, end;
	bool found = aconst && sr_body_mentions(w->b, sr_node_constant_value(aconst));

	/* 'a.t'::regclass is dealt with for itself. */
	if (sr_node_member(sr_node_member(cast, "arg"), "A_Const") &&
	    names_kind_of_type(sr_node_member(sr_node_member(cast, "typeName"), "names")) != SR_NAMES_NONE)
		return false;
	for (size_t i = 0; i < n && !found; i++)
		found = mentions(w, sr_node_item(node, i));
	if (found || !json_object_is_type(node, json_type_object))
		return found;
	it = json_object_iter_begin(node);
	end = json_object_iter_end(node);
	for (; !json_object_iter_equal(&it, &end) && !found; json_object_iter_next(&it))
		found = mentions(w, json_object_iter_peek_value(&it));
	return found;
}

/* A value that names objects: rewritten if constant, and a note if it is put together from strings that look so. */
static void on_names(struct walk *w, struct json_object *node, struct json_object *expr,
		     enum sr_names_kind kind)
{
	struct json_object *aconst = sr_node_constant(expr);
	struct json_object *names =
		sr_node_member(sr_node_member(sr_node_member(expr, "TypeCast"), "typeName"), "names");

	/* nextval('a.s'::regclass): the cast is dealt with for itself. */
	if (names_kind_of_type(names) != SR_NAMES_NONE)
		return;
	if (aconst && !(w->b->printed && !sr_node_member(expr, "A_Const"))) {
		const char *value = sr_node_constant_value(aconst);

		if (sr_body_edit_literal(w->b, token_of(w, aconst), kind, value) ||
		    !sr_body_mentions(w->b, value))
			return;
	} else if (!mentions(w, expr)) {
		return;
	}
	sr_body_note(w->b->notes, "dynamic-sql", line_of(w, node),
		     "Check which schema the name leads to, and change the definition by hand if it is the "
		     "old one.",
		     "a name is put together at run time from a string that mentions a renamed schema");
}

/* set_config('search_path', expr, …) */
static void on_search_path(struct walk *w, struct json_object *node, struct json_object *expr)
{
	if (sr_node_constant(expr) || mentions(w, expr))
		on_names(w, node, expr, SR_NAMES_SCHEMAS);
	else
		sr_body_note(w->b->notes, "dynamic-sql", line_of(w, node),
			     "Check that it does not lead to the old schema.",
			     "search_path is set to a value that is known at run time only");
}

static void on_call(struct walk *w, struct json_object *node, struct json_object *names)
{
	struct json_object *args = sr_node_member(node, "args"), *setting;
	size_t n = sr_node_count(names), nargs = sr_node_count(args), arg = 0;
	const char *function = n ? sr_node_name(names, n - 1) : NULL;
	enum sr_names_kind kind;

	located(w, node, names, SR_BODY_FUNCTION);
	if (!function ||
	    (n > 1 && strcmp(sr_node_name(names, 0) ? sr_node_name(names, 0) : "", "pg_catalog") != 0))
		return;
	if (strcmp(function, "set_config") == 0 && nargs == 3) {
		setting = sr_node_constant(sr_node_item(args, 0));
		if (setting && strcasecmp(sr_node_constant_value(setting), "search_path") == 0)
			on_search_path(w, node, sr_node_item(args, 1));
		return;
	}
	kind = sr_names_of_function(function, nargs, &arg);
	if (kind != SR_NAMES_NONE)
		on_names(w, node, sr_node_item(args, arg), kind);
}

/* 'a.t'::regclass and its like, arrays of them too. */
static void on_cast(struct walk *w, struct json_object *node)
{
	struct json_object *arg = sr_node_member(node, "arg"),
			   *names = sr_node_member(sr_node_member(node, "typeName"), "names");
	struct json_object *elements = sr_node_member(sr_node_member(arg, "A_ArrayExpr"), "elements");
	enum sr_names_kind kind = names_kind_of_type(names);

	if (kind == SR_NAMES_NONE)
		return;
	if (sr_node_member(arg, "A_Const") &&
	    sr_node_member(sr_node_member(node, "typeName"), "arrayBounds")) {
		sr_body_edit_array(w->b, token_of(w, sr_node_member(arg, "A_Const")), kind);
		return;
	}
	for (size_t i = 0; i < sr_node_count(elements); i++)
		on_names(w, node, sr_node_item(elements, i), kind);
	if (!elements)
		on_names(w, node, arg, kind);
}

static void on_set(struct walk *w, struct json_object *node)
{
	const char *name = sr_node_string(node, "name");
	struct json_object *args = sr_node_member(node, "args");

	for (size_t i = 0; name && i < sr_node_count(args); i++) {
		struct json_object *aconst = sr_node_constant(sr_node_item(args, i));

		if (aconst && strcmp(name, "search_path") == 0)
			sr_body_edit_schema(w->b, token_of(w, aconst));
		else if (aconst && strcmp(name, "default_text_search_config") == 0)
			sr_body_edit_literal(w->b, token_of(w, aconst), SR_NAMES_OTHER, NULL);
	}
}

/* table_schema = 'a': a look into the catalogs finds the old schema's objects. */
static void on_comparison(struct walk *w, struct json_object *node)
{
	struct json_object *fields =
		sr_node_member(sr_node_member(sr_node_member(node, "lexpr"), "ColumnRef"), "fields");
	struct json_object *right = sr_node_member(node, "rexpr"), *aconst = sr_node_constant(right);
	const char *column = sr_node_count(fields) ? sr_node_name(fields, sr_node_count(fields) - 1) : NULL;
	size_t len = column ? strlen(column) : 0;

	if (!aconst && right)
		aconst = sr_node_constant(
			sr_node_item(sr_node_member(sr_node_member(right, "List"), "items"), 0));
	if (!aconst || !renamed(w, sr_node_constant_value(aconst)))
		return;
	if (strcmp(column ? column : "", "nspname") != 0 && strcmp(column ? column : "", "schemaname") != 0 &&
	    (len < 6 || strcmp(column + len - 6, "schema") != 0))
		return;
	sr_body_note(w->b->notes, "dynamic-sql", line_of(w, node),
		     "Change the function by hand if it should look at the restored schema.",
		     "%s is compared with '%s': the string is left as it is", column,
		     sr_node_constant_value(aconst));
}

static bool starts_below_relation(const char *objtype)
{
	static const char *const types[] = { "OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER",
					     "OBJECT_RULE", "OBJECT_POLICY" };

	for (size_t i = 0; objtype && i < SR_COUNT(types); i++)
		if (strcmp(types[i], objtype) == 0)
			return true;
	return false;
}

static enum sr_body_object object_kind(const struct walk *w, const char *key)
{
	static const char *const relations[] = {
		"OBJECT_TABLE",         "OBJECT_VIEW",   "OBJECT_SEQUENCE",     "OBJECT_INDEX",
		"OBJECT_MATVIEW",       "OBJECT_COLUMN", "OBJECT_TRIGGER",      "OBJECT_RULE",
		"OBJECT_FOREIGN_TABLE", "OBJECT_POLICY", "OBJECT_TABCONSTRAINT"
	};
	const char *type = w->objtype ? w->objtype : "";

	if (strcmp(key, "funcname") == 0 || strstr(type, "FUNCTION") || strstr(type, "PROCEDURE") ||
	    strstr(type, "ROUTINE") || strstr(type, "AGGREGATE"))
		return SR_BODY_FUNCTION;
	for (size_t i = 0; i < SR_COUNT(relations); i++)
		if (strcmp(relations[i], type) == 0)
			return SR_BODY_RELATION;
	return strcmp(type, "OBJECT_TYPE") == 0 || strcmp(type, "OBJECT_DOMAIN") == 0 ||
			       strcmp(key, "typeName") == 0 || strcmp(key, "domainname") == 0
		       ? SR_BODY_TYPE
		       : SR_BODY_OTHER;
}

/* Lists of names that are one qualified name, and have no location. */
static void on_unlocated(struct walk *w, const char *key, struct json_object *names)
{
	static const char *const keys[] = { "object",      "items",           "defnames",  "objname",
					    "typeName",    "domainname",      "collation", "opclass",
					    "opclassname", "cfgname",         "dictname",  "opfamilyname",
					    "funcname",    "func_name",       "collname",  "useOp",
					    "operName",    "conversion_name", "method",    "name",
					    "order_family" };
	size_t n = sr_node_count(names), below = starts_below_relation(w->objtype) ? 3 : 2;
	bool known = false;

	for (size_t i = 0; i < SR_COUNT(keys); i++)
		known |= strcmp(keys[i], key) == 0;
	for (size_t i = 0; i < n; i++)
		known &= sr_node_name(names, i) != NULL;
	if (!known)
		return;
	if (n >= below)
		put_aside(w, names, n - below, object_kind(w, key));
	else if (n == 1 && below == 2 && strcmp(key, "items") == 0 && object_kind(w, key) == SR_BODY_RELATION)
		sr_body_unqualified(w->b, sr_node_name(names, 0));
}

static void walk_members(struct walk *w, struct json_object *node, const char *except)
{
	struct json_object_iterator it = json_object_iter_begin(node), end = json_object_iter_end(node);

	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const char *key = json_object_iter_peek_name(&it);

		/* FOR UPDATE OF takes names of the FROM list. */
		if (strcmp(key, except) != 0 && strcmp(key, "lockedRels") != 0)
			walk(w, key, json_object_iter_peek_value(&it));
	}
}

/* A WITH query sees those before it, and itself only when recursive; the statement sees all. */
static void walk_with(struct walk *w, struct json_object *node, struct json_object *with)
{
	struct json_object *ctes = sr_node_member(with, "ctes"),
			   *recursive = sr_node_member(with, "recursive");
	bool all = recursive && json_object_get_boolean(recursive);
	size_t mark = w->ctes.n;

	for (int pass = all ? 0 : 1; pass < 2; pass++)
		for (size_t i = 0; i < sr_node_count(ctes); i++) {
			struct json_object *cte = sr_node_member(sr_node_item(ctes, i), "CommonTableExpr");
			const char *name = sr_node_string(cte, "ctename");

			if (pass == 1 && cte)
				walk_members(w, cte, "");
			if (name && pass == (all ? 0 : 1))
				sr_strlist_add(&w->ctes, name);
		}
	walk_members(w, node, "withClause");
	while (w->ctes.n > mark)
		free(w->ctes.items[--w->ctes.n]);
}

/* Code inside the body's code: CREATE FUNCTION … AS '…', DO '…'. */
static void on_nested_code(struct walk *w, struct json_object *node)
{
	const char *name = sr_node_string(node, "defname");
	struct json_object *arg = sr_node_member(node, "arg"), *text;

	if (!name || strcmp(name, "as") != 0)
		return;
	text = sr_node_member(arg, "List")
		       ? sr_node_item(sr_node_member(sr_node_member(arg, "List"), "items"), 0)
		       : arg;
	text = sr_node_member(text, "String");
	if (sr_node_string(text, "sval"))
		sr_body_note(w->b->notes, "dynamic-sql", line_of(w, node),
			     "Check what it works on, and change it by hand if that is the old schema.",
			     "code within the body (DO or CREATE FUNCTION) is left as it is");
}

static void on_node(struct walk *w, const char *key, struct json_object *node)
{
	struct json_object *names;
	size_t i;

	if (sr_node_member(node, "relname"))
		on_relation(w, key, node);
	if ((names = sr_node_member(node, "fields")))
		on_column(w, node, names);
	if ((names = sr_node_member(node, "funcname")) && sr_node_member(node, "funcformat"))
		on_call(w, node, names);
	if ((names = sr_node_member(node, "names")) && sr_node_member(node, "typemod"))
		on_type(w, node, names);
	if (sr_node_member(node, "typeName") && sr_node_member(node, "arg"))
		on_cast(w, node);
	if (sr_node_member(node, "args") && sr_node_string(node, "name") && !w->b->printed)
		on_set(w, node);
	if (sr_node_member(node, "lexpr"))
		on_comparison(w, node);
	if (sr_node_member(node, "defname") && !w->b->printed)
		on_nested_code(w, node);
	/* WITH (toast.fillfactor = …) */
	if (sr_node_member(node, "defnamespace") && (i = token_of(w, node)) < w->b->toks.n)
		w->b->claimed[i] = true;
	/* UPDATE … SET a.field = …: a column, whatever the schema is called. */
	if (sr_node_member(node, "indirection") && sr_node_string(node, "name") &&
	    (i = token_of(w, node)) < w->b->toks.n)
		w->b->claimed[i] = true;
}

static void walk(struct walk *w, const char *key, struct json_object *node)
{
	static const char *const types[] = { "objtype", "removeType", "renameType", "objectType" };
	const char *objtype = w->objtype, *owned = sr_node_string(node, "defname");
	bool definition = w->definition;
	struct json_object *with;

	if (json_object_is_type(node, json_type_array)) {
		on_unlocated(w, key, node);
		for (size_t i = 0; i < json_object_array_length(node); i++)
			walk(w, key, sr_node_item(node, i));
		return;
	}
	if (!json_object_is_type(node, json_type_object))
		return;
	for (size_t i = 0; i < SR_COUNT(types); i++)
		if (sr_node_string(node, types[i]))
			w->objtype = sr_node_string(node, types[i]);
	w->definition |= sr_node_member(node, "definition") || sr_node_member(node, "params");
	if (owned && strcmp(owned, "owned_by") == 0)
		w->objtype = "OBJECT_COLUMN";
	on_node(w, key, node);
	with = sr_node_member(node, "withClause");
	if (with)
		walk_with(w, node, with);
	else
		walk_members(w, node, sr_node_member(node, "funcformat") ? "funcname" : "");
	w->objtype = objtype;
	w->definition = definition;
}

/* Finds `schema . name` among the tokens that are not spoken for. */
static bool settle(struct walk *w, const struct pending *p)
{
	const struct sr_toks *t = &w->b->toks;
	const char *schema = sr_node_name(p->names, p->schema), *name = sr_node_name(p->names, p->schema + 1);
	bool met = false;

	for (size_t i = w->f->lo; i + 2 < w->f->hi; i++) {
		const struct sr_tok *last = &t->items[i + 2];

		if (!sr_tok_is_name(t, i) || !sr_tok_is(t, i + 1, ".") ||
		    strcmp(t->items[i].value, schema) != 0)
			continue;
		if (last->value ? strcmp(last->value, name) != 0
				: strlen(name) != last->end - last->start ||
					  memcmp(t->text + last->start, name, last->end - last->start) != 0)
			continue;
		if (!w->b->claimed[i])
			return sr_body_edit_name(w->b, i, 2, 0, p->kind);
		met = true;
	}
	/* RETURNS TABLE (x a.t) has the type twice in the tree. */
	return met && w->b->printed;
}

/* The schemas in "a, c" from token i on. */
static void settle_schema_list(struct walk *w, size_t i)
{
	const struct sr_toks *t = &w->b->toks;

	for (; i < w->f->hi && sr_tok_is_name(t, i) && !sr_tok_is(t, i + 1, "."); i += 2) {
		if (!w->b->claimed[i])
			sr_body_edit_schema(w->b, i);
		if (!sr_tok_is(t, i + 1, ","))
			return;
	}
}

/* CREATE SCHEMA a, … IN SCHEMA a, … SET SCHEMA a, GRANT … ON SCHEMA a, c; IMPORT FOREIGN SCHEMA theirs … INTO a. */
static void settle_schemas(struct walk *w)
{
	const struct sr_toks *t = &w->b->toks;
	const char *word = sr_tok_is_word(t, w->f->lo, "import") ? "into" : "schema";

	for (size_t i = w->f->lo; i + 1 < w->f->hi; i++) {
		size_t k = i + 1;

		if (!sr_tok_is_word(t, i, word) || (i > 0 && sr_tok_is(t, i - 1, ".")))
			continue;
		while (k < w->f->hi && (sr_tok_is_word(t, k, "if") || sr_tok_is_word(t, k, "not") ||
					sr_tok_is_word(t, k, "exists")))
			k++;
		settle_schema_list(w, k);
	}
}

static bool is_utility(struct json_object *stmts)
{
	static const char *const queries[] = { "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt",
					       "MergeStmt" };
	struct json_object *stmt = sr_node_member(sr_node_item(stmts, 0), "stmt");

	for (size_t i = 0; i < SR_COUNT(queries); i++)
		if (sr_node_member(stmt, queries[i]))
			return false;
	return stmt != NULL;
}

bool sr_body_tree(struct sr_body_text *b, const struct sr_fragment *f, size_t shift, struct json_object *tree)
{
	struct walk w = { .b = b, .f = f, .shift = shift };
	struct json_object *stmts = sr_node_member(tree, "stmts");
	bool ok;

	walk(&w, "stmts", stmts);
	ok = !w.failed;
	for (size_t i = 0; i < w.npending; i++)
		ok &= settle(&w, &w.pending[i]);
	if (is_utility(stmts) && !b->printed)
		settle_schemas(&w);
	sr_strlist_release(&w.ctes);
	free(w.pending);
	return ok;
}
