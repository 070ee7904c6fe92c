#include "cli/cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/parse.h"
#include "cli/settings.h"

static void print_options(void)
{
	struct sr_strlist names = SR_STRLIST_INIT;

	sr_option_names(0, &names);
	for (size_t i = 0; i < names.n; i++)
		puts(names.items[i]);
	sr_strlist_release(&names);
}

/* --help, --version, --list-options: before anything that a broken configuration could spoil. */
static bool answered(const struct sr_command_line *line, const struct sr_command *command)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (sr_command_line_has(line, "version")) {
		puts("schemarestore " SR_VERSION);
	} else if (sr_command_line_has(line, "list-options")) {
		print_options();
	} else if (sr_command_line_has(line, "help")) {
		sr_help_format(line->operands.n > 0 ? command : NULL, &text);
		fputs(sr_strbuf_str(&text), stdout);
		sr_strbuf_release(&text);
	} else {
		return false;
	}
	return true;
}

/* The first operand names the command; what follows it are the command's. */
static const struct sr_command *choose(const struct sr_command_line *line, struct sr_error *err)
{
	const struct sr_command *command = sr_commands()[0];

	if (line->operands.n > 0) {
		command = sr_command_find(line->operands.items[0]);
		if (!command) {
			sr_command_unknown(line->operands.items[0], err);
			return NULL;
		}
	}
	if (line->operands.n > (size_t)command->max_operands + 1) {
		const char *extra = line->operands.items[command->max_operands + 1];

		sr_error_set(err, SR_ERR_USAGE, "\"%s\" is too much: the command \"%s\" takes %s", extra,
			     command->name, command->max_operands ? "one name" : "no names, only options");
		sr_error_hint(err, "Try \"schemarestore help %s\".", command->name);
		return NULL;
	}
	return command;
}

int sr_cli_run(int argc, char **argv, const struct sr_source_driver *const *drivers)
{
	struct sr_command_line line = SR_COMMAND_LINE_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_settings s;
	const struct sr_command *command;
	int code;

	setlocale(LC_CTYPE, "");
	if (argc > 1 && strcmp(argv[1], "wal-fetch") == 0)
		return sr_command_wal_fetch(argc - 2, argv + 2);
	sr_settings_init(&s);
	s.request.drivers = drivers;
	if (sr_command_line_parse(&line, argc, argv, &err) && (command = choose(&line, &err))) {
		if (answered(&line, command)) {
			code = 0;
			goto out;
		}
		for (size_t i = 1; i < line.operands.n; i++)
			sr_strlist_add(&s.operands, line.operands.items[i]);
		if (sr_settings_check_options(&line, command, &err) &&
		    (command == &sr_command_help ||
		     sr_settings_merge(&s, &line, argv, SR_CONFIG_SYSTEM, &err))) {
			sr_settings_defaults(&s);
			code = command->run(&s);
			goto out;
		}
	}
	/* The layers may not have got as far as --json. */
	s.json |= sr_command_line_has(&line, "json");
	code = sr_print_error(&s, &err);
out:
	sr_settings_release(&s);
	sr_command_line_release(&line);
	return code;
}
