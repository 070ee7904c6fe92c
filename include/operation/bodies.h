/*
 * Function bodies on the source: rewritten for as long as its schemas have their
 * new names (the reason is in the source), and put back where the instance is not ours.
 * Main thread only.
 */
#ifndef SR_OPERATION_BODIES_H
#define SR_OPERATION_BODIES_H

#include <stdbool.h>

struct json_object;
struct sr_error;
struct sr_log;
struct sr_run;

#define SR_BODIES_KIND "bodies"

/* Before the rename, on an instance that is not ours: reads all text bodies; those that are replaced are kept in the operation's folder, with an intent in the journal. */
bool sr_bodies_save(struct sr_run *run, struct sr_error *err);
/* After the rename, once the script is built. */
bool sr_bodies_replace(struct sr_run *run, struct sr_error *err);
/* From the journal, after the names were put back. */
bool sr_bodies_undo(struct json_object *detail, const char *password, struct sr_log *log,
		    struct sr_error *err);

#endif
