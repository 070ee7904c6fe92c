/* Phase 6, definitions: what stands on the target is read back by pg_dump and compared with what was extracted. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/dump.h"
#include "ddl/parents.h"
#include "run.h"
#include "sql.h"
#include "verify/ddl.h"

bool sr_run_check_dump(struct sr_run *run, struct sr_error *err)
{
	struct sr_programs programs = { 0 };
	bool ok = true;

	if (run->request->verify & SR_VERIFY_DDL) {
		ok = sr_programs_dump(&run->request->pg_bindirs, run->target.version / 10000, &programs, err);
		if (!ok)
			sr_error_context(err, "--verify ddl reads the target by pg_dump");
		sr_programs_release(&programs);
	}
	return ok;
}

bool sr_run_dump_settings(struct sr_conn *c, char **out, struct sr_error *err)
{
	return sr_conn_text(c, err, out, sr_sql_dump_settings, NULL);
}

/* The same way as the source was read, but nothing is rewritten: what stands there is what is compared. */
static bool read_target(struct sr_run *run, struct sr_script *script, struct sr_error *err)
{
	struct sr_programs programs = { 0 };
	struct sr_archive archive = { 0 };
	struct sr_dump_options dump = {
		.programs = &programs,
		.source = &run->target.conninfo,
		.schemas = &run->new_names,
		.encoding = run->encoding,
		.directory = run->out->dir,
		.stop = run->interrupted,
	};
	struct sr_script_options options = {
		.no_owner = run->request->no_owner,
		.no_privileges = run->request->no_privileges,
		.role = run->target.role,
		.grant_as_owner = !run->target.superuser,
	};
	char *settings = NULL;
	bool ok = sr_run_dump_settings(run->target.conn, &settings, err) &&
		  sr_programs_dump(&run->request->pg_bindirs, run->target.version / 10000, &programs, err);

	dump.settings = settings;
	ok = ok && sr_dump_schemas(&dump, &archive, err) && sr_script_build(script, &archive, &options, err);
	free(settings);
	sr_archive_release(&archive);
	sr_programs_release(&programs);
	if (!ok)
		sr_error_reclass(err, SR_ERR_VERIFY);
	return ok;
}

/* ---- What is known not to be equal ---- */

struct expectations {
	const struct sr_run *run;
	enum sr_ddl_expectation *of; /* by item */
};

static void note_jobs(const struct sr_run *run, enum sr_ddl_expectation *of)
{
	for (size_t i = 0; i < run->ntasks; i++) {
		const struct sr_task *task = &run->tasks[i];
		enum sr_job_state state = sr_graph_state(run->graph, task->job);

		if (task->item && (state == SR_JOB_FAILED || state == SR_JOB_SKIPPED))
			of[task->item - run->script.items] = SR_DDL_EXPECT_NOTHING;
		else if (task->item && task->not_valid)
			of[task->item - run->script.items] = SR_DDL_EXPECT_NOT_VALID;
	}
}

/*
 * It was made with a parent that it was taken from: what it inherited is its own now, and is printed with it, as are the
 * defaults that it has instead of the parent's.
 */
static bool stands_alone(const struct sr_run *run, const struct sr_item *item)
{
	struct sr_body_rules rules = { .renames = run->renames, .nrenames = run->nrenames };
	struct sr_strbuf sql = SR_STRBUF_INIT, parents = SR_STRBUF_INIT;
	bool alone;

	sr_parent_disinherit(item->entry, &rules, &sql, &parents);
	alone = parents.len > 0;
	sr_strbuf_release(&sql);
	sr_strbuf_release(&parents);
	return alone;
}

static void note_alone(const struct sr_run *run, enum sr_ddl_expectation *of)
{
	const struct sr_script *s = &run->script;

	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].kind == SR_ITEM_TABLE && stands_alone(run, &s->items[i]))
			of[i] = SR_DDL_EXPECT_NOTHING;
	for (size_t i = 0; i < s->n; i++) {
		const struct sr_toc_entry *e = s->items[i].entry;

		for (size_t k = 0; !strcmp(e->desc, "DEFAULT") && k < e->ndeps; k++) {
			const struct sr_item *on = sr_script_item(s, e->deps[k]);

			if (on && on->kind == SR_ITEM_TABLE && stands_alone(run, on))
				of[i] = SR_DDL_EXPECT_NOTHING;
		}
	}
}

static enum sr_ddl_expectation expect(void *ctx, const struct sr_item *item)
{
	const struct expectations *e = ctx;

	return e->of[item - e->run->script.items];
}

/* ---- Telling ---- */

static void tell(struct sr_run *run, const struct sr_ddl_difference *d)
{
	struct sr_strbuf object = SR_STRBUF_INIT;

	sr_item_describe(d->source ? d->source : d->target, &object);
	sr_report_warning(run->report, "ddl-difference", sr_strbuf_str(&object),
			  "\"-\" is what was extracted from the source, \"+\" is what stands on the target: "
			  "an event trigger or another session may have changed it; mend it by hand.",
			  "%s:\n%s", sr_ddl_kind_text(d->kind), d->text);
	sr_strbuf_release(&object);
}

bool sr_run_verify_ddl(struct sr_run *run, struct sr_error *err)
{
	struct expectations known = { .run = run };
	struct sr_ddl_options options = {
		.no_owner = run->request->no_owner,
		.mapped_roles = run->request->role_maps.n > 0,
		.schema_grants = run->schema_grants,
		.expect = expect,
		.ctx = &known,
	};
	struct sr_ddl_result result = { 0 };
	struct sr_script script = { 0 };
	bool ok;

	sr_report_status(run->report, "comparing definitions");
	ok = read_target(run, &script, err);
	if (ok) {
		known.of = sr_calloc(run->script.n + 1, sizeof *known.of);
		note_jobs(run, known.of);
		note_alone(run, known.of);
		sr_verify_ddl(&run->script, &script, &options, &result);
		for (size_t i = 0; i < result.n; i++)
			tell(run, &result.items[i]);
		run->out->ddl_verified = true;
		run->out->ddl_equal = (int64_t)result.equal;
		run->out->ddl_differences = (int64_t)result.n;
	}
	free(known.of);
	sr_ddl_result_release(&result);
	sr_script_release(&script);
	return ok;
}
