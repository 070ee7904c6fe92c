/*
 * One statement that the parser does not know, by its words.
 *
 * Outside of queries whatever reads `schema.` is the schema: pg_dump qualifies
 * all names, and an expression on one table has bare columns.  In a query, as
 * the server prints it, a relation can stand only at an item of a FROM list, and
 * what stands elsewhere without being a call or a type is a column of an alias.
 * What fits neither is not claimed: the caller takes it for a doubt.
 */
#include "statement_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum place { PLACE_HEAD, PLACE_EXPRESSION, PLACE_FROM };

struct level {
	enum place place;
	bool call; /* extract(x FROM y) and the like: no FROM clause */
	bool columns; /* JSON_TABLE (… COLUMNS (a type, …)) */
};

struct guess {
	struct sr_body_text *b;
	size_t lo, hi;
	bool query; /* the statement has a query or an expression with qualified columns in it */
	bool strict; /* MERGE, DELETE … USING: a FROM list that begins otherwise */
	struct level *levels;
	size_t depth, cap;
};

static bool word_in(const struct sr_toks *t, size_t i, const char *const *words, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (sr_tok_is_word(t, i, words[k]))
			return true;
	return false;
}

/* The token before i is this word, within the statement. */
static bool after_word(const struct guess *g, size_t i, const char *word)
{
	return i > g->lo && sr_tok_is_word(&g->b->toks, i - 1, word);
}

/* Where the next item of the FROM list is expected. */
static bool at_item(const struct guess *g, size_t i)
{
	const struct sr_toks *t = &g->b->toks;

	if (g->levels[g->depth].place != PLACE_FROM || i == g->lo)
		return false;
	return after_word(g, i, "from") || after_word(g, i, "join") || after_word(g, i, "only") ||
	       after_word(g, i, "using") || sr_tok_is(t, i - 1, ",") || sr_tok_is(t, i - 1, "(");
}

static void open_level(struct guess *g, size_t i)
{
	static const char *const calls[] = { "extract", "trim", "substring", "overlay", "position" };
	enum place place = g->levels[g->depth].place;
	struct level level = { .place = place };

	if (place == PLACE_FROM && !at_item(g, i))
		level.place = PLACE_EXPRESSION;
	if (place == PLACE_HEAD &&
	    (after_word(g, i, "using") || after_word(g, i, "check") || after_word(g, i, "when")))
		level.place = PLACE_EXPRESSION;
	level.call = i > g->lo && word_in(&g->b->toks, i - 1, calls, SR_COUNT(calls));
	level.columns = after_word(g, i, "columns");
	SR_ARRAY_RESERVE(g->levels, g->cap, g->depth + 2);
	g->levels[++g->depth] = level;
}

/* Words that begin another clause. */
static void read_word(struct guess *g, size_t i)
{
	static const char *const clauses[] = { "where",  "group",  "having", "window",    "order",
					       "limit",  "offset", "fetch",  "union",     "intersect",
					       "except", "set",    "values", "returning", "do",
					       "on",     "select", "for" };
	const struct sr_toks *t = &g->b->toks;
	struct level *level = &g->levels[g->depth];

	if (level->place == PLACE_HEAD) {
		/* Not FOR SELECT of a policy, or ON SELECT of a rule. */
		if ((sr_tok_is_word(t, i, "select") && !after_word(g, i, "for") && !after_word(g, i, "on")) ||
		    sr_tok_is_word(t, i, "do") || sr_tok_is_word(t, i, "return") ||
		    (sr_tok_is_word(t, i, "where")) ||
		    (sr_tok_is_word(t, i, "begin") && sr_tok_is_word(t, i + 1, "atomic")))
			level->place = PLACE_EXPRESSION;
	} else if (sr_tok_is_word(t, i, "from")) {
		if (!after_word(g, i, "distinct") && !level->call)
			level->place = PLACE_FROM;
	} else if (word_in(t, i, clauses, SR_COUNT(clauses)) && !sr_tok_is_word(t, i, "on")) {
		level->place = PLACE_EXPRESSION;
	}
}

/* Does something have this name: an alias, or a relation that goes by its own? */
static bool is_alias(const struct guess *g, const char *name)
{
	const struct sr_toks *t = &g->b->toks;

	for (size_t i = g->lo + 1; i < g->hi; i++)
		if (sr_tok_is_name(t, i) && strcmp(t->items[i].value, name) == 0 &&
		    !sr_tok_is(t, i + 1, ".") &&
		    /* f() a(x, y), and not a(x) */
		    (!sr_tok_is(t, i + 1, "(") || sr_tok_is(t, i - 1, ")") || sr_tok_is_name(t, i - 1)))
			return true;
	return false;
}

