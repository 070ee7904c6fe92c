/*
 * PostgreSQL's own programs: pg_dump, postgres, pg_controldata, found by major
 * version.  Looked in, in this order: the directories the user named
 * (--pg-bindir), /usr/lib/postgresql/NN/bin (Debian), /usr/pgsql-NN/bin (RPM),
 * /usr/local/pgsql/bin, PATH.  A program is asked for its version (--version)
 * only when the directory's name does not tell.  Any thread may call.
 */
#ifndef SR_PG_PROGRAMS_H
#define SR_PG_PROGRAMS_H

#include <stdbool.h>

struct sr_error;
struct sr_strlist;

struct sr_programs {
	int major; /* 15 */
	char *bindir; /* "/usr/lib/postgresql/15/bin" */
};
void sr_programs_release(struct sr_programs *p);

/* The directory that holds `postgres` and `pg_controldata` of exactly this major version. The error (class
 * SR_ERR_REFUSED) names the places looked at, the versions found, and the package to install. */
bool sr_programs_server(const struct sr_strlist *bindirs, int major, struct sr_programs *out,
			struct sr_error *err);
/* The newest pg_dump that can read a server of this major version (pg_dump reads servers up to its own major). */
bool sr_programs_dump(const struct sr_strlist *bindirs, int server_major, struct sr_programs *out,
		      struct sr_error *err);

#endif
