#include "operation/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "pg/conn.h"
#include "pg/ident.h"
#include "report/report.h"
#include "sql.h"

static void describe(struct sr_target *t)
{
	const char *host = sr_conninfo_get(&t->resolved, "host"),
		   *port = sr_conninfo_get(&t->resolved, "port");

	t->description = sr_asprintf("database %s on %s, port %s", t->database,
				     host && *host ? host : "this machine", port ? port : "5432");
}

static bool read_facts(struct sr_target *t, struct sr_error *err)
{
	PGresult *res = sr_conn_query(t->conn, err, sr_sql_target_facts, NULL);
	char *database, *role;
	PGbool superuser, may_create, in_recovery, read_only;
	bool ok = res && sr_row(res, 0, err, "%text %text %bool %bool %bool %bool", 0, &database, 1, &role, 2,
				&superuser, 3, &may_create, 4, &in_recovery, 5, &read_only);

	if (ok) {
		t->database = sr_strdup(database);
		t->role = sr_strdup(role);
		t->superuser = superuser;
		if (in_recovery || read_only) {
			sr_error_set(err, SR_ERR_REFUSED,
				     "the target database \"%s\" is %s: it cannot be written to", database,
				     in_recovery ? "a standby" : "read-only");
			ok = sr_error_hint(err, "Name the primary with -d or -h.");
		} else if (!may_create) {
			sr_error_set(err, SR_ERR_REFUSED,
				     "role \"%s\" may not create schemas in database \"%s\"", role, database);
			ok = sr_error_hint(err,
					   "As the owner of the database: GRANT CREATE ON DATABASE \"%s\" TO "
					   "\"%s\";",
					   database, role);
		}
	}
	PQclear(res);
	return ok;
}

bool sr_target_open(struct sr_target *t, const struct sr_conninfo *ci, const char *operation_id,
		    struct sr_log *log, struct sr_error *err)
{
	struct sr_conn_options options = {
		.label = "the target",
		.class = SR_ERR_REFUSED,
		.log = log,
	};

	*t = (struct sr_target){ 0 };
	t->application = sr_asprintf("schemarestore %s", operation_id);
	t->mark = sr_asprintf("schemarestore %s: unfinished", operation_id);
	sr_conninfo_copy(&t->conninfo, ci);
	/* Not to be overridden by PGAPPNAME: undo finds what a dead process left running by it. */
	sr_conninfo_set(&t->conninfo, "application_name", t->application);
	if (!(t->conn = sr_conn_open(&t->conninfo, &options, err)))
		return false;
	t->version = sr_conn_version(t->conn);
	sr_conn_resolved(t->conn, &t->resolved);
	if (!read_facts(t, err))
		return false;
	describe(t);
	return true;
}

bool sr_target_reopen(struct sr_target *t, const char *encoding, struct sr_log *log, struct sr_error *err)
{
	struct sr_conn_options options = {
		.label = "the target",
		.encoding = encoding,
		.class = SR_ERR_DDL,
		.log = log,
		.attempts = 5,
	};

	sr_conn_close(t->conn);
	t->conn = sr_conn_open(&t->conninfo, &options, err);
	return t->conn != NULL;
}

void sr_target_close(struct sr_target *t)
{
	sr_conn_close(t->conn);
	sr_conninfo_release(&t->conninfo);
	sr_conninfo_release(&t->resolved);
	free(t->application);
	free(t->mark);
	free(t->database);
	free(t->role);
	free(t->description);
	*t = (struct sr_target){ 0 };
}

static bool check_publications(struct sr_target *t, bool allow, struct sr_report *report,
			       struct sr_error *err)
{
	PGresult *res = sr_conn_query(t->conn, err, sr_sql_target_publications, NULL);
	bool ok = res != NULL;

	for (int i = 0; ok && i < PQntuples(res); i++) {
		char *name;

		if (!(ok = sr_row(res, i, err, "%text", 0, &name)))
			break;
		if (allow) {
			sr_report_warning(
				report, "publication", name,
				"Create the tables on the subscribers, or they stop replicating.",
				"a publication FOR ALL TABLES: it will publish the restored tables");
			continue;
		}
		sr_error_set(
			err, SR_ERR_REFUSED,
			"publication \"%s\" is FOR ALL TABLES: it would begin to publish the restored tables",
			name);
		sr_error_detail(
			err, "Its subscribers do not have these tables and would stop with \"target relation "
			     "does not exist\".");
		ok = sr_error_hint(err, "If that is understood, add --allow-publication.");
	}
	PQclear(res);
	return ok;
}

static bool check_event_triggers(struct sr_target *t, struct sr_report *report, struct sr_error *err)
{
	PGresult *res = sr_conn_query(t->conn, err, sr_sql_target_event_triggers, NULL);
	bool ok = res != NULL;

	for (int i = 0; ok && i < PQntuples(res); i++) {
		char *name, *function;

		ok = sr_row(res, i, err, "%text %text", 0, &name, 1, &function);
		if (ok)
			sr_report_warning(
				report, "event-trigger", name,
				"Look whether it does something that a restore should not set off.",
				"an event trigger (function %s) that fires on the DDL of the restore",
				function);
	}
	PQclear(res);
	return ok;
}

bool sr_target_check(struct sr_target *t, bool allow_publication, struct sr_report *report,
		     struct sr_error *err)
{
	return check_publications(t, allow_publication, report, err) && check_event_triggers(t, report, err);
}

