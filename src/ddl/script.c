#include "ddl/script.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/item.h"
#include "ddl/parents.h"
#include "ddl/role_map.h"
#include "pg/ident.h"

static const char *keep(struct sr_script *s, struct sr_strbuf *text)
{
	return sr_arena_strndup(&s->archive.arena, sr_strbuf_str(text), text->len);
}

/*
 * A routine's entry may go on after CREATE FUNCTION: "ALTER FUNCTION … DEPENDS
 * ON EXTENSION …;".  Returns how long the first statement is, its semicolon
 * included; all of it when the parser cannot tell.
 */
static size_t first_statement(const char *sql)
{
	size_t all = strlen(sql), n = all;
	PgQuerySplitResult r;

	if (!strstr(sql, "DEPENDS ON EXTENSION"))
		return all;
	r = pg_query_split_with_parser(sql);
	if (!r.error && r.n_stmts > 1) {
		n = (size_t)r.stmts[0]->stmt_location + (size_t)r.stmts[0]->stmt_len;
		while (n < all && sql[n] != ';')
			n++;
		n = n < all ? n + 1 : all;
	}
	pg_query_free_split_result(r);
	return n;
}

static void tell(const struct sr_script_options *o, const struct sr_toc_entry *e,
		 const struct sr_body_notes *notes)
{
	struct sr_strbuf object = SR_STRBUF_INIT;

	if (notes->n && o->note) {
		sr_entry_describe(e, &object);
		for (size_t i = 0; i < notes->n; i++)
			o->note(o->note_ctx, sr_strbuf_str(&object), &notes->items[i]);
	}
	sr_strbuf_release(&object);
}

/* A statement that cannot be rewritten is better kept, and told of, than the end of the whole restore. */
static void tell_unparsed(const struct sr_script_options *o, const struct sr_toc_entry *e,
			  struct sr_error *err)
{
	char code[] = "unparsed-body", *text = sr_strdup(err->message ? err->message : "it cannot be parsed");
	struct sr_body_note note = { .code = code, .text = text, .hint = err->hint };
	struct sr_body_notes notes = { .items = &note, .n = 1 };

	tell(o, e, &notes);
	free(text);
}

static const char *routine_sql(struct sr_script *s, const struct sr_toc_entry *e,
			       const struct sr_script_options *o)
{
	size_t n = first_statement(e->defn);
	char *create = sr_strndup(e->defn, n);
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_body_notes notes = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	const char *sql = e->defn;

	if (sr_body_rewrite(create, o->rules, &out, &notes, &err)) {
		tell(o, e, &notes);
		sr_strbuf_adds(&out, e->defn + n);
		sql = keep(s, &out);
	} else {
		tell_unparsed(o, e, &err);
	}
	sr_body_notes_release(&notes);
	sr_error_release(&err);
	sr_strbuf_release(&out);
	free(create);
	return sql;
}

/* Access methods of partitioned tables cannot be had by default_table_access_method (archives of 1.16). */
static const char *partitioned_sql(struct sr_script *s, const struct sr_toc_entry *e)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	const char *sql;

	sr_strbuf_addf(&out, "%s\nALTER TABLE ", e->defn);
	sr_ident_add(&out, NULL, e->schema);
	sr_strbuf_addc(&out, '.');
	sr_ident_add(&out, NULL, e->tag);
	sr_strbuf_adds(&out, " SET ACCESS METHOD ");
	sr_ident_add(&out, NULL, e->table_am);
	sr_strbuf_adds(&out, ";\n");
	sql = keep(s, &out);
	sr_strbuf_release(&out);
	return sql;
}

static const char *acl_sql(struct sr_script *s, const struct sr_toc_entry *e,
			   const struct sr_script_options *o)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	const char *sql;

	sr_entry_grants(e,
			o->no_owner         ? SR_GRANTOR_SELF
			: o->grant_as_owner ? SR_GRANTOR_OWNER
					    : SR_GRANTOR_ANY,
			&out);
	sql = keep(s, &out);
	sr_strbuf_release(&out);
	return sql;
}

