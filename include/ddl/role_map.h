/*
 * Roles that have another name on the target.
 *
 * GRANT, ALTER DEFAULT PRIVILEGES, CREATE POLICY and SET ROLE name roles.  The
 * parser says where; just these words are replaced, once each, so that two roles
 * may also change places.  Strings and columns that are merely spelled the same
 * stay.  Pure; any thread may call.
 */
#ifndef SR_DDL_ROLE_MAP_H
#define SR_DDL_ROLE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "ddl/body.h"

struct sr_strbuf;

/* What the role is called on the target: `role` itself where nothing maps it. */
const char *sr_role_mapped(const char *role, const struct sr_rename *map, size_t n);
/* Adds the statements with their roles mapped.  False, and nothing added, where the parser cannot tell. */
bool sr_role_map_sql(const char *sql, const struct sr_rename *map, size_t n, struct sr_strbuf *out);

#endif
