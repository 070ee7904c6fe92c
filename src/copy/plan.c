#include "copy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/body.h"
#include "pg/conn.h"
#include "pg/ident.h"
#include "sql.h"

enum { HASH_PARTITIONS_SINCE = 110000, SEQUENCES_A_QUERY = 200, OLDEST_MAJOR_WITH_TWO_DIGITS = 100000 };

static const char *qualify(struct sr_copy_plan *plan, struct sr_conn *source, const char *schema,
			   const char *name)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	const char *qualified;

	sr_ident_add_qualified(&text, source, schema, name);
	qualified = sr_arena_strdup(&plan->arena, sr_strbuf_str(&text));
	sr_strbuf_release(&text);
	return qualified;
}

static const char *display(struct sr_copy_plan *plan, const char *schema, const char *name)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	const char *shown;

	sr_ident_pretty_qualified(&text, schema, name);
	shown = sr_arena_strdup(&plan->arena, sr_strbuf_str(&text));
	sr_strbuf_release(&text);
	return shown;
}

/* What a schema of the source is called on the target. */
static const char *new_name(const struct sr_copy_options *options, const char *schema)
{
	for (size_t i = 0; i < options->nrenames; i++)
		if (strcmp(options->renames[i].from, schema) == 0)
			return options->renames[i].to;
	return schema;
}

static bool read_table(struct sr_copy_plan *plan, struct sr_conn *source, PGresult *res, int row,
		       struct sr_error *err)
{
	struct sr_copy_table *t = &plan->tables[row];
	PGint8 oid, pages, bytes, toast, rows;
	PGtext schema, name;
	PGbool unlogged, heap;

	if (!sr_row(res, row, err, "%int8 %text %text %int8 %int8 %int8 %int8 %bool %bool", 0, &oid, 1,
		    &schema, 2, &name, 3, &pages, 4, &bytes, 5, &toast, 6, &rows, 7, &unlogged, 8, &heap))
		return false;
	t->oid = (unsigned)oid;
	t->schema = sr_arena_strdup(&plan->arena, schema);
	t->name = sr_arena_strdup(&plan->arena, name);
	t->qualified = qualify(plan, source, schema, name);
	t->heap_pages = pages;
	t->bytes = bytes + toast;
	t->rows_estimated = rows;
	t->unlogged = unlogged;
	t->heap = heap;
	t->binary = true;
	t->columns = "";
	plan->bytes += t->bytes;
	return true;
}

static bool read_tables(struct sr_copy_plan *plan, struct sr_conn *source, const char *schemas,
			struct sr_error *err)
{
	PGresult *res = sr_conn_query(source, err, sr_sql_copy_tables, "%text", schemas);
	bool ok = res != NULL;

	if (ok) {
		plan->ntables = (size_t)PQntuples(res);
		plan->tables = sr_arena_alloc(&plan->arena, (plan->ntables + 1) * sizeof *plan->tables);
	}
	for (int i = 0; ok && i < PQntuples(res); i++)
		ok = read_table(plan, source, res, i, err);
	PQclear(res);
	return ok;
}

static void set_text(struct sr_copy_plan *plan, struct sr_copy_table *t, const char *column, const char *type,
		     const char *reason)
{
	if (!t->binary)
		return;
	t->binary = false;
	t->why_text = sr_arena_printf(&plan->arena, "column \"%s\" has type %s, %s", column, type, reason);
}

/* Rows and tables both come by the table's oid; tables that are an extension's have columns only. */
static bool read_columns(struct sr_copy_plan *plan, struct sr_conn *source, const char *schemas,
			 struct sr_error *err)
{
	PGresult *res = sr_conn_query(source, err, sr_sql_copy_columns, "%text", schemas);
	struct sr_strbuf list = SR_STRBUF_INIT;
	bool ok = res != NULL;
	int row = 0;

	for (size_t i = 0; ok && i < plan->ntables; i++) {
		struct sr_copy_table *t = &plan->tables[i];

		sr_strbuf_clear(&list);
		for (; row < PQntuples(res); row++) {
			PGint8 oid;
			PGtext column, type, reason;

			ok = sr_row(res, row, err, "%int8 %text %text %text", 0, &oid, 1, &column, 2, &type,
				    3, &reason);
			if (!ok || oid > (PGint8)t->oid)
				break;
			if (oid < (PGint8)t->oid)
				continue;
			if (list.len)
				sr_strbuf_adds(&list, ", ");
			sr_ident_add(&list, source, column);
			if (!PQgetisnull(res, row, 3))
				set_text(plan, t, column, type, reason);
		}
		t->columns = sr_arena_strdup(&plan->arena, sr_strbuf_str(&list));
	}
	sr_strbuf_release(&list);
	PQclear(res);
	return ok;
}

static struct sr_copy_table *find_table(const struct sr_copy_plan *plan, unsigned oid)
{
	for (size_t i = 0; i < plan->ntables; i++)
		if (plan->tables[i].oid == oid)
			return &plan->tables[i];
	return NULL;
}

