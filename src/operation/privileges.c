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
 * IN SCHEMA) are added to whatever it makes; the archive's grants begin with what
 * the server itself gives, and do not take them away.  So that is brought back
 * before the grants, too.
 */
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

		if (item->owner_sql && item->kind != SR_ITEM_SCHEMA && !sr_strlist_has(out, item->entry->owner))
			sr_strlist_add(out, item->entry->owner);
	}
}

static void add_names(struct sr_strbuf *sql, struct sr_conn *c, const struct sr_strlist *names)
{
	for (size_t i = 0; i < names->n; i++) {
		if (i)
			sr_strbuf_adds(sql, ", ");
		sr_ident_add(sql, c, names->items[i]);
	}
}

bool sr_job_lend(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	struct sr_strlist roles = SR_STRLIST_INIT;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok = true;

	(void)index;
	sr_conn_set_class(w->target, SR_ERR_DDL);
	owners(task->run, &roles);
	if (roles.n) {
		sr_strbuf_adds(&sql, "GRANT USAGE, CREATE ON SCHEMA ");
		add_names(&sql, w->target, &task->run->new_names);
		sr_strbuf_adds(&sql, " TO ");
		add_names(&sql, w->target, &roles);
		ok = sr_conn_exec(w->target, sr_strbuf_str(&sql), err);
		if (!ok)
			sr_error_context(err, "letting the owners use the new schemas");
	}
	sr_strbuf_release(&sql);
	sr_strlist_release(&roles);
	return ok;
}

bool sr_job_builtin_privileges(void *arg, void *worker, int index, struct sr_error *err)
{
	struct sr_task *task = arg;
	struct sr_worker *w = worker;
	struct sr_strbuf sql = SR_STRBUF_INIT;
	PGresult *res;
	bool ok;

	(void)index;
	sr_conn_set_class(w->target, SR_ERR_POST_DATA);
	for (size_t i = 0; i < task->run->new_names.n; i++)
		sr_strbuf_addf(&sql, "%s%s", i ? "\n" : "", task->run->new_names.items[i]);
	res = sr_conn_query(w->target, err, sr_sql_target_privileges, "%text", sr_strbuf_str(&sql));
	ok = res != NULL;
	sr_strbuf_clear(&sql);
	for (int i = 0; ok && i < PQntuples(res); i++) {
		PGtext revoke, grant;

		ok = sr_row(res, i, err, "%text %text", 0, &revoke, 1, &grant);
		if (ok)
			sr_strbuf_addf(&sql, "%s; %s;\n", revoke, grant);
		if (ok && ((i + 1) % STATEMENTS_AT_ONCE == 0 || i + 1 == PQntuples(res))) {
			ok = sr_conn_exec(w->target, sr_strbuf_str(&sql), err);
			sr_strbuf_clear(&sql);
		}
	}
	if (!ok)
		sr_error_context(err, "taking back privileges that the original does not have");
	PQclear(res);
	sr_strbuf_release(&sql);
	return ok;
}
