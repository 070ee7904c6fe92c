/*
 * ALTER SCHEMA … RENAME on the source, where the server itself rewrites every
 * tracked reference; and renaming back, where the instance is not ours.
 */
#ifndef SR_OPERATION_RENAME_H
#define SR_OPERATION_RENAME_H

#include <stdbool.h>
#include <stddef.h>

#include "ddl/body.h"

struct json_object;
struct sr_conn;
struct sr_error;
struct sr_log;
struct sr_report;

/*
 * Renames all of them, in one transaction.  Extensions whose objects live in a
 * renamed schema are moved to a new schema of the old name, so that references
 * to their objects read as the target has them; each gives a warning.
 *
 * On a throw-away instance the schemas' initial privileges are forgotten too
 * (initdb notes some for `public`): pg_dump prints grants relative to them, which
 * holds for the schema named public only, not for one newly created.
 */
bool sr_rename_schemas(struct sr_conn *source, const struct sr_rename *renames, size_t n, bool throwaway,
		       struct sr_report *report, struct sr_error *err);
/* Refuses (SR_ERR_REFUSED) when an extension lives in one of the schemas: only a throw-away instance may have it moved. */
bool sr_rename_refuse_extensions(struct sr_conn *source, const struct sr_rename *renames, size_t n,
				 struct sr_error *err);
/* Fills `members` for the body rewriter: objects of extensions in the renamed schemas. */
struct sr_extension_members;
struct sr_extension_members *sr_extension_members_read(struct sr_conn *source,
						       const struct sr_rename *renames, size_t n,
						       struct sr_error *err);
void sr_extension_members_free(struct sr_extension_members *m);
/* For sr_body_rules.keep; ctx is the members. */
bool sr_extension_member(void *ctx, enum sr_body_object kind, const char *schema, const char *name);

/* The journal's kind for a rename on an instance that is not ours, its undo, and its words. */
#define SR_RENAME_KIND "rename"
bool sr_rename_undo(struct json_object *detail, const char *password, struct sr_log *log,
		    struct sr_error *err);

#endif