static void add_sibling(struct sr_copy_plan *plan, struct sr_copy_table *leaf)
{
	leaf->first_sibling = leaf;
	for (size_t i = 0; i < plan->ntables; i++) {
		struct sr_copy_table *t = &plan->tables[i];

		if (t != leaf && t->first_sibling == t && strcmp(t->through, leaf->through) == 0) {
			leaf->first_sibling = t;
			leaf->next_sibling = t->next_sibling;
			t->next_sibling = leaf;
			return;
		}
	}
}

static bool read_hash_roots(struct sr_copy_plan *plan, struct sr_conn *source, const char *schemas,
			    const struct sr_copy_options *options, struct sr_error *err)
{
	PGresult *res;
	bool ok;

	if (sr_conn_version(source) < HASH_PARTITIONS_SINCE)
		return true;
	res = sr_conn_query(source, err, sr_sql_copy_hash_roots, "%text", schemas);
	ok = res != NULL;
	for (int i = 0; ok && i < PQntuples(res); i++) {
		struct sr_copy_table *leaf;
		PGtext schema, name;
		PGint8 oid;

		ok = sr_row(res, i, err, "%int8 %text %text", 0, &oid, 1, &schema, 2, &name);
		if (ok && (leaf = find_table(plan, (unsigned)oid))) {
			leaf->source_through = qualify(plan, source, schema, name);
			leaf->through = qualify(plan, source, new_name(options, schema), name);
			add_sibling(plan, leaf);
		}
	}
	PQclear(res);
	return ok;
}

/* A newer server's binary form may say what an older one misreads; its text would be refused. */
static void respect_target(struct sr_copy_plan *plan, int source_version, int target_version)
{
	int unit = source_version < OLDEST_MAJOR_WITH_TWO_DIGITS ? 100 : 10000;

	if (target_version == 0 || target_version / unit >= source_version / unit)
		return;
	for (size_t i = 0; i < plan->ntables; i++) {
		plan->tables[i].binary = false;
		plan->tables[i].why_text = "the target's version is older than the source's";
	}
}

static bool read_sequence_values(struct sr_copy_plan *plan, struct sr_conn *source, size_t first, size_t end,
				 struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	PGresult *res;
	bool ok;

	for (size_t i = first; i < end; i++)
		sr_strbuf_addf(&sql, "%sSELECT %zu::int8, last_value::int8, is_called FROM %s",
			       i > first ? " UNION ALL " : "", i, plan->sequences[i].qualified);
	res = sr_conn_query(source, err, sr_strbuf_str(&sql), NULL);
	ok = res != NULL;
	for (int i = 0; ok && i < PQntuples(res); i++) {
		PGint8 at, value;
		PGbool called;

		ok = sr_row(res, i, err, "%int8 %int8 %bool", 0, &at, 1, &value, 2, &called);
		if (ok) {
			plan->sequences[at].last_value = value;
			plan->sequences[at].is_called = called;
		}
	}
	PQclear(res);
	sr_strbuf_release(&sql);
	return ok;
}

static bool read_sequences(struct sr_copy_plan *plan, struct sr_conn *source, const char *schemas,
			   struct sr_error *err)
{
	PGresult *res = sr_conn_query(source, err, sr_sql_copy_sequences, "%text", schemas);
	bool ok = res != NULL;

	if (ok) {
		plan->nsequences = (size_t)PQntuples(res);
		plan->sequences =
			sr_arena_alloc(&plan->arena, (plan->nsequences + 1) * sizeof *plan->sequences);
	}
	for (size_t i = 0; ok && i < plan->nsequences; i++) {
		struct sr_copy_sequence *s = &plan->sequences[i];
		PGtext schema, name;

		ok = sr_row(res, (int)i, err, "%text %text", 0, &schema, 1, &name);
		if (!ok)
			break;
		s->schema = sr_arena_strdup(&plan->arena, schema);
		s->name = sr_arena_strdup(&plan->arena, name);
		s->qualified = qualify(plan, source, schema, name);
	}
	PQclear(res);
	for (size_t i = 0; ok && i < plan->nsequences; i += SEQUENCES_A_QUERY)
		ok = read_sequence_values(plan, source, i,
					  i + SEQUENCES_A_QUERY < plan->nsequences ? i + SEQUENCES_A_QUERY
										   : plan->nsequences,
					  err);
	return ok;
}

static int compare_matview_oid(const void *key, const void *item)
{
	unsigned oid = *(const unsigned *)key, other = ((const struct sr_copy_matview *)item)->oid;

	return oid < other ? -1 : oid > other;
}

static struct sr_copy_matview *find_matview(const struct sr_copy_plan *plan, PGint8 oid)
{
	unsigned key = (unsigned)oid;

	return bsearch(&key, plan->matviews, plan->nmatviews, sizeof *plan->matviews, compare_matview_oid);
}

