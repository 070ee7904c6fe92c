/*
 * From the words of the command line to settings that are complete: all layers
 * merged, defaults settled, the form checked.
 */
#ifndef SR_CLI_SETTINGS_H
#define SR_CLI_SETTINGS_H

#include <stdbool.h>

#include "cli/options.h"
#include "cli/parse.h"

struct sr_error;
struct sr_command;

#define SR_CONFIG_SYSTEM "/etc/schemarestore.conf"

/*
 * Merges: the system's configuration (`system_config`, SR_CONFIG_SYSTEM but in
 * tests), the user's, the environment, --request, the options.  argv is the one
 * that `line` was parsed from.
 */
bool sr_settings_merge(struct sr_settings *s, const struct sr_command_line *line, char **argv,
		       const char *system_config, struct sr_error *err);
/* Every option on the command line has to be one that the command takes. */
bool sr_settings_check_options(const struct sr_command_line *line, const struct sr_command *command,
			       struct sr_error *err);
/* State and scratch directory, absolute paths in --from. */
void sr_settings_defaults(struct sr_settings *s);
/* What a restore's request has to have, and what does not go together.  SR_ERR_USAGE, each with a hint. */
bool sr_settings_check_restore(const struct sr_settings *s, struct sr_error *err);
/* The source's form alone: a kind that exists, with something after the colon.  NULL is fine. */
bool sr_settings_check_source(const struct sr_settings *s, struct sr_error *err);

#endif
