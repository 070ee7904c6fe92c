/* What is told and kept at the end. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "run.h"

void sr_outcome_release(struct sr_outcome *o)
{
	for (size_t i = 0; i < o->nschemas; i++) {
		free(o->schemas[i].from);
		free(o->schemas[i].to);
	}
	for (size_t i = 0; i < o->nfailures; i++) {
		free(o->failures[i].object);
		free(o->failures[i].message);
	}
	for (size_t i = 0; i < o->nplan; i++) {
		free(o->plan[i].key);
		free(o->plan[i].value);
	}
	free(o->schemas);
	free(o->failures);
	free(o->plan);
	free(o->dir);
	free(o->target);
	sr_strlist_release(&o->leftovers);
	*o = (struct sr_outcome){ .moment = SR_TIME_NONE };
}

/* ---- Failures of post-data ---- */

static void add_failure(struct sr_run *run, const struct sr_task *task, struct sr_strbuf *sql)
{
	const struct sr_error *why = sr_graph_error(run->graph, task->job);
	int by = sr_graph_skipped_by(run->graph, task->job);
	struct sr_outcome *out = run->out;
	struct sr_failure *failure;
	size_t cap = out->nfailures;

	SR_ARRAY_RESERVE(out->failures, cap, out->nfailures + 1);
	failure = &out->failures[out->nfailures++];
	failure->object = sr_strdup(sr_graph_name(run->graph, task->job));
	failure->message =
		why ? sr_strdup(why->message)
		    : sr_asprintf("not tried, because of %s", by >= 0 ? sr_graph_name(run->graph, by) : "?");
	sr_strbuf_addf(sql, "-- %s\n-- %s\n", failure->object, failure->message);
	if (task->item)
		sr_strbuf_addf(sql, "%s\n%s\n", task->item->sql,
			       task->item->owner_sql ? task->item->owner_sql : "");
	else if (task->matview)
		sr_strbuf_addf(sql, "REFRESH MATERIALIZED VIEW %s;\n\n", task->matview->qualified);
	else if (task->table)
		sr_strbuf_addf(sql, "ANALYZE %s;\n\n", task->table->qualified);
}

bool sr_run_failures(struct sr_run *run, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	char *path = sr_asprintf("%s/ddl/failed.sql", run->out->dir);
	bool ok = true;

	sr_strbuf_adds(&sql, "-- What could not be applied; mend the cause and run it with psql -f.\n");
	sr_script_preamble(&run->script, &sql);
	sr_strbuf_adds(&sql, "\n\n");
	for (size_t i = 0; i < run->ntasks; i++) {
		enum sr_job_state state = sr_graph_state(run->graph, run->tasks[i].job);

		if (state == SR_JOB_FAILED || state == SR_JOB_SKIPPED)
			add_failure(run, &run->tasks[i], &sql);
	}
	if (run->out->nfailures)
		ok = sr_file_write_atomic(path, sql.data, sql.len, 0600, err);
	sr_strbuf_release(&sql);
	free(path);
	return ok;
}

/* ---- The operation's folder ---- */

static bool write_json(struct sr_run *run, const char *name, struct json_object *obj, struct sr_error *err)
{
	char *path = sr_path_join(run->out->dir, name);
	struct sr_strbuf text = SR_STRBUF_INIT;
	bool ok;

	sr_json_line(obj, &text);
	sr_strbuf_addc(&text, '\n');
	ok = sr_file_write_atomic(path, text.data, text.len, 0600, err);
	json_object_put(obj);
	sr_strbuf_release(&text);
	free(path);
	return ok;
}

static struct json_object *names(const struct sr_strlist *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(array, json_object_new_string(list->items[i]));
	return array;
}

bool sr_run_write_request(struct sr_run *run, struct sr_error *err)
{
	const struct sr_request *r = run->request;
	struct json_object *obj = json_object_new_object();
	struct sr_strbuf time = SR_STRBUF_INIT;

	sr_json_add_string(obj, "database", run->target.database);
	json_object_object_add(obj, "schemas", names(&r->schemas));
	json_object_object_add(obj, "schema_regex", names(&r->schema_regexes));
	json_object_object_add(obj, "exclude_schema", names(&r->exclude_schemas));
	if (r->has_target && r->target == SR_TARGET_TIME)
		sr_time_format_iso(run->time, &time);
	sr_json_add_string(obj, "restoreTime", time.len ? sr_strbuf_str(&time) : r->target_text);
	sr_json_add_string(obj, "snapshotId", r->snapshot);
	sr_json_add_string(obj, "from", run->source_name);
	sr_json_add_string(obj, "wal_archive", r->wal_archive);
	sr_json_add_string(obj, "restore_command", r->restore_command);
	sr_json_add_string(obj, "suffix", r->suffix);
	json_object_object_add(obj, "rename", names(&r->renames));
	json_object_object_add(obj, "map_role", names(&r->role_maps));
	sr_json_add_bool(obj, "create_missing_roles", r->create_missing_roles);
	json_object_object_add(obj, "target", sr_conninfo_to_json(&run->target.resolved));
	sr_json_add_int(obj, "jobs", run->workers);
	sr_json_add_string(obj, "user", run->target.role);
	sr_strbuf_release(&time);
	return write_json(run, "request.json", obj, err);
}

bool sr_run_write_metrics(struct sr_run *run, int exit_code, struct sr_error *err)
{
	struct json_object *obj = json_object_new_object(), *phases = json_object_new_object();
	struct sr_strbuf now = SR_STRBUF_INIT;

	sr_time_format_iso(sr_clock_now(), &now);
	sr_json_add_string(obj, "operation_id", run->id);
	sr_json_add_string(obj, "timestamp", sr_strbuf_str(&now));
	for (int phase = 0; phase < SR_PHASE_COUNT; phase++)
		sr_json_add_double(phases, sr_phase_name(phase),
				   (double)sr_report_phase_ms(run->report, phase) / 1000);
	json_object_object_add(obj, "phase_seconds", phases);
	sr_json_add_double(obj, "total_seconds", (double)(sr_clock_monotonic_ms() - run->began_ms) / 1000);
	sr_json_add_int(obj, "tables", run->out->tables);
	sr_json_add_int(obj, "rows", run->out->rows);
	sr_json_add_int(obj, "bytes", run->out->bytes);
	sr_json_add_int(obj, "objects", run->out->objects);
	sr_json_add_int(obj, "failures", (int64_t)run->out->nfailures);
	sr_json_add_int(obj, "differences", run->out->differences);
	if (run->out->ddl_verified)
		sr_json_add_int(obj, "definition_differences", run->out->ddl_differences);
	sr_json_add_int(obj, "warnings", (int64_t)sr_report_warnings(run->report));
	sr_json_add_int(obj, "exit_code", exit_code);
	sr_strbuf_release(&now);
	return write_json(run, "metrics.json", obj, err);
}
