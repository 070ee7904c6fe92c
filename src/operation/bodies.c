/*
 * The rewritten text bodies, on the source.
 *
 * After the rename, a function of the source whose text names the old schema no
 * longer works there.  Reading rows can run it: the planner folds the
 * expressions of a table's indexes and statistics, and inlines SQL functions in
 * them, whatever the query (get_relation_info() in plancat.c).  So the source
 * gets the rewritten bodies too; an instance that is not ours gets its own back
 * when its names are put back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "operation/bodies.h"
#include "run.h"
#include "sql.h"

static bool write_definitions(PGresult *res, const char *path, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	for (int i = 0; i < PQntuples(res); i++)
		sr_strbuf_addf(&sql, "%s;\n", PQgetvalue(res, i, 0));
	ok = sr_file_write_atomic(path, sr_strbuf_str(&sql), sql.len, 0600, err);
	sr_strbuf_release(&sql);
	return ok;
}

bool sr_bodies_save(struct sr_run *run, struct sr_error *err)
{
	struct json_object *detail = json_object_new_object();
	struct sr_conninfo resolved = SR_CONNINFO_INIT;
	struct sr_strbuf names = SR_STRBUF_INIT;
	char *path = sr_path_join(run->out->dir, "source-bodies.sql");
	PGresult *res;
	int number;
	bool ok;

	for (size_t i = 0; i < run->nrenames; i++)
		sr_strbuf_addf(&names, "%s%s", i ? "\n" : "", run->renames[i].from);
	res = sr_conn_query(run->source_conn, err, sr_sql_source_bodies, "%text", sr_strbuf_str(&names));
	sr_conn_resolved(run->source_conn, &resolved);
	sr_json_add_string(detail, "file", path);
	json_object_object_add(detail, "conninfo", sr_conninfo_to_json(&resolved));
	ok = res && write_definitions(res, path, err);
	if (ok)
		ok = sr_journal_intend(run->journal, SR_BODIES_KIND, detail, &number, err);
	else
		json_object_put(detail);
	PQclear(res);
	sr_conninfo_release(&resolved);
	sr_strbuf_release(&names);
	free(path);
	return ok;
}

/* pg_dump prints CREATE FUNCTION or CREATE PROCEDURE. */
static void add_replacement(struct sr_strbuf *sql, const struct sr_item *item)
{
	if (item->kind == SR_ITEM_ROUTINE && strcmp(item->sql, item->entry->defn) != 0 &&
	    strncmp(item->sql, "CREATE ", 7) == 0)
		sr_strbuf_addf(sql, "CREATE OR REPLACE %s\n", item->sql + 7);
}

bool sr_bodies_replace(struct sr_run *run, struct sr_error *err)
{
	struct sr_conn_options options = {
		.label = sr_conn_label(run->source_conn),
		.encoding = run->encoding,
		.class = SR_ERR_DDL,
		.log = run->log,
	};
	struct sr_strbuf sql = SR_STRBUF_INIT;
	struct sr_conn *c = NULL;
	size_t head;
	bool ok = true;

	sr_strbuf_adds(&sql, "SET check_function_bodies = off; BEGIN;\n");
	head = sql.len;
	for (size_t i = 0; i < run->script.n; i++)
		add_replacement(&sql, &run->script.items[i]);
	if (sql.len > head) {
		sr_strbuf_adds(&sql, "COMMIT");
		/* Not the connection that holds the snapshot: its transaction is read-only. */
		ok = (c = sr_conn_open(&run->source_info, &options, err)) != NULL &&
		     sr_conn_exec(c, sr_strbuf_str(&sql), err);
		if (!ok)
			sr_error_context(err, "rewriting function bodies on the source");
	}
	sr_conn_close(c);
	sr_strbuf_release(&sql);
	return ok;
}

bool sr_bodies_undo(struct json_object *detail, const char *password, struct sr_log *log,
		    struct sr_error *err)
{
	const char *file = sr_json_string(detail, "file");
	struct sr_conn_options options = {
		.label = "the existing instance",
		.application = "schemarestore cleanup",
		.class = SR_ERR_LEFTOVER,
		.log = log,
		.attempts = 5,
	};
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT, sql = SR_STRBUF_INIT;
	struct sr_conn *c = NULL;
	bool ok;

	if (!file)
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the journal's entry for function bodies cannot be understood");
	sr_conninfo_from_json(&ci, sr_json_member(detail, "conninfo"));
	if (password)
		sr_conninfo_set(&ci, "password", password);
	ok = sr_file_read(file, 0, &text, err);
	sr_strbuf_addf(&sql, "SET check_function_bodies = off; BEGIN;\n%sCOMMIT", sr_strbuf_str(&text));
	ok = ok && (c = sr_conn_open(&ci, &options, err)) != NULL &&
	     sr_conn_exec(c, sr_strbuf_str(&sql), err);
	if (!ok) {
		sr_error_reclass(err, SR_ERR_LEFTOVER);
		sr_error_context(err, "putting function bodies back on the existing instance");
	}
	sr_conn_close(c);
	sr_conninfo_release(&ci);
	sr_strbuf_release(&text);
	sr_strbuf_release(&sql);
	return ok;
}
