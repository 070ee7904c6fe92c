#include "ddl/item.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/ident.h"

/* How the object of an ALTER … OWNER TO is named. */
enum owner_form {
	OWNER_NONE,
	OWNER_BY_NAME, /* type, schema and name suffice */
	OWNER_BY_DROP, /* needs arguments or the like: what DROP names */
};

struct entry_type {
	const char *desc;
	enum sr_item_kind kind;
	enum owner_form owner;
	const char *label; /* for people; NULL: desc in lower case */
	bool on_table; /* the tag is "table name" */
	bool plain_name; /* the tag is exactly one name */
};

static const struct entry_type types[] = {
	{ "SCHEMA", SR_ITEM_SCHEMA, OWNER_BY_NAME, NULL, false, true },
	{ "TABLE", SR_ITEM_TABLE, OWNER_BY_NAME, NULL, false, true },
	{ "FOREIGN TABLE", SR_ITEM_TABLE, OWNER_BY_NAME, NULL, false, true },
	{ "SEQUENCE", SR_ITEM_SEQUENCE, OWNER_BY_NAME, NULL, false, true },
	{ "VIEW", SR_ITEM_VIEW, OWNER_BY_NAME, NULL, false, true },
	{ "MATERIALIZED VIEW", SR_ITEM_MATVIEW, OWNER_BY_NAME, NULL, false, true },
	{ "FUNCTION", SR_ITEM_ROUTINE, OWNER_BY_DROP, NULL, false, false },
	{ "PROCEDURE", SR_ITEM_ROUTINE, OWNER_BY_DROP, NULL, false, false },
	{ "AGGREGATE", SR_ITEM_ROUTINE, OWNER_BY_DROP, NULL, false, false },
	{ "INDEX", SR_ITEM_INDEX, OWNER_NONE, NULL, false, true },
	{ "INDEX ATTACH", SR_ITEM_INDEX_ATTACH, OWNER_NONE, "attachment of index", false, true },
	{ "CONSTRAINT", SR_ITEM_CONSTRAINT, OWNER_NONE, NULL, true, false },
	{ "CHECK CONSTRAINT", SR_ITEM_CHECK, OWNER_NONE, NULL, true, false },
	{ "FK CONSTRAINT", SR_ITEM_FOREIGN_KEY, OWNER_NONE, "foreign key", true, false },
	{ "STATISTICS", SR_ITEM_STATISTICS, OWNER_BY_NAME, NULL, false, true },
	{ "TRIGGER", SR_ITEM_TRIGGER, OWNER_NONE, NULL, true, false },
	{ "RULE", SR_ITEM_RULE, OWNER_NONE, NULL, true, false },
	{ "POLICY", SR_ITEM_POLICY, OWNER_NONE, NULL, true, false },
	{ "ROW SECURITY", SR_ITEM_POLICY, OWNER_NONE, "row security of", false, true },
	{ "COMMENT", SR_ITEM_COMMENT, OWNER_NONE, "comment on", false, false },
	{ "SECURITY LABEL", SR_ITEM_COMMENT, OWNER_NONE, "security label on", false, false },
	{ "ACL", SR_ITEM_ACL, OWNER_NONE, "privileges on", false, false },
	{ "DEFAULT ACL", SR_ITEM_DEFAULT_ACL, OWNER_NONE, "", false, false },
	{ "COLLATION", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "CONVERSION", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "DEFAULT", SR_ITEM_OTHER, OWNER_NONE, NULL, true, false },
	{ "DOMAIN", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "OPERATOR", SR_ITEM_OTHER, OWNER_BY_DROP, NULL, false, false },
	{ "OPERATOR CLASS", SR_ITEM_OTHER, OWNER_BY_DROP, NULL, false, true },
	{ "OPERATOR FAMILY", SR_ITEM_OTHER, OWNER_BY_DROP, NULL, false, true },
	{ "SEQUENCE OWNED BY", SR_ITEM_OTHER, OWNER_NONE, "ownership of sequence", false, true },
	{ "SHELL TYPE", SR_ITEM_OTHER, OWNER_NONE, NULL, false, true },
	{ "TABLE ATTACH", SR_ITEM_OTHER, OWNER_NONE, "attachment of partition", false, true },
	{ "TEXT SEARCH CONFIGURATION", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "TEXT SEARCH DICTIONARY", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "TEXT SEARCH PARSER", SR_ITEM_OTHER, OWNER_NONE, NULL, false, true },
	{ "TEXT SEARCH TEMPLATE", SR_ITEM_OTHER, OWNER_NONE, NULL, false, true },
	{ "TYPE", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	/* Not in a schema: only in dumps of whole databases. */
	{ "EVENT TRIGGER", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "FOREIGN DATA WRAPPER", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "PROCEDURAL LANGUAGE", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "PUBLICATION", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "SERVER", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
	{ "SUBSCRIPTION", SR_ITEM_OTHER, OWNER_BY_NAME, NULL, false, true },
};

static const struct entry_type *type_of(const struct sr_toc_entry *e)
{
	static const struct entry_type other = { "", SR_ITEM_OTHER, OWNER_NONE, NULL, false, false };

	for (size_t i = 0; i < SR_COUNT(types); i++)
		if (!strcmp(types[i].desc, e->desc))
			return &types[i];
	return &other;
}

static bool begins(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool sr_entry_is_item(const struct sr_toc_entry *e)
{
	static const char *const not [] = {
		"ENCODING",
		"STDSTRINGS",
		"SEARCHPATH",
		"DATABASE",
		"DATABASE PROPERTIES",
		"<Init>",
		"TABLE DATA",
		"SEQUENCE SET",
		"BLOB",
		"BLOBS",
		"BLOB METADATA",
		"BLOB COMMENTS",
		"STATISTICS DATA",
		"MATERIALIZED VIEW DATA",
	};

	for (size_t i = 0; i < SR_COUNT(not ); i++)
		if (!strcmp(not [i], e -> desc))
			return false;
	/* Comments, labels and ACLs of a database or of large objects. */
	if (!*e->schema && (begins(e->tag, "DATABASE ") || begins(e->tag, "LARGE OBJECT")) &&
	    (!strcmp(e->desc, "COMMENT") || !strcmp(e->desc, "ACL") || !strcmp(e->desc, "SECURITY LABEL")))
		return false;
	return *e->defn != '\0';
}

enum sr_item_kind sr_entry_kind(const struct sr_toc_entry *e)
{
	return type_of(e)->kind;
}

/* "DROP FUNCTION a.f(integer);\n" without the ends. */
static void add_dropped_object(const char *drop_stmt, struct sr_strbuf *out)
{
	size_t n = strlen(drop_stmt);

	while (n && strchr(";\n ", drop_stmt[n - 1]))
		n--;
	sr_strbuf_add(out, drop_stmt + 5, n - 5);
}

void sr_entry_owner_sql(const struct sr_toc_entry *e, struct sr_strbuf *out)
{
	const struct entry_type *type = type_of(e);

	/* What has no DROP of its own has no owner of its own either: the sequence of an identity column. */
	if (type->owner == OWNER_NONE || !*e->owner || !*e->drop_stmt)
		return;
	if (type->owner == OWNER_BY_DROP && !begins(e->drop_stmt, "DROP "))
		return;
	sr_strbuf_adds(out, "ALTER ");
	if (type->owner == OWNER_BY_DROP) {
		add_dropped_object(e->drop_stmt, out);
	} else {
		sr_strbuf_addf(out, "%s ", e->desc);
		if (*e->schema) {
			sr_ident_add(out, NULL, e->schema);
			sr_strbuf_addc(out, '.');
		}
		sr_ident_add(out, NULL, e->tag);
	}
	sr_strbuf_adds(out, " OWNER TO ");
	sr_ident_add(out, NULL, e->owner);
	sr_strbuf_addc(out, ';');
}

/* A line break in a name would end the comment and let the rest of the name run as SQL. */
static void add_line(struct sr_strbuf *out, const char *text)
{
	for (; *text; text++)
		sr_strbuf_addc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
}

void sr_entry_comment(const struct sr_toc_entry *e, struct sr_strbuf *out)
{
	sr_strbuf_adds(out, "-- Name: ");
	add_line(out, e->tag);
	sr_strbuf_adds(out, "; Type: ");
	add_line(out, e->desc);
	sr_strbuf_adds(out, "; Schema: ");
	add_line(out, *e->schema ? e->schema : "-");
	sr_strbuf_adds(out, "; Owner: ");
	add_line(out, *e->owner ? e->owner : "-");
}

static void add_schema(const struct sr_toc_entry *e, struct sr_strbuf *out)
{
	if (!*e->schema)
		return;
	sr_ident_pretty(out, e->schema);
	sr_strbuf_addc(out, '.');
}

/*
 * The tag "orders orders_fk" as "orders_fk on a.orders".  Names may hold
 * spaces, and nothing tells which space divides; with more than one the tag
 * stays as it is.
 */
static void add_on_table(const struct sr_toc_entry *e, struct sr_strbuf *out)
{
	const char *space = strchr(e->tag, ' ');
	char *table;

	if (!space || strchr(space + 1, ' ')) {
		add_schema(e, out);
		sr_strbuf_adds(out, e->tag);
		return;
	}
	table = sr_strndup(e->tag, (size_t)(space - e->tag));
	sr_ident_pretty(out, space + 1);
	sr_strbuf_adds(out, " on ");
	add_schema(e, out);
	sr_ident_pretty(out, table);
	free(table);
}

void sr_entry_describe(const struct sr_toc_entry *e, struct sr_strbuf *out)
{
	const struct entry_type *type = type_of(e);

	if (type->label)
		sr_strbuf_adds(out, type->label);
	else
		for (const char *p = e->desc; *p; p++)
			sr_strbuf_addc(out, (char)tolower((unsigned char)*p));
	if (!type->label || *type->label)
		sr_strbuf_addc(out, ' ');
	switch (type->kind) {
	case SR_ITEM_COMMENT:
	case SR_ITEM_ACL:
	case SR_ITEM_DEFAULT_ACL: /* the tag says what: "TABLE orders", "DEFAULT PRIVILEGES FOR TABLES" */
		sr_strbuf_adds(out, e->tag);
		if (*e->schema) {
			sr_strbuf_adds(out, " in schema ");
			sr_ident_pretty(out, e->schema);
		}
		return;
	default:
		break;
	}
	if (type->on_table) {
		add_on_table(e, out);
		return;
	}
	add_schema(e, out);
	if (type->plain_name)
		sr_ident_pretty(out, e->tag);
	else
		sr_strbuf_adds(out, e->tag);
}
