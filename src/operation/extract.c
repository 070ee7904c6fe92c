/* Phases 2 and 3: what stands on the source, its names, its DDL. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "ddl/dump.h"
#include "ddl/statement.h"
#include "ddl/role_map.h"
#include "operation/bodies.h"
#include "operation/dependencies.h"
#include "operation/schemas.h"
#include "pg/ident.h"
#include "run.h"
#include "sql.h"

/* ---- After provisioning ---- */

static bool read_facts(struct sr_run *run, struct sr_error *err)
{
	PGresult *res = sr_conn_query(run->source_conn, err, sr_sql_source_facts, NULL);
	char *encoding;
	PGint8 replayed = 0;
	bool ok = res && sr_row(res, 0, err, "%text %int8", 0, &encoding, 1, &replayed);

	if (ok) {
		run->encoding = sr_strdup(encoding);
		if (run->moment == SR_TIME_NONE)
			run->moment = PQgetisnull(res, 0, 1) ? sr_clock_now() : replayed;
		run->out->moment = run->moment;
	}
	PQclear(res);
	return ok;
}

struct identity {
	PGint8 started, now;
	Oid database;
	PGbool in_recovery;
};

static bool read_identity(struct sr_conn *c, struct identity *out, struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_source_identity, NULL);
	bool ok = res && sr_row(res, 0, err, "%int8 %oid %int8 %bool", 0, &out->started, 1, &out->database, 2,
				&out->now, 3, &out->in_recovery);

	PQclear(res);
	return ok;
}

/* Renaming the live schema would be the worst that could happen. A copy of production has production's system
 * identifier and database oid, but no two servers started at the same microsecond. */
static bool refuse_same(struct sr_run *run, struct sr_error *err)
{
	struct identity source, target;

	if (!read_identity(run->source_conn, &source, err) || !read_identity(run->target.conn, &target, err))
		return false;
	if (source.started != target.started || source.database != target.database)
		return true;
	sr_error_set(err, SR_ERR_REFUSED, "the source and the target are the same database");
	return sr_error_hint(err, "Its live schemas would be renamed: name a copy of it with --from.");
}

static bool list_schemas(struct sr_run *run, struct sr_strlist *out, struct sr_error *err)
{
	PGresult *res = sr_conn_query(run->source_conn, err, sr_sql_source_schemas, NULL);
	bool ok = res != NULL;

	for (int i = 0; ok && i < PQntuples(res); i++)
		sr_strlist_add(out, PQgetvalue(res, i, 0));
	PQclear(res);
	return ok;
}

static bool name_one(struct sr_run *run, const char *name, struct sr_error *err)
{
	char *new_name = NULL;
	bool ok = sr_schemas_new_name(run->request, name, run->moment, &new_name, err);

	for (size_t i = 0; ok && i < run->nrenames; i++)
		if (strcmp(run->renames[i].to, new_name) == 0) {
			sr_error_set(err, SR_ERR_REFUSED,
				     "schemas \"%s\" and \"%s\" would both be restored as \"%s\"",
				     run->renames[i].from, name, new_name);
			ok = sr_error_hint(err, "Give one of them another name with --rename.");
		}
	ok = ok && sr_target_claim(&run->target, new_name, err);
	if (ok) {
		sr_strlist_add(&run->new_names, new_name);
		run->renames[run->nrenames++] = (struct sr_rename){ sr_strdup(name), new_name };
	} else {
		free(new_name);
	}
	return ok;
}

/* A new name that already stands on the source would make the rename fail there, with less clear words. */
static bool refuse_taken(struct sr_run *run, const struct sr_strlist *existing, struct sr_error *err)
{
	for (size_t i = 0; i < run->nrenames; i++)
		if (sr_strlist_has(existing, run->renames[i].to)) {
			sr_error_set(err, SR_ERR_REFUSED,
				     "schema \"%s\" exists already at that moment on the source",
				     run->renames[i].to);
			return sr_error_hint(err, "Choose another name with --suffix or --rename.");
		}
	return true;
}

static bool journal_schemas(struct sr_run *run, struct sr_error *err)
{
	struct json_object *data = json_object_new_object(), *names = json_object_new_array();
	struct sr_strlist from = SR_STRLIST_INIT;
	struct sr_strbuf what = SR_STRBUF_INIT;

	for (size_t i = 0; i < run->nrenames; i++) {
		json_object_array_add(names, json_object_new_string(run->renames[i].to));
		sr_strlist_add(&from, run->renames[i].from);
	}
	sr_strlist_join(&from, 5, &what);
	sr_strbuf_adds(&what, " at ");
	sr_time_format(run->moment, &what);
	json_object_object_add(data, "names", names);
	sr_json_add_string(data, "what", sr_strbuf_str(&what));
	sr_strbuf_release(&what);
	sr_strlist_release(&from);
	return sr_journal_event(run->journal, "schemas", data, err);
}

