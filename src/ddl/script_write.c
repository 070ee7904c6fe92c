#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "ddl/script.h"
#include "pg/ident.h"

static void add_setting(struct sr_strbuf *out, const char *name, const char *value)
{
	sr_strbuf_addf(out, "SET %s = ", name);
	if (*value)
		sr_ident_add(out, NULL, value);
	else
		sr_strbuf_adds(out, "''");
	sr_strbuf_adds(out, ";\n");
}

void sr_item_settings(const struct sr_item *item, struct sr_item_session *session, struct sr_strbuf *out)
{
	const struct sr_toc_entry *e = item->entry;

	if (e->tablespace && strcmp(e->tablespace, session->tablespace) != 0) {
		add_setting(out, "default_tablespace", e->tablespace);
		snprintf(session->tablespace, sizeof session->tablespace, "%s", e->tablespace);
	}
	/* A partitioned table has no storage: its access method is set after it is made. */
	if (e->table_am && *e->table_am && e->relkind != 'p' && strcmp(e->table_am, session->table_am) != 0) {
		add_setting(out, "default_table_access_method", e->table_am);
		snprintf(session->table_am, sizeof session->table_am, "%s", e->table_am);
	}
}

void sr_script_preamble(const struct sr_script *s, struct sr_strbuf *out)
{
	if (s->archive.encoding)
		sr_strbuf_addf(out, "SET client_encoding = '%s';\n", s->archive.encoding);
	sr_strbuf_addf(out, "SET standard_conforming_strings = %s;\n", s->archive.std_strings ? "on" : "off");
	if (!s->archive.std_strings)
		sr_strbuf_adds(out, "SET escape_string_warning = off;\n");
	sr_strbuf_adds(out, "SET check_function_bodies = off;\n"
			    "SET xmloption = content;\n"
			    "SET search_path = '';\n"
			    "SET default_tablespace = '';\n");
}

static void add_head(const struct sr_script *s, const char *title, struct sr_strbuf *out)
{
	sr_strbuf_adds(out, "--\n-- ");
	for (; *title; title++)
		sr_strbuf_addc(out, *title == '\n' || *title == '\r' ? ' ' : *title);
	sr_strbuf_adds(
		out, "\n--\n-- Definitions only, for psql -v ON_ERROR_STOP=1 -f: materialized views are not\n"
		     "-- refreshed and sequences are not set here.\n--\n\n"
		     "SET statement_timeout = 0;\n"
		     "SET lock_timeout = 0;\n"
		     "SET idle_in_transaction_session_timeout = 0;\n"
		     "SET client_min_messages = warning;\n"
		     "SET row_security = off;\n");
	sr_script_preamble(s, out);
	sr_strbuf_addc(out, '\n');
}

static void add_item(const struct sr_item *item, struct sr_item_session *session, struct sr_strbuf *out)
{
	sr_strbuf_addf(out, "%s\n", item->comment_of);
	sr_item_settings(item, session, out);
	sr_strbuf_adds(out, item->sql);
	sr_strbuf_rtrim(out);
	sr_strbuf_addc(out, '\n');
	if (item->owner_sql)
		sr_strbuf_addf(out, "%s\n", item->owner_sql);
	sr_strbuf_addc(out, '\n');
}

static bool is_privilege(const struct sr_item *item)
{
	return item->kind == SR_ITEM_ACL || item->kind == SR_ITEM_DEFAULT_ACL;
}

bool sr_script_write(const struct sr_script *s, unsigned sections, const char *title, const char *path,
		     struct sr_error *err)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_item_session session = { 0 };
	bool ok;

	add_head(s, title, &out);
	/* Privileges come after everything: default ones would otherwise be added to what is made here. */
	for (int last = 0; last <= 1; last++)
		for (size_t i = 0; i < s->n; i++)
			if ((sections & (1u << s->items[i].section)) && is_privilege(&s->items[i]) == last)
				add_item(&s->items[i], &session, &out);
	ok = sr_file_write_atomic(path, out.data, out.len, 0600, err);
	sr_strbuf_release(&out);
	return ok ? true : sr_error_reclass(err, SR_ERR_DDL);
}
