/*
 * Strings whose type the statement itself does not tell.
 *
 * The bounds of a partition are printed without a cast: IN ('a.t') is a text, or
 * a table where the key is a regclass; the parent's definition knows.  And a
 * constant of a composite, domain or range type can have a regclass within it.
 */
#include "statement_text.h"

#include <string.h>

#define MOST_TYPES 8 /* types within types that are looked into */

enum holds { HOLDS_TEXT, HOLDS_NAMES, HOLDS_UNKNOWN };

static bool names_word(const struct sr_toks *t, size_t i)
{
	return t->items[i].kind == SR_TOK_IDENT && !(i > 0 && sr_tok_is(t, i - 1, ".")) &&
	       sr_names_of_type(t->items[i].value) != SR_NAMES_NONE;
}

static const struct sr_toc_entry *find_entry(const struct sr_archive *a, const char *schema, const char *name)
{
	static const char *const descs[] = { "TYPE", "DOMAIN", "TABLE", "FOREIGN TABLE" };

	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < sizeof descs / sizeof *descs; k++)
			if (!strcmp(a->entries[i].desc, descs[k]) && !strcmp(a->entries[i].tag, name) &&
			    !strcmp(a->entries[i].schema, schema))
				return &a->entries[i];
	return NULL;
}

/* Does the definition of this type, or of one it is made of, have a regclass or the like in it? */
static bool type_holds_names(const struct sr_archive *a, const char *schema, const char *name, int depth)
{
	const struct sr_toc_entry *e = find_entry(a, schema, name);
	struct sr_toks t;
	bool found = false;

	if (!e || depth > MOST_TYPES)
		return e != NULL;
	sr_toks_scan(&t, e->defn, strlen(e->defn));
	for (size_t i = 0; i < t.n && !found && !sr_tok_is(&t, i, ";"); i++) {
		/* Labels are no names. */
		if (sr_tok_is_word(&t, i, "enum"))
			break;
		found = names_word(&t, i);
		if (!found && sr_body_chain(&t, i, t.n) == 2 && !(i > 0 && sr_tok_is(&t, i - 1, ".")) &&
		    sr_tok_is_name(&t, i + 2) &&
		    !(strcmp(t.items[i].value, schema) == 0 && strcmp(t.items[i + 2].value, name) == 0))
			found = type_holds_names(a, t.items[i].value, t.items[i + 2].value, depth + 1);
	}
	sr_toks_release(&t);
	return found;
}

/* The type of a column of CREATE TABLE: what follows its name at the first level of parentheses. */
static enum holds column_holds(const struct sr_archive *a, const struct sr_toks *t, const char *column,
			       enum sr_names_kind *kind)
{
	size_t depth = 0;

	for (size_t i = 0; i + 1 < t->n; i++) {
		depth += sr_tok_is(t, i, "(") ? 1 : 0;
		depth -= depth && sr_tok_is(t, i, ")") ? 1 : 0;
		if (depth != 1 || !(sr_tok_is(t, i, "(") || sr_tok_is(t, i, ",")) ||
		    !sr_tok_is_name(t, i + 1) || strcmp(t->items[i + 1].value, column) != 0 || i + 2 >= t->n)
			continue;
		*kind = t->items[i + 2].kind == SR_TOK_IDENT ? sr_names_of_type(t->items[i + 2].value)
							     : SR_NAMES_NONE;
		if (sr_body_chain(t, i + 2, t->n) < 2)
			return *kind == SR_NAMES_NONE ? HOLDS_TEXT : HOLDS_NAMES;
		return type_holds_names(a, t->items[i + 2].value, t->items[i + 4].value, 0) ? HOLDS_UNKNOWN
											    : HOLDS_TEXT;
	}
	return HOLDS_UNKNOWN;
}

/* All keys of PARTITION BY … (…) at token i together. */
static enum holds keys_hold(const struct sr_archive *a, const struct sr_toks *t, size_t i,
			    enum sr_names_kind *kind)
{
	enum holds all = HOLDS_UNKNOWN;

