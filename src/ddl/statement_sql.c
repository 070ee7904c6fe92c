/* The statements of an entry: cut, parsed one by one, and checked that no name is left over. */
#include "statement_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Past the semicolon that ends the statement at token i; those in parentheses and BEGIN ATOMIC … END do not. */
static size_t past_statement(const struct sr_toks *t, size_t i)
{
	size_t depth = 0;

	for (; i < t->n; i++) {
		if (sr_tok_is(t, i, "("))
			depth++;
		else if (sr_tok_is(t, i, ")") && depth > 0)
			depth--;
		else if (sr_tok_is_word(t, i, "begin") && sr_tok_is_word(t, i + 1, "atomic"))
			depth++;
		else if (depth > 0 && sr_tok_is_word(t, i, "case"))
			depth++;
		else if (depth > 0 && sr_tok_is_word(t, i, "end"))
			depth--;
		else if (depth == 0 && sr_tok_is(t, i, ";"))
			return i + 1;
	}
	return i;
}

size_t sr_statement_first(const char *sql)
{
	struct sr_toks t;
	size_t n = strlen(sql), end;

	sr_toks_scan(&t, sql, n);
	end = past_statement(&t, 0);
	if (end > 0 && end < t.n)
		n = t.items[end - 1].end;
	sr_toks_release(&t);
	return n;
}

/* What can stand doubled in quotes does not take part in the comparison. */
bool sr_statement_concerns(const char *text, const struct sr_body_rules *rules)
{
	for (size_t i = 0; i < rules->nrenames; i++) {
		const char *from = rules->renames[i].from;

		if (memmem(text, strlen(text), from, strcspn(from, "\"'\\")))
			return true;
	}
	return false;
}

bool sr_statement_is_schema(const struct sr_body_text *b, size_t i)
{
	const struct sr_toks *t = &b->toks;

	return sr_tok_is_name(t, i) && sr_tok_is(t, i + 1, ".") && !(i > 0 && sr_tok_is(t, i - 1, ".")) &&
	       sr_body_rename_of(b->rules, t->items[i].value) >= 0;
}

/* The first of two words in [lo, hi) that follow each other; hi when they do nowhere. */
static size_t find_words(const struct sr_toks *t, size_t lo, size_t hi, const char *first, const char *second)
{
	for (size_t i = lo; i + 1 < hi; i++)
		if (sr_tok_is_word(t, i, first) && sr_tok_is_word(t, i + 1, second))
			return i;
	return hi;
}

/* Schemas that stand alone.  The words before them are reserved, so no name can read like them. */
static void rename_schemas(struct sr_body_text *b, size_t lo, size_t hi)
{
	static const struct {
		const char *first, *second, *before, *word;
	} forms[] = {
		{ "create", "schema", "create", "schema" },  { "drop", "schema", "drop", "schema" },
		{ "comment", "on", "on", "schema" },         { "security", "label", "on", "schema" },
		{ "grant", NULL, "on", "schema" },           { "revoke", NULL, "on", "schema" },
		{ "alter", "default", "in", "schema" },      { "create", "extension", "with", "schema" },
		{ "create", "publication", "in", "schema" }, { "alter", "publication", "in", "schema" },
	};
	const struct sr_toks *t = &b->toks;

	for (size_t k = 0; k < SR_COUNT(forms); k++) {
		size_t i;

		if (!sr_tok_is_word(t, lo, forms[k].first) ||
		    (forms[k].second && !sr_tok_is_word(t, lo + 1, forms[k].second)))
			continue;
		i = find_words(t, lo, hi, forms[k].before, forms[k].word);
		for (i += 2; i < hi && sr_tok_is_name(t, i); i += 2) {
			sr_body_edit_schema(b, i);
			if (!sr_tok_is(t, i + 1, ","))
				break;
		}
		return;
	}
}

static bool doubt(struct sr_body_text *b, size_t lo, size_t i, const char *why, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	const struct sr_tok *tok = b->toks.items;
	size_t first = i - lo > 4 ? i - 4 : lo, last = i + 6 < b->toks.n ? i + 6 : b->toks.n - 1;

	sr_body_excerpt(&text, b->text + tok[i].start, tok[i].end - tok[i].start);
	sr_error_set(err, SR_ERR_DDL, "it is not certain what %s means in its definition",
		     sr_strbuf_str(&text));
	sr_strbuf_clear(&text);
	sr_body_excerpt(&text, b->text + tok[first].start, tok[last].end - tok[first].start);
	sr_error_detail(err, "Line %d: %s%s%s", sr_tok_line(&b->toks, i), sr_strbuf_str(&text),
			why ? "\nThe parser says: " : "", why ? why : "");
	sr_strbuf_release(&text);
	return false;
}

/* Nobody need look at a statement without such a name. */
static void tell_unparsed(struct sr_body_text *b, size_t lo, size_t hi, const char *why)
{
	size_t i = lo;

	while (i < hi &&
	       !(sr_tok_is_name(&b->toks, i) && sr_body_rename_of(b->rules, b->toks.items[i].value) >= 0))
		i++;
	if (i == hi)
		return;
	sr_body_note(
		b->notes, "unparsed-statement", sr_tok_line(&b->toks, lo),
		"Compare the restored object with the original one.",
		"its definition could not be parsed (%s); names in it were recognised by the words around "
		"them",
		why);
}

static bool rewrite_one(struct sr_body_text *b, size_t lo, size_t hi, const struct sr_archive *archive,
			struct sr_error *err)
{
	bool ok = true;
	size_t i;
	char *why;

	if (!sr_body_sql_try(b, &(struct sr_fragment){ SR_FRAGMENT_STATEMENT, lo, hi, NULL, 0 }, &why)) {
		if (b->mismatch)
			ok = sr_error_set(err, SR_ERR_DDL,
					  "a name in its definition was not found where the parser saw it");
		sr_statement_guess(b, lo, hi);
	}
	rename_schemas(b, lo, hi);
	for (i = lo; ok && i < hi; i++)
		if (sr_statement_is_schema(b, i) && !b->claimed[i])
			ok = doubt(b, lo, i, why, err);
	i = sr_statement_literals(b, lo, hi, archive);
	if (ok && i < hi)
		ok = doubt(b, lo, i, why, err);
	if (ok && why)
		tell_unparsed(b, lo, hi, why);
	free(why);
	return ok;
}

bool sr_statement_sql(const char *sql, const struct sr_statement_context *context, struct sr_strbuf *out,
		      struct sr_error *err)
{
	struct sr_body_text b;
	bool ok = true;
	size_t end;

	if (!sr_statement_concerns(sql, context->rules)) {
		sr_strbuf_adds(out, sql);
		return true;
	}
	sr_body_text_init(&b, sql, strlen(sql), context->rules, context->notes);
	b.printed = true;
	for (size_t i = 0; ok && i < b.toks.n; i = end) {
		end = past_statement(&b.toks, i);
		ok = rewrite_one(&b, i, end, context->archive, err);
	}
	if (ok)
		sr_body_text_apply(&b, out);
	sr_body_text_release(&b);
	return ok;
}
