/*
 * Whom to log in as on a temporary cluster that trusts everybody: a superuser,
 * whose name is production's choice.  Any existing role can read pg_roles, so
 * likely names are tried until one exists, and it tells the superusers.
 */
#ifndef SR_SOURCE_LOGIN_H
#define SR_SOURCE_LOGIN_H

#include <stdbool.h>

#include "pg/conninfo.h"

struct sr_error;
struct sr_log;

/*
 * ci has host and port; gets user and dbname.  `likely` are role names to try
 * first, NULL-terminated.  When the database does not exist there: SR_ERR_REFUSED, naming those
 * that do.
 */
bool sr_login_find(struct sr_conninfo *ci, const char *dbname, const char *const *likely, struct sr_log *log,
		   struct sr_error *err);

#endif
