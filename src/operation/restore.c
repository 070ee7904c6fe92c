/* One restore: the phases in order, and the end, whichever way it came. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "operation/undo.h"
#include "run.h"

static void make_id(struct sr_run *run)
{
	uint16_t random = 0;
	struct sr_strbuf now = SR_STRBUF_INIT;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint16_t)sr_clock_monotonic_ms();
	sr_time_format_compact(sr_clock_now(), &now);
	snprintf(run->id, sizeof run->id, "restore-%.8s-%.6s-%04x", now.data, now.data + 8, random);
	sr_strbuf_release(&now);
}

/* ---- The phases ---- */

static bool interrupted(struct sr_run *run, struct sr_error *err)
{
	int sig = sr_run_interrupted(run);

	if (!sig)
		return false;
	sr_error_set(err, SR_ERR_SIGNAL, "stopped by signal %d (SIG%s)", sig, sigabbrev_np(sig));
	err->signal = sig;
	return true;
}

/* A query that we cancelled, or a child that got the terminal's ^C, fails in its own words; the signal is the cause. */
static void tell_signal(struct sr_run *run, struct sr_error *err)
{
	struct sr_error told = SR_ERROR_INIT;

	sr_error_move(&told, err);
	interrupted(run, err);
	if (told.class == SR_ERR_SIGNAL && strcmp(told.message, err->message) != 0)
		sr_error_context(err, "%s", told.message);
	sr_error_release(&told);
}

static bool phase(struct sr_run *run, enum sr_phase which, bool (*work)(struct sr_run *, struct sr_error *),
		  struct sr_error *err)
{
	bool ok;

	sr_report_phase_begin(run->report, which);
	ok = !interrupted(run, err) && work(run, err);
	if (!ok && sr_run_interrupted(run))
		tell_signal(run, err);
	/* What used the instance complains of connections; that it is gone says more. */
	if (!ok && !sr_run_interrupted(run) && which > SR_PHASE_PROVISION && run->driver->alive)
		run->driver->alive(run->source, err);
	sr_report_phase_end(run->report, sr_report_phase(run->report), ok, ok && run->done.len ? "%s" : NULL,
			    sr_strbuf_str(&run->done));
	sr_strbuf_clear(&run->done);
	return ok;
}

static bool provision(struct sr_run *run, struct sr_error *err)
{
	if (!run->driver->provision(run->source, err) || interrupted(run, err) || !sr_run_connect(run, err))
		return false;
	sr_strbuf_adds(&run->done, "stands at ");
	sr_time_format(run->moment, &run->done);
	return true;
}

static const char *owner_of_schema(const struct sr_script *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].kind == SR_ITEM_SCHEMA && strcmp(s->items[i].entry->tag, name) == 0)
			return s->items[i].owner_sql;
	return NULL;
}

static bool create_schemas(struct sr_run *run, struct sr_error *err)
{
	sr_conn_set_class(run->target.conn, SR_ERR_DDL);
	for (size_t i = 0; i < run->nrenames; i++) {
		const char *name = run->renames[i].to;

		if (!sr_journal_intend(run->journal, "schema", sr_target_intent(&run->target, name),
				       &run->schema_intents[i], err) ||
		    !sr_target_create_schema(&run->target, name, owner_of_schema(&run->script, name), err))
			return false;
	}
	return true;
}

/* The copy phase ends, and the finish phase begins, in the job that sets the sequences. */
static bool copy_and_finish(struct sr_run *run, struct sr_error *err)
{
	if (!sr_run_create_roles(run, err) || !create_schemas(run, err))
		return false;
	sr_run_build(run);
	sr_report_totals(run->report, run->plan.bytes, (int64_t)sr_graph_jobs(run->graph), run->workers);
	run->workers_need_source = true;
	if (!sr_run_graph(run, run->graph, err) || !sr_run_failures(run, err))
		return false;
	if (run->out->nfailures)
		sr_strbuf_addf(&run->done, "%zu could not be created", run->out->nfailures);
	return true;
}

static const char *comment_on_schema(const struct sr_script *s, const char *name)
{
	char *tag = sr_asprintf("SCHEMA %s", name);
	char *quoted = sr_asprintf("SCHEMA \"%s\"", name);
	const char *found = NULL;

	for (size_t i = 0; i < s->n && !found; i++) {
		const struct sr_toc_entry *entry = s->items[i].entry;

		if (strcmp(entry->desc, "COMMENT") == 0 &&
		    (strcmp(entry->tag, tag) == 0 || strcmp(entry->tag, quoted) == 0))
			found = s->items[i].sql;
	}
	free(tag);
	free(quoted);
	return found;
}