static bool choose_schemas(struct sr_run *run, struct sr_error *err)
{
	struct sr_strlist existing = SR_STRLIST_INIT, chosen = SR_STRLIST_INIT;
	bool ok =
		list_schemas(run, &existing, err) && sr_schemas_choose(run->request, &existing, &chosen, err);

	if (ok) {
		run->renames = sr_calloc(chosen.n, sizeof *run->renames);
		run->schema_intents = sr_calloc(chosen.n, sizeof *run->schema_intents);
	}
	for (size_t i = 0; ok && i < chosen.n; i++)
		ok = name_one(run, chosen.items[i], err);
	ok = ok && (run->untouched || refuse_taken(run, &existing, err)) && journal_schemas(run, err);
	sr_strlist_release(&existing);
	sr_strlist_release(&chosen);
	return ok;
}

bool sr_run_connect(struct sr_run *run, struct sr_error *err)
{
	struct sr_conn_options options = {
		.label = run->driver->throwaway ? "the temporary instance" : "the existing instance",
		.class = SR_ERR_INSTANCE,
		.log = run->log,
		.attempts = 5,
	};

	if (!run->driver->connect(run->source, &run->source_info, err))
		return false;
	run->source_conn = sr_conn_open(&run->source_info, &options, err);
	if (!run->source_conn || !read_facts(run, err) || (!run->untouched && !refuse_same(run, err)))
		return false;
	/* Names travel from one end to the other: both sessions speak the source's encoding. */
	if (PQsetClientEncoding(sr_conn_pg(run->target.conn), run->encoding) != 0)
		return sr_conn_failed(run->target.conn, NULL, err);
	return choose_schemas(run, err);
}

/* ---- Renaming ---- */

static bool intend_rename(struct sr_run *run, const struct sr_rename *rename, struct sr_error *err)
{
	struct json_object *detail = json_object_new_object();
	struct sr_conninfo resolved = SR_CONNINFO_INIT;
	int number;

	sr_conn_resolved(run->source_conn, &resolved);
	sr_json_add_string(detail, "from", rename->from);
	sr_json_add_string(detail, "to", rename->to);
	json_object_object_add(detail, "conninfo", sr_conninfo_to_json(&resolved));
	sr_conninfo_release(&resolved);
	return sr_journal_intend(run->journal, SR_RENAME_KIND, detail, &number, err);
}

static bool rename_schemas(struct sr_run *run, struct sr_error *err)
{
	run->members = sr_extension_members_read(run->source_conn, run->renames, run->nrenames, err);
	if (!run->members)
		return false;
	for (size_t i = 0; i < run->nrenames; i++)
		sr_strlist_add(&run->source_names,
			       run->untouched ? run->renames[i].from : run->renames[i].to);
	if (run->untouched)
		return true;
	if (!run->driver->throwaway) {
		if (!sr_rename_refuse_extensions(run->source_conn, run->renames, run->nrenames, err))
			return false;
		if (!sr_bodies_save(run, err))
			return false;
		for (size_t i = 0; i < run->nrenames; i++)
			if (!intend_rename(run, &run->renames[i], err))
				return false;
	}
	return sr_rename_schemas(run->source_conn, run->renames, run->nrenames, run->driver->throwaway,
				 run->report, err);
}

/* ---- DDL ---- */

/* DDL and rows are read under one snapshot, so that they fit together even where others write. */
static bool export_snapshot(struct sr_run *run, struct sr_error *err)
{
	return sr_conn_exec(run->source_conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) &&
	       sr_conn_text(run->source_conn, err, &run->snapshot,
			    "SELECT pg_catalog.pg_export_snapshot()::text", NULL);
}

static void on_note(void *ctx, const char *object, const struct sr_body_note *note)
{
	struct sr_run *run = ctx;
	struct sr_strbuf where = SR_STRBUF_INIT;

	sr_strbuf_adds(&where, object);
	if (note->line)
		sr_strbuf_addf(&where, ", line %d", note->line);
	sr_report_warning(run->report, note->code, sr_strbuf_str(&where), note->hint, "%s", note->text);
	sr_strbuf_release(&where);
}

/* From the new names to the new names: nothing is renamed a second time. */
static struct sr_rename *renamed_already(const struct sr_run *run)
{
	struct sr_rename *done = sr_calloc(run->nrenames, sizeof *done);

	for (size_t i = 0; i < run->nrenames; i++)
		done[i] = (struct sr_rename){ run->renames[i].to, run->renames[i].to };
	return done;
}

