/*
 * One statement or expression: to the parser, by its tree if there is one, else
 * by its words.
 */
#include "body_text.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ddl/parse.h"

/* libpg_query does not watch the C stack: what nests deeper is not parsed. */
#define MOST_NESTING 5000

struct level {
	size_t run, kept; /* since the last comma or AND, OR, which make flat lists; all of them */
};

static bool opens(const struct sr_toks *t, size_t i)
{
	return sr_tok_is(t, i, "(") || sr_tok_is(t, i, "[") || sr_tok_is_word(t, i, "case");
}

static bool closes(const struct sr_toks *t, size_t i)
{
	return sr_tok_is(t, i, ")") || sr_tok_is(t, i, "]") || sr_tok_is_word(t, i, "end");
}

static bool begins_again(const struct sr_toks *t, size_t i)
{
	return sr_tok_is(t, i, ",") || sr_tok_is_word(t, i, "and") || sr_tok_is_word(t, i, "or");
}

/* What makes the tree deeper by one without a parenthesis. */
static bool nests(const struct sr_toks *t, size_t i, bool *kept)
{
	static const char *const words[] = { "not",   "is",     "collate",   "at",
					     "union", "except", "intersect", "join" };

	*kept = false;
	for (size_t k = 0; k < SR_COUNT(words); k++)
		if (sr_tok_is_word(t, i, words[k])) {
			*kept = k >= 4;
			return true;
		}
	return t->items[i].kind == SR_TOK_OP;
}

/* How deep the tree can be at most: at each level of parentheses or CASE, what nests in one item. */
static size_t nesting(const struct sr_toks *t, size_t lo, size_t hi)
{
	struct level *levels = NULL;
	size_t cap = 0, depth = 0, now = 0, deepest = 0;
	bool kept;

	SR_ARRAY_RESERVE(levels, cap, 1);
	levels[0] = (struct level){ 0 };
	for (size_t i = lo; i < hi; i++) {
		struct level *top = &levels[depth];

		if (opens(t, i)) {
			SR_ARRAY_RESERVE(levels, cap, depth + 2);
			levels[++depth] = (struct level){ 0 };
			now++;
		} else if (closes(t, i) && depth > 0) {
			now -= 1 + top->run + top->kept;
			depth--;
		} else if (begins_again(t, i)) {
			now -= top->run;
			top->run = 0;
		} else if (nests(t, i, &kept)) {
			*(kept ? &top->kept : &top->run) += 1;
			now++;
		}
		if (now > deepest)
			deepest = now;
	}
	free(levels);
	return deepest;
}

/* The text for the parser, and what its offsets are shifted by. */
static char *fragment_text(const struct sr_body_text *b, const struct sr_fragment *f, size_t *shift)
{
	static const char select[] = "SELECT ";
	const struct sr_toks *t = &b->toks;
	size_t start = t->items[f->lo].start, end = t->items[f->hi - 1].end, before = 0;
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (f->kind == SR_FRAGMENT_EXPRESSION)
		before = sizeof select - 1;
	if (before)
		sr_strbuf_adds(&text, select);
	sr_strbuf_add(&text, b->text + start, end - start);
	if (f->kind == SR_FRAGMENT_PERFORM)
		memcpy(text.data, select, sizeof select - 1);
	for (size_t i = 0; i < f->nblanks; i++)
		memset(text.data + before + (f->blanks[i].start - start), ' ',
		       f->blanks[i].end - f->blanks[i].start);
	*shift = start - before;
	return sr_strbuf_take(&text);
}

bool sr_body_sql_try(struct sr_body_text *b, const struct sr_fragment *f, char **why)
{
	struct json_object *tree = NULL;
	char *sql = NULL;
	size_t shift;
	bool ok = true;

	*why = NULL;
	if (f->lo >= f->hi || f->hi > b->toks.n)
		return true;
	if (nesting(&b->toks, f->lo, f->hi) > MOST_NESTING) {
		*why = sr_strdup("it nests too deep");
		return false;
	}
	sql = fragment_text(b, f, &shift);
	tree = sr_parse_sql(sql, why);
	if (tree && !sr_body_tree(b, f, shift, tree)) {
		b->mismatch = true;
		*why = sr_strdup("a name was not found where the parser saw it");
	}
	ok = !*why;
	json_object_put(tree);
	free(sql);
	return ok;
}

void sr_body_sql(struct sr_body_text *b, const struct sr_fragment *f)
{
	struct sr_strlist doubts = SR_STRLIST_INIT;
	struct sr_strbuf names = SR_STRBUF_INIT;
	char *why;

	if (sr_body_sql_try(b, f, &why))
		return;
	sr_body_guess(b, f->lo, f->hi, &doubts);
	if (doubts.n) {
		sr_strbuf_adds(&names, "; left as they are: ");
		sr_strlist_join(&doubts, 5, &names);
	}
	sr_body_note(b->notes, "unparsed-body", sr_tok_line(&b->toks, f->lo),
		     "Compare the restored function with the original one.",
		     "a statement could not be parsed (%s); names in it were recognised by the words around "
		     "them%s",
		     why, sr_strbuf_str(&names));
	sr_strlist_release(&doubts);
	sr_strbuf_release(&names);
	free(why);
}