/* No parent of the child's is restored with it. */
static void tell_alone(const struct sr_script_options *o, const struct sr_toc_entry *e, const char *parents)
{
	char code[] = "outside-parent",
	     hint[] = "Restore both schemas together to have the two connected again.";
	char *text = !strcmp(e->desc, "TABLE ATTACH")
			     ? sr_asprintf("is left out: the parent %s is not restored with it", parents)
			     : sr_asprintf("is made to stand alone: its parent %s is not restored with it",
					   parents);
	struct sr_body_note note = { .code = code, .text = text, .hint = hint };
	struct sr_body_notes notes = { .items = &note, .n = 1 };

	tell(o, e, &notes);
	free(text);
}

static bool is_attached_outside(const struct sr_toc_entry *e, const struct sr_script_options *o)
{
	struct sr_strbuf parent = SR_STRBUF_INIT;
	bool outside = sr_parent_is_outside(e, o->rules, &parent);

	if (outside && !strcmp(e->desc, "TABLE ATTACH"))
		tell_alone(o, e, sr_strbuf_str(&parent));
	sr_strbuf_release(&parent);
	return outside;
}

static const char *table_sql(struct sr_script *s, const struct sr_toc_entry *e,
			     const struct sr_script_options *o)
{
	struct sr_strbuf out = SR_STRBUF_INIT, parents = SR_STRBUF_INIT;
	const char *sql = e->defn;

	sr_strbuf_adds(&out, e->defn);
	sr_parent_disinherit(e, o->rules, &out, &parents);
	if (parents.len) {
		tell_alone(o, e, sr_strbuf_str(&parents));
		sql = keep(s, &out);
	}
	sr_strbuf_release(&out);
	sr_strbuf_release(&parents);
	return sql;
}

static const char *item_sql(struct sr_script *s, const struct sr_toc_entry *e,
			    const struct sr_script_options *o)
{
	if (o->rules && (!strcmp(e->desc, "FUNCTION") || !strcmp(e->desc, "PROCEDURE")))
		return routine_sql(s, e, o);
	if (e->relkind == 'p' && e->table_am && !strcmp(e->desc, "TABLE"))
		return partitioned_sql(s, e);
	if (sr_entry_kind(e) == SR_ITEM_ACL)
		return acl_sql(s, e, o);
	if (sr_entry_kind(e) == SR_ITEM_TABLE)
		return table_sql(s, e, o);
	return e->defn;
}

/* What names roles, with those of the target. */
static const char *mapped_sql(struct sr_script *s, const struct sr_toc_entry *e, const char *sql,
			      const struct sr_script_options *o)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	char code[] = "unmapped-roles", text[] = "cannot be parsed: its roles are those of the source",
	     hint[] = "Look at it in ddl/post-data.sql, and name the roles of the target by hand.";
	struct sr_body_note note = { .code = code, .text = text, .hint = hint };
	struct sr_body_notes notes = { .items = &note, .n = 1 };

	if (sr_role_map_sql(sql, o->roles, o->nroles, &out))
		sql = keep(s, &out);
	else
		tell(o, e, &notes);
	sr_strbuf_release(&out);
	return sql;
}

static void add_item(struct sr_script *s, const struct sr_toc_entry *e, enum sr_section section,
		     const struct sr_script_options *o)
{
	struct sr_item *item = &s->items[s->n++];
	struct sr_strbuf text = SR_STRBUF_INIT;

	*item = (struct sr_item){ .entry = e, .kind = sr_entry_kind(e), .section = section };
	if (item->kind == SR_ITEM_ACL || item->kind == SR_ITEM_DEFAULT_ACL || section != SR_SECTION_PRE_DATA)
		item->section = SR_SECTION_POST_DATA;
	item->sql = item_sql(s, e, o);
	if (o->nroles &&
	    (item->kind == SR_ITEM_ACL || item->kind == SR_ITEM_DEFAULT_ACL || item->kind == SR_ITEM_POLICY))
		item->sql = mapped_sql(s, e, item->sql, o);
	if (!o->no_owner && (!o->role || strcmp(o->role, e->owner) != 0)) {
		sr_entry_owner_sql(e, &text);
		if (text.len)
			item->owner_sql = keep(s, &text);
	}
	sr_strbuf_clear(&text);
	sr_entry_comment(e, &text);
	item->comment_of = keep(s, &text);
	sr_strbuf_release(&text);
}