static bool is_column(const struct guess *g, size_t i, size_t n)
{
	static const char *const before[] = { "select", "distinct", "all",  "where",   "and",   "or",
					      "not",    "when",     "then", "else",    "case",  "by",
					      "having", "between",  "from", "like",    "in",    "ilike",
					      "any",    "some",     "to",   "passing", "limit", "offset" };
	const struct sr_toks *t = &g->b->toks;

	if (g->strict || n != 2 || i == g->lo || !is_alias(g, t->items[i].value))
		return false;
	/* OPERATOR(x.+) a.b */
	if (i >= g->lo + 6 && sr_tok_is(t, i - 1, ")") && sr_tok_is_word(t, i - 6, "operator"))
		return true;
	return word_in(t, i - 1, before, SR_COUNT(before)) || t->items[i - 1].kind == SR_TOK_OP ||
	       sr_tok_is(t, i - 1, "(") || sr_tok_is(t, i - 1, ",") || sr_tok_is(t, i - 1, "[");
}

/* The chain of n names at token i begins with a renamed schema's name. */
static void read_name(struct guess *g, size_t i, size_t n)
{
	static const char *const relations[] = { "into", "update", "only", "join", "table", "references" };
	const struct level *level = &g->levels[g->depth];
	const struct sr_toks *t = &g->b->toks;
	enum sr_body_object kind = SR_BODY_OTHER;
	bool sure = true;

	if (!g->query || level->place == PLACE_HEAD)
		kind = SR_BODY_OTHER;
	else if (i > g->lo && sr_tok_is(t, i - 1, "::"))
		kind = SR_BODY_TYPE;
	else if (after_word(g, i, "collate") ||
		 (i > g->lo + 1 && sr_tok_is(t, i - 1, "(") && sr_tok_is_word(t, i - 2, "operator")))
		kind = SR_BODY_OTHER;
	else if (n == 2 && sr_tok_is(t, i + 3, "("))
		kind = SR_BODY_FUNCTION;
	else if (at_item(g, i) || (i > g->lo && word_in(t, i - 1, relations, SR_COUNT(relations))))
		kind = SR_BODY_RELATION;
	else if (level->columns && i > g->lo + 1 && sr_tok_is_name(t, i - 1) &&
		 (sr_tok_is(t, i - 2, "(") || sr_tok_is(t, i - 2, ",")))
		kind = SR_BODY_TYPE;
	else
		sure = false;
	if (sure)
		sr_body_edit_name(g->b, i, n, 0, kind);
	else if (level->place == PLACE_EXPRESSION && is_column(g, i, n))
		g->b->claimed[i] = true;
}

/* 'a.t'::regclass, '{a.t}'::regclass[] */
static void read_string(struct guess *g, size_t i)
{
	const struct sr_toks *t = &g->b->toks;
	enum sr_names_kind kind;

	if (!sr_tok_is(t, i + 1, "::") || !sr_tok_is_name(t, i + 2) || sr_tok_is(t, i + 3, "."))
		return;
	kind = sr_names_of_type(t->items[i + 2].value);
	if (kind != SR_NAMES_NONE && sr_tok_is(t, i + 3, "["))
		sr_body_edit_array(g->b, i, kind);
	else if (kind != SR_NAMES_NONE)
		sr_body_edit_literal(g->b, i, kind, NULL);
}

static bool has_query(const struct sr_toks *t, size_t lo, size_t hi)
{
	static const char *const kinds[] = { "view", "materialized", "rule", "policy", "trigger" };
	size_t i = sr_tok_is_word(t, lo + 1, "or") ? lo + 3 : lo + 1;

	if (!sr_tok_is_word(t, lo, "create"))
		return false;
	for (size_t k = lo; k < hi; k++)
		if ((sr_tok_is_word(t, k, "begin") && sr_tok_is_word(t, k + 1, "atomic")) ||
		    sr_tok_is_word(t, k, "return"))
			return true;
	return word_in(t, i, kinds, SR_COUNT(kinds));
}

void sr_statement_guess(struct sr_body_text *b, size_t lo, size_t hi)
{
	struct guess g = { .b = b, .lo = lo, .hi = hi, .query = has_query(&b->toks, lo, hi) };
	const struct sr_toks *t = &b->toks;

	for (size_t i = lo; i < hi; i++)
		g.strict |= sr_tok_is_word(t, i, "merge") || sr_tok_is_word(t, i, "delete");
	SR_ARRAY_RESERVE(g.levels, g.cap, 1);
	g.levels[0] = (struct level){ .place = PLACE_HEAD };
	for (size_t i = lo; i < hi; i++) {
		if (sr_tok_is(t, i, "("))
			open_level(&g, i);
		else if (sr_tok_is(t, i, ")") && g.depth > 0)
			g.depth--;
		else if (t->items[i].kind == SR_TOK_STRING)
			read_string(&g, i);
		else if (sr_statement_is_schema(b, i))
			read_name(&g, i, sr_body_chain(t, i, hi));
		else if (t->items[i].kind == SR_TOK_IDENT && !(i > lo && sr_tok_is(t, i - 1, ".")))
			read_word(&g, i);
	}
	free(g.levels);
}
