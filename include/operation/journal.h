/*
 * The journal of one operation: journal.jsonl in its folder, one JSON object a
 * line, only ever appended to.
 *
 *     {"time":…,"event":"start","id":…,"pid":…,"version":…,"what":…,"target":…}
 *     {"time":…,"event":"intend","n":1,"kind":"cluster","detail":{…}}   on disk before the thing is made
 *     {"time":…,"event":"gone","n":1}                                   removed again
 *     {"time":…,"event":"kept","n":2}                                   part of the result: nothing to undo
 *     {"time":…,"event":"phase","phase":"copy","state":"end","ok":true,"ms":…}
 *     {"time":…,"event":"end","outcome":"done","exit_code":0,"error":…,"kept":false}
 *
 * What was intended and is neither gone nor kept is held: undo walks it
 * backwards.  Never a secret in it.
 *
 * The folder's `lock` file is locked (flock) by the process that works for the
 * operation, so that two never do at once and a dead one is known to be dead.
 *
 * Writing: any thread.  A journal is open in one process at a time.
 */
#ifndef SR_OPERATION_JOURNAL_H
#define SR_OPERATION_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

struct json_object;
struct sr_error;
struct sr_journal;

/* Makes the folder state_dir/id (0700) and its journal, and locks it. */
struct sr_journal *sr_journal_create(const char *state_dir, const char *id, struct sr_error *err);
/* Opens an existing one for appending and locks it; SR_ERR_REFUSED when its process still runs. */
struct sr_journal *sr_journal_reopen(const char *dir, struct sr_error *err);
void sr_journal_close(struct sr_journal *j); /* unlocks; NULL is fine */
/* In a forked child: lets go of the lock without unlocking it for the parent. */
void sr_journal_forget(struct sr_journal *j);
const char *sr_journal_dir(const struct sr_journal *j);

/* Takes detail (or NULL).  True: the line is on disk. */
bool sr_journal_intend(struct sr_journal *j, const char *kind, struct json_object *detail, int *number,
		       struct sr_error *err);
bool sr_journal_gone(struct sr_journal *j, int number, struct sr_error *err);
bool sr_journal_kept(struct sr_journal *j, int number, struct sr_error *err);
/* Any other event; takes data (an object), whose members are added to the line. */
bool sr_journal_event(struct sr_journal *j, const char *event, struct json_object *data,
		      struct sr_error *err);

/* ---- Reading ---- */

struct sr_intent {
	int number;
	char *kind;
	struct json_object *detail; /* owned; or NULL */
	bool held;
	bool kept; /* part of the result */
};

struct sr_record {
	char *id, *what, *target, *outcome, *error; /* NULL where the journal has none */
	struct json_object *schemas; /* array of new names; or NULL */
	sr_time started, ended;
	int exit_code, pid;
	bool running; /* somebody holds the lock */
	bool kept; /* it failed, and what it made was left on purpose (--keep) */
	struct sr_intent *intents; /* in the order they were made */
	size_t n, cap;
};
/* A last line that was cut off (a crash while writing) is passed over; anything else unreadable is an error. */
bool sr_record_read(const char *dir, struct sr_record *out, struct sr_error *err);
void sr_record_release(struct sr_record *r);

#endif
