/*
 * Comparing definitions: what was extracted from the source against what
 * pg_dump reads back from the target, entry by entry.
 *
 * Both scripts name the same things: the source's schemas had their new names
 * when it was read.  Entries are matched by kind, schema and name, several alike
 * (operators of one name) by their text; their order does not matter.  Texts are
 * compared to the byte, with these exceptions:
 *
 *   - The comment on a schema is left out: until the end the target's is a mark.
 *   - Grants are a set: their order in the catalogs follows the order they were made in, and
 *     default privileges on the target may have come first.
 *   - An owner's own grants are left out with `no_owner`: owners differ on purpose.
 *   - PostgreSQL prints "x IN ('a', 'b')" on a varchar as a cast of the whole array, "(ARRAY[…])::text[]", and
 *     reads that as casts of its elements (transformArrayExpr() of src/backend/parser/parse_expr.c).  Where
 *     only that differs, the definitions are equal.
 *   - The roles of a policy are a set, too: they are stored, and printed, in the order of their oids.
 *
 * Pure; any thread may call.
 */
#ifndef SR_VERIFY_DDL_H
#define SR_VERIFY_DDL_H

#include <stdbool.h>
#include <stddef.h>

#include "ddl/script.h"

enum sr_ddl_expectation {
	SR_DDL_EXPECT_EQUAL,
	SR_DDL_EXPECT_NOTHING, /* known not to be so: told already */
	SR_DDL_EXPECT_NOT_VALID, /* a foreign key that may say NOT VALID on the target */
};

struct sr_ddl_options {
	bool no_owner;
	bool mapped_roles; /* several may have become one: grants to and from owners, and who granted, are left out */
	const char
		*schema_grants; /* what the source's grants on schemas begin with (GRANT … lines), or NULL */
	/* What the target should have of a source's item; NULL: all of them, equal. */
	enum sr_ddl_expectation (*expect)(void *ctx, const struct sr_item *source);
	void *ctx;
};

enum sr_ddl_kind { SR_DDL_MISSING, SR_DDL_EXTRA, SR_DDL_OWNER, SR_DDL_TEXT };

struct sr_ddl_difference {
	enum sr_ddl_kind kind;
	const struct sr_item *source, *target; /* borrowed from the scripts; NULL where it is not */
	char *text; /* lines that begin with "- " (source) or "+ " (target), without a newline at the end; few and short */
};

struct sr_ddl_result {
	struct sr_ddl_difference *items;
	size_t n, cap;
	size_t compared; /* entries of the source that were expected on the target */
	size_t equal; /* of these */
};

void sr_verify_ddl(const struct sr_script *source, const struct sr_script *target,
		   const struct sr_ddl_options *options, struct sr_ddl_result *out);
void sr_ddl_result_release(struct sr_ddl_result *r);
/* "is missing on the target", "is only on the target", ... */
const char *sr_ddl_kind_text(enum sr_ddl_kind kind);

#endif
