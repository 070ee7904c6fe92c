/*
 * One CREATE FUNCTION or CREATE PROCEDURE statement: its clauses are found among
 * the tokens (the arguments and types in them are the server's work), the body
 * is handed to the language's rewriter.
 */
#include "ddl/body.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "body_text.h"

struct routine {
	const char *name;
	size_t body; /* the token of AS '…'; 0: none, as in BEGIN ATOMIC */
	char *language;
	bool has_path; /* SET search_path */
	struct sr_strlist vars;
};

/* Past the parenthesis that token i opens. */
static size_t past_parentheses(const struct sr_toks *t, size_t i)
{
	size_t depth = 0;

	for (; i < t->n; i++) {
		if (sr_tok_is(t, i, "("))
			depth++;
		else if (sr_tok_is(t, i, ")") && --depth == 0)
			return i + 1;
	}
	return i;
}

/* The names in "(IN a integer, b text)" from token i: a first word that a type follows. */
static void read_arguments(const struct sr_toks *t, size_t i, struct sr_strlist *vars)
{
	static const char *const modes[] = { "in", "out", "inout", "variadic" };
	size_t end = past_parentheses(t, i), depth = 0;
	bool first = true;

	for (; i < end; i++) {
		depth += sr_tok_is(t, i, "(") ? 1 : 0;
		depth -= sr_tok_is(t, i, ")") ? 1 : 0;
		if (depth == 1 && (sr_tok_is(t, i, "(") || sr_tok_is(t, i, ","))) {
			first = true;
			continue;
		}
		if (!first)
			continue;
		first = false;
		for (size_t k = 0; k < SR_COUNT(modes); k++)
			first |= sr_tok_is_word(t, i, modes[k]);
		if (!first && sr_tok_is_name(t, i) && sr_tok_is_name(t, i + 1))
			sr_strlist_add(vars, t->items[i].value);
	}
}

static void read_language(const struct sr_toks *t, size_t i, struct routine *r)
{
	struct sr_strbuf name = SR_STRBUF_INIT;

	if (sr_tok_is_name(t, i)) {
		sr_strbuf_adds(&name, t->items[i].value);
	} else if (i < t->n && t->items[i].kind == SR_TOK_STRING) {
		sr_tok_string(t, i, &name);
		for (size_t k = 0; k < name.len; k++)
			if (name.data[k] >= 'A' && name.data[k] <= 'Z')
				name.data[k] = (char)(name.data[k] - 'A' + 'a');
	}
	free(r->language);
	r->language = sr_strbuf_take(&name);
}

/* SET name TO value, … at token i. */
static void read_set(struct sr_body_text *head, size_t i, struct routine *r)
{
	const struct sr_toks *t = &head->toks;
	bool path = sr_tok_is_name(t, i + 1) && strcmp(t->items[i + 1].value, "search_path") == 0;

	r->has_path |= path;
	if (!sr_tok_is_word(t, i + 2, "to") && !sr_tok_is(t, i + 2, "="))
		return;
	if (sr_tok_is_word(t, i + 1, "default_text_search_config"))
		sr_body_edit_literal(head, i + 3, SR_NAMES_OTHER, NULL);
	if (!path)
		return;
	for (i += 3; sr_body_edit_schema(head, i) && sr_tok_is(t, i + 1, ",");)
		i += 2;
}

/* The clauses behind the arguments. */
static void read_clauses(struct sr_body_text *head, size_t i, struct routine *r)
{
	const struct sr_toks *t = &head->toks;

	for (; i < t->n && !sr_tok_is(t, i, ";"); i++) {
		if (sr_tok_is(t, i, "(")) {
			if (sr_tok_is_word(t, i - 1, "table"))
				read_arguments(t, i, &r->vars);
			i = past_parentheses(t, i) - 1;
		} else if (sr_tok_is(t, i - 1, ".")) {
			continue;
		} else if (sr_tok_is_word(t, i, "language")) {
			read_language(t, i + 1, r);
		} else if (sr_tok_is_word(t, i, "set")) {
			read_set(head, i, r);
		} else if (sr_tok_is_word(t, i, "begin") || sr_tok_is_word(t, i, "return")) {
			return;
		} else if (sr_tok_is_word(t, i, "as") && i + 1 < t->n &&
			   t->items[i + 1].kind == SR_TOK_STRING) {
			r->body = ++i;
		}
	}
}