/* The connection was idle while rows were copied, for hours perhaps; doing it twice is harmless. */
static bool take_marks_off(struct sr_run *run, const char **comments, struct sr_error *err)
{
	for (int i = 0;; i++) {
		sr_conn_set_class(run->target.conn, SR_ERR_DDL);
		if (sr_target_finish_schemas(&run->target, run->new_names.items, comments, run->nrenames,
					     &run->new_roles, err))
			return true;
		if (!err->retry || i == 2)
			return sr_error_context(err, "handing the schemas over");
		sr_log_info(run->log, "the control connection to the target was lost; connecting again");
		sr_error_release(err);
		if (!sr_target_reopen(&run->target, run->encoding, run->log, err))
			return sr_error_context(err, "handing the schemas over");
	}
}

/* The marks come off: from here on the schemas are the user's. */
static bool hand_over(struct sr_run *run, struct sr_error *err)
{
	const char **comments = sr_calloc(run->nrenames, sizeof *comments);
	bool ok;

	for (size_t i = 0; i < run->nrenames; i++)
		comments[i] = comment_on_schema(&run->script, run->renames[i].to);
	ok = take_marks_off(run, comments, err);
	ok = ok && sr_run_keep_roles(run, err);
	for (size_t i = 0; ok && i < run->nrenames; i++)
		ok = sr_journal_kept(run->journal, run->schema_intents[i], err);
	free(comments);
	return ok;
}

static bool all_phases(struct sr_run *run, struct sr_error *err)
{
	if (!phase(run, SR_PHASE_PREPARE, sr_run_prepare, err))
		return false;
	if (run->request->dry_run)
		return true;
	if (!sr_run_begin(run, err))
		return false;
	if (!phase(run, SR_PHASE_PROVISION, provision, err) ||
	    !phase(run, SR_PHASE_EXTRACT, sr_run_extract, err) ||
	    !phase(run, SR_PHASE_COPY, copy_and_finish, err))
		return false;
	/* What cannot be compared is there all the same: hours of copying are not thrown away for it. */
	if (run->request->verify && !phase(run, SR_PHASE_VERIFY, sr_run_verify, err)) {
		if (err->class == SR_ERR_SIGNAL)
			return false;
		sr_error_move(&run->unverified, err);
	}
	return !interrupted(run, err) && hand_over(run, err);
}

/* ---- The end ---- */

static void close_source(struct sr_run *run)
{
	sr_conn_close(run->source_conn);
	run->source_conn = NULL;
}

/* Whatever the journal still holds goes; after a success that is a rename on an instance that is not ours. */
static bool undo_rest(struct sr_run *run, struct sr_error *err)
{
	struct sr_strlist removed = SR_STRLIST_INIT;
	struct sr_conninfo target = SR_CONNINFO_INIT;
	struct sr_undo undo = {
		.drivers = run->request->drivers,
		.source_password = sr_conninfo_get(&run->source_secrets, "password"),
		.log = run->log,
		.removed = &removed,
		.leftovers = &run->out->leftovers,
	};
	bool ok;

	sr_conninfo_copy(&target, &run->target.conninfo);
	undo.password = sr_conninfo_get(&target, "password");
	/* Undo ends every session of the operation on the target, this one too. */
	sr_conn_close(run->target.conn);
	run->target.conn = NULL;
	ok = sr_undo_run(run->journal, &undo, err);
	sr_conninfo_release(&target);
	sr_strlist_release(&removed);
	return ok;
}

static bool clean_up(struct sr_run *run, bool failed, struct sr_error *err)
{
	struct sr_error first = SR_ERROR_INIT;
	bool ok = true;

	sr_report_phase_begin(run->report, SR_PHASE_CLEANUP);
	close_source(run);
	if (run->source && !run->driver->teardown(run->source, failed, &first))
		ok = false;
	if (!(failed && run->request->keep)) {
		struct sr_error rest = SR_ERROR_INIT;

		/* The journal knows better than the teardown: what it could not remove is tried once more here. */
		ok = undo_rest(run, &rest);
		if (!ok && first.class == SR_ERR_NONE)
			sr_error_move(&first, &rest);
		sr_error_release(&rest);
	}
	if (!ok)
		sr_error_move(err, &first);
	sr_error_release(&first);
	sr_report_phase_end(run->report, SR_PHASE_CLEANUP, ok, NULL);
	return ok;
}

static void journal_end(struct sr_run *run, bool ok, const struct sr_error *err)
{
	struct json_object *data = json_object_new_object();
	struct sr_error ignored = SR_ERROR_INIT;
	int code = sr_error_exit_code(err);

	sr_json_add_string(data, "outcome",
			   ok                            ? "done"
			   : err->class == SR_ERR_SIGNAL ? "interrupted"
							 : "failed");
	sr_json_add_int(data, "exit_code", code);
	sr_json_add_string(data, "error", err->message);
	if (run->out->kept)
		sr_json_add_bool(data, "kept", true);
	if (!sr_journal_event(run->journal, "end", data, &ignored) ||
	    !sr_run_write_metrics(run, code, &ignored))
		sr_log_warning(run->log, "%s", ignored.message);
	sr_error_release(&ignored);
}

