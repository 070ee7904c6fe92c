#include "pg/ident.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "pg/conn.h"

/*
 * For text that libpq will not quote because its bytes are not valid in the
 * connection's encoding.  The server checks the encoding before it parses, so
 * it refuses the statement with a message that names the bytes.
 */
static void add_quoted(struct sr_strbuf *out, const char *text, char quote)
{
	sr_strbuf_addc(out, quote);
	for (; *text; text++) {
		if (*text == quote)
			sr_strbuf_addc(out, quote);
		sr_strbuf_addc(out, *text);
	}
	sr_strbuf_addc(out, quote);
}

void sr_ident_add(struct sr_strbuf *out, struct sr_conn *c, const char *name)
{
	char *quoted = c ? PQescapeIdentifier(sr_conn_pg(c), name, strlen(name)) : NULL;

	if (quoted)
		sr_strbuf_adds(out, quoted);
	else
		add_quoted(out, name, '"');
	PQfreemem(quoted);
}

void sr_ident_add_qualified(struct sr_strbuf *out, struct sr_conn *c, const char *schema, const char *name)
{
	sr_ident_add(out, c, schema);
	sr_strbuf_addc(out, '.');
	sr_ident_add(out, c, name);
}

void sr_literal_add(struct sr_strbuf *out, struct sr_conn *c, const char *value)
{
	char *quoted = c ? PQescapeLiteral(sr_conn_pg(c), value, strlen(value)) : NULL;

	if (quoted)
		/* Text with backslashes comes as " E'...'", with a space that is of no use here. */
		sr_strbuf_adds(out, quoted + (quoted[0] == ' '));
	else
		/* standard_conforming_strings is on in every session of ours. */
		add_quoted(out, value, '\'');
	PQfreemem(quoted);
}

void sr_ident_pretty(struct sr_strbuf *out, const char *name)
{
	bool plain = *name != '\0' && !strchr("0123456789$", *name);

	/* Letters outside ASCII need no quotes in PostgreSQL either. */
	for (const unsigned char *p = (const unsigned char *)name; *p && plain; p++)
		plain = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '$' ||
			*p >= 0x80;
	if (plain)
		sr_strbuf_adds(out, name);
	else
		add_quoted(out, name, '"');
}

void sr_ident_pretty_qualified(struct sr_strbuf *out, const char *schema, const char *name)
{
	sr_ident_pretty(out, schema);
	sr_strbuf_addc(out, '.');
	sr_ident_pretty(out, name);
}

char *sr_ident_array(const struct sr_strlist *names)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_strbuf_addc(&text, '{');
	for (size_t i = 0; i < names->n; i++) {
		sr_strbuf_adds(&text, i ? ",\"" : "\"");
		for (const char *s = names->items[i]; *s; s++) {
			if (*s == '"' || *s == '\\')
				sr_strbuf_addc(&text, '\\');
			sr_strbuf_addc(&text, *s);
		}
		sr_strbuf_addc(&text, '"');
	}
	sr_strbuf_addc(&text, '}');
	return sr_strbuf_take(&text);
}