bool sr_target_claim(struct sr_target *t, const char *schema, struct sr_error *err)
{
	PGresult *res = sr_conn_query(t->conn, err, sr_sql_target_lock, "%text", schema);
	PGbool locked = 0;
	bool ok = res && sr_row(res, 0, err, "%bool", 0, &locked);

	PQclear(res);
	if (!ok)
		return false;
	if (!locked) {
		sr_error_set(err, SR_ERR_REFUSED, "another operation is restoring to schema \"%s\" right now",
			     schema);
		return sr_error_hint(
			err, "See schemarestore list; choose another name with --suffix or --rename.");
	}
	if (!(res = sr_conn_query(t->conn, err, sr_sql_target_schema, "%text", schema)))
		return false;
	if (PQntuples(res) > 0) {
		const char *comment = PQgetvalue(res, 0, 0);

		sr_error_set(err, SR_ERR_REFUSED,
			     "schema \"%s\" exists already in the target database \"%s\"", schema,
			     t->database);
		if (strncmp(comment, "schemarestore restore-", 22) == 0) {
			sr_error_detail(err, "It was left unfinished by an earlier operation (%.*s).",
					(int)strcspn(comment + 14, ":"), comment + 14);
			ok = sr_error_hint(err, "Remove it with schemarestore cleanup %.*s.",
					   (int)strcspn(comment + 14, ":"), comment + 14);
		} else {
			ok = sr_error_hint(
				err, "Drop or rename it, or choose another name with --suffix or --rename.");
		}
	}
	PQclear(res);
	return ok;
}

static bool may_create_roles(struct sr_target *t, const struct sr_strlist *roles, struct sr_error *err)
{
	struct sr_strbuf names = SR_STRBUF_INIT;
	PGresult *res = sr_conn_query(t->conn, err, sr_sql_target_may_create_roles, NULL);
	PGbool may = 0;
	bool ok = res && sr_row(res, 0, err, "%bool", 0, &may);

	if (ok && !may) {
		sr_strlist_join(roles, 0, &names);
		sr_error_set(err, SR_ERR_REFUSED, "role \"%s\" may not create the missing roles (%s)",
			     t->role, sr_strbuf_str(&names));
		ok = sr_error_hint(err, "As a superuser: ALTER ROLE \"%s\" CREATEROLE; or create them there.",
				   t->role);
	}
	PQclear(res);
	sr_strbuf_release(&names);
	return ok;
}

bool sr_target_check_roles(struct sr_target *t, const struct sr_strlist *roles,
			   const struct sr_strlist *owners, struct sr_strlist *create, struct sr_error *err)
{
	struct sr_strbuf names = SR_STRBUF_INIT;
	struct sr_strlist missing = SR_STRLIST_INIT, foreign = SR_STRLIST_INIT;
	PGresult *res = NULL;
	bool ok = true;

	if (roles->n) {
		char *array = sr_ident_array(roles);

		res = sr_conn_query(t->conn, err, sr_sql_target_roles_missing, "%text", array);
		free(array);
		ok = res != NULL;
	}
	for (int i = 0; ok && res && i < PQntuples(res); i++) {
		char *name;
		PGbool exists, member;

		ok = sr_row(res, i, err, "%text %bool %bool", 0, &name, 1, &exists, 2, &member);
		if (ok && !exists)
			sr_strlist_add(create ? create : &missing, name);
		else if (ok && !member && !t->superuser && sr_strlist_has(owners, name))
			sr_strlist_add(&foreign, name);
	}
	sr_strbuf_clear(&names);
	if (ok && missing.n) {
		sr_strlist_join(&missing, 0, &names);
		sr_error_set(err, SR_ERR_REFUSED,
			     "the target has no role %s, which the schemas' owners or grants name",
			     sr_strbuf_str(&names));
		ok = sr_error_hint(
			err, "Create the roles (CREATE ROLE … NOLOGIN; --create-missing-roles does it), name "
			     "others "
			     "in their place with --map-role OLD=NEW, or leave ownership and grants out with "
			     "--no-owner and --no-privileges.");
	} else if (ok && foreign.n) {
		sr_strlist_join(&foreign, 0, &names);
		sr_error_set(err, SR_ERR_REFUSED, "role \"%s\" may not make %s the owner of what it creates",
			     t->role, sr_strbuf_str(&names));
		ok = sr_error_hint(
			err,
			"Grant membership (GRANT … TO \"%s\"), connect as a superuser, or use --no-owner.",
			t->role);
	}
	ok = ok && (!create || create->n == 0 || may_create_roles(t, create, err));
	PQclear(res);
	sr_strlist_release(&missing);
	sr_strlist_release(&foreign);
	sr_strbuf_release(&names);
	return ok;
}

bool sr_target_read_time(struct sr_target *t, const char *text, int64_t *unix_us, struct sr_error *err)
{
	struct sr_error why = SR_ERROR_INIT;
	bool ok = sr_conn_int8(t->conn, &why, unix_us,
			       "SELECT (extract(epoch FROM $1::text::timestamptz) * 1000000)::int8", "%text",
			       text);

	if (!ok) {
		sr_error_set(err, SR_ERR_USAGE, "cannot read the time \"%s\"", text);
		if (why.message)
			sr_error_detail(err, "The server says: %s.", why.message);
		sr_error_hint(err, "Write it like '2024-01-28T14:30:00Z' or '2024-01-28 14:30:00+02'; "
				   "without a zone it is UTC.");
	}
	sr_error_release(&why);
	return ok;
}
