#include "cli/text.h"

#include <langinfo.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

bool sr_text_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* One character: its length in bytes, its code point (0xFFFD for what is not UTF-8). */
static size_t decode(const char *text, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80                   ? 1
		   : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
		   : p[0] >= 0xE0                ? 3
		   : p[0] >= 0xC2                ? 2
						 : 1;

	*c = 0xFFFD;
	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (n == 1 || p[0] >= 0xF5)
		return 1;
	*c = p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80) {
			*c = 0xFFFD;
			return i;
		}
		*c = *c << 6 | (p[i] & 0x3F);
	}
	return n;
}

/* Control characters: C0, DEL, C1, and those that turn the direction of writing. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Appends one character as it may be shown (out may be NULL); returns its columns. */
static size_t put(struct sr_strbuf *out, const char *p, size_t n, uint32_t c, bool utf8)
{
	int width;

	if (c == '\t') {
		if (out)
			sr_strbuf_adds(out, "    ");
		return 4;
	}
	if (is_control(c) || c == 0xFFFD || (!utf8 && c >= 0x80)) {
		if (out)
			sr_strbuf_addc(out, '?');
		return 1;
	}
	if (out)
		sr_strbuf_add(out, p, n);
	width = c < 0x80 ? 1 : wcwidth((wchar_t)c);
	return width < 0 ? 1 : (size_t)width;
}

size_t sr_text_width(const char *text, bool utf8)
{
	size_t columns = 0, n;
	uint32_t c;

	for (; *text; text += n) {
		n = decode(text, &c);
		columns += put(NULL, text, n, c, utf8);
	}
	return columns;
}

void sr_text_fit(struct sr_strbuf *out, const char *text, size_t width, bool utf8)
{
	const char *ellipsis = utf8 ? "\xE2\x80\xA6" : "...";
	size_t room = width, columns = 0, n;
	bool cut = width > 0 && sr_text_width(text, utf8) > width;
	uint32_t c;

	if (cut) {
		room = utf8 ? width - 1 : width > 3 ? width - 3 : width;
		if (!utf8 && width <= 3)
			ellipsis = "";
	}
	for (; *text; text += n) {
		n = decode(text, &c);
		columns += put(NULL, text, n, c, utf8);
		if (width > 0 && columns > room)
			break;
		put(out, text, n, c, utf8);
	}
	if (cut)
		sr_strbuf_adds(out, ellipsis);
}

void sr_text_pad(struct sr_strbuf *out, const char *text, size_t width, bool right, bool utf8)
{
	size_t taken = sr_text_width(text, utf8), spaces = taken < width ? width - taken : 0;

	for (size_t i = 0; right && i < spaces; i++)
		sr_strbuf_addc(out, ' ');
	sr_text_fit(out, text, width, utf8);
	for (size_t i = 0; !right && i < spaces; i++)
		sr_strbuf_addc(out, ' ');
}

/* How many bytes of the line, which is n long, fit: up to a space if there is one. */
static size_t fitting(const char *line, size_t n, size_t room, bool utf8)
{
	size_t columns = 0, space = 0, step;
	uint32_t c;

	for (size_t i = 0; i < n; i += step) {
		step = decode(line + i, &c);
		if (c == ' ' && i > 0) {
			if (columns > room)
				return i;
			space = i;
		}
		columns += put(NULL, line + i, step, c, utf8);
		if (columns > room && space)
			return space;
	}
	return n;
}

void sr_text_wrap(struct sr_strbuf *out, const char *first, const char *indent, const char *text,
		  size_t width, bool utf8)
{
	const char *before = first;

	do {
		size_t n = strcspn(text, "\n"), used = sr_text_width(before, utf8), taken = n;
		struct sr_strbuf line = SR_STRBUF_INIT;

		if (width > used + 20)
			taken = fitting(text, n, width - used, utf8);
		sr_strbuf_add(&line, text, taken);
		sr_strbuf_adds(out, before);
		sr_text_fit(out, sr_strbuf_str(&line), 0, utf8);
		sr_strbuf_addc(out, '\n');
		sr_strbuf_release(&line);
		/* The newline, or the space that was broken at, goes. */
		text += taken + (text[taken] != '\0');
		before = indent;
	} while (*text);
}

void sr_text_indent(struct sr_strbuf *out, const char *indent, const char *text, bool utf8)
{
	sr_text_wrap(out, indent, indent, text, 0, utf8);
}

void sr_text_sql_name(struct sr_strbuf *out, const char *name)
{
	sr_strbuf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			sr_strbuf_addc(out, '"');
		sr_strbuf_addc(out, *name);
	}
	sr_strbuf_addc(out, '"');
}

void sr_text_pairs(struct sr_strbuf *out, const char *indent, const struct sr_text_pair *pairs, size_t n,
		   bool utf8)
{
	size_t widest = 0;

	for (size_t i = 0; i < n; i++)
		if (sr_text_width(pairs[i].key, utf8) > widest)
			widest = sr_text_width(pairs[i].key, utf8);
	for (size_t i = 0; i < n; i++) {
		struct sr_strbuf value = SR_STRBUF_INIT, further = SR_STRBUF_INIT;
		const char *rest = pairs[i].value + strcspn(pairs[i].value, "\n");

		/* A key said twice in a row is shown once. */
		sr_strbuf_adds(out, indent);
		sr_text_pad(out, i && strcmp(pairs[i].key, pairs[i - 1].key) == 0 ? "" : pairs[i].key, widest,
			    false, utf8);
		sr_strbuf_adds(out, "  ");
		sr_strbuf_add(&value, pairs[i].value, (size_t)(rest - pairs[i].value));
		sr_text_fit(out, sr_strbuf_str(&value), 0, utf8);
		sr_strbuf_addc(out, '\n');
		sr_strbuf_addf(&further, "%s%*s", indent, (int)widest + 2, "");
		if (*rest)
			sr_text_indent(out, sr_strbuf_str(&further), rest + 1, utf8);
		sr_strbuf_release(&further);
		sr_strbuf_release(&value);
	}
}