static void map_owner(struct sr_script *s, struct sr_toc_entry *e, const struct sr_script_options *o)
{
	const char *mapped = sr_role_mapped(e->owner, o->roles, o->nroles);

	if (mapped != e->owner)
		e->owner = sr_arena_strdup(&s->archive.arena, mapped);
}

static bool is_privilege(const struct sr_toc_entry *e)
{
	enum sr_item_kind kind = sr_entry_kind(e);

	return kind == SR_ITEM_ACL || kind == SR_ITEM_DEFAULT_ACL;
}

static int by_dump_id(const void *a, const void *b)
{
	int x = (*(const struct sr_item *const *)a)->entry->dump_id;
	int y = (*(const struct sr_item *const *)b)->entry->dump_id;

	return (x > y) - (x < y);
}

bool sr_script_build(struct sr_script *s, struct sr_archive *archive, const struct sr_script_options *options,
		     struct sr_error *err)
{
	enum sr_section section = SR_SECTION_PRE_DATA;
	const struct sr_archive *a = &s->archive;

	*s = (struct sr_script){ .archive = *archive };
	*archive = (struct sr_archive){ 0 };
	s->items = sr_calloc(a->n ? a->n : 1, sizeof *s->items);
	for (size_t i = 0; i < a->n; i++) {
		struct sr_toc_entry *e = &a->entries[i];

		map_owner(s, e, options);
		/* What has no section of its own belongs where the archive has got to. */
		if (e->section != SR_SECTION_NONE)
			section = e->section;
		if (sr_entry_is_item(e) && !(options->no_privileges && is_privilege(e)) &&
		    !is_attached_outside(e, options))
			add_item(s, e, section, options);
	}
	s->by_id = sr_calloc(s->n ? s->n : 1, sizeof(struct sr_item *));
	for (size_t i = 0; i < s->n; i++)
		s->by_id[i] = &s->items[i];
	qsort(s->by_id, s->n, sizeof(struct sr_item *), by_dump_id);
	for (size_t i = 1; i < s->n; i++)
		if (by_dump_id(&s->by_id[i - 1], &s->by_id[i]) == 0)
			return sr_error_set(err, SR_ERR_DDL,
					    "the pg_dump archive is damaged: two entries have the id %d",
					    s->by_id[i]->entry->dump_id);
	return true;
}

void sr_script_release(struct sr_script *s)
{
	free(s->items);
	free(s->by_id);
	sr_archive_release(&s->archive);
	*s = (struct sr_script){ 0 };
}

const struct sr_item *sr_script_item(const struct sr_script *s, int dump_id)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->by_id[middle]->entry->dump_id < dump_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n && s->by_id[low]->entry->dump_id == dump_id ? s->by_id[low] : NULL;
}

void sr_item_describe(const struct sr_item *item, struct sr_strbuf *out)
{
	sr_entry_describe(item->entry, out);
}

bool sr_item_is_schema_comment(const struct sr_script *s, const struct sr_item *item)
{
	if (strcmp(item->entry->desc, "COMMENT") != 0)
		return false;
	for (size_t i = 0; i < item->entry->ndeps; i++) {
		const struct sr_item *on = sr_script_item(s, item->entry->deps[i]);

		if (on && on->kind == SR_ITEM_SCHEMA)
			return true;
	}
	return false;
}
