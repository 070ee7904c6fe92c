/*
 * Array constants whose elements name objects, as array_out() writes them:
 * '{a.t,"a.\"T\"",NULL}', '[0:1]={…}'.
 */
#include "body_text.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c && strchr(" \t\n\r\f\v", c);
}

/* Whether array_out() puts the element in quotes. */
static bool needs_quotes(const char *element)
{
	if (!*element || strcasecmp(element, "null") == 0)
		return true;
	for (; *element; element++)
		if (strchr("\"\\{},", *element) || is_blank(*element))
			return true;
	return false;
}

static void add_element(struct sr_strbuf *out, const char *element)
{
	bool quotes = needs_quotes(element);

	if (quotes)
		sr_strbuf_addc(out, '"');
	for (; *element; element++) {
		if (*element == '"' || *element == '\\')
			sr_strbuf_addc(out, '\\');
		sr_strbuf_addc(out, *element);
	}
	if (quotes)
		sr_strbuf_addc(out, '"');
}

/* The value of the element at p goes to `element`; returns what follows it. */
static const char *read_element(const char *p, struct sr_strbuf *element)
{
	bool quoted = *p == '"';

	for (p += quoted; *p && (quoted ? *p != '"' : !strchr("{},\"", *p)); p++) {
		if (*p == '\\' && p[1])
			p++;
		sr_strbuf_addc(element, *p);
	}
	return quoted && *p ? p + 1 : p;
}

/* The elements of the array at p with their names rewritten; false when it is not what array_out() writes. */
static bool rewrite_elements(struct sr_body_text *b, const char *p, enum sr_names_kind kind,
			     struct sr_strbuf *out, bool *changed)
{
	while (*p) {
		struct sr_strbuf element = SR_STRBUF_INIT, name = SR_STRBUF_INIT;
		const char *start = p;

		if (strchr("{},", *p) || is_blank(*p)) {
			sr_strbuf_addc(out, *p++);
			continue;
		}
		p = read_element(p, &element);
		if (sr_body_rewrite_names(b, sr_strbuf_str(&element), kind, &name)) {
			*changed = true;
			add_element(out, sr_strbuf_str(&name));
		} else {
			sr_strbuf_add(out, start, (size_t)(p - start));
		}
		sr_strbuf_release(&element);
		sr_strbuf_release(&name);
		if (*p != ',' && *p != '}')
			return false;
	}
	return true;
}

bool sr_body_edit_array(struct sr_body_text *b, size_t i, enum sr_names_kind kind)
{
	struct sr_strbuf old = SR_STRBUF_INIT, new = SR_STRBUF_INIT;
	bool changed = false, ok;
	const char *p, *open;

	if (i >= b->toks.n || b->toks.items[i].kind != SR_TOK_STRING)
		return false;
	sr_tok_string(&b->toks, i, &old);
	p = sr_strbuf_str(&old);
	open = strchr(p, '{');
	sr_strbuf_add(&new, p, open ? (size_t)(open - p) : old.len);
	ok = rewrite_elements(b, open ? open : "", kind, &new, &changed);
	if (ok)
		b->claimed[i] = true;
	if (ok && changed)
		sr_body_edit_string(b, i, sr_strbuf_str(&new));
	sr_strbuf_release(&old);
	sr_strbuf_release(&new);
	return ok;
}
