/* doctor: is everything there that a restore would need? */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "operation/operation.h"
#include "operation/target.h"
#include "pg/conn.h"
#include "pg/programs.h"
#include "report/report.h"
#include "source/source.h"

struct doctor {
	const struct sr_request *request;
	sr_check_line *line;
	void *ctx;
	struct sr_report *report;
	bool wrong;
};

static void tell(struct doctor *d, enum sr_check_result result, const char *what, const char *mend,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void tell(struct doctor *d, enum sr_check_result result, const char *what, const char *mend,
		 const char *fmt, ...)
{
	struct sr_strbuf found = SR_STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&found, fmt, ap);
	va_end(ap);
	if (result == SR_CHECK_WRONG)
		d->wrong = true;
	d->line(d->ctx, result, what, sr_strbuf_str(&found), mend);
	sr_strbuf_release(&found);
}

static void tell_error(struct doctor *d, const char *what, struct sr_error *err)
{
	if (err->detail)
		tell(d, SR_CHECK_WRONG, what, err->hint, "%s (%s)", err->message, err->detail);
	else
		tell(d, SR_CHECK_WRONG, what, err->hint, "%s", err->message);
	sr_error_release(err);
}

/* A directory that need not exist yet: the nearest one above it has to be writable. */
static void check_directory(struct doctor *d, const char *what, const char *path, const char *option)
{
	char *at = sr_strdup(path), *hint = sr_asprintf("Make it, or name another one with %s.", option);
	struct sr_strbuf free_space = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	int64_t bytes;

	while (!sr_path_exists(at) && strcmp(at, "/") != 0 && strcmp(at, ".") != 0) {
		char *up = sr_path_dir(at);

		free(at);
		at = up;
	}
	if (access(at, W_OK | X_OK) != 0) {
		tell(d, SR_CHECK_WRONG, what, hint, "%s cannot be written to", path);
	} else if (!sr_disk_free(at, &bytes, &err)) {
		tell_error(d, what, &err);
	} else {
		sr_bytes_format(bytes, &free_space);
		tell(d, SR_CHECK_OK, what, NULL, "%s (%s free)", path, sr_strbuf_str(&free_space));
	}
	sr_strbuf_release(&free_space);
	free(hint);
	free(at);
}

static void check_dump(struct doctor *d, int server_major)
{
	struct sr_programs programs = { 0 };
	struct sr_error err = SR_ERROR_INIT;

	if (sr_programs_dump(&d->request->pg_bindirs, server_major, &programs, &err))
		tell(d, SR_CHECK_OK, "pg_dump", NULL, "%s/pg_dump (PostgreSQL %d)", programs.bindir,
		     programs.major);
	else
		tell_error(d, "pg_dump", &err);
	sr_programs_release(&programs);
}

static bool check_target(struct doctor *d, struct sr_target *target)
{
	struct sr_error err = SR_ERROR_INIT;

	if (!sr_target_open(target, &d->request->conninfo, "doctor", NULL, &err)) {
		tell_error(d, "target", &err);
		return false;
	}
	tell(d, SR_CHECK_OK, "target", NULL, "%s, as role %s%s (PostgreSQL %d)", target->description,
	     target->role, target->superuser ? ", a superuser" : "", target->version / 10000);
	if (!target->superuser)
		tell(d, SR_CHECK_WARNING, "privileges",
		     "Grant it the roles that own the schemas' objects, or use --no-owner.",
		     "role %s is not a superuser: it must be a member of every owner", target->role);
	if (!sr_target_check(target, d->request->allow_publication, d->report, &err))
		tell_error(d, "publications", &err);
	check_dump(d, target->version / 10000);
	return true;
}

static bool no_intent(void *ctx, const char *kind, struct json_object *detail, int *number,
		      struct sr_error *err)
{
	(void)ctx;
	(void)kind;
	(void)detail;
	(void)number;
	return sr_error_set(err, SR_ERR_INTERNAL, "doctor makes nothing");
}

static void no_gone(void *ctx, int number)
{
	(void)ctx;
	(void)number;
}

static void plan_line(void *ctx, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void plan_line(void *ctx, const char *key, const char *fmt, ...)
{
	struct sr_strbuf value = SR_STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&value, fmt, ap);
	va_end(ap);
	tell(ctx, SR_CHECK_OK, key, NULL, "%s", sr_strbuf_str(&value));
	sr_strbuf_release(&value);
}

static void check_source(struct doctor *d, const struct sr_target *target)
{
	const struct sr_request *r = d->request;
	const char *place = NULL;
	const struct sr_source_driver *driver = r->from ? sr_source_find(r->drivers, r->from, &place) : NULL;
	const volatile int never = 0;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_source_host host = {
		.ctx = d,
		.operation_id = "restore-doctor",
		.report = d->report,
		.stop = &never,
		.intend = no_intent,
		.gone = no_gone,
		.plan = plan_line,
	};
	struct sr_source_spec spec = {
		.place = place,
		.has_target = true,
		.target = r->has_target ? r->target : SR_TARGET_LATEST,
		.time = r->time,
		.snapshot = r->snapshot,
		.wal_archive = r->wal_archive,
		.restore_command = r->restore_command,
		.dbname = r->source_dbname ? r->source_dbname : target->database,
		.user = r->source_user,
		.settings = &r->source_settings,
		.bindirs = &r->pg_bindirs,
		.run_as = r->run_as,
		.scratch_dir = r->scratch_dir,
		.disposable = r->disposable_source,
	};
	struct sr_source *source;

	if (!driver) {
		tell(d, SR_CHECK_WARNING, "source",
		     "Set `from` in the configuration file, SCHEMARESTORE_FROM, or use --from.", "%s",
		     r->from ? r->from : "none is configured");
		return;
	}
	source = driver->create(&spec, &host);
	if (!driver->check(source, &err))
		tell_error(d, "source", &err);
	driver->destroy(source);
}

bool sr_operation_doctor(const struct sr_request *request, sr_check_line *line, void *ctx,
			 struct sr_error *err)
{
	struct doctor d = { .request = request, .line = line, .ctx = ctx };
	struct sr_target target = { 0 };

	(void)err;
	d.report = sr_report_new(NULL);
	check_directory(&d, "state directory", request->state_dir, "--state-dir");
	check_directory(&d, "scratch directory", request->scratch_dir, "--scratch-dir");
	check_target(&d, &target);
	check_source(&d, &target);
	for (size_t i = 0; i < sr_report_warnings(d.report); i++) {
		const struct sr_warning *w = sr_report_warning_at(d.report, i);

		tell(&d, SR_CHECK_WARNING, w->code, w->hint, "%s %s", w->object ? w->object : "", w->text);
	}
	sr_target_close(&target);
	sr_report_free(d.report);
	return !d.wrong;
}
