/* Making, marking and dropping roles on the target; see operation/target.h. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "operation/target.h"
#include "operation/undo.h"
#include "pg/conn.h"
#include "pg/ident.h"
#include "sql.h"

bool sr_target_create_role(struct sr_target *t, const char *role, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	/* One message, so one transaction. */
	sr_strbuf_adds(&sql, "CREATE ROLE ");
	sr_ident_add(&sql, t->conn, role);
	sr_strbuf_addf(&sql, " NOLOGIN%s; COMMENT ON ROLE ", t->superuser ? "" : " ROLE CURRENT_USER");
	sr_ident_add(&sql, t->conn, role);
	sr_strbuf_adds(&sql, " IS ");
	sr_literal_add(&sql, t->conn, t->mark);
	ok = sr_conn_exec(t->conn, sr_strbuf_str(&sql), err);
	if (!ok)
		sr_error_context(err, "creating role %s", role);
	sr_strbuf_release(&sql);
	return ok;
}

struct json_object *sr_target_role_intent(const struct sr_target *t, const char *role)
{
	struct json_object *detail = json_object_new_object();

	sr_json_add_string(detail, "role", role);
	sr_json_add_string(detail, "mark", t->mark);
	sr_json_add_string(detail, "where", t->description);
	json_object_object_add(detail, "conninfo", sr_conninfo_to_json(&t->resolved));
	return detail;
}

static bool drop_marked(struct sr_conn *c, const char *role, const char *mark, struct sr_log *log,
			struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_target_role, "%text", role);
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok = res != NULL;

	if (ok && PQntuples(res) == 0) {
		sr_log_info(log, "role %s is not there (any more)", role);
	} else if (ok && strcmp(PQgetvalue(res, 0, 0), mark) != 0) {
		sr_log_warning(log, "role %s does not carry the mark of this operation: left alone", role);
	} else if (ok) {
		sr_strbuf_adds(&sql, "DROP ROLE ");
		sr_ident_add(&sql, c, role);
		ok = sr_conn_exec(c, sr_strbuf_str(&sql), err);
		if (ok)
			sr_log_info(log, "dropped the role %s", role);
	}
	sr_strbuf_release(&sql);
	PQclear(res);
	return ok;
}

bool sr_target_undo_role(struct json_object *detail, const char *password, struct sr_log *log,
			 struct sr_error *err)
{
	const char *role = sr_json_string(detail, "role"), *mark = sr_json_string(detail, "mark");
	struct sr_conn *c = NULL;
	bool ok;

	if (!role || !mark || strncmp(mark, "schemarestore restore-", 22) != 0)
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the journal's entry for a role cannot be understood");
	ok = (c = sr_undo_connect(detail, password, "the target", log, err)) != NULL &&
	     sr_conn_exec(c, "SET lock_timeout = '30s'", err) && drop_marked(c, role, mark, log, err);
	if (!ok)
		sr_error_context(err, "removing the role %s", role);
	sr_conn_close(c);
	return ok;
}