static void fill_outcome(struct sr_run *run)
{
	struct sr_outcome *out = run->out;

	out->schemas = sr_calloc(run->nrenames ? run->nrenames : 1, sizeof *out->schemas);
	out->nschemas = run->nrenames;
	out->objects = (int64_t)run->script.n - (int64_t)out->nfailures;
	for (size_t i = 0; i < run->nrenames; i++) {
		struct sr_schema_pair *pair = &out->schemas[i];

		pair->from = sr_strdup(run->renames[i].from);
		pair->to = sr_strdup(run->renames[i].to);
		for (size_t k = 0; k < run->plan.ntables; k++) {
			struct sr_copy_table *table = &run->plan.tables[k];

			if (strcmp(table->schema, pair->to) != 0)
				continue;
			pair->tables++;
			pair->rows += table->rows_copied;
			pair->bytes += table->bytes;
			out->rows += table->rows_copied;
			out->bytes += table->bytes;
		}
	}
}

static void release(struct sr_run *run)
{
	close_source(run);
	if (run->source)
		run->driver->destroy(run->source);
	sr_target_close(&run->target);
	sr_guardian_dismiss(&run->guardian);
	sr_journal_close(run->journal);
	sr_graph_free(run->graph);
	for (size_t i = 0; i < run->ntasks; i++)
		free(run->tasks[i].indexes);
	free(run->tasks);
	sr_copy_plan_release(&run->plan);
	sr_script_release(&run->script);
	sr_extension_members_free(run->members);
	PQclear(run->bodies);
	for (size_t i = 0; i < run->nrenames; i++) {
		free((char *)run->renames[i].from);
		free((char *)run->renames[i].to);
	}
	free(run->renames);
	free(run->schema_intents);
	sr_run_release_roles(run);
	sr_strlist_release(&run->new_names);
	sr_strlist_release(&run->source_names);
	sr_conninfo_release(&run->source_info);
	sr_conninfo_release(&run->source_secrets);
	sr_strbuf_release(&run->done);
	sr_error_release(&run->unverified);
	free(run->source_name);
	free(run->snapshot);
	free(run->encoding);
}

/* Done, but not all is well: the worst of it decides the exit code. */
static void judge(const struct sr_run *run, bool cleaned, struct sr_error *cleanup, struct sr_error *err)
{
	const struct sr_outcome *out = run->out;

	if (run->unverified.class) {
		sr_error_copy(err, &run->unverified);
		sr_error_reclass(err, SR_ERR_VERIFY);
		sr_error_hint(err, "The schemas are restored, but could not be compared with the source.");
	} else if (out->differences)
		sr_error_set(err, SR_ERR_VERIFY, "verification found differences in %lld of %lld tables",
			     (long long)out->differences, (long long)out->verified_tables);
	else if (out->ddl_differences)
		sr_error_set(err, SR_ERR_VERIFY, "verification found %lld differences in definitions",
			     (long long)out->ddl_differences);
	else if (out->nfailures) {
		sr_error_set(err, SR_ERR_POST_DATA,
			     "all rows are restored, but %zu objects could not be created", out->nfailures);
		sr_error_hint(err, "Mend the causes and run %s/ddl/failed.sql with psql.", out->dir);
	} else if (!cleaned) {
		sr_error_move(err, cleanup);
		sr_error_reclass(err, SR_ERR_LEFTOVER);
		sr_error_hint(
			err, "The schemas are restored; run schemarestore cleanup %s to remove what is left.",
			run->id);
	}
}

static bool end(struct sr_run *run, bool ok, struct sr_error *err)
{
	struct sr_error cleanup = SR_ERROR_INIT;
	bool cleaned = clean_up(run, !ok, &cleanup);

	fill_outcome(run);
	if (ok)
		judge(run, cleaned, &cleanup, err);
	else if (run->request->keep)
		run->out->kept = true;
	else
		run->out->undone = cleaned;
	run->out->ms = sr_clock_monotonic_ms() - run->began_ms;
	journal_end(run, ok, err);
	sr_error_release(&cleanup);
	return ok;
}

bool sr_operation_restore(const struct sr_request *request, struct sr_report *report, struct sr_log *log,
			  const volatile int *interrupted_by, struct sr_outcome *out, struct sr_error *err)
{
	struct sr_run run = {
		.request = request,
		.report = report,
		.log = log,
		.interrupted = interrupted_by,
		.out = out,
		.began_ms = sr_clock_monotonic_ms(),
		.moment = SR_TIME_NONE,
	};
	bool ok;

	*out = (struct sr_outcome){ .moment = SR_TIME_NONE };
	make_id(&run);
	ok = all_phases(&run, err);
	if (run.journal)
		ok = end(&run, ok, err);
	else
		out->undone = !ok;
	out->ms = sr_clock_monotonic_ms() - run.began_ms;
	release(&run);
	return ok;
}
