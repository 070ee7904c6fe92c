/*
 * What restored objects need that is not restored with them: it has to be on
 * the target, and all that is not there is told at once, before anything is made.
 *
 * The source's catalogs know what refers to what (pg_depend; tablespaces and
 * access methods are in pg_class), also which extension a thing belongs to.
 * Both servers name things by pg_identify_object(), so that the names can be
 * compared: with the schema, functions and operators with their argument types.
 * What stands in text bodies of functions is in no catalog and not seen here.
 */
#ifndef SR_OPERATION_DEPENDENCIES_H
#define SR_OPERATION_DEPENDENCIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "ddl/body.h"

struct json_object;
struct sr_conn;
struct sr_error;
struct sr_report;
struct sr_script;
struct sr_strbuf;
struct sr_target;

/* Strings are "" where there is none, and quoted as SQL needs it, but for `extension`. They belong to the arena. */
struct sr_dependency {
	/* The source's words: "table", "table column", "unique key", "extension", "operator class", ... */
	const char *kind, *schema, *identity;
	const char *of; /* of a column or a unique key: its table, which has an entry of its own */
	const char *
		extension; /* of a member: its extension, which has an entry of its own; of an extension: its name */
	const char *version; /* with `extension` */
	const char *user_kind, *user; /* one of those that need it */
	int64_t users;
	/* The target's. */
	bool exists, schema_exists;
	const char *other_kind; /* what else has that name */
	const char *there_schema, *there_version, *available; /* of extensions */
};

struct sr_dependencies {
	struct sr_arena arena;
	struct sr_dependency *items;
	size_t n;
};

/*
 * Asks both ends and judges; for the main thread.  `source` is inside the snapshot's transaction, after the rename.
 * SR_ERR_REFUSED when the target lacks something.  Extensions of another version give a warning; which schemas
 * outside are referred to is a fact, "outside-references".
 */
bool sr_dependencies_check(const struct sr_script *script, const struct sr_rename *renames, size_t nrenames,
			   struct sr_conn *source, struct sr_target *target, struct sr_report *report,
			   struct sr_error *err);

/* The rest is pure; any thread may call. */

void sr_dependencies_release(struct sr_dependencies *d);
/* False, with every missing thing in the detail and what to do in the hint, when something is missing. */
bool sr_dependencies_judge(const struct sr_dependencies *d, struct sr_error *err);
/* {"shared": ["table shared.country", ...], "": ["tablespace fast"]}: by schema, "" for what is in none. */
struct json_object *sr_dependencies_outside(const struct sr_dependencies *d);
/* Adds an identity with the names that the restored schemas have in production: "t on a_20240128.orders" becomes "t on a.orders". */
void sr_dependency_old_names(const char *identity, const struct sr_rename *renames, size_t n,
			     struct sr_strbuf *out);

#endif
