#include "ddl/role_map.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/json.h"
#include "ddl/parse.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/ident.h"

/* A role's word in the text, and what replaces it. */
struct word {
	size_t at, len;
	const char *to;
};

struct words {
	const char *sql;
	size_t size;
	const struct sr_rename *map;
	size_t nmap;
	struct word *items;
	size_t n, cap;
	bool lost; /* a place that does not hold what the parser said */
};

const char *sr_role_mapped(const char *role, const struct sr_rename *map, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(map[i].from, role) == 0)
			return map[i].to;
	return role;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$' || (unsigned char)c >= 0x80;
}

/* The length of the identifier or string at p, or 0 where it does not mean `name`. */
static size_t word_length(const char *p, const char *name)
{
	const char quote = *p, *start = p;

	if (quote != '"' && quote != '\'') {
		size_t n = strlen(name);

		return strncasecmp(p, name, n) == 0 && !is_word(p[n]) ? n : 0;
	}
	for (p++; *p; p++) {
		if (*p == quote && *++p != quote)
			return *name ? 0 : (size_t)(p - start);
		if (*p != *name++)
			return 0;
	}
	return 0;
}

static void add_word(struct words *w, const char *role, struct json_object *node)
{
	int64_t at = sr_json_int(node, "location", 0);
	const char *to = role ? sr_role_mapped(role, w->map, w->nmap) : NULL;
	size_t len;

	if (!role || to == role)
		return;
	len = at > 0 && (size_t)at < w->size ? word_length(w->sql + at, role) : 0;
	if (len == 0) {
		w->lost = true;
		return;
	}
	SR_ARRAY_RESERVE(w->items, w->cap, w->n + 1);
	w->items[w->n++] = (struct word){ .at = (size_t)at, .len = len, .to = to };
}

/* SET ROLE and SET SESSION AUTHORIZATION: another grantor than the owner. */
static void add_session_role(struct words *w, struct json_object *set)
{
	const char *name = sr_json_string(set, "name");
	struct json_object *args = sr_json_member(set, "args"), *constant, *value;

	if (!name || (strcmp(name, "session_authorization") != 0 && strcmp(name, "role") != 0) ||
	    !json_object_is_type(args, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(args); i++) {
		constant = sr_json_member(json_object_array_get_idx(args, i), "A_Const");
		value = constant ? sr_json_member(constant, "sval") : NULL;
		if (value)
			add_word(w, sr_json_string(value, "sval"), constant);
	}
}

static void find_words(struct words *w, struct json_object *node)
{
	const char *type;

	if (json_object_is_type(node, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(node); i++)
			find_words(w, json_object_array_get_idx(node, i));
		return;
	}
	if (!json_object_is_type(node, json_type_object))
		return;
	type = sr_json_string(node, "roletype");
	if (type && strcmp(type, "ROLESPEC_CSTRING") == 0)
		add_word(w, sr_json_string(node, "rolename"), node);
	json_object_object_foreach(node, key, child)
	{
		if (strcmp(key, "VariableSetStmt") == 0)
			add_session_role(w, child);
		find_words(w, child);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/*
 * pg_dump quotes names only where it must, and definitions are compared by their text: so here, too.  What the
 * parser takes as the name of a function and of a table is no keyword that means anything to it;
 * system_user is one since PostgreSQL 16.
 */
static bool is_plain(const char *name)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	PgQueryParseResult parsed;
	bool plain;

	if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] ||
	    (*name >= '0' && *name <= '9') || strcmp(name, "system_user") == 0)
		return false;
	sr_strbuf_addf(&sql, "SELECT %s(1) FROM %s", name, name);
	parsed = pg_query_parse(sr_strbuf_str(&sql));
	plain = !parsed.error;
	pg_query_free_parse_result(parsed);
	sr_strbuf_release(&sql);
	return plain;
}

static void replace(const struct words *w, struct sr_strbuf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < w->n; i++) {
		sr_strbuf_add(out, w->sql + at, w->items[i].at - at);
		if (is_plain(w->items[i].to))
			sr_strbuf_adds(out, w->items[i].to);
		else
			sr_ident_add(out, NULL, w->items[i].to);
		at = w->items[i].at + w->items[i].len;
	}
	sr_strbuf_adds(out, w->sql + at);
}

bool sr_role_map_sql(const char *sql, const struct sr_rename *map, size_t n, struct sr_strbuf *out)
{
	struct words w = { .sql = sql, .size = strlen(sql), .map = map, .nmap = n };
	struct json_object *tree = sr_parse_sql(sql, NULL);
	bool ok;

	find_words(&w, tree);
	ok = tree && !w.lost;
	if (ok) {
		if (w.n)
			qsort(w.items, w.n, sizeof *w.items, by_place);
		replace(&w, out);
	}
	free(w.items);
	json_object_put(tree);
	return ok;
}
