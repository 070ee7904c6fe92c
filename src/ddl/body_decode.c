/* What quoted strings and identifiers hold. */
#include "body_lex.h"

#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"

static int hex_value(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

static void add_code_point(struct sr_strbuf *out, uint32_t cp)
{
	if (cp < 0x80) {
		sr_strbuf_addc(out, (char)cp);
	} else if (cp < 0x800) {
		sr_strbuf_addc(out, (char)(0xC0 | cp >> 6));
		sr_strbuf_addc(out, (char)(0x80 | (cp & 0x3F)));
	} else {
		if (cp < 0x10000) {
			sr_strbuf_addc(out, (char)(0xE0 | cp >> 12));
		} else {
			sr_strbuf_addc(out, (char)(0xF0 | (cp >> 18 & 7)));
			sr_strbuf_addc(out, (char)(0x80 | (cp >> 12 & 0x3F)));
		}
		sr_strbuf_addc(out, (char)(0x80 | (cp >> 6 & 0x3F)));
		sr_strbuf_addc(out, (char)(0x80 | (cp & 0x3F)));
	}
}

/* Reads up to `max` hexadecimal digits; the number read goes to *n. */
static uint32_t read_hex(const char *p, const char *end, size_t max, size_t *n)
{
	uint32_t v = 0;

	for (*n = 0; *n < max && p + *n < end && hex_value(p[*n]) >= 0; (*n)++)
		v = v << 4 | (uint32_t)hex_value(p[*n]);
	return v;
}

void sr_body_decode_unicode(const char *p, const char *end, char quote, char escape, struct sr_strbuf *out)
{
	uint32_t high = 0;

	while (p < end) {
		size_t n, plus;
		uint32_t cp;

		if (*p != escape || (p + 1 < end && p[1] == escape)) {
			bool twice = p + 1 < end && p[1] == *p && (*p == quote || *p == escape);

			sr_strbuf_addc(out, *p);
			p += twice ? 2 : 1;
			continue;
		}
		plus = p + 1 < end && p[1] == '+';
		cp = read_hex(p + 1 + plus, end, plus ? 6 : 4, &n);
		p += 1 + plus + n;
		if (cp >= 0xD800 && cp < 0xDC00) {
			high = cp;
			continue;
		}
		if (cp >= 0xDC00 && cp < 0xE000)
			cp = 0x10000 + ((high & 0x3FF) << 10) + (cp & 0x3FF);
		add_code_point(out, cp);
	}
}

/* E'': one escape, p at what follows the backslash; returns what follows it. */
static const char *decode_escape(const char *p, const char *end, struct sr_strbuf *out)
{
	static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *l = strchr(letters, *p);
	size_t n;
	uint32_t v;

	if (l && *p) {
		sr_strbuf_addc(out, values[l - letters]);
		return p + 1;
	}
	if (*p == 'x' || *p == 'u' || *p == 'U') {
		v = read_hex(p + 1, end, *p == 'x' ? 2 : *p == 'u' ? 4 : 8, &n);
		if (n > 0 && *p == 'x')
			sr_strbuf_addc(out, (char)v);
		else if (n > 0)
			add_code_point(out, v);
		else
			sr_strbuf_addc(out, *p);
		return p + 1 + n;
	}
	for (v = 0, n = 0; n < 3 && p + n < end && p[n] >= '0' && p[n] <= '7'; n++)
		v = v << 3 | (uint32_t)(p[n] - '0');
	if (n > 0)
		sr_strbuf_addc(out, (char)v);
	else
		sr_strbuf_addc(out, *p);
	return p + (n > 0 ? n : 1);
}

void sr_body_decode(const char *p, const char *end, char quote, bool escapes, struct sr_strbuf *out)
{
	while (p < end) {
		if (escapes && *p == '\\' && p + 1 < end) {
			p = decode_escape(p + 1, end, out);
			continue;
		}
		sr_strbuf_addc(out, *p);
		p += *p == quote && p + 1 < end && p[1] == quote ? 2 : 1;
	}
}
