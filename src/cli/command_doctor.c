#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/render.h"
#include "cli/settings.h"
#include "cli/text.h"
#include "operation/operation.h"

struct doctor {
	const struct sr_settings *settings;
	bool utf8, color;
	size_t width;
	unsigned counts[3];
};

static void print_json(enum sr_check_result result, const char *what, const char *found, const char *mend)
{
	static const char *const names[] = { "ok", "warning", "wrong" };
	struct json_object *obj = sr_json_event("check", sr_clock_now());

	sr_json_add_string(obj, "check", what);
	sr_json_add_string(obj, "result", names[result]);
	sr_json_add_string(obj, "found", found);
	sr_json_add_string(obj, "mend", mend);
	sr_json_print(stdout, obj);
}

static void print_check(void *ctx, enum sr_check_result result, const char *what, const char *found,
			const char *mend)
{
	static const char *const words[] = { "ok   ", "warn ", "WRONG" };
	static const char *const colors[] = { "32", "33", "31" };
	struct doctor *d = ctx;
	static const char indent[] = "                             ";
	struct sr_strbuf out = SR_STRBUF_INIT, first = SR_STRBUF_INIT, lines = SR_STRBUF_INIT;

	d->counts[result]++;
	if (d->settings->json) {
		print_json(result, what, found, mend);
		return;
	}
	if (d->settings->quiet && result == SR_CHECK_OK)
		return;
	if (d->color)
		sr_strbuf_addf(&out, "\033[%sm%s\033[0m", colors[result], words[result]);
	else
		sr_strbuf_adds(&out, words[result]);
	/* The word takes the place of five spaces, without its colour. */
	sr_strbuf_adds(&first, "       ");
	sr_text_pad(&first, what, 20, false, d->utf8);
	sr_strbuf_adds(&first, "  ");
	sr_text_wrap(&lines, sr_strbuf_str(&first), indent, found ? found : "", d->width, d->utf8);
	sr_strbuf_adds(&out, sr_strbuf_str(&lines) + 5);
	if (mend && result != SR_CHECK_OK)
		sr_text_wrap(&out, indent, indent, mend, d->width, d->utf8);
	fputs(sr_strbuf_str(&out), stdout);
	fflush(stdout);
	sr_strbuf_release(&out);
	sr_strbuf_release(&first);
	sr_strbuf_release(&lines);
}

static int run_doctor(struct sr_settings *s)
{
	struct doctor d = { .settings = s,
			    .utf8 = sr_text_is_utf8(),
			    .width = sr_terminal_width(STDOUT_FILENO) };
	struct sr_error err = SR_ERROR_INIT;
	bool well;

	d.color = sr_terminal_usable(STDOUT_FILENO) && !getenv("NO_COLOR");
	if (!sr_settings_check_source(s, &err) || !sr_password_settle(s, &err))
		return sr_print_error(s, &err);
	for (size_t i = 0; i < s->nwarnings; i++)
		print_check(&d, SR_CHECK_WARNING, "configuration", s->warnings[i].text, s->warnings[i].hint);
	well = sr_operation_doctor(&s->request, print_check, &d, &err);
	if (err.class != SR_ERR_NONE)
		return sr_print_error(s, &err);
	if (!s->json && !s->quiet) {
		if (d.counts[SR_CHECK_WRONG])
			printf("\n%u of %u checks found something wrong\n", d.counts[SR_CHECK_WRONG],
			       d.counts[0] + d.counts[1] + d.counts[2]);
		else
			printf("\nReady to restore%s\n", d.counts[SR_CHECK_WARNING] ? ", with warnings" : "");
	}
	return well ? 0 : SR_ERR_REFUSED;
}

const struct sr_command sr_command_doctor = {
	.name = "doctor",
	.bit = SR_CMD_DOCTOR,
	.synopsis = "[OPTION]...",
	.summary = "check programs, connections, backups and space",
	.max_operands = 0,
	.run = run_doctor,
};
