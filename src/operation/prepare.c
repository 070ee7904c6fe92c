/* Phase 1: everything that can be known, and refused, before anything is made. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "run.h"
#include "operation/schemas.h"
#include "operation/undo.h"
#include "sql.h"

void sr_run_plan(struct sr_run *run, const char *key, const char *fmt, ...)
{
	struct sr_outcome *out = run->out;
	struct sr_strbuf value = SR_STRBUF_INIT;
	size_t cap = out->nplan;
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&value, fmt, ap);
	va_end(ap);
	SR_ARRAY_RESERVE(out->plan, cap, out->nplan + 1);
	out->plan[out->nplan++] = (struct sr_plan_line){ sr_strdup(key), sr_strbuf_take(&value) };
}

/* ---- What the source is given ---- */

static bool host_intend(void *ctx, const char *kind, struct json_object *detail, int *number,
			struct sr_error *err)
{
	struct sr_run *run = ctx;

	return sr_journal_intend(run->journal, kind, detail, number, err);
}

static void host_gone(void *ctx, int number)
{
	struct sr_run *run = ctx;
	struct sr_error err = SR_ERROR_INIT;

	if (!sr_journal_gone(run->journal, number, &err))
		sr_log_warning(run->log, "%s", err.message);
	sr_error_release(&err);
}

static void host_plan(void *ctx, const char *key, const char *fmt, ...)
{
	struct sr_strbuf value = SR_STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&value, fmt, ap);
	va_end(ap);
	sr_run_plan(ctx, key, "%s", sr_strbuf_str(&value));
	sr_strbuf_release(&value);
}

/* The source as the record may name it: a connection string can hold a password. */
static void name_source(struct sr_run *run, const char *place)
{
	struct sr_strbuf name = SR_STRBUF_INIT;
	struct sr_error ignored = SR_ERROR_INIT;

	sr_strbuf_addf(&name, "%s:", run->driver->name);
	if (run->driver->has_moments)
		sr_strbuf_adds(&name, place);
	else if (sr_conninfo_parse(&run->source_secrets, place, &ignored))
		sr_conninfo_format(&run->source_secrets, &name);
	sr_error_release(&ignored);
	run->source_name = sr_strbuf_take(&name);
}

static bool make_source(struct sr_run *run, struct sr_error *err)
{
	const struct sr_request *r = run->request;
	const char *place;

	run->driver = sr_source_find(r->drivers, r->from, &place);
	if (!run->driver)
		return sr_error_set(err, SR_ERR_USAGE, "unknown source \"%s\"", r->from);
	run->host = (struct sr_source_host){
		.ctx = run,
		.operation_id = run->id,
		.report = run->report,
		.log = run->log,
		.stop = run->interrupted,
		.intend = host_intend,
		.gone = host_gone,
		.plan = host_plan,
	};
	run->spec = (struct sr_source_spec){
		.place = place,
		.has_target = r->has_target,
		.target = r->target,
		.time = run->time,
		.snapshot = r->snapshot,
		.wal_archive = r->wal_archive,
		.restore_command = r->restore_command,
		.dbname = r->source_dbname ? r->source_dbname : run->target.database,
		.user = r->source_user,
		.target_user = run->target.role,
		.settings = &r->source_settings,
		.bindirs = &r->pg_bindirs,
		.run_as = r->run_as,
		.scratch_dir = r->scratch_dir,
		.disposable = r->disposable_source,
		.keep = r->keep,
		.connections = run->workers + 4,
	};
	name_source(run, place);
	run->untouched = !run->driver->throwaway && !r->disposable_source;
	run->source = run->driver->create(&run->spec, &run->host);
	return run->driver->check(run->source, err);
}

/* ---- Names, as far as the live target tells them ---- */

static bool live_schemas(struct sr_run *run, struct sr_strlist *out, struct sr_error *err)
{
	PGresult *res = sr_conn_query(run->target.conn, err, sr_sql_source_schemas, NULL);
	bool ok = res != NULL;

	for (int i = 0; ok && i < PQntuples(res); i++)
		sr_strlist_add(out, PQgetvalue(res, i, 0));
	PQclear(res);
	return ok;
}

static bool plan_schema(struct sr_run *run, const char *name, bool live, struct sr_error *err)
{
	struct sr_strbuf size = SR_STRBUF_INIT;
	PGresult *res = NULL;
	PGint8 tables, bytes;
	char *new_name = NULL;
	bool ok = sr_schemas_new_name(run->request, name, run->moment, &new_name, err) &&
		  sr_target_claim(&run->target, new_name, err);

	if (ok && live) {
		ok = (res = sr_conn_query(run->target.conn, err, sr_sql_target_schema_sizes, "%text",
					  name)) != NULL &&
		     sr_row(res, 0, err, "%int8 %int8", 0, &tables, 1, &bytes);
		if (ok) {
			sr_bytes_format(bytes, &size);
			sr_run_plan(run, "schema", "%s -> %s (live now: %lld tables, %s)", name, new_name,
				    (long long)tables, sr_strbuf_str(&size));
		}
	} else if (ok) {
		sr_run_plan(run, "schema", "%s -> %s (not on the target now)", name, new_name);
	}
	PQclear(res);
	sr_strbuf_release(&size);
	free(new_name);
	return ok;
}

