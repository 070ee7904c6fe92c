/* Making, marking and dropping schemas on the target; see operation/target.h. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "operation/target.h"
#include "operation/undo.h"
#include "pg/conn.h"
#include "pg/ident.h"
#include "sql.h"

/* Dropping that many tables at once stays far below the lock table of a default server (6,400 locks). */
#define DROP_BATCH 200

bool sr_target_create_schema(struct sr_target *t, const char *schema, const char *owner_sql,
			     struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	sr_strbuf_adds(&sql, "BEGIN; CREATE SCHEMA ");
	sr_ident_add(&sql, t->conn, schema);
	sr_strbuf_adds(&sql, "; COMMENT ON SCHEMA ");
	sr_ident_add(&sql, t->conn, schema);
	sr_strbuf_adds(&sql, " IS ");
	sr_literal_add(&sql, t->conn, t->mark);
	sr_strbuf_addf(&sql, "; %s\nCOMMIT", owner_sql ? owner_sql : "");
	ok = sr_conn_exec(t->conn, sr_strbuf_str(&sql), err);
	if (!ok) {
		struct sr_error ignored = SR_ERROR_INIT;

		sr_conn_exec(t->conn, "ROLLBACK", &ignored);
		sr_error_release(&ignored);
		sr_error_context(err, "creating schema %s", schema);
	}
	sr_strbuf_release(&sql);
	return ok;
}

bool sr_target_finish_schemas(struct sr_target *t, char *const *schemas, const char *const *comments,
			      size_t n, const struct sr_strlist *roles, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	sr_strbuf_adds(&sql, "BEGIN;");
	for (size_t i = 0; i < roles->n; i++) {
		sr_strbuf_adds(&sql, " COMMENT ON ROLE ");
		sr_ident_add(&sql, t->conn, roles->items[i]);
		sr_strbuf_adds(&sql, " IS NULL;");
	}
	for (size_t i = 0; i < n; i++) {
		if (comments[i]) {
			sr_strbuf_addf(&sql, " %s", comments[i]);
		} else {
			sr_strbuf_adds(&sql, " COMMENT ON SCHEMA ");
			sr_ident_add(&sql, t->conn, schemas[i]);
			sr_strbuf_adds(&sql, " IS NULL;");
		}
	}
	/* What was loaded with synchronous_commit off is on disk once this commit is. */
	sr_strbuf_adds(&sql, " SET LOCAL synchronous_commit = on; COMMIT");
	ok = sr_conn_exec(t->conn, sr_strbuf_str(&sql), err);
	sr_strbuf_release(&sql);
	return ok;
}

struct json_object *sr_target_intent(const struct sr_target *t, const char *schema)
{
	struct json_object *detail = json_object_new_object();

	sr_json_add_string(detail, "schema", schema);
	sr_json_add_string(detail, "mark", t->mark);
	sr_json_add_string(detail, "application", t->application);
	sr_json_add_string(detail, "where", t->description);
	json_object_object_add(detail, "conninfo", sr_conninfo_to_json(&t->resolved));
	return detail;
}

/* ---- Undo ---- */

static bool end_sessions(struct sr_conn *c, const char *application, struct sr_error *err)
{
	int64_t n;

	if (!sr_conn_int8(c, err, &n, sr_sql_target_terminate, "%text", application))
		return false;
	for (int i = 0; n > 0 && i < 100; i++) {
		if (!sr_conn_int8(c, err, &n, sr_sql_target_terminated, "%text", application))
			return false;
		if (n > 0)
			sr_clock_sleep_ms(100);
	}
	return true;
}

static bool drop_tables(struct sr_conn *c, const char *schema, struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_target_tables, "%text", schema);
	struct sr_strbuf sql = SR_STRBUF_INIT;
	int n = res ? PQntuples(res) : 0;
	bool ok = res != NULL;

	for (int from = 0; ok && n > DROP_BATCH && from < n; from += DROP_BATCH) {
		sr_strbuf_clear(&sql);
		sr_strbuf_adds(&sql, "DROP TABLE IF EXISTS ");
		for (int i = from; i < n && i < from + DROP_BATCH; i++) {
			if (i > from)
				sr_strbuf_adds(&sql, ", ");
			sr_ident_add_qualified(&sql, c, schema, PQgetvalue(res, i, 0));
		}
		sr_strbuf_adds(&sql, " CASCADE");
		ok = sr_conn_exec(c, sr_strbuf_str(&sql), err);
	}
	sr_strbuf_release(&sql);
	PQclear(res);
	return ok;
}

static bool drop_marked(struct sr_conn *c, const char *schema, const char *mark, struct sr_log *log,
			struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_target_schema, "%text", schema);
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok = res != NULL;

	if (ok && PQntuples(res) == 0) {
		sr_log_info(log, "schema %s is not there (any more)", schema);
	} else if (ok && strcmp(PQgetvalue(res, 0, 0), mark) != 0) {
		sr_log_warning(log, "schema %s does not carry the mark of this operation: left alone",
			       schema);
	} else if (ok) {
		sr_strbuf_adds(&sql, "DROP SCHEMA ");
		sr_ident_add(&sql, c, schema);
		sr_strbuf_adds(&sql, " CASCADE");
		ok = drop_tables(c, schema, err) && sr_conn_exec(c, sr_strbuf_str(&sql), err);
		if (ok)
			sr_log_info(log, "dropped the unfinished schema %s", schema);
	}
	sr_strbuf_release(&sql);
	PQclear(res);
	return ok;
}

bool sr_target_undo(struct json_object *detail, const char *password, struct sr_log *log,
		    struct sr_error *err)
{
	const char *schema = sr_json_string(detail, "schema"), *mark = sr_json_string(detail, "mark");
	const char *application = sr_json_string(detail, "application");
	struct sr_conn *c = NULL;
	bool ok;

	if (!schema || !mark || !application || strncmp(mark, "schemarestore restore-", 22) != 0)
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the journal's entry for a schema cannot be understood");
	/* Somebody who reads the unfinished schema in an open transaction must not hold us up for ever. */
	ok = (c = sr_undo_connect(detail, password, "the target", log, err)) != NULL &&
	     end_sessions(c, application, err) && sr_conn_exec(c, "SET lock_timeout = '30s'", err) &&
	     drop_marked(c, schema, mark, log, err);
	if (!ok)
		sr_error_context(err, "removing the unfinished schema %s", schema);
	sr_conn_close(c);
	return ok;
}
