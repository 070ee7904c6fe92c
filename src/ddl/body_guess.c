/*
 * What the words around a name tell of it, where there is no parse tree: syntax
 * newer than the parser, or text that is no SQL.  Only what is certain is
 * rewritten; `a.x` that may be a column of an alias or a field is left.
 */
#include "body_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool word_in(const struct sr_toks *t, size_t i, const char *const *words, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (sr_tok_is_word(t, i, words[k]))
			return true;
	return false;
}

/* extract(year FROM a.x), trim(both from a.x): is token i directly in the parentheses of such a function? */
static bool in_special_call(const struct sr_toks *t, size_t lo, size_t i)
{
	static const char *const functions[] = { "extract", "trim",     "substring",
						 "overlay", "position", "btrim" };
	size_t depth = 0;

	while (i > lo) {
		i--;
		if (sr_tok_is_word(t, i, "select") && depth == 0)
			return false;
		if (sr_tok_is(t, i, ")"))
			depth++;
		else if (sr_tok_is(t, i, "(") && depth-- == 0)
			return i > lo && word_in(t, i - 1, functions, SR_COUNT(functions));
	}
	return false;
}

/* The word before token i promises a relation. */
static bool after_relation_word(const struct sr_toks *t, size_t lo, size_t i)
{
	static const char *const words[] = { "from", "join",  "into",     "update",
					     "only", "table", "truncate", "references" };

	if (i == lo || !word_in(t, i - 1, words, SR_COUNT(words)))
		return i > lo && sr_tok_is_word(t, i - 1, "using") &&
		       (sr_tok_is_word(t, lo, "delete") || sr_tok_is_word(t, lo, "merge"));
	if (!sr_tok_is_word(t, i - 1, "from"))
		return true;
	return !(i > lo + 1 && sr_tok_is_word(t, i - 2, "distinct")) && !in_special_call(t, lo, i - 1);
}

/* The name of n parts at token i: which part is a schema, and of what; n when that is not certain. */
static size_t schema_part(const struct sr_body_text *b, size_t lo, size_t i, size_t n,
			  enum sr_body_object *kind)
{
	const struct sr_toks *t = &b->toks;
	size_t after = i + 2 * n - 1;

	*kind = SR_BODY_RELATION;
	if (sr_tok_is(t, after, "%") && sr_tok_is_word(t, after + 1, "rowtype"))
		return n - 2;
	if (after_relation_word(t, lo, i))
		return n - 2;
	*kind = SR_BODY_TYPE;
	if (i > lo && sr_tok_is(t, i - 1, "::"))
		return n - 2;
	*kind = SR_BODY_FUNCTION;
	if (sr_tok_is(t, after, "("))
		return n - 2;
	*kind = SR_BODY_OTHER;
	if (i > lo && (sr_tok_is_word(t, i - 1, "collate") ||
		       (i > lo + 1 && sr_tok_is(t, i - 1, "(") && sr_tok_is_word(t, i - 2, "operator"))))
		return n - 2;
	*kind = SR_BODY_RELATION;
	if (n >= 3 &&
	    !sr_body_is_label(b, t->items[i].value, t->items[i + 2].value ? t->items[i + 2].value : ""))
		return n - 3;
	return n;
}

/* Does the word stand alone somewhere: an alias, a WITH query, a variable? */
static bool stands_alone(const struct sr_body_text *b, size_t lo, size_t hi, const char *name)
{
	const struct sr_toks *t = &b->toks;

	for (size_t i = lo; i < hi; i++)
		if (sr_tok_is_name(t, i) && strcmp(t->items[i].value, name) == 0 &&
		    !sr_tok_is(t, i + 1, ".") && !(i > lo && sr_tok_is(t, i - 1, ".")))
			return true;
	return sr_strlist_has(&b->vars, name) || sr_strlist_has(&b->labels, name);
}

static void guess_literal(struct sr_body_text *b, size_t i)
{
	const struct sr_toks *t = &b->toks;
	enum sr_names_kind kind = SR_NAMES_NONE;
	size_t arg = 1;

	if (sr_tok_is(t, i + 1, "::") && sr_tok_is_name(t, i + 2))
		kind = sr_names_of_type(t->items[i + 2].value);
	else if (i >= 2 && sr_tok_is(t, i - 1, "(") && sr_tok_is_name(t, i - 2))
		kind = sr_names_of_function(t->items[i - 2].value, sr_tok_is(t, i + 1, ")") ? 1 : 2, &arg);
	if (kind != SR_NAMES_NONE && (arg == 0 || sr_tok_is(t, i + 1, "::")))
		sr_body_edit_literal(b, i, kind, NULL);
}

size_t sr_body_guess(struct sr_body_text *b, size_t lo, size_t hi, struct sr_strlist *doubts)
{
	const struct sr_toks *t = &b->toks;
	size_t n;

	for (size_t i = lo; i < hi; i += n ? 2 * n - 1 : 1) {
		enum sr_body_object kind;
		size_t part;

		n = sr_body_chain(t, i, hi);
		if (t->items[i].kind == SR_TOK_STRING && !b->claimed[i])
			guess_literal(b, i);
		if (n < 2 || (i > lo && sr_tok_is(t, i - 1, ".")))
			continue;
		part = schema_part(b, lo, i, n, &kind);
		if (part < n) {
			sr_body_edit_name(b, i, n, part, kind);
		} else if (!b->claimed[i] && sr_body_rename_of(b->rules, t->items[i].value) >= 0 &&
			   !stands_alone(b, lo, hi, t->items[i].value)) {
			char *text = sr_strndup(b->text + t->items[i].start,
						t->items[i + 2 * n - 2].end - t->items[i].start);

			sr_strlist_take(doubts, text);
		}
	}
	return doubts->n;
}
