/*
 * Undo: whatever the journal says is still held is removed, the last made first.
 */
#ifndef SR_OPERATION_UNDO_H
#define SR_OPERATION_UNDO_H

#include <stdbool.h>

#include "operation/journal.h"
#include "source/source.h"

struct sr_error;
struct sr_log;
struct sr_strbuf;
struct sr_strlist;

struct sr_undo {
	const struct sr_source_driver *const *drivers;
	const char *password; /* of the target, or NULL */
	const char *source_password; /* of an existing instance, or NULL */
	struct sr_log *log;
	struct sr_strlist *removed; /* a line each; or NULL */
	struct sr_strlist *leftovers; /* a line each, with the reason; or NULL */
};

/* Goes on after a failure.  False (SR_ERR_LEFTOVER, the first failure) when something is left. */
bool sr_undo_run(struct sr_journal *j, const struct sr_undo *undo, struct sr_error *err);
/* "schema a_2024… in database shop on …", for lists; into out. */
void sr_undo_describe(const struct sr_source_driver *const *drivers, const struct sr_intent *intent,
		      struct sr_strbuf *out);

#endif
