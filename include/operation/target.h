/*
 * The target: where the restored schemas go, beside the live ones, which are
 * never written to.
 *
 * While an operation makes a schema, the schema's comment is our mark, set in
 * the transaction that creates it: whoever undoes drops a schema only if it
 * carries the mark of that operation.  The schema's own comment replaces the
 * mark as the very last thing.
 *
 * The control connection belongs to the main thread; it also holds the
 * advisory locks that keep a second operation from the same names.
 */
#ifndef SR_OPERATION_TARGET_H
#define SR_OPERATION_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "pg/conninfo.h"

struct json_object;
struct sr_conn;
struct sr_error;
struct sr_log;
struct sr_report;

struct sr_target {
	struct sr_conn *conn;
	struct sr_conninfo conninfo; /* as asked for, with application_name; may hold a password */
	struct sr_conninfo resolved; /* what it came to, without secrets: for the journal */
	char *application, *mark;
	char *database, *role, *description; /* "database shop on /run/postgresql, port 5432" */
	bool superuser;
	int version;
};

/* Connects and learns the facts; refuses a standby, a read-only database, missing CREATE. */
bool sr_target_open(struct sr_target *t, const struct sr_conninfo *ci, const char *operation_id,
		    struct sr_log *log, struct sr_error *err);
/* A new control connection in place of a lost one.  The locks are gone with the old one; by then the schemas stand there,
 * and their names keep others away. */
bool sr_target_reopen(struct sr_target *t, const char *encoding, struct sr_log *log, struct sr_error *err);
void sr_target_close(struct sr_target *t);

/* Refuses publications FOR ALL TABLES unless allowed; warns of event triggers. */
bool sr_target_check(struct sr_target *t, bool allow_publication, struct sr_report *report,
		     struct sr_error *err);
/* Refuses (SR_ERR_REFUSED) a name that exists there, or that another operation works on; keeps the lock. */
bool sr_target_claim(struct sr_target *t, const char *schema, struct sr_error *err);
/*
 * Refuses when roles are missing or may not own; all named at once.  With `create` the missing ones go
 * there instead, and it is refused when we may not create them.
 */
bool sr_target_check_roles(struct sr_target *t, const struct sr_strlist *roles,
			   const struct sr_strlist *owners, struct sr_strlist *create, struct sr_error *err);
/* Reads a time as the server's timestamptz does, without a zone as UTC; SR_ERR_USAGE. */
bool sr_target_read_time(struct sr_target *t, const char *text, int64_t *unix_us, struct sr_error *err);

/* CREATE SCHEMA, the mark, and the owner (owner_sql or NULL), in one transaction. */
bool sr_target_create_schema(struct sr_target *t, const char *schema, const char *owner_sql,
			     struct sr_error *err);
/* Takes the marks off all schemas, and off the roles made for them, in one transaction; comments[i] is the COMMENT ON
 * SCHEMA statement or NULL. */
bool sr_target_finish_schemas(struct sr_target *t, char *const *schemas, const char *const *comments,
			      size_t n, const struct sr_strlist *roles, struct sr_error *err);

/* The detail of an intent to make this schema, for the journal.  The caller owns the object. */
struct json_object *sr_target_intent(const struct sr_target *t, const char *schema);
/*
 * Undo, from the journal's detail, on a connection of its own: ends what the
 * operation still runs, then drops the schema if it carries the mark.  Gone
 * already, or not marked, is success.  password may be NULL.
 */
bool sr_target_undo(struct json_object *detail, const char *password, struct sr_log *log,
		    struct sr_error *err);

/* ---- target_role.c: roles that the schemas need, made with the same mark ---- */

/* CREATE ROLE … NOLOGIN and the mark, in one transaction.  Who is no superuser becomes a member, to make it an owner. */
bool sr_target_create_role(struct sr_target *t, const char *role, struct sr_error *err);
struct json_object *sr_target_role_intent(const struct sr_target *t, const char *role);
/* As sr_target_undo(), after the schemas are gone: a role that others have given something to meanwhile stays. */
bool sr_target_undo_role(struct json_object *detail, const char *password, struct sr_log *log,
			 struct sr_error *err);

#endif
