/*
 * Running pg_dump -Fc --schema-only on some schemas.
 */
#ifndef SR_DDL_DUMP_H
#define SR_DDL_DUMP_H

#include <stdbool.h>

#include "ddl/archive.h"
#include "pg/conninfo.h"
#include "pg/programs.h"

struct sr_error;
struct sr_strlist;

struct sr_dump_options {
	const struct sr_programs *programs;
	const struct sr_conninfo *source; /* the password goes through the environment */
	const struct sr_strlist *schemas; /* exact names */
	const char *snapshot; /* an exported snapshot, or NULL */
	const char *encoding; /* of names and texts; NULL: the database's own */
	const char *settings; /* "-c name=value …" for its session, or NULL */
	const char *directory; /* private: where the archive is written, and removed again */
	const volatile int *stop; /* becomes non-zero: give up */
};

/* Class SR_ERR_DDL; pg_dump's own words are in the detail. */
bool sr_dump_schemas(const struct sr_dump_options *options, struct sr_archive *out, struct sr_error *err);

#endif
