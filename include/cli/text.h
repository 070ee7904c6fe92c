/*
 * Text for a terminal.  Names and messages come from servers and files: no
 * control character of theirs reaches the terminal.
 */
#ifndef SR_CLI_TEXT_H
#define SR_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* Columns that the text takes, as sr_text_fit() would write it whole. */
size_t sr_text_width(const char *text, bool utf8);
/* Appends the text in at most `width` columns (0: as many as it takes); what is too long ends in an ellipsis. Control
 * characters become '?' (a tab, four spaces); without utf8 every character beyond ASCII does. */
void sr_text_fit(struct sr_strbuf *out, const char *text, size_t width, bool utf8);
/* As sr_text_fit, filled up with spaces to exactly `width` columns; right: in front. */
void sr_text_pad(struct sr_strbuf *out, const char *text, size_t width, bool right, bool utf8);
/* The text, line by line, each beginning with `indent`; control characters replaced; ends in a newline. */
void sr_text_indent(struct sr_strbuf *out, const char *indent, const char *text, bool utf8);
/* As sr_text_indent, the first line after `first`, and no line longer than `width` columns where there is a space to
 * break at (0: lines as they are). */
void sr_text_wrap(struct sr_strbuf *out, const char *first, const char *indent, const char *text,
		  size_t width, bool utf8);
/* True when the locale's characters are UTF-8 (after setlocale). */
bool sr_text_is_utf8(void);
/* "Name" with quotes, always: an SQL identifier for a person to paste. */
void sr_text_sql_name(struct sr_strbuf *out, const char *name);

/* "key  value" lines with the values in one column, indented. */
struct sr_text_pair {
	const char *key, *value;
};
void sr_text_pairs(struct sr_strbuf *out, const char *indent, const struct sr_text_pair *pairs, size_t n,
		   bool utf8);

#endif
