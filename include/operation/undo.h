/*
 * Undo: whatever the journal says is still held is removed, the last made first.
 */
#ifndef SR_OPERATION_UNDO_H
#define SR_OPERATION_UNDO_H

#include <stdbool.h>

#include "operation/journal.h"
#include "source/source.h"

struct json_object;
struct sr_conn;
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
/*
 * For the undo of one kind: a connection to where `conninfo` in the intent's detail leads, with the password that the
 * journal does not have (or NULL).  Class SR_ERR_LEFTOVER.
 */
struct sr_conn *sr_undo_connect(struct json_object *detail, const char *password, const char *label,
				struct sr_log *log, struct sr_error *err);
/* "schema a_2024… in database shop on …", for lists; into out. */
void sr_undo_describe(const struct sr_source_driver *const *drivers, const struct sr_intent *intent,
		      struct sr_strbuf *out);

#endif
