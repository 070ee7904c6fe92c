#include "operation/dependencies.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/script.h"
#include "operation/target.h"
#include "pg/conn.h"
#include "pg/ident.h"
#include "report/report.h"
#include "sql.h"

void sr_dependencies_release(struct sr_dependencies *d)
{
	free(d->items);
	sr_arena_release(&d->arena);
	*d = (struct sr_dependencies){ 0 };
}

/* ---- The source ---- */

/* {1259,1247}: the catalogs or the oids of what is restored. */
static char *item_numbers(const struct sr_script *script, bool catalogs)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	for (size_t i = 0; i < script->n; i++) {
		const struct sr_toc_entry *e = script->items[i].entry;

		sr_strbuf_addf(&out, "%c%u", i ? ',' : '{', catalogs ? e->table_oid : e->oid);
	}
	sr_strbuf_adds(&out, script->n ? "}" : "{}");
	return sr_strbuf_take(&out);
}

/* What needs it is told under the name that people know. */
static const char *old_names(struct sr_arena *arena, const char *identity, const struct sr_rename *renames,
			     size_t n)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	const char *kept;

	sr_dependency_old_names(identity, renames, n, &out);
	kept = sr_arena_strdup(arena, sr_strbuf_str(&out));
	sr_strbuf_release(&out);
	return kept;
}

static bool read_row(struct sr_dependencies *d, PGresult *res, int row, const struct sr_rename *renames,
		     size_t n, struct sr_error *err)
{
	struct sr_arena *a = &d->arena;
	char *kind, *schema, *identity, *of, *extension, *version, *user_kind, *user;
	PGint8 users = 0;

	if (!sr_row(res, row, err, "%text %text %text %text %text %text %text %text %int8", 0, &kind, 1,
		    &schema, 2, &identity, 3, &of, 4, &extension, 5, &version, 6, &user_kind, 7, &user, 8,
		    &users))
		return false;
	d->items[d->n++] = (struct sr_dependency){
		.kind = sr_arena_strdup(a, kind),
		.schema = sr_arena_strdup(a, schema),
		.identity = sr_arena_strdup(a, identity),
		.of = sr_arena_strdup(a, of),
		.extension = sr_arena_strdup(a, extension),
		.version = sr_arena_strdup(a, version),
		.user_kind = sr_arena_strdup(a, user_kind),
		.user = old_names(a, user, renames, n),
		.users = users,
		.other_kind = "",
		.there_schema = "",
		.there_version = "",
		.available = "",
	};
	return true;
}

static bool read_source(struct sr_dependencies *d, const struct sr_script *script,
			const struct sr_rename *renames, size_t n, struct sr_conn *source,
			struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	char *schemas, *catalogs = item_numbers(script, true), *oids = item_numbers(script, false);
	PGresult *res;
	bool ok;

	for (size_t i = 0; i < n; i++)
		sr_strlist_add(&names, renames[i].to);
	schemas = sr_ident_array(&names);
	res = sr_conn_query(source, err, sr_sql_source_dependencies, "%text %text %text", schemas, catalogs,
			    oids);
	ok = res != NULL;
	if (ok)
		d->items = sr_calloc((size_t)PQntuples(res) + 1, sizeof *d->items);
	for (int i = 0; ok && i < PQntuples(res); i++)
		ok = read_row(d, res, i, renames, n, err);
	PQclear(res);
	free(schemas);
	free(catalogs);
	free(oids);
	sr_strlist_release(&names);
	return ok;
}

/* ---- The target ---- */

static char *column(const struct sr_dependencies *d, size_t offset)
{
	struct sr_strlist list = SR_STRLIST_INIT;
	char *array;

	for (size_t i = 0; i < d->n; i++)
		sr_strlist_add(&list, *(const char *const *)((const char *)&d->items[i] + offset));
	array = sr_ident_array(&list);
	sr_strlist_release(&list);
	return array;
}

