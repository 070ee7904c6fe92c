/*
 * What an archive's FK CONSTRAINT entry says.
 *
 * A foreign key to a table that is not restored with its own refers to the live
 * table.  Adding it as it stands would lock that table while all rows are
 * checked, and old rows need not fit what is there today: so such a key is
 * added NOT VALID and validated on its own.  Pure; any thread may call.
 */
#ifndef SR_DDL_FOREIGN_KEY_H
#define SR_DDL_FOREIGN_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "ddl/body.h"

struct sr_strbuf;

struct sr_foreign_key {
	char *schema, *table, *name;
	char *to_schema, *to_table;
	bool not_valid; /* says NOT VALID itself: it was never validated on the source */
	bool partitioned; /* of a partitioned table, whose ADD CONSTRAINT pg_dump writes without ONLY */
	size_t end; /* where in the SQL its words end, before the semicolon */
};

/*
 * False where this is not one ALTER TABLE … ADD FOREIGN KEY with all names qualified, or says what the
 * parser does not know yet (PERIOD, NOT ENFORCED of PostgreSQL 18).  Release in either case.
 */
bool sr_foreign_key_parse(struct sr_foreign_key *key, const char *sql);
void sr_foreign_key_release(struct sr_foreign_key *key);
/* True where the table referred to is in none of the new schemas. */
bool sr_foreign_key_is_outside(const struct sr_foreign_key *key, const struct sr_rename *renames,
			       size_t nrenames);
/* Adds the statement with NOT VALID; `sql` is what the key was parsed from. */
void sr_foreign_key_add_not_valid(const struct sr_foreign_key *key, const char *sql, struct sr_strbuf *out);
/* Adds "ALTER TABLE … VALIDATE CONSTRAINT …;". */
void sr_foreign_key_add_validate(const struct sr_foreign_key *key, struct sr_strbuf *out);

#endif