static bool read_matview_needs(struct sr_copy_plan *plan, struct sr_conn *source, const char *schemas,
			       struct sr_error *err)
{
	PGresult *res = sr_conn_query(source, err, sr_sql_copy_matview_needs, "%text", schemas);
	bool ok = res != NULL;
	/* One array for all: the rows come by the matview that reads. */
	size_t *needs =
		ok ? sr_arena_alloc(&plan->arena, ((size_t)PQntuples(res) + 1) * sizeof *needs) : NULL;

	for (int i = 0; ok && i < PQntuples(res); i++) {
		struct sr_copy_matview *reader, *read;
		PGint8 from, to;

		ok = sr_row(res, i, err, "%int8 %int8", 0, &from, 1, &to);
		if (!ok)
			break;
		reader = find_matview(plan, from);
		read = find_matview(plan, to);
		/* Matviews of other schemas are live on the target. */
		if (!reader || !read)
			continue;
		if (reader->nneeds == 0)
			reader->needs = needs;
		*needs++ = (size_t)(read - plan->matviews);
		reader->nneeds++;
	}
	PQclear(res);
	return ok;
}

static bool read_matviews(struct sr_copy_plan *plan, struct sr_conn *source, const char *schemas,
			  struct sr_error *err)
{
	PGresult *res = sr_conn_query(source, err, sr_sql_copy_matviews, "%text", schemas);
	bool ok = res != NULL;

	if (ok) {
		plan->nmatviews = (size_t)PQntuples(res);
		plan->matviews = sr_arena_alloc(&plan->arena, (plan->nmatviews + 1) * sizeof *plan->matviews);
	}
	for (size_t i = 0; ok && i < plan->nmatviews; i++) {
		struct sr_copy_matview *m = &plan->matviews[i];
		PGint8 oid, bytes;
		PGtext schema, name;
		PGbool populated;

		ok = sr_row(res, (int)i, err, "%int8 %text %text %int8 %bool", 0, &oid, 1, &schema, 2, &name,
			    3, &bytes, 4, &populated);
		if (!ok)
			break;
		m->oid = (unsigned)oid;
		m->schema = sr_arena_strdup(&plan->arena, schema);
		m->name = sr_arena_strdup(&plan->arena, name);
		m->bytes = bytes;
		m->populated = populated;
	}
	PQclear(res);
	return ok && (plan->nmatviews == 0 || read_matview_needs(plan, source, schemas, err));
}

/* Everything was read under the source's names. */
static void name_for_target(struct sr_copy_plan *plan, struct sr_conn *source,
			    const struct sr_copy_options *options)
{
	for (size_t i = 0; i < plan->ntables; i++) {
		struct sr_copy_table *t = &plan->tables[i];

		t->source_schema = t->schema;
		t->source = t->qualified;
		t->schema = new_name(options, t->schema);
		t->qualified = qualify(plan, source, t->schema, t->name);
		t->display = display(plan, t->schema, t->name);
	}
	for (size_t i = 0; i < plan->nsequences; i++) {
		struct sr_copy_sequence *s = &plan->sequences[i];

		s->schema = new_name(options, s->schema);
		s->qualified = qualify(plan, source, s->schema, s->name);
	}
	for (size_t i = 0; i < plan->nmatviews; i++) {
		struct sr_copy_matview *m = &plan->matviews[i];

		m->schema = new_name(options, m->schema);
		m->qualified = qualify(plan, source, m->schema, m->name);
		m->display = display(plan, m->schema, m->name);
	}
}

bool sr_copy_plan_read(struct sr_copy_plan *plan, struct sr_conn *source, const struct sr_strlist *schemas,
		       const struct sr_copy_options *options, struct sr_error *err)
{
	char *names = sr_ident_array(schemas);
	int version = sr_conn_version(source);
	bool ok;

	*plan = (struct sr_copy_plan){ .arena = SR_ARENA_INIT };
	ok = read_tables(plan, source, names, err) && read_columns(plan, source, names, err) &&
	     read_hash_roots(plan, source, names, options, err) && read_sequences(plan, source, names, err) &&
	     read_matviews(plan, source, names, err);
	free(names);
	if (!ok) {
		sr_copy_plan_release(plan);
		sr_error_reclass(err, SR_ERR_COPY);
		return sr_error_context(err, "planning the copy");
	}
	name_for_target(plan, source, options);
	respect_target(plan, version, options->target_version);
	sr_copy_plan_cut(plan, options, version);
	return true;
}

void sr_copy_plan_drop_rows(struct sr_copy_plan *plan)
{
	plan->nchunks = 0;
	plan->nsequences = 0;
	plan->bytes = 0;
	for (size_t i = 0; i < plan->ntables; i++) {
		plan->tables[i].nchunks = 0;
		plan->tables[i].bytes = 0;
	}
	for (size_t i = 0; i < plan->nmatviews; i++)
		plan->matviews[i].populated = false;
}

void sr_copy_plan_release(struct sr_copy_plan *plan)
{
	sr_arena_release(&plan->arena);
	*plan = (struct sr_copy_plan){ .arena = SR_ARENA_INIT };
}
