#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"

static const int HELP_COLUMN = 30;

static void add_option(struct sr_strbuf *out, const struct sr_option *o)
{
	struct sr_strbuf left = SR_STRBUF_INIT;
	const char *help = o->help;

	if (o->letter)
		sr_strbuf_addf(&left, "  -%c, --%s", o->letter, o->name);
	else
		sr_strbuf_addf(&left, "      --%s", o->name);
	if (o->arg)
		sr_strbuf_addf(&left, "=%s", o->arg);
	/* Too long for its column: the help begins on the next line. */
	if (left.len + 2 > (size_t)HELP_COLUMN)
		sr_strbuf_addf(&left, "\n%*s", HELP_COLUMN, "");
	else
		sr_strbuf_addf(&left, "%*s", HELP_COLUMN - (int)left.len, "");
	for (;;) {
		size_t n = strcspn(help, "\n");

		sr_strbuf_add(&left, help, n);
		if (!help[n])
			break;
		sr_strbuf_addf(&left, "\n%*s", HELP_COLUMN, "");
		help += n + 1;
	}
	sr_strbuf_addf(out, "%s\n", sr_strbuf_str(&left));
	sr_strbuf_release(&left);
}

static void add_options(struct sr_strbuf *out, unsigned commands)
{
	size_t n;
	const struct sr_option *options = sr_options(&n);

	for (int group = 0; group < SR_GROUP_COUNT; group++) {
		bool headed = false;

		for (size_t i = 0; i < n; i++) {
			const struct sr_option *o = &options[i];

			if ((int)o->group != group || o->flags & SR_OPTION_HIDDEN ||
			    !(o->commands & commands))
				continue;
			if (!headed)
				sr_strbuf_addf(out, "\n%s:\n", sr_option_group_heading(o->group));
			headed = true;
			add_option(out, o);
		}
	}
}

static void add_all(struct sr_strbuf *out)
{
	sr_strbuf_adds(out, "schemarestore restores schemas of a PostgreSQL database as they stood at a\n"
			    "moment, beside the live ones, which it does not touch.\n\n"
			    "Usage:\n"
			    "  schemarestore --schema NAME (--pitr TIME | --snapshot ID) [OPTION]...\n"
			    "  schemarestore COMMAND [OPTION]...\n\n"
			    "Commands:\n");
	for (const struct sr_command *const *c = sr_commands(); *c; c++)
		sr_strbuf_addf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	add_options(out, SR_CMD_ALL);
	sr_strbuf_adds(out, "\nExample:\n"
			    "  schemarestore --schema a --pitr '2024-01-28T14:30:00Z' \\\n"
			    "      --from basebackup:/backups --wal-archive /wal -d 'host=db1 dbname=shop'\n"
			    "makes the schema a_20240128143000 beside a.\n\n"
			    "Options may also stand in /etc/schemarestore.conf,\n"
			    "~/.config/schemarestore.conf and in variables such as SCHEMARESTORE_FROM.\n"
			    "See man schemarestore.\n");
}

void sr_help_format(const struct sr_command *command, struct sr_strbuf *out)
{
	if (!command) {
		add_all(out);
		return;
	}
	sr_strbuf_addf(out, "schemarestore %s: %s\n\nUsage:\n  schemarestore %s%s%s\n", command->name,
		       command->summary, command->name, *command->synopsis ? " " : "", command->synopsis);
	add_options(out, command->bit);
}

static int run_help(struct sr_settings *s)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	const struct sr_command *command = NULL;
	int code = 0;

	if (s->operands.n > 0) {
		command = sr_command_find(s->operands.items[0]);
		if (!command) {
			sr_command_unknown(s->operands.items[0], &err);
			return sr_print_error(s, &err);
		}
	}
	sr_help_format(command, &text);
	fputs(sr_strbuf_str(&text), stdout);
	sr_strbuf_release(&text);
	return code;
}

const struct sr_command sr_command_help = {
	.name = "help",
	.bit = SR_CMD_HELP,
	.synopsis = "[COMMAND]",
	.summary = "show this help, or that of a command",
	.max_operands = 1,
	.run = run_help,
};
