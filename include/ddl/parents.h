/*
 * Tables whose parent is not restored with them.
 *
 * A partition or an inheritance child may live in another schema than its
 * parent.  pg_dump of the child's schema alone still says ATTACH PARTITION, or
 * INHERITS, with the parent's name: on the target that is the live parent, and
 * every query on it would find the restored rows, too.  So such a table is made
 * to stand alone.  Pure; any thread may call.
 */
#ifndef SR_DDL_PARENTS_H
#define SR_DDL_PARENTS_H

#include <stdbool.h>

#include "ddl/archive.h"
#include "ddl/body.h"

struct sr_strbuf;

/* True for TABLE ATTACH and INDEX ATTACH where the parent is in none of the new schemas; its name is added to `parent`. */
bool sr_parent_is_outside(const struct sr_toc_entry *e, const struct sr_body_rules *rules,
			  struct sr_strbuf *parent);
/*
 * Adds "ALTER TABLE … NO INHERIT …;" for each parent of a TABLE in none of the new schemas, to be run in the
 * same transaction as its CREATE TABLE, so that nobody ever sees its rows there.  Adds the parents' names to `parents`.
 */
void sr_parent_disinherit(const struct sr_toc_entry *e, const struct sr_body_rules *rules,
			  struct sr_strbuf *sql, struct sr_strbuf *parents);

#endif