static bool read_archive(struct sr_run *run, struct sr_error *err)
{
	struct sr_rename *done = NULL;
	struct sr_programs programs = { 0 };
	struct sr_archive archive = { 0 };
	struct sr_body_rules rules = {
		.renames = run->renames,
		.nrenames = run->nrenames,
		.keep = sr_extension_member,
		.ctx = run->members,
	};
	struct sr_dump_options dump = {
		.programs = &programs,
		.source = &run->source_info,
		.schemas = &run->source_names,
		.snapshot = run->snapshot,
		.directory = run->out->dir,
		.stop = run->interrupted,
	};
	struct sr_script_options options = {
		.no_owner = run->request->no_owner,
		.no_privileges = run->request->no_privileges,
		.role = run->target.role,
		.grant_as_owner = !run->target.superuser,
		.roles = run->roles,
		.nroles = run->nroles,
		.rules = &rules,
		.note = on_note,
		.note_ctx = run,
	};
	char *settings = NULL;
	bool ok = sr_run_dump_settings(run->source_conn, &settings, err) &&
		  sr_programs_dump(&run->request->pg_bindirs, sr_conn_version(run->source_conn) / 10000,
				   &programs, err);

	dump.settings = settings;
	ok = ok && sr_dump_schemas(&dump, &archive, err);

	/* What the server may not do there is done to its words, those of function bodies included. */
	if (ok && run->untouched) {
		ok = sr_statement_rewrite_archive(&archive, &rules, on_note, run, err);
		done = renamed_already(run);
		rules.renames = done;
		options.note = NULL;
	}
	ok = ok && sr_script_build(&run->script, &archive, &options, err);

	free(done);
	free(settings);
	sr_archive_release(&archive);
	sr_programs_release(&programs);
	return ok;
}

/* The statements of initial grants, as the schemas are called on the target. */
static bool under_new_names(struct sr_run *run, const char *sql, struct sr_strbuf *out, struct sr_error *err)
{
	const struct sr_toc_entry entry = {
		.tag = "SCHEMA",
		.desc = "ACL",
		.defn = sql,
		.drop_stmt = "",
		.copy_stmt = "",
		.schema = "",
		.owner = "",
	};
	struct sr_body_rules rules = { .renames = run->renames, .nrenames = run->nrenames };
	struct sr_body_notes notes = { 0 };
	struct sr_toc_entry renamed;
	bool ok =
		sr_statement_rewrite_entry(&entry, &rules, &run->script.archive.arena, &renamed, &notes, err);

	if (ok)
		sr_strbuf_adds(out, renamed.defn);
	sr_body_notes_release(&notes);
	return ok;
}

/* Only where the rename did not make pg_dump forget them. */
static bool read_initial_grants(struct sr_run *run, struct sr_error *err)
{
	char *schemas = sr_ident_array(&run->source_names);
	PGresult *res = sr_conn_query(run->source_conn, err, sr_sql_source_initial_grants, "%text", schemas);
	struct sr_strbuf grants = SR_STRBUF_INIT, mapped = SR_STRBUF_INIT, renamed = SR_STRBUF_INIT;
	bool ok = res != NULL;

	free(schemas);
	for (int i = 0; res && i < PQntuples(res); i++)
		sr_strbuf_addf(&grants, "%s\n", PQgetvalue(res, i, 0));
	if (ok && grants.len && run->untouched)
		ok = under_new_names(run, sr_strbuf_str(&grants), &renamed, err);
	else
		sr_strbuf_adds(&renamed, sr_strbuf_str(&grants));
	if (ok && renamed.len && !run->request->no_privileges) {
		if (!sr_role_map_sql(sr_strbuf_str(&renamed), run->roles, run->nroles, &mapped))
			sr_strbuf_add(&mapped, renamed.data, renamed.len);
		run->schema_grants = sr_arena_strdup(&run->script.archive.arena, sr_strbuf_str(&mapped));
	}
	sr_strbuf_release(&renamed);
	sr_strbuf_release(&mapped);
	sr_strbuf_release(&grants);
	PQclear(res);
	return ok;
}

static bool write_scripts(struct sr_run *run, struct sr_error *err)
{
	static const struct {
		const char *name, *title;
		unsigned sections;
	} files[] = {
		{ "complete.sql", "all of it", 1u << SR_SECTION_PRE_DATA | 1u << SR_SECTION_POST_DATA },
		{ "pre-data.sql", "pre-data: what the rows need", 1u << SR_SECTION_PRE_DATA },
		{ "post-data.sql", "post-data: what comes after the rows", 1u << SR_SECTION_POST_DATA },
	};
	char *dir = sr_path_join(run->out->dir, "ddl");
	bool ok = sr_dir_make_private(dir, err);

	for (size_t i = 0; ok && i < SR_COUNT(files); i++) {
		char *path = sr_path_join(dir, files[i].name);

		ok = sr_script_write(&run->script, files[i].sections, files[i].title, path, err);
		free(path);
	}
	free(dir);
	return ok;
}

/* ---- Rows ---- */

