/* An entry's tag: most hold bare names; some a schema, or the types of arguments. */
#include "statement_text.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static bool is_one_of(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, list[i]) == 0)
			return true;
	return false;
}

/* The name alone, unquoted. */
static void schema_tag(const char *tag, const struct sr_body_rules *rules, struct sr_strbuf *out)
{
	int rename = sr_body_rename_of(rules, tag);

	sr_strbuf_adds(out, rename < 0 ? tag : rules->renames[rename].to);
}

/* The types of arguments in a text that begins there: all names are quoted, and qualified. */
static void rename_types(const char *text, const struct sr_body_rules *rules, struct sr_strbuf *out)
{
	struct sr_body_text b;

	sr_body_text_init(&b, text, strlen(text), rules, NULL);
	b.printed = true;
	for (size_t i = 0; i < b.toks.n; i++)
		if (sr_statement_is_schema(&b, i))
			sr_body_edit_name(&b, i, 2, 0, SR_BODY_TYPE);
	sr_body_text_apply(&b, out);
	sr_body_text_release(&b);
}

/* How many bytes of the tag are the routine's name, which is not quoted in it but is so in its DROP statement. */
static size_t routine_name(const struct sr_toc_entry *e)
{
	struct sr_toks t;
	size_t i = 0, n = 0;

	sr_toks_scan(&t, e->drop_stmt, strlen(e->drop_stmt));
	while (i + 2 < t.n && !(sr_tok_is_name(&t, i) && sr_tok_is(&t, i + 1, ".")))
		i++;
	if (i + 2 < t.n && sr_tok_is_name(&t, i + 2))
		n = strlen(t.items[i + 2].value);
	if (n && (strncmp(e->tag, t.items[i + 2].value, n) != 0 || e->tag[n] != '('))
		n = 0;
	sr_toks_release(&t);
	return n;
}

/* "f(a.mood)" */
static bool routine_tag(const struct sr_toc_entry *e, const struct sr_body_rules *rules,
			struct sr_strbuf *out, struct sr_error *err)
{
	size_t n = routine_name(e);

	if (n == 0 && sr_statement_concerns(e->tag, rules))
		return sr_error_set(err, SR_ERR_DDL, "its name and its DROP statement do not agree");
	sr_strbuf_add(out, e->tag, n);
	rename_types(e->tag + n, rules, out);
	return true;
}

/* "SCHEMA a", "FUNCTION f(a.mood)", "OPERATOR <~> (a.t, NONE)", "TABLE x": names are quoted. */
static void object_tag(const char *tag, const struct sr_body_rules *rules, struct sr_strbuf *out)
{
	static const char *const with_arguments[] = { "function", "procedure", "aggregate", "operator",
						      "cast" };
	struct sr_body_text b;
	size_t open = 0;

	sr_body_text_init(&b, tag, strlen(tag), rules, NULL);
	b.printed = true;
	while (open < b.toks.n && !sr_tok_is(&b.toks, open, "("))
		open++;
	if (sr_tok_is_word(&b.toks, 0, "schema") && b.toks.n == 2) {
		sr_body_edit_schema(&b, 1);
		sr_body_text_apply(&b, out);
	} else if (open < b.toks.n && b.toks.items[0].value &&
		   is_one_of(b.toks.items[0].value, with_arguments, SR_COUNT(with_arguments))) {
		sr_strbuf_add(out, tag, b.toks.items[open].start);
		rename_types(tag + b.toks.items[open].start, rules, out);
	} else {
		sr_strbuf_adds(out, tag);
	}
	sr_body_text_release(&b);
}

bool sr_statement_tag(const struct sr_toc_entry *e, const struct sr_body_rules *rules, struct sr_strbuf *out,
		      struct sr_error *err)
{
	static const char *const routines[] = { "FUNCTION", "PROCEDURE", "AGGREGATE" };
	static const char *const notes[] = { "COMMENT", "ACL", "SECURITY LABEL" };

	if (strcmp(e->desc, "SCHEMA") == 0)
		schema_tag(e->tag, rules, out);
	else if (is_one_of(e->desc, routines, SR_COUNT(routines)))
		return routine_tag(e, rules, out, err);
	else if (is_one_of(e->desc, notes, SR_COUNT(notes)))
		object_tag(e->tag, rules, out);
	else
		sr_strbuf_adds(out, e->tag);
	return true;
}