	for (size_t first = i; sr_tok_is_name(t, i + 1); i++) {
		enum holds one;

		/* An expression. */
		if (!sr_tok_is_name(t, i + 1) || sr_tok_is(t, i + 2, "(") || sr_tok_is(t, i + 2, "."))
			return HOLDS_UNKNOWN;
		one = column_holds(a, t, t->items[i + 1].value, kind);
		if (i > first && one != all)
			return HOLDS_UNKNOWN;
		all = one;
		while (i < t->n && !sr_tok_is(t, i + 1, ",") && !sr_tok_is(t, i + 1, ")"))
			i++;
		if (!sr_tok_is(t, i + 1, ","))
			return all;
	}
	return HOLDS_UNKNOWN;
}

/* What the bounds of the partitions of this table are. */
static enum holds bounds_hold(const struct sr_archive *a, const char *schema, const char *name,
			      enum sr_names_kind *kind)
{
	const struct sr_toc_entry *e = a ? find_entry(a, schema, name) : NULL;
	enum holds holds = HOLDS_UNKNOWN;
	bool any = false;
	struct sr_toks t;

	/* What a parent that is not restored says does not matter: nothing is attached to it. */
	if (a && !e)
		return HOLDS_TEXT;
	if (!e)
		return HOLDS_UNKNOWN;
	sr_toks_scan(&t, e->defn, strlen(e->defn));
	for (size_t i = 0; i < t.n; i++) {
		any |= names_word(&t, i);
		if (sr_tok_is_word(&t, i, "partition") && sr_tok_is_word(&t, i + 1, "by") &&
		    sr_tok_is(&t, i + 3, "("))
			holds = keys_hold(a, &t, i + 3, kind);
	}
	sr_toks_release(&t);
	/* An expression of a table that has nothing of the kind. */
	return holds == HOLDS_UNKNOWN && !any ? HOLDS_TEXT : holds;
}

/* ALTER TABLE ONLY p ATTACH PARTITION c, CREATE TABLE c PARTITION OF p */
static size_t parent_of(const struct sr_toks *t, size_t lo, size_t hi)
{
	for (size_t i = lo; i < hi; i++) {
		if (sr_tok_is_word(t, i, "attach"))
			return sr_tok_is_word(t, lo + 2, "only") ? lo + 3 : lo + 2;
		if (sr_tok_is_word(t, i, "partition") && sr_tok_is_word(t, i + 1, "of"))
			return i + 2;
	}
	return hi;
}

static bool concerns(const struct sr_body_text *b, size_t i)
{
	struct sr_strbuf value = SR_STRBUF_INIT;
	bool yes;

	if (b->claimed[i] || b->toks.items[i].kind != SR_TOK_STRING)
		return false;
	sr_tok_string(&b->toks, i, &value);
	yes = sr_statement_concerns(sr_strbuf_str(&value), b->rules);
	sr_strbuf_release(&value);
	return yes;
}

static bool bound_is_certain(struct sr_body_text *b, size_t lo, size_t hi, size_t i,
			     const struct sr_archive *a)
{
	enum sr_names_kind kind = SR_NAMES_NONE;
	const struct sr_toks *t = &b->toks;
	size_t parent = parent_of(t, lo, hi);
	enum holds holds;

	if (parent >= hi || sr_body_chain(t, parent, hi) != 2 || !sr_tok_is_name(t, parent + 2))
		return false;
	holds = bounds_hold(a, t->items[parent].value, t->items[parent + 2].value, &kind);
	if (holds == HOLDS_NAMES)
		sr_body_edit_literal(b, i, kind, NULL);
	return holds != HOLDS_UNKNOWN;
}

size_t sr_statement_literals(struct sr_body_text *b, size_t lo, size_t hi, const struct sr_archive *a)
{
	const struct sr_toks *t = &b->toks;
	bool bounds = false;

	for (size_t i = lo; i < hi; i++) {
		bounds |= sr_tok_is_word(t, i, "for") && sr_tok_is_word(t, i + 1, "values");
		if (!concerns(b, i))
			continue;
		if (bounds && !sr_tok_is(t, i + 1, "::") && !bound_is_certain(b, lo, hi, i, a))
			return i;
		/* '…'::regclass that could not be read. */
		if (sr_tok_is(t, i + 1, "::") && i + 2 < hi && names_word(t, i + 2) &&
		    !sr_tok_is(t, i + 3, "."))
			return i;
		if (sr_tok_is(t, i + 1, "::") && sr_body_chain(t, i + 2, hi) == 2 && a &&
		    sr_tok_is_name(t, i + 4) &&
		    type_holds_names(a, t->items[i + 2].value, t->items[i + 4].value, 0))
			return i;
	}
	return hi;
}