static bool ask_things(struct sr_dependencies *d, struct sr_conn *target, struct sr_error *err)
{
	char *kinds = column(d, offsetof(struct sr_dependency, kind));
	char *schemas = column(d, offsetof(struct sr_dependency, schema));
	char *identities = column(d, offsetof(struct sr_dependency, identity));
	char *tables = column(d, offsetof(struct sr_dependency, of));
	PGresult *res = sr_conn_query(target, err, sr_sql_target_dependencies, "%text %text %text %text",
				      kinds, schemas, identities, tables);
	bool ok = res != NULL;

	for (int i = 0; ok && i < PQntuples(res); i++) {
		PGint8 number = 0;
		PGbool exists, schema_exists;
		char *other;

		ok = sr_row(res, i, err, "%int8 %bool %text %bool", 0, &number, 1, &exists, 2, &other, 3,
			    &schema_exists);
		if (ok && number >= 1 && (size_t)number <= d->n) {
			struct sr_dependency *dep = &d->items[number - 1];

			dep->exists = exists;
			dep->schema_exists = schema_exists;
			dep->other_kind = sr_arena_strdup(&d->arena, other);
		}
	}
	PQclear(res);
	free(kinds);
	free(schemas);
	free(identities);
	free(tables);
	return ok;
}

static bool note_extension(struct sr_dependencies *d, PGresult *res, int row, struct sr_error *err)
{
	char *name, *schema, *version, *available;

	if (!sr_row(res, row, err, "%text %text %text %text", 0, &name, 1, &schema, 2, &version, 3,
		    &available))
		return false;
	for (size_t i = 0; i < d->n; i++) {
		struct sr_dependency *dep = &d->items[i];

		if (strcmp(dep->kind, "extension") != 0 || strcmp(dep->extension, name) != 0)
			continue;
		dep->exists = *version != '\0';
		dep->there_schema = sr_arena_strdup(&d->arena, schema);
		dep->there_version = sr_arena_strdup(&d->arena, version);
		dep->available = sr_arena_strdup(&d->arena, available);
	}
	return true;
}

static bool ask_extensions(struct sr_dependencies *d, struct sr_conn *target, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	char *array;
	PGresult *res;
	bool ok;

	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->items[i].kind, "extension") == 0)
			sr_strlist_add(&names, d->items[i].extension);
	array = sr_ident_array(&names);
	res = sr_conn_query(target, err, sr_sql_target_dependencies_extensions, "%text", array);
	ok = res != NULL;
	for (int i = 0; ok && i < PQntuples(res); i++)
		ok = note_extension(d, res, i, err);
	PQclear(res);
	free(array);
	sr_strlist_release(&names);
	return ok;
}

static void warn_versions(const struct sr_dependencies *d, struct sr_report *report)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct sr_dependency *dep = &d->items[i];

		if (strcmp(dep->kind, "extension") == 0 && dep->exists &&
		    strcmp(dep->version, dep->there_version) != 0)
			sr_report_warning(report, "extension-version", dep->extension,
					  "See in its release notes what changed between the two.",
					  "is an extension of version %s on the source and %s on the target",
					  dep->version, dep->there_version);
	}
}

bool sr_dependencies_check(const struct sr_script *script, const struct sr_rename *renames, size_t nrenames,
			   struct sr_conn *source, struct sr_target *target, struct sr_report *report,
			   struct sr_error *err)
{
	struct sr_dependencies d = { 0 };
	bool ok = read_source(&d, script, renames, nrenames, source, err);

	if (ok && d.n) {
		sr_report_fact(report, "outside-references", sr_dependencies_outside(&d));
		ok = ask_things(&d, target->conn, err) && ask_extensions(&d, target->conn, err) &&
		     sr_dependencies_judge(&d, err);
		if (ok)
			warn_versions(&d, report);
	}
	sr_dependencies_release(&d);
	return ok;
}