/* The source will decide which schemas there are; the live ones are a good guess, and what they show to be impossible need
 * not wait for a recovery. */
static bool plan_schemas(struct sr_run *run, struct sr_error *err)
{
	struct sr_strlist live = SR_STRLIST_INIT, chosen = SR_STRLIST_INIT;
	const struct sr_request *r = run->request;
	struct sr_error none = SR_ERROR_INIT;
	bool ok = live_schemas(run, &live, err);

	if (run->moment == SR_TIME_NONE && !r->suffix) {
		sr_run_plan(run, "schemas", "named by the moment, which is known once the instance is up");
	} else if (ok && sr_schemas_choose(r, &live, &chosen, &none)) {
		for (size_t i = 0; ok && i < chosen.n; i++)
			ok = plan_schema(run, chosen.items[i], true, err);
	} else if (ok && none.class == SR_ERR_USAGE) {
		sr_error_move(err, &none);
		ok = false;
	} else {
		for (size_t i = 0; ok && i < r->schemas.n; i++) {
			char *name = sr_schemas_plain_name(r->schemas.items[i]);

			if (!sr_schemas_is_pattern(r->schemas.items[i]))
				ok = plan_schema(run, name, sr_strlist_has(&live, name), err);
			free(name);
		}
	}
	sr_error_release(&none);
	sr_strlist_release(&live);
	sr_strlist_release(&chosen);
	return ok;
}

static void plan_moment(struct sr_run *run)
{
	struct sr_strbuf at = SR_STRBUF_INIT, ago = SR_STRBUF_INIT;

	run->out->moment = run->moment;
	if (run->moment != SR_TIME_NONE) {
		sr_time_format(run->moment, &at);
		sr_time_format_relative(run->moment, sr_clock_now(), &ago);
		sr_run_plan(run, "moment", "%s (%s)", sr_strbuf_str(&at), sr_strbuf_str(&ago));
	}
	sr_strbuf_release(&at);
	sr_strbuf_release(&ago);
}

static bool read_moment(struct sr_run *run, struct sr_error *err)
{
	const struct sr_request *r = run->request;

	run->time = r->time;
	if (!r->has_target || r->target != SR_TARGET_TIME || r->time != SR_TIME_NONE)
		return true;
	return sr_target_read_time(&run->target, r->target_text, &run->time, err);
}

static int default_workers(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 2 ? 2 : cores > 8 ? 8 : (int)cores;
}

bool sr_run_prepare(struct sr_run *run, struct sr_error *err)
{
	const struct sr_request *r = run->request;

	run->workers = r->jobs ? r->jobs : default_workers();
	sr_run_read_role_map(run);
	if (!sr_target_open(&run->target, &r->conninfo, run->id, run->log, err) || !read_moment(run, err))
		return false;
	run->out->target = sr_strdup(run->target.description);
	sr_run_plan(run, "target", "%s (PostgreSQL %d)", run->target.description,
		    run->target.version / 10000);
	if (!sr_target_check(&run->target, r->allow_publication, run->report, err) ||
	    !sr_run_check_dump(run, err) || !make_source(run, err))
		return false;
	run->moment = run->driver->moment(run->source);
	plan_moment(run);
	if (!plan_schemas(run, err))
		return false;
	sr_run_plan_roles(run);
	sr_run_plan(run, "jobs", "%d", run->workers);
	return true;
}

/* ---- From here on something exists ---- */

static char *what(const struct sr_run *run)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_strlist_join(run->request->schemas.n ? &run->request->schemas : &run->request->schema_regexes, 5,
			&out);
	if (run->moment != SR_TIME_NONE) {
		sr_strbuf_adds(&out, " at ");
		sr_time_format(run->moment, &out);
	}
	return sr_strbuf_take(&out);
}

static bool journal_start(struct sr_run *run, struct sr_error *err)
{
	struct json_object *data = json_object_new_object();
	char *text = what(run);

	sr_json_add_string(data, "id", run->id);
	sr_json_add_int(data, "pid", getpid());
	sr_json_add_string(data, "version", SR_VERSION);
	sr_json_add_string(data, "what", text);
	sr_json_add_string(data, "source", run->source_name);
	sr_json_add_string(data, "target", run->target.description);
	free(text);
	return sr_journal_event(run->journal, "start", data, err);
}

bool sr_run_begin(struct sr_run *run, struct sr_error *err)
{
	struct sr_undo undo = {
		.drivers = run->request->drivers,
		.password = sr_conninfo_get(&run->target.conninfo, "password"),
		.source_password = sr_conninfo_get(&run->source_secrets, "password"),
	};
	char *path;
	bool ok;

	run->journal = sr_journal_create(run->request->state_dir, run->id, err);
	if (!run->journal)
		return false;
	run->out->dir = sr_strdup(sr_journal_dir(run->journal));
	snprintf(run->out->id, sizeof run->out->id, "%s", run->id);
	path = sr_path_join(run->out->dir, "log");
	ok = sr_log_open_file(run->log, path, err) && sr_run_write_request(run, err) &&
	     journal_start(run, err) && sr_guardian_start(&run->guardian, run->journal, &undo, err);
	free(path);
	return ok;
}
