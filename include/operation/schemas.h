/*
 * Which schemas, and what they will be called.
 *
 * A name that exists exactly as typed is taken as it is (capitals, dots, quotes
 * and all); otherwise it is a pattern as pg_dump's -n reads it: lower-cased
 * outside double quotes, * for any text, ? for one character, [0-9] and the rest of
 * regular expressions as there.  A --schema-regex has to match the whole name.
 */
#ifndef SR_OPERATION_SCHEMAS_H
#define SR_OPERATION_SCHEMAS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "operation/request.h"

struct sr_error;

/* The PCRE2 pattern that a pg_dump pattern stands for; into out. */
void sr_schemas_pattern(const char *pattern, struct sr_strbuf *out);
/* True when the text has wildcards or other signs of a pattern outside double quotes. */
bool sr_schemas_is_pattern(const char *text);
/* The plain name a pattern without wildcards stands for: "Weird" in double quotes, or lower-cased. Caller frees. */
char *sr_schemas_plain_name(const char *text);

/*
 * Chooses among `existing` (all schemas there, system ones left out), in their
 * order, each once.  SR_ERR_REFUSED when a name or pattern matches none (with the existing ones, nearest
 * first); SR_ERR_USAGE for a bad regular expression.
 */
bool sr_schemas_choose(const struct sr_request *r, const struct sr_strlist *existing,
		       struct sr_strlist *chosen, struct sr_error *err);

/*
 * The new name: from --rename, or name and suffix (default _YYYYMMDDHHMMSS of
 * the moment, UTC).  SR_ERR_REFUSED over 63 bytes.  Caller frees.
 */
bool sr_schemas_new_name(const struct sr_request *r, const char *name, sr_time moment, char **out,
			 struct sr_error *err);

#endif
