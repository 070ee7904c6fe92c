/*
 * The weaker layers of the settings: configuration files and the environment.
 *
 * A file is INI.  Its keys are long option names, with '-' or '_'; what stands
 * before the first section holds for every profile, a section for the profile
 * of its name.  A list's key is repeated.  An indented line goes on with the
 * value above it.  A line is at most 199 bytes, the INI library's limit.
 */
#ifndef SR_CLI_CONFIG_H
#define SR_CLI_CONFIG_H

#include <stdbool.h>

#include "cli/options.h"

struct sr_error;

/*
 * Applies one file, as `layer` (SR_LAYER_SYSTEM or SR_LAYER_USER) and, for the
 * profile's section, the next one.  *found_profile becomes true when the file has the section.
 * A file that is not there is an error only if `required`.  Every section is
 * checked for unknown keys, also those of other profiles.  Warns of passwords
 * that others can read.
 */
bool sr_config_read(struct sr_settings *s, const char *path, bool required, const char *profile,
		    enum sr_layer layer, bool *found_profile, struct sr_error *err);
/* SCHEMARESTORE_<LONG NAME>; empty ones are passed over; a list has one element a line. */
bool sr_environment_read(struct sr_settings *s, struct sr_error *err);
/* "SCHEMARESTORE_STATE_DIR".  Caller frees. */
char *sr_environment_name(const char *option);
/* ~/.config/schemarestore.conf, with XDG_CONFIG_HOME respected; NULL when there is no home.  Caller frees. */
char *sr_config_user_path(void);

#endif
