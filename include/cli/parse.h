/*
 * The command line as words: which options with which values, and what is left
 * over.  Nothing is applied yet, so that --config, --profile and --request can
 * be read first.  The rules are getopt_long's: operands may stand anywhere,
 * "--" ends the options, --name=value and --name value, -nvalue, flags in one
 * cluster, and any unambiguous beginning of a long name.
 */
#ifndef SR_CLI_PARSE_H
#define SR_CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "cli/options.h"

struct sr_error;

struct sr_option_use {
	const struct sr_option *option;
	const char *value; /* points into argv; NULL: a flag without one */
	int at; /* index in argv of the word that names it */
};

struct sr_command_line {
	struct sr_option_use *uses;
	size_t n, cap;
	struct sr_strlist operands;
};
#define SR_COMMAND_LINE_INIT ((struct sr_command_line){ 0 })

void sr_command_line_release(struct sr_command_line *line);
/* argv[0] is skipped; argv has to outlive the result.  SR_ERR_USAGE, with the nearest option in the hint. */
bool sr_command_line_parse(struct sr_command_line *line, int argc, char **argv, struct sr_error *err);
/* The last value given for this option, or NULL. */
const char *sr_command_line_value(const struct sr_command_line *line, const char *name);
bool sr_command_line_has(const struct sr_command_line *line, const char *name);
/* "a", 'it'\''s': the word as a shell reads it back. */
void sr_shell_quote(struct sr_strbuf *out, const char *word);

#endif
