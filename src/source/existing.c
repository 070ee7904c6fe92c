/*
 * existing:CONNINFO - an instance that somebody else made, at whatever moment
 * it stands.  It is only read, unless --disposable-source allows its schemas to
 * be renamed and renamed back at the end.  Both is the operation's work
 * (operation/rename.h, ddl/statement.h), so there is nothing here to make or to
 * remove.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/conn.h"
#include "source/source.h"
#include "sql.h"

struct sr_source {
	const struct sr_source_spec *spec;
	const struct sr_source_host *host;
	struct sr_conninfo conninfo;
	sr_time moment;
};

static struct sr_source *create(const struct sr_source_spec *spec, const struct sr_source_host *host)
{
	struct sr_source *s = sr_calloc(1, sizeof *s);

	s->spec = spec;
	s->host = host;
	s->moment = SR_TIME_NONE;
	return s;
}

static void destroy(struct sr_source *s)
{
	if (!s)
		return;
	sr_conninfo_release(&s->conninfo);
	free(s);
}

static bool read_identity(struct sr_source *s, struct sr_conn *c, struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_sql_source_identity, NULL);
	PGint8 started, now;
	Oid database;
	PGbool in_recovery;
	bool ok = res && sr_row(res, 0, err, "%int8 %oid %int8 %bool", 0, &started, 1, &database, 2, &now, 3,
				&in_recovery);

	if (ok && in_recovery && s->spec->disposable) {
		sr_error_set(err, SR_ERR_REFUSED,
			     "the existing instance is a standby: its schemas cannot be renamed");
		ok = sr_error_hint(err, "Leave --disposable-source out: then it is only read.");
	}
	if (ok)
		s->moment = now;
	PQclear(res);
	return ok;
}

static bool check(struct sr_source *s, struct sr_error *err)
{
	struct sr_conn_options options = {
		.label = "the existing instance",
		.class = SR_ERR_REFUSED,
		.log = s->host->log,
	};
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_conn *c;
	bool ok;

	if (!sr_conninfo_parse(&s->conninfo, s->spec->place, err))
		return sr_error_context(err, "reading --from existing:");
	if (!sr_conninfo_get(&s->conninfo, "dbname") && !sr_conninfo_get(&s->conninfo, "service"))
		sr_conninfo_set(&s->conninfo, "dbname", s->spec->dbname);
	if (!(c = sr_conn_open(&s->conninfo, &options, err)))
		return false;
	ok = read_identity(s, c, err);
	sr_conninfo_format(&s->conninfo, &text);
	s->host->plan(s->host->ctx, "existing instance", "%s (PostgreSQL %d)", sr_strbuf_str(&text),
		      sr_conn_version(c) / 10000);
	sr_strbuf_release(&text);
	sr_conn_close(c);
	return ok;
}

static sr_time moment(struct sr_source *s)
{
	return s->moment;
}

static bool provision(struct sr_source *s, struct sr_error *err)
{
	(void)s;
	(void)err;
	return true;
}

static bool connect_to(struct sr_source *s, struct sr_conninfo *out, struct sr_error *err)
{
	(void)err;
	sr_conninfo_copy(out, &s->conninfo);
	return true;
}

static bool teardown(struct sr_source *s, bool failed, struct sr_error *err)
{
	(void)s;
	(void)failed;
	(void)err;
	return true;
}

static bool owns(const char *kind)
{
	(void)kind;
	return false;
}

const struct sr_source_driver sr_source_existing = {
	.name = "existing",
	.has_moments = false,
	.throwaway = false,
	.create = create,
	.check = check,
	.moment = moment,
	.provision = provision,
	.connect = connect_to,
	.teardown = teardown,
	.destroy = destroy,
	.owns = owns,
};
