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
#include "operation/undo.h"
#include "pg/ident.h"
#include "run.h"
#include "sql.h"

static char *old_names(const struct sr_run *run)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	char *array;

	for (size_t i = 0; i < run->nrenames; i++)
		sr_strlist_add(&names, run->renames[i].from);
	array = sr_ident_array(&names);
	sr_strlist_release(&names);
	return array;
}

static char *saved_path(const struct sr_run *run)
{
	return sr_path_join(run->out->dir, "source-bodies.sql");
}

bool sr_bodies_save(struct sr_run *run, struct sr_error *err)
{
	struct json_object *detail;
	struct sr_conninfo resolved = SR_CONNINFO_INIT;
	char *names = old_names(run), *path = saved_path(run);
	int number;
	bool ok;

	run->bodies = sr_conn_query(run->source_conn, err, sr_sql_source_bodies, "%text", names);
	ok = run->bodies != NULL;
	if (ok) {
		detail = json_object_new_object();
		sr_conn_resolved(run->source_conn, &resolved);
		sr_json_add_string(detail, "file", path);
		json_object_object_add(detail, "conninfo", sr_conninfo_to_json(&resolved));
		ok = sr_journal_intend(run->journal, SR_BODIES_KIND, detail, &number, err);
	}
	sr_conninfo_release(&resolved);
	free(names);
	free(path);
	return ok;
}

static bool is_changed(const struct sr_item *item)
{
	return item->kind == SR_ITEM_ROUTINE && strcmp(item->sql, item->entry->defn) != 0 &&
	       strncmp(item->sql, "CREATE ", 7) == 0;
}

/* The definitions that are about to be replaced, on disk before they are. */
static bool write_saved(struct sr_run *run, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	char *path = saved_path(run);
	bool ok = true;

	for (size_t i = 0; ok && i < run->script.n; i++)
		for (int row = 0; ok && is_changed(&run->script.items[i]) && row < PQntuples(run->bodies);
		     row++) {
			Oid oid;
			PGtext definition;

			ok = sr_row(run->bodies, row, err, "%oid %text", 0, &oid, 1, &definition);
			if (ok && oid == run->script.items[i].entry->oid)
				sr_strbuf_addf(&sql, "%s;\n", definition);
		}
	if (ok && sql.len)
		ok = sr_file_write_atomic(path, sql.data, sql.len, 0600, err);
	sr_strbuf_release(&sql);
	free(path);
	return ok;
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
		if (is_changed(&run->script.items[i]))
			sr_strbuf_addf(&sql, "CREATE OR REPLACE %s\n", run->script.items[i].sql + 7);
	if (run->bodies)
		ok = write_saved(run, err);
	if (ok && sql.len > head) {
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
	struct sr_strbuf text = SR_STRBUF_INIT, sql = SR_STRBUF_INIT;
	struct sr_conn *c = NULL;
	bool ok;

	if (!file)
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the journal's entry for function bodies cannot be understood");
	if (!sr_path_exists(file))
		return true; /* none was replaced */
	ok = sr_file_read(file, 0, &text, err);
	sr_strbuf_addf(&sql, "SET check_function_bodies = off; BEGIN;\n%sCOMMIT", sr_strbuf_str(&text));
	ok = ok && (c = sr_undo_connect(detail, password, "the existing instance", log, err)) != NULL &&
	     sr_conn_exec(c, sr_strbuf_str(&sql), err);
	if (!ok) {
		sr_error_reclass(err, SR_ERR_LEFTOVER);
		sr_error_context(err, "putting function bodies back on the existing instance");
	}
	sr_conn_close(c);
	sr_strbuf_release(&text);
	sr_strbuf_release(&sql);
	return ok;
}
