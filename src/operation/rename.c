#include "operation/rename.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "operation/undo.h"
#include "pg/conn.h"
#include "pg/ident.h"
#include "report/report.h"
#include "sql.h"

static char *from_names(const struct sr_rename *renames, size_t n)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	char *array;

	for (size_t i = 0; i < n; i++)
		sr_strlist_add(&names, renames[i].from);
	array = sr_ident_array(&names);
	sr_strlist_release(&names);
	return array;
}

static PGresult *extensions(struct sr_conn *source, const struct sr_rename *renames, size_t n,
			    struct sr_error *err)
{
	char *names = from_names(renames, n);
	PGresult *res = sr_conn_query(source, err, sr_sql_source_extensions, "%text", names);

	free(names);
	return res;
}

bool sr_rename_refuse_extensions(struct sr_conn *source, const struct sr_rename *renames, size_t n,
				 struct sr_error *err)
{
	PGresult *res = extensions(source, renames, n, err);
	bool ok = res != NULL;

	if (ok && PQntuples(res) > 0) {
		sr_error_set(err, SR_ERR_REFUSED,
			     "extension \"%s\" lives in schema \"%s\", which cannot be renamed here",
			     PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1));
		ok = sr_error_hint(
			err,
			"Restore from a base backup (basebackup:), where the extension can be moved aside.");
	}
	PQclear(res);
	return ok;
}

static void add_rename(struct sr_strbuf *sql, struct sr_conn *c, const char *from, const char *to)
{
	sr_strbuf_adds(sql, " ALTER SCHEMA ");
	sr_ident_add(sql, c, from);
	sr_strbuf_adds(sql, " RENAME TO ");
	sr_ident_add(sql, c, to);
	sr_strbuf_addc(sql, ';');
}

static void forget_initial_privileges(struct sr_strbuf *sql, struct sr_conn *c, const char *schema)
{
	sr_strbuf_adds(
		sql,
		" DELETE FROM pg_catalog.pg_init_privs WHERE classoid = 'pg_catalog.pg_namespace'::regclass "
		"AND objoid = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ");
	sr_literal_add(sql, c, schema);
	sr_strbuf_adds(sql, ");");
}

/* After the rename: the old name comes back, with the extensions in it. */
static bool add_moves(struct sr_strbuf *sql, struct sr_conn *c, PGresult *res, struct sr_report *report,
		      struct sr_error *err)
{
	struct sr_strlist made = SR_STRLIST_INIT;
	bool ok = true;

	for (int i = 0; ok && i < PQntuples(res); i++) {
		const char *extension, *schema;
		PGbool relocatable;

		ok = sr_row(res, i, err, "%text %text %bool", 0, &extension, 1, &schema, 2, &relocatable);
		if (!ok)
			break;
		if (!relocatable) {
			sr_error_set(err, SR_ERR_DDL,
				     "extension \"%s\" lives in schema \"%s\" and cannot be moved out of it",
				     extension, schema);
			ok = sr_error_detail(
				err, "It is not relocatable; a schema that holds such an extension cannot be "
				     "restored by this version.");
			break;
		}
		if (!sr_strlist_has(&made, schema)) {
			sr_strlist_add(&made, schema);
			sr_strbuf_adds(sql, " CREATE SCHEMA ");
			sr_ident_add(sql, c, schema);
			sr_strbuf_addc(sql, ';');
		}
		sr_strbuf_adds(sql, " ALTER EXTENSION ");
		sr_ident_add(sql, c, extension);
		sr_strbuf_adds(sql, " SET SCHEMA ");
		sr_ident_add(sql, c, schema);
		sr_strbuf_addc(sql, ';');
		sr_report_warning(report, "extension", extension,
				  "It has to exist on the target, in the same schema.",
				  "an extension that lives in schema \"%s\": the restored schema uses the "
				  "live one's",
				  schema);
	}
	sr_strlist_release(&made);
	return ok;
}

bool sr_rename_schemas(struct sr_conn *source, const struct sr_rename *renames, size_t n, bool throwaway,
		       struct sr_report *report, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	PGresult *res = extensions(source, renames, n, err);
	bool ok = res != NULL;

	sr_strbuf_adds(&sql, "BEGIN;");
	for (size_t i = 0; i < n; i++) {
		add_rename(&sql, source, renames[i].from, renames[i].to);
		if (throwaway)
			forget_initial_privileges(&sql, source, renames[i].to);
	}
	ok = ok && add_moves(&sql, source, res, report, err);
	sr_strbuf_adds(&sql, " COMMIT");
	ok = ok && sr_conn_exec(source, sr_strbuf_str(&sql), err);
	if (!ok)
		sr_error_context(err, "renaming the schemas on the source");
	sr_strbuf_release(&sql);
	PQclear(res);
	return ok;
}

/* ---- Members of extensions ---- */

struct sr_extension_members {
	PGresult *res;
};

struct sr_extension_members *sr_extension_members_read(struct sr_conn *source,
						       const struct sr_rename *renames, size_t n,
						       struct sr_error *err)
{
	struct sr_extension_members *m;
	char *names = from_names(renames, n);
	PGresult *res = sr_conn_query(source, err, sr_sql_source_extension_members, "%text", names);

	free(names);
	if (!res)
		return NULL;
	m = sr_calloc(1, sizeof *m);
	m->res = res;
	return m;
}

void sr_extension_members_free(struct sr_extension_members *m)
{
	if (!m)
		return;
	PQclear(m->res);
	free(m);
}

bool sr_extension_member(void *ctx, enum sr_body_object kind, const char *schema, const char *name)
{
	struct sr_extension_members *m = ctx;

	for (int i = 0; i < PQntuples(m->res); i++) {
		char is = PQgetvalue(m->res, i, 0)[0];

		if ((kind == SR_BODY_RELATION && is != 'r') || (kind == SR_BODY_FUNCTION && is != 'f') ||
		    (kind == SR_BODY_TYPE && is != 't'))
			continue;
		if (strcmp(PQgetvalue(m->res, i, 1), schema) == 0 &&
		    strcmp(PQgetvalue(m->res, i, 2), name) == 0)
			return true;
	}
	return false;
}

/* ---- Undo ---- */

static bool exists(struct sr_conn *c, const char *schema, bool *found, struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_target_schema, "%text", schema);

	*found = res && PQntuples(res) > 0;
	PQclear(res);
	return res != NULL;
}

bool sr_rename_undo(struct json_object *detail, const char *password, struct sr_log *log,
		    struct sr_error *err)
{
	const char *from = sr_json_string(detail, "from"), *to = sr_json_string(detail, "to");
	struct sr_strbuf sql = SR_STRBUF_INIT;
	struct sr_conn *c = NULL;
	bool ok, old_there = false, new_there = false;

	if (!from || !to)
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the journal's entry for a rename cannot be understood");
	ok = (c = sr_undo_connect(detail, password, "the existing instance", log, err)) != NULL &&
	     exists(c, from, &old_there, err) && exists(c, to, &new_there, err);
	if (ok && new_there && !old_there) {
		add_rename(&sql, c, to, from);
		ok = sr_conn_exec(c, sr_strbuf_str(&sql), err);
	} else if (ok && new_there) {
		ok = sr_error_set(err, SR_ERR_LEFTOVER,
				  "both \"%s\" and \"%s\" exist on the existing instance", from, to);
	}
	if (!ok)
		sr_error_context(err, "renaming schema %s back to %s", to, from);
	sr_conn_close(c);
	sr_strbuf_release(&sql);
	return ok;
}