static bool read_statement(struct sr_body_text *head, struct routine *r, struct sr_error *err)
{
	const struct sr_toks *t = &head->toks;
	size_t i = 1, n;

	if (sr_tok_is_word(t, 1, "or") && sr_tok_is_word(t, 2, "replace"))
		i = 3;
	if (!sr_tok_is_word(t, 0, "create") ||
	    !(sr_tok_is_word(t, i, "function") || sr_tok_is_word(t, i, "procedure")))
		return sr_error_set(err, SR_ERR_DDL, "not a CREATE FUNCTION or CREATE PROCEDURE statement");
	n = sr_body_chain(t, ++i, t->n);
	i += n ? 2 * n - 1 : 0;
	if (n == 0 || !sr_tok_is(t, i, "("))
		return sr_error_set(err, SR_ERR_DDL,
				    "a CREATE FUNCTION statement without a name and arguments");
	r->name = t->items[i - 1].value;
	read_arguments(t, i, &r->vars);
	read_clauses(head, past_parentheses(t, i), r);
	return true;
}

/* Statements of an SQL function, one by one: what one of them has must not hide the others from the parser. */
static void rewrite_sql(struct sr_body_text *b)
{
	size_t lo = 0, depth = 0;

	for (size_t i = 0; i <= b->toks.n; i++) {
		if (sr_tok_is(&b->toks, i, "("))
			depth++;
		else if (sr_tok_is(&b->toks, i, ")") && depth > 0)
			depth--;
		if (i < b->toks.n && !(depth == 0 && sr_tok_is(&b->toks, i, ";")))
			continue;
		sr_body_sql(b, &(struct sr_fragment){ .kind = SR_FRAGMENT_STATEMENT, .lo = lo, .hi = i });
		lo = i + 1;
	}
}

/* Whether `body` between two delimiters is read back as it is. */
static bool delimiter_fits(const char *body, const char *delimiter)
{
	struct sr_strbuf whole = SR_STRBUF_INIT;
	bool fits;

	sr_strbuf_addf(&whole, "%s%s", body, delimiter);
	fits = (size_t)(strstr(whole.data, delimiter) - whole.data) == strlen(body);
	sr_strbuf_release(&whole);
	return fits;
}

/* Puts the new body in place of the token, in its own dollar quotes where they fit. */
static void replace_body(struct sr_body_text *head, size_t token, const char *body)
{
	const struct sr_tok *tok = &head->toks.items[token];
	struct sr_strbuf delimiter = SR_STRBUF_INIT, text = SR_STRBUF_INIT;
	const char *old = head->text + tok->start;

	if (*old == '$')
		sr_strbuf_add(&delimiter, old, (size_t)(strchr(old + 1, '$') - old) + 1);
	else
		sr_strbuf_adds(&delimiter, "$_$");
	for (int i = 0; !delimiter_fits(body, delimiter.data); i++) {
		sr_strbuf_clear(&delimiter);
		sr_strbuf_addf(&delimiter, "$body%d$", i);
	}
	/* AS'…' may become AS$_$…$_$, which reads as one word. */
	sr_strbuf_addf(&text, "%s%s%s%s", *old == '$' ? "" : " ", delimiter.data, body, delimiter.data);
	sr_body_edit(head, tok->start, tok->end, text.data);
	sr_strbuf_release(&delimiter);
	sr_strbuf_release(&text);
}

static void rewrite_body(struct sr_body_text *head, const struct routine *r)
{
	bool sql = r->language && strcmp(r->language, "sql") == 0;
	bool plpgsql = r->language && strcmp(r->language, "plpgsql") == 0;
	struct sr_strbuf old = SR_STRBUF_INIT, new = SR_STRBUF_INIT;
	struct sr_body_text b;

	sr_tok_string(&head->toks, r->body, &old);
	if (!sql && !plpgsql) {
		sr_body_notes_language(head->rules, sr_strbuf_str(&old), r->language ? r->language : "c",
				       head->notes);
		sr_strbuf_release(&old);
		return;
	}
	sr_body_text_init(&b, sr_strbuf_str(&old), old.len, head->rules, head->notes);
	sr_strlist_add(&b.labels, r->name);
	for (size_t i = 0; i < r->vars.n; i++)
		sr_strlist_add(&b.vars, r->vars.items[i]);
	if (sql)
		rewrite_sql(&b);
	else
		sr_body_plpgsql(&b);
	sr_body_notes_dynamic(&b);
	if (!r->has_path)
		sr_body_notes_unqualified(&b);
	sr_body_text_apply(&b, &new);
	if (b.nedits)
		replace_body(head, r->body, sr_strbuf_str(&new));
	sr_body_text_release(&b);
	sr_strbuf_release(&old);
	sr_strbuf_release(&new);
}

bool sr_body_rewrite(const char *create_sql, const struct sr_body_rules *rules, struct sr_strbuf *out,
		     struct sr_body_notes *notes, struct sr_error *err)
{
	struct sr_body_text head;
	struct routine r = { 0 };
	bool ok;

	sr_body_text_init(&head, create_sql, strlen(create_sql), rules, notes);
	ok = read_statement(&head, &r, err);
	if (ok && r.body && rules->nrenames)
		rewrite_body(&head, &r);
	if (ok)
		sr_body_text_apply(&head, out);
	sr_body_text_release(&head);
	sr_strlist_release(&r.vars);
	free(r.language);
	return ok;
}
