#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/render.h"
#include "cli/settings.h"
#include "cli/summary.h"
#include "cli/text.h"
#include "operation/operation.h"
#include "report/report.h"

/* Exactly one of them listens. */
struct renderers {
	struct sr_terminal *terminal;
	struct sr_plain *plain;
	struct sr_json_stream *json;
};

static bool draws(const struct sr_settings *s)
{
	return !s->json && !s->quiet && !s->verbose && sr_terminal_usable(STDERR_FILENO);
}

static void start_rendering(struct renderers *r, const struct sr_settings *s, struct sr_report *report)
{
	enum sr_plain_level level = s->quiet     ? SR_PLAIN_WARNINGS
				    : s->verbose ? SR_PLAIN_PROGRESS
						 : SR_PLAIN_ALL;

	*r = (struct renderers){ 0 };
	if (s->json) {
		r->json = sr_json_stream_new(stdout);
		sr_report_listen(report, sr_json_stream_event, r->json);
	} else if (draws(s)) {
		r->terminal = sr_terminal_new(STDERR_FILENO);
		sr_report_listen(report, sr_terminal_event, r->terminal);
	} else {
		r->plain = sr_plain_new(stderr, level);
		sr_report_listen(report, sr_plain_event, r->plain);
	}
}

static void stop_rendering(struct renderers *r)
{
	sr_terminal_free(r->terminal);
	sr_plain_free(r->plain);
	sr_json_stream_free(r->json);
	*r = (struct renderers){ 0 };
}

static int finish_json(struct sr_summary *sum, struct sr_error *err)
{
	struct json_object *summary;
	int code = sr_error_exit_code(err);

	/* Before the error, which it looks at, is released. */
	summary = sr_summary_json(sum);
	if (code)
		sr_print_error(sum->settings, err);
	sr_json_print(stdout, summary);
	return code;
}

/* Prints how it ended; returns the exit code and releases err. */
static int finish(struct sr_summary *sum, bool on_terminal, struct sr_error *err)
{
	const struct sr_settings *s = sum->settings;
	struct sr_strbuf text = SR_STRBUF_INIT, after = SR_STRBUF_INIT;
	int code = sr_error_exit_code(err);

	if (s->json)
		return finish_json(sum, err);
	if (sum->succeeded && s->request.dry_run)
		sr_summary_plan(sum, &text);
	else if (sum->succeeded)
		sr_summary_format(sum, &text);
	/* With --quiet the summary, which names them, is not printed. */
	if (!sum->succeeded || (s->quiet && sum->outcome->leftovers.n > 0))
		sr_summary_failure(sum, &after);
	/* On a terminal only their number was shown so far; the record has them in its log. */
	if (!sum->succeeded && on_terminal && !sum->outcome->dir && sr_report_warnings(sum->report) > 0) {
		sr_summary_warnings(sum, &text);
		fprintf(stderr, "%s\n", sr_strbuf_str(&text));
		sr_strbuf_clear(&text);
	}
	if (on_terminal && sum->succeeded)
		fputc('\n', stderr);
	if (!s->quiet || s->request.dry_run)
		fputs(sr_strbuf_str(&text), stdout);
	fflush(stdout);
	if (code) {
		if (sum->succeeded && !s->quiet)
			fputc('\n', stderr);
		sr_print_error(s, err);
	}
	fputs(sr_strbuf_str(&after), stderr);
	sr_strbuf_release(&text);
	sr_strbuf_release(&after);
	return code;
}

static int run_restore(struct sr_settings *s)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_outcome outcome = { .moment = SR_TIME_NONE };
	const volatile int *interrupted = sr_signals_install(draws(s));
	struct renderers renderers;
	struct sr_report *report;
	struct sr_log *log;
	bool ok;
	int code;

	if (!sr_settings_check_restore(s, &err) || !sr_password_settle(s, &err))
		return sr_print_error(s, &err);
	log = sr_stderr_log_new(s);
	report = sr_report_new(log);
	start_rendering(&renderers, s, report);
	for (size_t i = 0; i < s->nwarnings; i++)
		sr_report_warning(report, s->warnings[i].code, NULL, s->warnings[i].hint, "%s",
				  s->warnings[i].text);

	ok = sr_operation_restore(&s->request, report, log, interrupted, &outcome, &err);
	stop_rendering(&renderers);

	if (!ok && err.class == SR_ERR_NONE)
		sr_error_set(&err, SR_ERR_INTERNAL, "the restore failed without a reason");
	code = finish(&(struct sr_summary){ .settings = s,
					    .outcome = &outcome,
					    .err = &err,
					    .report = report,
					    .succeeded = ok,
					    .now = sr_clock_now(),
					    .utf8 = sr_text_is_utf8(),
					    .width = sr_terminal_width(STDOUT_FILENO) },
		      draws(s), &err);
	sr_error_release(&err);
	sr_outcome_release(&outcome);
	sr_report_free(report);
	sr_log_free(log);
	return code;
}

const struct sr_command sr_command_restore = {
	.name = "restore",
	.bit = SR_CMD_RESTORE,
	.synopsis = "--schema NAME (--pitr TIME | --snapshot ID) [OPTION]...",
	.summary = "restore schemas beside the live ones (the default)",
	.max_operands = 0,
	.run = run_restore,
};
