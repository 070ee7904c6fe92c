#include "body_text.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sr_body_text_init(struct sr_body_text *b, const char *text, size_t len,
		       const struct sr_body_rules *rules, struct sr_body_notes *notes)
{
	*b = (struct sr_body_text){ .text = text, .len = len, .rules = rules, .notes = notes };
	sr_toks_scan(&b->toks, text, len);
	b->claimed = sr_calloc(b->toks.n + 1, sizeof *b->claimed);
	b->written = sr_calloc(rules->nrenames + 1, sizeof *b->written);
}

void sr_body_text_release(struct sr_body_text *b)
{
	sr_toks_release(&b->toks);
	free(b->claimed);
	free(b->written);
	free(b->edits);
	free(b->dynamics);
	sr_strlist_release(&b->vars);
	sr_strlist_release(&b->regvars);
	sr_strlist_release(&b->labels);
	sr_strlist_release(&b->created);
	sr_strlist_release(&b->unqualified);
	sr_arena_release(&b->arena);
}

static int by_start(const void *a, const void *b)
{
	const struct sr_edit *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

void sr_body_text_apply(struct sr_body_text *b, struct sr_strbuf *out)
{
	size_t at = 0;

	if (b->nedits)
		qsort(b->edits, b->nedits, sizeof *b->edits, by_start);
	for (size_t i = 0; i < b->nedits; i++) {
		const struct sr_edit *e = &b->edits[i];

		if (e->start < at)
			continue;
		sr_strbuf_add(out, b->text + at, e->start - at);
		sr_strbuf_adds(out, e->text);
		at = e->end;
	}
	sr_strbuf_add(out, b->text + at, b->len - at);
}

int sr_body_rename_of(const struct sr_body_rules *rules, const char *schema)
{
	for (size_t i = 0; schema && i < rules->nrenames; i++)
		if (strcmp(rules->renames[i].from, schema) == 0)
			return (int)i;
	return -1;
}

void sr_body_add_quoted(struct sr_strbuf *out, const char *name)
{
	sr_strbuf_addc(out, '"');
	for (const char *p = name; *p; p++) {
		if (*p == '"')
			sr_strbuf_addc(out, '"');
		sr_strbuf_addc(out, *p);
	}
	sr_strbuf_addc(out, '"');
}

/* Words that PL/pgSQL reserves and SQL does not. */
static bool plpgsql_reserved(const char *name)
{
	static const char *const words[] = { "begin", "by",   "declare", "execute", "foreach", "if",
					     "loop",  "exit", "strict",  "while",   "elsif",   "return" };

	for (size_t i = 0; i < SR_COUNT(words); i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

/* Whether the name can stand unquoted wherever a schema can: the parser itself says so. */
static bool plain_name(const char *name)
{
	PgQueryParseResult parsed;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	if (!((*name >= 'a' && *name <= 'z') || *name == '_') || plpgsql_reserved(name))
		return false;
	for (const char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_'))
			return false;
	sr_strbuf_addf(&sql, "SELECT %s.f(), 1::%s.t, %s.t.c FROM %s.t", name, name, name, name);
	parsed = pg_query_parse(sr_strbuf_str(&sql));
	ok = !parsed.error;
	pg_query_free_parse_result(parsed);
	sr_strbuf_release(&sql);
	return ok;
}

char *sr_body_written(const char *name)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	if (plain_name(name))
		sr_strbuf_adds(&out, name);
	else
		sr_body_add_quoted(&out, name);
	return sr_strbuf_take(&out);
}

/* Whether it is no key word, or one that is not reserved at all: those alone can name both a table and a function. */
static bool printed_plain(const char *name)
{
	PgQueryParseResult parsed;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok = (*name >= 'a' && *name <= 'z') || *name == '_';

	for (const char *p = name; *p; p++)
		ok &= (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_';
	if (!ok)
		return false;
	sr_strbuf_addf(&sql, "CREATE TABLE %s (); CREATE FUNCTION %s() RETURNS text LANGUAGE sql", name,
		       name);
	parsed = pg_query_parse(sr_strbuf_str(&sql));
	ok = !parsed.error;
	pg_query_free_parse_result(parsed);
	sr_strbuf_release(&sql);
	return ok;
}

char *sr_body_printed(const char *name)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	if (printed_plain(name))
		sr_strbuf_adds(&out, name);
	else
		sr_body_add_quoted(&out, name);
	return sr_strbuf_take(&out);
}

void sr_body_edit(struct sr_body_text *b, size_t start, size_t end, const char *text)
{
	SR_ARRAY_RESERVE(b->edits, b->edits_cap, b->nedits + 1);
	b->edits[b->nedits++] =
		(struct sr_edit){ .start = start, .end = end, .text = sr_arena_strdup(&b->arena, text) };
}

static bool stays(const struct sr_body_text *b, enum sr_body_object kind, const char *schema,
		  const char *name)
{
	return b->rules->keep && b->rules->keep(b->rules->ctx, kind, schema, name);
}

/* Asking the parser costs more than the rest of the edit: once for each name. */
static const char *written_name(struct sr_body_text *b, int rename)
{
	if (!b->written[rename]) {
		const char *to = b->rules->renames[rename].to;
		char *written = b->printed ? sr_body_printed(to) : sr_body_written(to);

		b->written[rename] = sr_arena_strdup(&b->arena, written);
		free(written);
	}
	return b->written[rename];
}

/* A quoted name stays quoted: nothing need separate it from the word before it. */
static void edit_token(struct sr_body_text *b, size_t i, int rename)
{
	const struct sr_tok *tok = &b->toks.items[i];
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (tok->kind == SR_TOK_QIDENT && !b->printed)
		sr_body_add_quoted(&text, b->rules->renames[rename].to);
	else
		sr_strbuf_adds(&text, written_name(b, rename));
	sr_body_edit(b, tok->start, tok->end, sr_strbuf_str(&text));
	sr_strbuf_release(&text);
}

size_t sr_body_chain(const struct sr_toks *t, size_t i, size_t hi)
{
	size_t n = 0;

	while (i < hi && sr_tok_is_name(t, i)) {
		n++;
		if (i + 2 >= hi || !sr_tok_is(t, i + 1, "."))
			return n;
		i += 2;
		if (!sr_tok_is_name(t, i))
			return t->items[i].kind == SR_TOK_OP ? n + 1 : n;
	}
	return n;
}

static const char *token_text(struct sr_body_text *b, size_t i)
{
	const struct sr_tok *tok = &b->toks.items[i];

	return tok->value ? tok->value
			  : sr_arena_strndup(&b->arena, b->text + tok->start, tok->end - tok->start);
}

bool sr_body_edit_name(struct sr_body_text *b, size_t i, size_t n, size_t at, enum sr_body_object kind)
{
	const struct sr_toks *t = &b->toks;
	size_t schema = i + 2 * at;
	const char *name, *schema_name;
	int rename;

	if (i >= t->n || n < at + 2 || sr_body_chain(t, i, t->n) < at + 2)
		return false;
	if (b->claimed[schema])
		return true;
	b->claimed[schema] = true;
	schema_name = t->items[schema].value;
	rename = sr_body_rename_of(b->rules, schema_name);
	name = token_text(b, schema + 2);
	if (rename >= 0 && !stays(b, kind, schema_name, name))
		edit_token(b, schema, rename);
	return true;
}

static void add_string(struct sr_strbuf *out, const char *value, bool escape)
{

	sr_strbuf_adds(out, escape ? "E'" : "'");
	for (const char *p = value; *p; p++) {
		if (*p == '\'' || (*p == '\\' && escape))
			sr_strbuf_addc(out, *p);
		sr_strbuf_addc(out, *p);
	}
	sr_strbuf_addc(out, '\'');
}

/* 'x' may stand right behind a word (IN'x'), which E'x' must not. */
void sr_body_edit_string(struct sr_body_text *b, size_t i, const char *value)
{
	const struct sr_tok *tok = &b->toks.items[i];
	struct sr_strbuf text = SR_STRBUF_INIT;
	bool escape = strchr(value, '\\') != NULL && !(b->printed && b->text[tok->start] == '\'');

	sr_strbuf_addc(&text, ' ');
	add_string(&text, value, escape);
	sr_body_edit(b, tok->start, tok->end, sr_strbuf_str(&text) + (text.data[1] == '\''));
	sr_strbuf_release(&text);
}

bool sr_body_edit_schema(struct sr_body_text *b, size_t i)
{
	const struct sr_toks *t = &b->toks;
	struct sr_strbuf value = SR_STRBUF_INIT;
	int rename;

	if (i >= t->n)
		return false;
	if (sr_tok_is_name(t, i)) {
		rename = sr_body_rename_of(b->rules, t->items[i].value);
		if (rename >= 0)
			edit_token(b, i, rename);
		b->claimed[i] = true;
		return true;
	}
	if (t->items[i].kind != SR_TOK_STRING)
		return false;
	sr_tok_string(t, i, &value);
	rename = sr_body_rename_of(b->rules, sr_strbuf_str(&value));
	if (rename >= 0)
		sr_body_edit_string(b, i, b->rules->renames[rename].to);
	sr_strbuf_release(&value);
	return true;
}

static enum sr_body_object object_of(enum sr_names_kind kind, bool first)
{
	if (!first && kind != SR_NAMES_RELATION)
		return SR_BODY_TYPE; /* an argument type */
	switch (kind) {
	case SR_NAMES_RELATION:
		return SR_BODY_RELATION;
	case SR_NAMES_FUNCTION:
		return SR_BODY_FUNCTION;
	case SR_NAMES_TYPE:
		return SR_BODY_TYPE;
	default:
		return SR_BODY_OTHER;
	}
}

bool sr_body_rewrite_names(struct sr_body_text *b, const char *value, enum sr_names_kind kind,
			   struct sr_strbuf *out)
{
	struct sr_body_text in;
	size_t n;

	sr_body_text_init(&in, value, strlen(value), b->rules, b->notes);
	in.printed = b->printed;
	for (size_t i = 0; i < in.toks.n; i += n ? 2 * n - 1 : 1) {
		n = sr_body_chain(&in.toks, i, in.toks.n);
		if (n == 1 && kind == SR_NAMES_SCHEMAS)
			sr_body_edit_schema(&in, i);
		else if (n >= 2 && kind != SR_NAMES_SCHEMAS)
			sr_body_edit_name(&in, i, n, n - 2, object_of(kind, i == 0));
	}
	sr_body_text_apply(&in, out);
	n = in.nedits;
	sr_body_text_release(&in);
	return n > 0;
}

bool sr_body_edit_literal(struct sr_body_text *b, size_t i, enum sr_names_kind kind, const char *value)
{
	struct sr_strbuf old = SR_STRBUF_INIT, new = SR_STRBUF_INIT;
	bool ok = false;
	int rename;

	if (i >= b->toks.n || b->toks.items[i].kind != SR_TOK_STRING)
		return false;
	sr_tok_string(&b->toks, i, &old);
	if (value && strcmp(sr_strbuf_str(&old), value) != 0)
		goto out;
	ok = true;
	b->claimed[i] = true;
	if (kind == SR_NAMES_EXACT) {
		rename = sr_body_rename_of(b->rules, sr_strbuf_str(&old));
		if (rename >= 0)
			sr_body_edit_string(b, i, b->rules->renames[rename].to);
	} else if (sr_body_rewrite_names(b, sr_strbuf_str(&old), kind, &new)) {
		sr_body_edit_string(b, i, sr_strbuf_str(&new));
	}
out:
	sr_strbuf_release(&old);
	sr_strbuf_release(&new);
	return ok;
}

bool sr_body_mentions(const struct sr_body_text *b, const char *value)
{
	struct sr_toks t;
	bool found = sr_body_rename_of(b->rules, value) >= 0;

	if (found)
		return true;
	sr_toks_scan(&t, value, strlen(value));
	for (size_t i = 0; i + 1 < t.n && !found; i++)
		found = sr_tok_is_name(&t, i) &&
			(sr_tok_is(&t, i + 1, ".") || (i == 0 && sr_tok_is(&t, 1, ","))) &&
			!(i > 0 && sr_tok_is(&t, i - 1, ".")) &&
			sr_body_rename_of(b->rules, t.items[i].value) >= 0;
	sr_toks_release(&t);
	return found;
}

bool sr_body_is_label(const struct sr_body_text *b, const char *first, const char *second)
{
	return sr_strlist_has(&b->labels, first) && sr_strlist_has(&b->vars, second);
}

void sr_body_unqualified(struct sr_body_text *b, const char *relation)
{
	if (strncmp(relation, "pg_", 3) != 0 && !sr_strlist_has(&b->unqualified, relation))
		sr_strlist_add(&b->unqualified, relation);
}
