/*
 * Privileges on the target around what the archive's own grants say.
 *
 * While the objects are made, their owners need the schemas: who is no superuser
 * may give a table only to a role that has CREATE on its schema, and an index is
 * built as the table's owner, whose functions may look into the schemas.  The
 * archive's grants come last and may not even say so any more, so all owners
 * are given USAGE and CREATE first, and lose them again before the grants.
 *
 * Default privileges of the connecting role (ALTER DEFAULT PRIVILEGES without
 * IN SCHEMA) change what is given on whatever it makes; the archive's grants
 * begin with what the server itself gives, and do not undo that.  So that is
 * brought back, once before functions are called for rows and indexes, and for
 * all the rest before the grants; with it the owner of multirange types, whom ALTER TYPE
 * of the range type leaves behind before PostgreSQL 17.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "pg/ident.h"
#include "run.h"
#include "sql.h"

#define STATEMENTS_AT_ONCE 200

static void owners(const struct sr_run *run, struct sr_strlist *out)
{
	for (size_t i = 0; i < run->script.n; i++) {
		const struct sr_item *item = &run->script.items[i];

		if (item->owner_sql && item->kind != SR_ITEM_SCHEMA &&
		    !sr_strlist_has(out, item->entry->owner))
			sr_strlist_add(out, item->entry->owner);
	}
}

/* A superuser's grants are the owner's; those of a member of several roles may be anybody's who may grant. */
static void add_as(struct sr_strbuf *sql, struct sr_worker *w, const char *role, const char *statements)
{
	bool as_role = *role && !w->run->target.superuser;

	if (as_role) {
		sr_strbuf_adds(sql, "SET ROLE ");
		sr_ident_add(sql, w->target, role);
		sr_strbuf_adds(sql, "; ");
	}
	sr_strbuf_addf(sql, "%s%s\n", statements, as_role ? " RESET ROLE;" : "");
}

static void add_lending(struct sr_strbuf *sql, struct sr_worker *w, const struct sr_toc_entry *schema,
			const struct sr_strlist *roles)
{
	struct sr_strbuf grant = SR_STRBUF_INIT;

	sr_strbuf_adds(&grant, "GRANT USAGE, CREATE ON SCHEMA ");
	sr_ident_add(&grant, w->target, schema->tag);
	for (size_t i = 0; i < roles->n; i++) {
		sr_strbuf_adds(&grant, i ? ", " : " TO ");
		sr_ident_add(&grant, w->target, roles->items[i]);
	}
	sr_strbuf_addc(&grant, ';');
	add_as(sql, w, schema->owner, sr_strbuf_str(&grant));
	sr_strbuf_release(&grant);
}

bool sr_job_lend(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	const struct sr_script *s = &task->run->script;
	struct sr_strlist roles = SR_STRLIST_INIT;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok = true;

	(void)index;
	sr_conn_set_class(w->target, SR_ERR_DDL);
	owners(task->run, &roles);
	for (size_t i = 0; roles.n && i < s->n; i++)
		if (s->items[i].kind == SR_ITEM_SCHEMA)
			add_lending(&sql, w, s->items[i].entry, &roles);
	ok = sql.len == 0 || sr_conn_exec(w->target, sr_strbuf_str(&sql), err);
	if (!ok)
		sr_error_context(err, "letting the owners use the new schemas");
	sr_strbuf_release(&sql);
	sr_strlist_release(&roles);
	return ok;
}

static bool bring_back(struct sr_task *task, struct sr_worker *w, bool schemas_too, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	char *schemas = sr_ident_array(&task->run->new_names);
	PGresult *res = sr_conn_query(w->target, err, sr_sql_target_privileges, "%text", schemas);
	bool ok = res != NULL;

	free(schemas);
	for (int i = 0; ok && i < PQntuples(res); i++) {
		PGtext role, statements;
		PGbool is_schema;

		ok = sr_row(res, i, err, "%text %bool %text", 0, &role, 1, &is_schema, 2, &statements);
		if (ok && (schemas_too || !is_schema))
			add_as(&sql, w, role, statements);
		if (ok && ((i + 1) % STATEMENTS_AT_ONCE == 0 || i + 1 == PQntuples(res))) {
			ok = sr_conn_exec(w->target, sr_strbuf_str(&sql), err);
			sr_strbuf_clear(&sql);
		}
	}
	if (!ok)
		sr_error_context(err, "bringing back the built-in privileges");
	PQclear(res);
	sr_strbuf_release(&sql);
	return ok;
}

bool sr_job_objects_as_built(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_worker *w = worker;

	(void)index;
	sr_conn_set_class(w->target, SR_ERR_DDL);
	return bring_back(arg, w, false, err);
}

bool sr_job_all_as_built(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_worker *w = worker;

	(void)index;
	sr_conn_set_class(w->target, SR_ERR_POST_DATA);
	return bring_back(arg, w, true, err) &&
	       (!w->run->schema_grants || sr_conn_exec(w->target, w->run->schema_grants, err));
}
