#include "body_lex.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

#define NAME_BYTES 63 /* NAMEDATALEN - 1: longer identifiers are cut by the server */

struct scan {
	struct sr_toks *t;
	const char *s;
	size_t at, len;
};

static char peek(const struct scan *c, size_t ahead)
{
	return ahead < c->len - c->at ? c->s[c->at + ahead] : '\0';
}

static bool is_space(char ch)
{
	return ch && strchr(" \t\n\r\f\v", ch);
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool ident_start(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || (unsigned char)ch >= 0x80;
}

static bool ident_part(char ch)
{
	return ident_start(ch) || is_digit(ch) || ch == '$';
}

static bool op_char(char ch)
{
	return ch && strchr("~!@#^&|`?+-*/%<>=", ch);
}

static void skip_block_comment(struct scan *c)
{
	size_t depth = 0;

	while (c->at < c->len) {
		if (peek(c, 0) == '/' && peek(c, 1) == '*') {
			depth++;
			c->at += 2;
		} else if (peek(c, 0) == '*' && peek(c, 1) == '/') {
			c->at += 2;
			if (--depth == 0)
				return;
		} else {
			c->at++;
		}
	}
}

static void skip_blank(struct scan *c)
{
	while (c->at < c->len) {
		if (is_space(peek(c, 0)))
			c->at++;
		else if (peek(c, 0) == '-' && peek(c, 1) == '-')
			while (c->at < c->len && peek(c, 0) != '\n' && peek(c, 0) != '\r')
				c->at++;
		else if (peek(c, 0) == '/' && peek(c, 1) == '*')
			skip_block_comment(c);
		else
			return;
	}
}

/* Past the closing quote; a doubled quote is part of it, and with `escapes` whatever follows a backslash. */
static void skip_quoted(struct scan *c, char quote, bool escapes)
{
	for (c->at++; c->at < c->len; c->at++) {
		if (escapes && peek(c, 0) == '\\') {
			if (c->at + 1 < c->len)
				c->at++;
		} else if (peek(c, 0) == quote) {
			if (peek(c, 1) != quote) {
				c->at++;
				return;
			}
			c->at++;
		}
	}
}

/* The length of $tag$ at the current place, or 0. */
static size_t dollar_tag(const struct scan *c)
{
	size_t n = 1;

	if (ident_start(peek(c, n)))
		while (ident_start(peek(c, n)) || is_digit(peek(c, n)))
			n++;
	return peek(c, n) == '$' ? n + 1 : 0;
}

static void skip_dollar(struct scan *c, size_t tag)
{
	const char *open = c->s + c->at, *end;

	c->at += tag;
	end = memmem(c->s + c->at, c->len - c->at, open, tag);
	c->at = end ? (size_t)(end - c->s) + tag : c->len;
}

static void skip_number(struct scan *c)
{
	while (is_digit(peek(c, 0)))
		c->at++;
	/* 1..10 is the range of a loop: the dots are not the number's. */
	if (peek(c, 0) == '.' && peek(c, 1) != '.') {
		c->at++;
		while (is_digit(peek(c, 0)))
			c->at++;
	}
	if (peek(c, 0) == 'e' || peek(c, 0) == 'E') {
		size_t sign = peek(c, 1) == '+' || peek(c, 1) == '-';

		if (is_digit(peek(c, 1 + sign)))
			for (c->at += 1 + sign; is_digit(peek(c, 0));)
				c->at++;
	}
}

/* An operator ends before a comment, and does not end in + or - unless it has a character no SQL operator has. */
static void skip_operator(struct scan *c)
{
	size_t n = 0;
	bool special = false;

	while (op_char(peek(c, n))) {
		if ((peek(c, n) == '-' && peek(c, n + 1) == '-') ||
		    (peek(c, n) == '/' && peek(c, n + 1) == '*'))
			break;
		special |= strchr("~!@#^&|`?%", peek(c, n)) != NULL;
		n++;
	}
	while (n > 1 && !special && (peek(c, n - 1) == '+' || peek(c, n - 1) == '-'))
		n--;
	c->at += n;
}

/* U&"!0061" UESCAPE '!': the clause belongs to the token.  Returns the escape character. */
static char unicode_escape(struct scan *c)
{
	size_t back = c->at;
	char escape = '\\';

	skip_blank(c);
	if (c->len - c->at >= 7 && strncasecmp(c->s + c->at, "uescape", 7) == 0) {
		c->at += 7;
		skip_blank(c);
		if (peek(c, 0) == '\'' && peek(c, 1) && peek(c, 2) == '\'') {
			escape = peek(c, 1);
			c->at += 3;
			return escape;
		}
	}
	c->at = back;
	return escape;
}

static struct sr_tok *push(struct scan *c, enum sr_tok_kind kind, size_t start)
{
	struct sr_toks *t = c->t;

	SR_ARRAY_RESERVE(t->items, t->cap, t->n + 1);
	t->items[t->n] = (struct sr_tok){ .kind = kind, .start = start, .end = c->at };
	return &t->items[t->n++];
}

static const char *clipped(struct sr_arena *arena, const char *s, size_t n)
{
	if (n > NAME_BYTES)
		for (n = NAME_BYTES; n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80;)
			n--;
	return sr_arena_strndup(arena, s, n);
}

static void scan_word(struct scan *c)
{
	size_t start = c->at;
	char *value;

	while (ident_part(peek(c, 0)))
		c->at++;
	value = sr_arena_strndup(&c->t->arena, c->s + start, c->at - start);
	for (char *p = value; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	push(c, SR_TOK_IDENT, start)->value = clipped(&c->t->arena, value, strlen(value));
}

static void scan_quoted_ident(struct scan *c, size_t prefix)
{
	struct sr_strbuf value = SR_STRBUF_INIT;
	size_t start = c->at, first, last;
	char escape;

	c->at += prefix;
	first = c->at + 1;
	skip_quoted(c, '"', false);
	last = c->at > first ? c->at - 1 : first;
	if (prefix) {
		escape = unicode_escape(c);
		sr_body_decode_unicode(c->s + first, c->s + last, '"', escape, &value);
	} else {
		sr_body_decode(c->s + first, c->s + last, '"', false, &value);
	}
	push(c, SR_TOK_QIDENT, start)->value = clipped(&c->t->arena, sr_strbuf_str(&value), value.len);
	sr_strbuf_release(&value);
}

/* How many bytes before the quote at the current place make it a string constant with a prefix; 0: none. */
static size_t string_prefix(const struct scan *c)
{
	char ch = peek(c, 0);

	if (ch && strchr("eEbBxXnN", ch) && peek(c, 1) == '\'')
		return 1;
	return (ch == 'u' || ch == 'U') && peek(c, 1) == '&' && peek(c, 2) == '\'' ? 2 : 0;
}

static void scan_string(struct scan *c, size_t prefix)
{
	size_t start = c->at;
	char first = peek(c, 0);

	c->at += prefix;
	skip_quoted(c, '\'', prefix == 1 && (first == 'e' || first == 'E'));
	if (prefix == 2)
		unicode_escape(c);
	push(c, SR_TOK_STRING, start);
}

static bool after_operand(const struct sr_toks *t)
{
	return t->n > 0 && t->items[t->n - 1].end > 0 &&
	       (sr_tok_is_name(t, t->n - 1) || sr_tok_is(t, t->n - 1, "]") || sr_tok_is(t, t->n - 1, ")"));
}

static void scan_symbol(struct scan *c)
{
	static const char *const pairs[] = { "::", ":=", ".." };
	size_t start = c->at;

	for (size_t i = 0; i < SR_COUNT(pairs); i++)
		if (peek(c, 0) == pairs[i][0] && peek(c, 1) == pairs[i][1]) {
			c->at += 2;
			push(c, SR_TOK_OP, start);
			return;
		}
	if (op_char(peek(c, 0))) {
		skip_operator(c);
		push(c, SR_TOK_OP, start);
		return;
	}
	c->at++;
	push(c, SR_TOK_CHAR, start);
}

static void scan_dollar(struct scan *c)
{
	size_t start = c->at, tag = dollar_tag(c);

	if (tag) {
		skip_dollar(c, tag);
		push(c, SR_TOK_STRING, start);
	} else {
		for (c->at++; is_digit(peek(c, 0));)
			c->at++;
		push(c, SR_TOK_PARAM, start);
	}
}

void sr_toks_scan(struct sr_toks *t, const char *text, size_t len)
{
	struct scan c = { .t = t, .s = text, .len = len };

	*t = (struct sr_toks){ .text = text, .arena = SR_ARENA_INIT };
	for (;;) {
		size_t start;
		char ch;

		skip_blank(&c);
		if (c.at >= c.len)
			return;
		start = c.at;
		ch = peek(&c, 0);
		if (ch == '\'' || string_prefix(&c)) {
			scan_string(&c, ch == '\'' ? 0 : string_prefix(&c));
		} else if (ch == '"') {
			scan_quoted_ident(&c, 0);
		} else if ((ch == 'u' || ch == 'U') && peek(&c, 1) == '&' && peek(&c, 2) == '"') {
			scan_quoted_ident(&c, 2);
		} else if (ident_start(ch)) {
			scan_word(&c);
		} else if (is_digit(ch) || (ch == '.' && is_digit(peek(&c, 1)) && !after_operand(t))) {
			skip_number(&c);
			push(&c, SR_TOK_NUMBER, start);
		} else if (ch == '$') {
			scan_dollar(&c);
		} else {
			scan_symbol(&c);
		}
	}
}

void sr_toks_release(struct sr_toks *t)
{
	free(t->items);
	sr_arena_release(&t->arena);
	*t = (struct sr_toks){ 0 };
}

bool sr_tok_is_name(const struct sr_toks *t, size_t i)
{
	return i < t->n && (t->items[i].kind == SR_TOK_IDENT || t->items[i].kind == SR_TOK_QIDENT);
}

bool sr_tok_is_word(const struct sr_toks *t, size_t i, const char *word)
{
	return i < t->n && t->items[i].kind == SR_TOK_IDENT && strcmp(t->items[i].value, word) == 0;
}

bool sr_tok_is(const struct sr_toks *t, size_t i, const char *symbol)
{
	size_t n = strlen(symbol);

	return i < t->n && (t->items[i].kind == SR_TOK_OP || t->items[i].kind == SR_TOK_CHAR) &&
	       t->items[i].end - t->items[i].start == n &&
	       memcmp(t->text + t->items[i].start, symbol, n) == 0;
}

size_t sr_tok_at(const struct sr_toks *t, size_t offset)
{
	size_t lo = 0, hi = t->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->items[mid].start < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->n && t->items[lo].start == offset ? lo : t->n;
}

void sr_tok_string(const struct sr_toks *t, size_t i, struct sr_strbuf *out)
{
	const char *p = t->text + t->items[i].start, *end = t->text + t->items[i].end, *close;
	struct sr_toks quiet = { 0 };
	struct scan c = { .t = &quiet, .s = p, .len = (size_t)(end - p) };
	char escape = '\\';

	if (*p == '$') {
		size_t tag = dollar_tag(&c);

		if ((size_t)(end - p) >= 2 * tag)
			sr_strbuf_add(out, p + tag, (size_t)(end - p) - 2 * tag);
		return;
	}
	c.at = *p == '\'' ? 0 : string_prefix(&c);
	p += c.at + 1;
	if (c.at == 2) {
		skip_quoted(&c, '\'', false);
		close = c.s + c.at - 1;
		escape = unicode_escape(&c);
		sr_body_decode_unicode(p, close < p ? p : close, '\'', escape, out);
		return;
	}
	close = end > p ? end - 1 : p;
	sr_body_decode(p, close, '\'', c.at == 1 && (*c.s == 'e' || *c.s == 'E'), out);
}

int sr_tok_line(const struct sr_toks *t, size_t i)
{
	int line = 1;
	size_t end = i < t->n ? t->items[i].start : 0;

	for (size_t k = 0; k < end; k++)
		line += t->text[k] == '\n';
	return line;
}
