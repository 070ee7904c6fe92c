/* Notes: what was not rewritten and why. */
#include "body_text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define EXCERPT_BYTES 60

void sr_body_note(struct sr_body_notes *notes, const char *code, int line, const char *hint, const char *fmt,
		  ...)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	va_list ap;

	if (!notes)
		return;
	va_start(ap, fmt);
	sr_strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	SR_ARRAY_RESERVE(notes->items, notes->cap, notes->n + 1);
	notes->items[notes->n++] = (struct sr_body_note){
		.code = sr_strdup(code),
		.line = line,
		.text = sr_strbuf_take(&text),
		.hint = sr_strdup_null(hint),
	};
}

void sr_body_notes_release(struct sr_body_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		free(notes->items[i].code);
		free(notes->items[i].text);
		free(notes->items[i].hint);
	}
	free(notes->items);
	*notes = (struct sr_body_notes){ 0 };
}

void sr_body_excerpt(struct sr_strbuf *out, const char *text, size_t len)
{
	size_t n = len;
	bool blank = false;

	if (n > EXCERPT_BYTES)
		for (n = EXCERPT_BYTES; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;)
			n--;
	for (size_t i = 0; i < n; i++) {
		bool space = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r';

		if (!(space && blank))
			sr_strbuf_addc(out, space ? ' ' : text[i]);
		blank = space;
	}
	if (n < len)
		sr_strbuf_adds(out, "...");
}

/* The first string in the tokens that mentions a renamed schema and was not rewritten; hi when there is none. */
static size_t find_mention(struct sr_body_text *b, size_t lo, size_t hi)
{
	for (size_t i = lo; i < hi; i++) {
		struct sr_strbuf value = SR_STRBUF_INIT;
		bool found;

		if (b->toks.items[i].kind != SR_TOK_STRING || b->claimed[i])
			continue;
		sr_tok_string(&b->toks, i, &value);
		found = sr_body_mentions(b, sr_strbuf_str(&value));
		sr_strbuf_release(&value);
		if (found)
			return i;
	}
	return hi;
}

/* Does the string at token i begin as an SQL statement does? */
static bool looks_like_sql(struct sr_body_text *b, size_t i)
{
	static const char *const verbs[] = { "select", "insert",  "update",  "delete", "merge", "with",
					     "create", "alter",   "drop",    "call",   "copy",  "truncate",
					     "lock",   "grant",   "refresh", "from",   "where", "values",
					     "revoke", "analyze", "vacuum",  "table",  "join",  "comment" };
	struct sr_strbuf value = SR_STRBUF_INIT;
	struct sr_toks t;
	bool found = false;

	sr_tok_string(&b->toks, i, &value);
	sr_toks_scan(&t, sr_strbuf_str(&value), value.len);
	for (size_t k = 0; k < SR_COUNT(verbs); k++)
		found |= t.n > 1 && sr_tok_is_word(&t, sr_tok_is(&t, 0, "(") ? 1 : 0, verbs[k]);
	sr_toks_release(&t);
	sr_strbuf_release(&value);
	return found;
}

static const char dynamic_hint[] =
	"Check which schema it works on, and change the function by hand if it is the old one.";

static void note_dynamic(struct sr_body_text *b, const struct sr_dynamic *d)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	size_t i = find_mention(b, d->lo, d->hi);
	bool inside = i < d->hi;

	sr_strbuf_adds(&text,
		       "EXECUTE runs a statement that is put together at run time, which is left as it is");
	if (!inside) {
		i = find_mention(b, 0, b->toks.n);
		inside = i < b->toks.n;
		if (inside)
			sr_strbuf_addf(&text, "; a renamed schema is mentioned on line %d: ",
				       sr_tok_line(&b->toks, i));
	} else {
		sr_strbuf_adds(&text, "; it mentions a renamed schema: ");
	}
	if (inside) {
		sr_body_excerpt(&text, b->text + b->toks.items[i].start,
				b->toks.items[i].end - b->toks.items[i].start);
		/* Strings that no EXECUTE accounts for get a note of their own. */
		b->claimed[i] = true;
		for (size_t k = d->lo; k < d->hi; k++)
			b->claimed[k] |= b->toks.items[k].kind == SR_TOK_STRING;
	}
	sr_body_note(b->notes, "dynamic-sql", sr_tok_line(&b->toks, d->at), dynamic_hint, "%s",
		     sr_strbuf_str(&text));
	sr_strbuf_release(&text);
}

void sr_body_notes_dynamic(struct sr_body_text *b)
{
	for (size_t i = 0; i < b->ndynamics; i++)
		note_dynamic(b, &b->dynamics[i]);
	for (size_t i = 0; (i = find_mention(b, i, b->toks.n)) < b->toks.n; i++) {
		struct sr_strbuf text = SR_STRBUF_INIT;

		if (!looks_like_sql(b, i))
			continue;
		sr_body_excerpt(&text, b->text + b->toks.items[i].start,
				b->toks.items[i].end - b->toks.items[i].start);
		sr_body_note(
			b->notes, "dynamic-sql", sr_tok_line(&b->toks, i), dynamic_hint,
			"a string that looks like SQL mentions a renamed schema and is left as it is: %s",
			sr_strbuf_str(&text));
		sr_strbuf_release(&text);
	}
}

void sr_body_notes_unqualified(struct sr_body_text *b)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;

	for (size_t i = 0; i < b->unqualified.n; i++)
		if (!sr_strlist_has(&b->created, b->unqualified.items[i]))
			sr_strlist_add(&names, b->unqualified.items[i]);
	if (names.n) {
		sr_strlist_join(&names, 5, &text);
		sr_body_note(b->notes, "unqualified-name", 0,
			     "Give the function a SET search_path, or set search_path to the restored schema "
			     "before "
			     "calling it.",
			     "names without a schema are looked up in the caller's search_path, which may "
			     "lead to the "
			     "live schema: %s",
			     sr_strbuf_str(&text));
	}
	sr_strlist_release(&names);
	sr_strbuf_release(&text);
}

static bool word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$' || (unsigned char)c >= 0x80;
}

/* The place where the word stands in the text, whatever its case; NULL if nowhere. */
static const char *find_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; n && (p = strcasestr(p, word)); p++)
		if ((p == text || !word_byte(p[-1]) || !word_byte(*word)) &&
		    (!word_byte(p[n]) || !word_byte(word[n - 1])))
			return p;
	return NULL;
}

void sr_body_notes_language(const struct sr_body_rules *rules, const char *body, const char *language,
			    struct sr_body_notes *notes)
{
	if (strcmp(language, "c") == 0 || strcmp(language, "internal") == 0)
		return;
	for (size_t i = 0; i < rules->nrenames; i++) {
		const char *at = find_word(body, rules->renames[i].from);
		int line = 1;

		if (!at)
			continue;
		for (const char *p = body; p < at; p++)
			line += *p == '\n';
		sr_body_note(notes, "other-language", line, dynamic_hint,
			     "the body is in language %s, which is left as it is; it mentions the renamed "
			     "schema \"%s\"",
			     language, rules->renames[i].from);
	}
}
