/*
 * What one TOC entry means: its kind, its owner's statement, its name for
 * people.  The parts that sr_script_build() (ddl/script.h) is made of.
 * Pure; any thread may call.
 *
 * The facts are those of _tocEntryRequired() and _getObjectDescription() in
 * src/bin/pg_dump/pg_backup_archiver.c.
 */
#ifndef SR_DDL_ITEM_H
#define SR_DDL_ITEM_H

#include <stdbool.h>

#include "ddl/script.h"

/* False for what is no item: settings, the database itself, data, large objects, entries without SQL. */
bool sr_entry_is_item(const struct sr_toc_entry *e);
enum sr_item_kind sr_entry_kind(const struct sr_toc_entry *e);
/* Adds "ALTER TABLE "a"."orders" OWNER TO "bob";", or nothing where the object has no owner of its own. */
void sr_entry_owner_sql(const struct sr_toc_entry *e, struct sr_strbuf *out);
/*
 * Adds the statements of an ACL entry.  A grant by another role than the owner
 * stands in it between SET SESSION AUTHORIZATION and its RESET.  Only a superuser
 * may do that; SET ROLE has the same effect on a grant, and is open to members.
 */
enum sr_grantor {
	SR_GRANTOR_ANY, /* a superuser: whose grants are the owner's, unless it says SET ROLE */
	SR_GRANTOR_OWNER, /* a member of several roles that may grant: the server would take any of them */
	SR_GRANTOR_SELF, /* everything is ours, and so are all grants */
};
void sr_entry_grants(const struct sr_toc_entry *e, enum sr_grantor as, struct sr_strbuf *out);
/* Adds "-- Name: orders; Type: TABLE; Schema: a; Owner: bob", always one line. */
void sr_entry_comment(const struct sr_toc_entry *e, struct sr_strbuf *out);
/* As sr_item_describe(). */
void sr_entry_describe(const struct sr_toc_entry *e, struct sr_strbuf *out);

#endif
