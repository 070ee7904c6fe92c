#include "cli/command.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "cli/render.h"
#include "cli/text.h"

const struct sr_command *const *sr_commands(void)
{
	static const struct sr_command *const all[] = {
		&sr_command_restore,
		&sr_command_status,
		&sr_command_list,
		&sr_command_cleanup,
		&sr_command_doctor,
		&sr_command_help,
		NULL,
	};

	return all;
}

const struct sr_command *sr_command_find(const char *name)
{
	for (const struct sr_command *const *c = sr_commands(); *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

bool sr_command_unknown(const char *name, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_strbuf quoted = SR_STRBUF_INIT;
	const char *nearest;

	for (const struct sr_command *const *c = sr_commands(); *c; c++)
		sr_strlist_add(&names, (*c)->name);
	nearest = sr_nearest(&names, name);
	sr_text_fit(&quoted, name, 80, sr_text_is_utf8());
	sr_error_set(err, SR_ERR_USAGE, "there is no command \"%s\"", sr_strbuf_str(&quoted));
	if (nearest)
		sr_error_hint(err, "Perhaps you meant \"schemarestore %s\".", nearest);
	else
		sr_error_hint(err,
			      "To restore a schema: schemarestore --schema %s --pitr TIME. "
			      "Try \"schemarestore --help\".",
			      sr_strbuf_str(&quoted));
	sr_strbuf_release(&quoted);
	sr_strlist_release(&names);
	return false;
}

int sr_print_error(const struct sr_settings *s, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	int code = sr_error_exit_code(err);

	if (s->json) {
		struct json_object *event = sr_error_event(err);

		sr_json_line(event, &text);
		json_object_put(event);
		fprintf(stdout, "%s\n", sr_strbuf_str(&text));
		fflush(stdout);
	} else {
		struct sr_strbuf clean = SR_STRBUF_INIT;

		sr_error_format(err, &text);
		sr_strbuf_rtrim(&text);
		sr_text_indent(&clean, "", sr_strbuf_str(&text), sr_text_is_utf8());
		fprintf(stderr, "schemarestore: error: %s", sr_strbuf_str(&clean));
		sr_strbuf_release(&clean);
	}
	sr_strbuf_release(&text);
	sr_error_release(err);
	return code;
}

void sr_print_early_warnings(const struct sr_settings *s)
{
	for (size_t i = 0; i < s->nwarnings; i++)
		fprintf(stderr, "schemarestore: warning: %s\nHINT:  %s\n", s->warnings[i].text,
			s->warnings[i].hint);
}

static void log_line(void *ctx, enum sr_log_level level, const char *line)
{
	static const char *const names[] = { "error: ", "warning: ", "", "debug: " };

	(void)ctx;
	fprintf(stderr, "schemarestore: %s%s\n", names[level], line);
}

struct sr_log *sr_stderr_log_new(const struct sr_settings *s)
{
	/* Without --verbose the renderers and the summary say what matters. */
	return s->verbose ? sr_log_new(SR_LOG_DEBUG, log_line, NULL) : sr_log_new(SR_LOG_ERROR, NULL, NULL);
}
