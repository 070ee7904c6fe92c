/*
 * The options table: every option is declared once, in options_table.c, and
 * that drives parsing, configuration files, the environment, --help and the
 * check against the manual page.
 *
 * struct sr_settings is what they add up to: one restore's request, and what
 * concerns this program alone.  It belongs to the main thread.
 */
#ifndef SR_CLI_OPTIONS_H
#define SR_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "operation/request.h"

struct sr_error;

/* Which commands take an option. */
enum sr_command_bit {
	SR_CMD_RESTORE = 1,
	SR_CMD_STATUS = 2,
	SR_CMD_LIST = 4,
	SR_CMD_CLEANUP = 8,
	SR_CMD_DOCTOR = 16,
	SR_CMD_HELP = 32,
	SR_CMD_ALL = 63,
};

enum sr_option_kind {
	SR_KIND_BOOL, /* bool; elsewhere than on the command line: on, off, true, ... */
	SR_KIND_INT, /* int, from 1 on */
	SR_KIND_DURATION, /* int64_t, milliseconds: 7d, 12h, 30min */
	SR_KIND_STRING, /* char * */
	SR_KIND_PATH, /* char *, made absolute */
	SR_KIND_LIST, /* struct sr_strlist */
	SR_KIND_PATHS, /* struct sr_strlist of paths, made absolute */
	SR_KIND_VERIFY, /* unsigned, enum sr_verify_flags */
	SR_KIND_PITR, /* the request's moment */
	SR_KIND_SNAPSHOT, /* likewise */
};

enum sr_option_group {
	SR_GROUP_WHAT,
	SR_GROUP_WHEN,
	SR_GROUP_SOURCE,
	SR_GROUP_TARGET,
	SR_GROUP_HOW,
	SR_GROUP_OPERATIONS,
	SR_GROUP_GENERAL,
	SR_GROUP_COUNT
};

enum sr_option_flags {
	SR_OPTION_ENV = 1, /* may be SCHEMARESTORE_<NAME> */
	SR_OPTION_CONFIG = 2, /* may stand in a configuration file */
	SR_OPTION_HIDDEN = 4, /* neither in --help nor in the manual */
	SR_OPTION_CONN = 8, /* may hold connection parameters, thus a password */
};
#define SR_OPTION_BOTH (SR_OPTION_ENV | SR_OPTION_CONFIG)

struct sr_option {
	const char *name;
	char letter; /* or 0 */
	const char *arg; /* its argument's name; NULL for a SR_KIND_BOOL */
	enum sr_option_kind kind;
	unsigned commands; /* enum sr_command_bit */
	unsigned flags; /* enum sr_option_flags */
	enum sr_option_group group;
	size_t offset; /* in struct sr_settings; unused by PITR and SNAPSHOT */
	const char *help; /* may hold newlines */
};

/* Weakest first.  In a file, a profile's section is stronger than what stands before it. */
enum sr_layer {
	SR_LAYER_NONE,
	SR_LAYER_SYSTEM,
	SR_LAYER_SYSTEM_PROFILE,
	SR_LAYER_USER,
	SR_LAYER_USER_PROFILE,
	SR_LAYER_ENV,
	SR_LAYER_REQUEST,
	SR_LAYER_OPTION
};

#define SR_OPTIONS_MAX 64

/* Something to warn of that was found before there was a report. */
struct sr_early_warning {
	char *code, *text, *hint;
};

struct sr_settings {
	struct sr_request request;

	/* What the layer being read says of the connection; sr_settings_layer_end() moves it into request.conninfo. */
	char *dbname, *host, *port, *username;
	bool no_password, ask_password;

	char *request_file, *config, *profile;
	bool verbose, quiet, json;
	bool help, version, list_options;
	bool all;
	int64_t older_than_ms; /* 0: not given */

	struct sr_strlist operands; /* after the command's name */
	struct sr_strlist
		command_line; /* quoted for a shell, without --dry-run; empty when it holds a secret */
	struct sr_early_warning warnings[4];
	size_t nwarnings;
	unsigned char layers[SR_OPTIONS_MAX]; /* enum sr_layer that set the option of this index */
};

void sr_settings_init(struct sr_settings *s);
void sr_settings_release(struct sr_settings *s);
void sr_settings_warn(struct sr_settings *s, const char *code, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5))); /* beyond four, dropped */

const struct sr_option *sr_options(size_t *n);
const char *sr_option_group_heading(enum sr_option_group group);
/* By long name; '_' counts as '-'.  NULL: none. */
const struct sr_option *sr_option_find(const char *name, size_t len);
const struct sr_option *sr_option_letter(char letter);
/* All long names with any of these flags (0: every option that is not hidden). */
void sr_option_names(unsigned flags, struct sr_strlist *out);
/* The nearest of the names, when it is near enough to be what was meant; else NULL.  Borrowed from `names`. */
const char *sr_nearest(struct sr_strlist *names, const char *want);
enum sr_layer sr_option_layer(const struct sr_settings *s, const char *name);

/*
 * Gives the option a value.  A list given by a stronger layer replaces the
 * weaker one's; within a layer it grows.  `origin` is how the user wrote it:
 * "--jobs", "SCHEMARESTORE_JOBS", "jobs" in a file.  SR_ERR_USAGE.
 */
bool sr_option_apply(struct sr_settings *s, const struct sr_option *o, enum sr_layer layer,
		     const char *origin, const char *value, struct sr_error *err);
/*
 * Merges the layer's connection parameters.  A whole connection string (one
 * with '=', or a URI) replaces what weaker layers said of the connection; a bare
 * database name and host, port, username change just that.
 */
bool sr_settings_layer_end(struct sr_settings *s, enum sr_layer layer, struct sr_error *err);

/* "7d", "12h", "90min", "30s", "2w". */
bool sr_duration_parse(const char *text, int64_t *ms);
/* Relative paths begin at the working directory.  Caller frees. */
char *sr_path_absolute(const char *path);

#endif
