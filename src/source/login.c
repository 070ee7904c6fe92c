#include "source/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "pg/conn.h"
#include "sql.h"

static const struct sr_conn_options options = {
	.label = "the temporary instance",
	.class = SR_ERR_INSTANCE,
};

static struct sr_conn *try_role(struct sr_conninfo *ci, const char *role, const char *dbname,
				struct sr_log *log, struct sr_error *err)
{
	struct sr_conn_options with_log = options;

	with_log.log = log;
	sr_conninfo_set(ci, "user", role);
	sr_conninfo_set(ci, "dbname", dbname);
	return sr_conn_open(ci, &with_log, err);
}

/* A connection as any role at all, to a database that always exists. */
static struct sr_conn *any_login(struct sr_conninfo *ci, const char *const *likely, struct sr_log *log,
				 struct sr_error *err)
{
	static const char *const usual[] = { "postgres", "rdsadmin", "admin", "root", NULL };
	const char *const *lists[] = { likely, usual };
	struct sr_conn *c;

	for (size_t i = 0; i < 2; i++)
		for (const char *const *role = lists[i]; *role; role++)
			if ((c = try_role(ci, *role, "template1", log, err)) != NULL)
				return c;
	sr_error_set(err, SR_ERR_INSTANCE, "no role to log in as was found on the temporary instance");
	sr_error_hint(err, "Name one that exists there with --source-username.");
	return NULL;
}

static bool check_database(struct sr_conn *c, const char *dbname, struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_source_databases, NULL);
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_strbuf list = SR_STRBUF_INIT;
	bool ok = res != NULL;

	for (int i = 0; ok && i < PQntuples(res); i++) {
		char *name;

		ok = sr_row(res, i, err, "%text", 0, &name);
		if (ok)
			sr_strlist_add(&names, name);
	}
	if (ok && !sr_strlist_has(&names, dbname)) {
		sr_strlist_nearest(&names, dbname);
		sr_strlist_join(&names, 10, &list);
		sr_error_set(err, SR_ERR_REFUSED, "there is no database \"%s\" at that moment", dbname);
		sr_error_detail(err, "There are: %s.", sr_strbuf_str(&list));
		ok = sr_error_hint(err, "Name the database that held the schemas with --source-dbname.");
	}
	PQclear(res);
	sr_strlist_release(&names);
	sr_strbuf_release(&list);
	return ok;
}

bool sr_login_find(struct sr_conninfo *ci, const char *dbname, const char *const *likely, struct sr_log *log,
		   struct sr_error *err)
{
	struct sr_conn *c = any_login(ci, likely, log, err);
	char *superuser = NULL;
	bool ok;

	if (!c)
		return false;
	ok = sr_conn_text(c, err, &superuser, sr_sql_source_superuser, NULL) &&
	     check_database(c, dbname, err);
	if (ok && !superuser) {
		sr_error_set(err, SR_ERR_INSTANCE, "the temporary instance has no superuser that may log in");
		ok = false;
	}
	if (ok) {
		sr_conninfo_set(ci, "user", superuser);
		sr_conninfo_set(ci, "dbname", dbname);
	}
	free(superuser);
	sr_conn_close(c);
	return ok;
}
