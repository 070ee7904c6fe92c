/*
 * Commands.  Each is one file, src/cli/command_<name>.c, with its entry beside
 * its handler.
 */
#ifndef SR_CLI_COMMAND_H
#define SR_CLI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/options.h"

struct sr_error;
struct sr_log;

struct sr_command {
	const char *name;
	unsigned bit; /* enum sr_command_bit: which options it takes */
	const char *synopsis; /* after the name: "[OPTION]... [ID]" */
	const char *summary; /* one line, for --help */
	int max_operands;
	/* Returns the exit code.  False results of its own go to sr_print_error(). */
	int (*run)(struct sr_settings *s);
};

extern const struct sr_command sr_command_restore, sr_command_status, sr_command_list, sr_command_cleanup,
	sr_command_doctor, sr_command_help;

/* All of them, NULL at the end; the first is the default. */
const struct sr_command *const *sr_commands(void);
const struct sr_command *sr_command_find(const char *name);
/* SR_ERR_USAGE with the nearest command in the hint. */
bool sr_command_unknown(const char *name, struct sr_error *err);

/* The restore_command of a temporary instance calls this: ARCHIVE NAME DEST. Not for people. */
int sr_command_wal_fetch(int argc, char **argv);

/* "schemarestore: error: ..." with DETAIL, HINT and CONTEXT, to stderr; with --json an event on stdout. Returns
 * the exit code and releases err. */
int sr_print_error(const struct sr_settings *s, struct sr_error *err);
/* The warnings found while reading the settings, for commands without a report. */
void sr_print_early_warnings(const struct sr_settings *s);
/* A log whose lines of the chosen level go to stderr. */
struct sr_log *sr_stderr_log_new(const struct sr_settings *s);

/* For help and `help COMMAND`; command NULL: everything. */
void sr_help_format(const struct sr_command *command, struct sr_strbuf *out);

/* Asks for the target's password on the terminal, without echo, and puts it into its connection parameters. */
bool sr_password_ask(struct sr_settings *s, struct sr_error *err);
/*
 * Puts a password into the target's connection parameters when it has to be
 * asked for: at once with -W; else, on a terminal and without -w, when the server
 * wants one that nobody gave (tried with one connection).
 */
bool sr_password_settle(struct sr_settings *s, struct sr_error *err);

/*
 * SIGINT, SIGTERM and SIGHUP set what the result points to; SIGPIPE is ignored.
 * The second signal says that undo is going on; `redrawn`: without a line's end, because the terminal is
 * drawn anew above it.
 */
const volatile int *sr_signals_install(bool redrawn);

#endif
