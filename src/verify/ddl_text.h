/* Parts of the comparison of definitions; private to this room.  Pure. */
#ifndef SR_VERIFY_DDL_TEXT_H
#define SR_VERIFY_DDL_TEXT_H

#include <stdbool.h>

struct sr_item;
struct sr_strbuf;
struct sr_strlist;

/*
 * ddl_grants.c: the statements of an ACL entry as a sorted set of lines, one for each privilege, with the
 * role that grants.  Grants to and from the roles in `without` are left out, and with them who granted the
 * others.  `schema` is the name of a schema as it stands in the statements, or NULL; `before` are GRANT
 * statements on this and other schemas that stood already, or NULL.
 */
void sr_ddl_grants(const char *sql, const char *schema, const char *before, const struct sr_strlist *without,
		   struct sr_strbuf *out);

/* ddl_same.c: true when the statements differ only in how PostgreSQL prints casts of arrays and roles of policies. */
bool sr_ddl_same_meaning(const char *a, const char *b);

/* ddl_diff.c: the lines that differ, as in struct sr_ddl_difference. */
void sr_ddl_diff(const char *source, const char *target, struct sr_strbuf *out);

#endif
