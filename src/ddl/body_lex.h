/*
 * Tokens of SQL and PL/pgSQL text, as PostgreSQL's scanner cuts them, with byte
 * offsets.  White space and comments are skipped.  Any bytes are taken: what is
 * not ended (a string, a comment) ends with the text.
 */
#ifndef SR_DDL_BODY_LEX_H
#define SR_DDL_BODY_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct sr_strbuf;

enum sr_tok_kind {
	SR_TOK_IDENT, /* unquoted: value is folded */
	SR_TOK_QIDENT, /* "…" or U&"…": value is decoded */
	SR_TOK_STRING, /* any kind of string constant, dollar-quoted ones too */
	SR_TOK_NUMBER,
	SR_TOK_PARAM, /* $1 */
	SR_TOK_OP, /* an operator, "::", ":=", ".." */
	SR_TOK_CHAR, /* one of ( ) [ ] , ; . : or a byte that fits nowhere */
};

struct sr_tok {
	enum sr_tok_kind kind;
	size_t start, end;
	const char *value; /* identifiers only */
};

struct sr_toks {
	const char *text;
	struct sr_tok *items;
	size_t n, cap;
	struct sr_arena arena; /* the values */
};

void sr_toks_scan(struct sr_toks *t, const char *text, size_t len);
void sr_toks_release(struct sr_toks *t);

bool sr_tok_is_name(const struct sr_toks *t, size_t i); /* an identifier, quoted or not */
bool sr_tok_is_word(const struct sr_toks *t, size_t i, const char *word); /* an unquoted identifier */
bool sr_tok_is(const struct sr_toks *t, size_t i, const char *symbol); /* an operator or single character */
/* The token that starts at this byte; t->n when none does. */
size_t sr_tok_at(const struct sr_toks *t, size_t offset);
/* The value of a string constant. */
void sr_tok_string(const struct sr_toks *t, size_t i, struct sr_strbuf *out);
/* From 1. */
int sr_tok_line(const struct sr_toks *t, size_t i);

/* body_decode.c: what stands between the quotes.  `escapes`: as in E''. */
void sr_body_decode(const char *p, const char *end, char quote, bool escapes, struct sr_strbuf *out);
/* As in U&'': \XXXX, \+XXXXXX, and the escape character doubled. */
void sr_body_decode_unicode(const char *p, const char *end, char quote, char escape, struct sr_strbuf *out);

#endif