static bool warn_foreign(struct sr_run *run, struct sr_error *err)
{
	char *schemas = sr_ident_array(&run->source_names);
	PGresult *res = sr_conn_query(run->source_conn, err, sr_sql_source_foreign_tables, "%text", schemas);
	struct sr_strbuf names = SR_STRBUF_INIT;

	free(schemas);
	for (int i = 0; res && i < PQntuples(res); i++) {
		sr_strbuf_clear(&names);
		sr_ident_pretty_qualified(&names, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
		sr_report_warning(run->report, "foreign-table", sr_strbuf_str(&names),
				  "It shows whatever the foreign server holds now.",
				  "a foreign table, whose rows are not in the backup");
	}
	sr_strbuf_release(&names);
	PQclear(res);
	return res != NULL;
}

/* A partitioned table without one of its partitions holds fewer rows than the original. */
static bool warn_children(struct sr_run *run, struct sr_error *err)
{
	char *schemas = sr_ident_array(&run->source_names);
	PGresult *res =
		sr_conn_query(run->source_conn, err, sr_sql_source_children_outside, "%text", schemas);
	struct sr_strbuf names = SR_STRBUF_INIT, child = SR_STRBUF_INIT;

	free(schemas);
	for (int i = 0; res && i < PQntuples(res); i++) {
		const bool partition = *PQgetvalue(res, i, 4); /* binary */

		sr_strbuf_clear(&names);
		sr_strbuf_clear(&child);
		sr_ident_pretty_qualified(&names, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
		sr_ident_pretty_qualified(&child, PQgetvalue(res, i, 2), PQgetvalue(res, i, 3));
		sr_report_warning(run->report, "outside-child", sr_strbuf_str(&names),
				  "Restore both schemas together to have its rows, too.",
				  "is restored without its %s %s, whose schema is not restored",
				  partition ? "partition" : "child", sr_strbuf_str(&child));
	}
	sr_strbuf_release(&child);
	sr_strbuf_release(&names);
	PQclear(res);
	return res != NULL;
}

static bool plan_copy(struct sr_run *run, struct sr_error *err)
{
	struct sr_copy_options options = {
		.workers = run->workers,
		.target_version = run->target.version,
		.renames = run->renames,
		.nrenames = run->untouched ? run->nrenames : 0,
	};

	if (!sr_copy_plan_read(&run->plan, run->source_conn, &run->source_names, &options, err))
		return false;
	if (run->request->schema_only) {
		sr_copy_plan_drop_rows(&run->plan);
		run->out->tables = (int64_t)run->plan.ntables;
		return true;
	}
	for (size_t i = 0; i < run->plan.ntables; i++) {
		const struct sr_copy_table *table = &run->plan.tables[i];

		if (table->unlogged && run->driver->throwaway)
			sr_report_warning(run->report, "unlogged-table", table->display,
					  "Its rows were never in the WAL and cannot be brought back.",
					  "unlogged, so restored empty");
		if (run->untouched && !table->binary && strstr(table->why_text, "is an oid"))
			sr_report_warning(
				run->report, "object-names", table->display,
				"Look at these values; they name the objects that they named on the "
				"source.",
				"holds names of objects (%s), which still say the old schema",
				table->why_text);
	}
	run->out->tables = (int64_t)run->plan.ntables;
	return warn_foreign(run, err) && warn_children(run, err);
}

static bool check_dependencies(struct sr_run *run, struct sr_error *err)
{
	struct sr_rename *there = sr_calloc(run->nrenames, sizeof *there);
	bool ok;

	/* What the schemas are called on the source, which is asked. */
	for (size_t i = 0; i < run->nrenames; i++)
		there[i] = (struct sr_rename){ run->renames[i].from, run->source_names.items[i] };
	ok = sr_dependencies_check(&run->script, there, run->nrenames, run->source_conn, &run->target,
				   run->report, err);
	free(there);
	return ok;
}

bool sr_run_extract(struct sr_run *run, struct sr_error *err)
{
	sr_conn_set_class(run->source_conn, SR_ERR_DDL);
	if (!run->untouched)
		sr_report_status(run->report, "renaming the schemas");
	if (!rename_schemas(run, err) || !export_snapshot(run, err))
		return false;
	sr_report_status(run->report, "extracting the DDL");
	if (!read_archive(run, err) || !read_initial_grants(run, err) || !write_scripts(run, err) ||
	    !sr_run_check_roles(run, err) || !check_dependencies(run, err) ||
	    (!run->untouched && !sr_bodies_replace(run, err)))
		return false;
	sr_conn_set_class(run->source_conn, SR_ERR_COPY);
	if (!plan_copy(run, err))
		return false;
	sr_strbuf_addf(&run->done, "%zu objects, %zu tables, ", run->script.n, run->plan.ntables);
	sr_bytes_format(run->plan.bytes, &run->done);
	return true;
}
