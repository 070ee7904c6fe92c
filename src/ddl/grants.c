#include <string.h>

#include "base/strbuf.h"
#include "ddl/item.h"
#include "pg/ident.h"

static void add_role(struct sr_strbuf *out, const char *role)
{
	sr_strbuf_adds(out, "SET ROLE ");
	sr_ident_add(out, NULL, role);
	sr_strbuf_adds(out, ";\n");
}

/* Where the statement that begins at p ends: behind its semicolon and line break. */
static const char *statement_end(const char *p)
{
	char quote = 0;

	for (; *p; p++) {
		if (quote || *p == '"' || *p == '\'')
			quote = !quote ? *p : *p == quote ? 0 : quote;
		else if (*p == ';')
			break;
	}
	if (*p == ';')
		p++;
	return *p == '\n' ? p + 1 : p;
}

static bool begins(const char *p, const char *with)
{
	return strncmp(p, with, strlen(with)) == 0;
}

void sr_entry_grants(const struct sr_toc_entry *e, enum sr_grantor as, struct sr_strbuf *out)
{
	static const char set[] = "SET SESSION AUTHORIZATION", unset[] = "RESET SESSION AUTHORIZATION";
	const bool as_owner = as == SR_GRANTOR_OWNER && *e->owner;
	const char *p = e->defn, *end;

	if (as_owner)
		add_role(out, e->owner);
	for (; *p; p = end) {
		end = statement_end(p);
		if (as == SR_GRANTOR_SELF && (begins(p, set) || begins(p, unset)))
			continue;
		if (begins(p, unset) && as_owner) {
			add_role(out, e->owner);
		} else if (begins(p, unset)) {
			sr_strbuf_adds(out, "RESET ROLE;\n");
		} else if (begins(p, set)) {
			sr_strbuf_adds(out, "SET ROLE");
			sr_strbuf_add(out, p + strlen(set), (size_t)(end - p) - strlen(set));
		} else {
			sr_strbuf_add(out, p, (size_t)(end - p));
		}
	}
	if (as_owner)
		sr_strbuf_adds(out, "RESET ROLE;\n");
}
