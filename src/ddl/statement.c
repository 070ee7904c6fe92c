#include "ddl/statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "ddl/item.h"
#include "statement_text.h"

struct rewriting {
	struct sr_statement_context context;
	struct sr_arena *arena;
};

static const char hint[] =
	"An instance whose schemas may be renamed for the time being needs no such reading: "
	"use a backup, or --disposable-source.";

static const char *keep(const struct rewriting *r, const struct sr_strbuf *text, const char *old)
{
	if (strcmp(sr_strbuf_str(text), old) == 0)
		return old;
	return sr_arena_strndup(r->arena, sr_strbuf_str(text), text->len);
}

static bool rewrite_sql(const struct rewriting *r, const char *sql, const char **out, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	bool ok = !sql || sr_statement_sql(sql, &r->context, &text, err);

	if (sql && ok)
		*out = keep(r, &text, sql);
	sr_strbuf_release(&text);
	return ok;
}

/* CREATE FUNCTION: the parse tree has the head, the body's own rewriter the rest; ALTER FUNCTION may follow. */
static bool rewrite_routine(const struct rewriting *r, const char *sql, const char **out,
			    struct sr_error *err)
{
	struct sr_strbuf head = SR_STRBUF_INIT, text = SR_STRBUF_INIT;
	size_t n = sr_statement_first(sql);
	char *create = sr_strndup(sql, n);
	bool ok;

	ok = sr_statement_sql(create, &r->context, &head, err) &&
	     sr_body_rewrite(sr_strbuf_str(&head), r->context.rules, &text, r->context.notes, err) &&
	     sr_statement_sql(sql + n, &r->context, &text, err);
	if (ok)
		*out = keep(r, &text, sql);
	sr_strbuf_release(&head);
	sr_strbuf_release(&text);
	free(create);
	return ok;
}

static bool rewrite_tag(const struct rewriting *r, const struct sr_toc_entry *entry, struct sr_toc_entry *out,
			struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	bool ok = sr_statement_tag(entry, r->context.rules, &text, err);

	if (ok)
		out->tag = keep(r, &text, entry->tag);
	sr_strbuf_release(&text);
	return ok;
}

/* The namespace goes with the object; pg_dump has the privileges of an extension's objects, too, which stay. */
static void rewrite_namespace(const struct rewriting *r, const struct sr_toc_entry *entry,
			      struct sr_toc_entry *out)
{
	const struct sr_body_rules *rules = r->context.rules;
	int rename = sr_body_rename_of(rules, entry->schema);
	bool same = out->defn == entry->defn && out->drop_stmt == entry->drop_stmt &&
		    out->copy_stmt == entry->copy_stmt;

	if (rename >= 0 && !(rules->keep && same && *entry->defn))
		out->schema = sr_arena_strdup(r->arena, rules->renames[rename].to);
}

/* Its object is not renamed, though its schema is. */
static bool stays_behind(const struct sr_body_rules *rules, const struct sr_toc_entry *entry,
			 const struct sr_toc_entry *out)
{
	return sr_body_rename_of(rules, entry->schema) >= 0 && out->schema == entry->schema;
}

static bool rewrite(const struct rewriting *r, const struct sr_toc_entry *entry, struct sr_toc_entry *out,
		    struct sr_error *err)
{
	bool routine = !strcmp(entry->desc, "FUNCTION") || !strcmp(entry->desc, "PROCEDURE");
	bool ok;

	*out = *entry;
	ok = (routine && *entry->defn ? rewrite_routine(r, entry->defn, &out->defn, err)
				      : rewrite_sql(r, entry->defn, &out->defn, err)) &&
	     rewrite_sql(r, entry->drop_stmt, &out->drop_stmt, err) &&
	     rewrite_sql(r, entry->copy_stmt, &out->copy_stmt, err) && rewrite_tag(r, entry, out, err);
	rewrite_namespace(r, entry, out);
	return ok;
}

static bool rewrite_or_say(const struct rewriting *r, const struct sr_toc_entry *entry,
			   struct sr_toc_entry *out, struct sr_error *err)
{
	struct sr_strbuf object = SR_STRBUF_INIT;
	struct sr_error why = SR_ERROR_INIT;
	bool ok = rewrite(r, entry, out, &why);

	if (!ok) {
		sr_entry_describe(entry, &object);
		sr_error_set(err, SR_ERR_DDL, "the schema cannot be renamed in %s: %s",
			     sr_strbuf_str(&object), why.message);
		if (why.detail)
			sr_error_detail(err, "%s", why.detail);
		sr_error_hint(err, "%s", hint);
	}
	sr_strbuf_release(&object);
	sr_error_release(&why);
	return ok;
}

bool sr_statement_rewrite_entry(const struct sr_toc_entry *entry, const struct sr_body_rules *rules,
				struct sr_arena *arena, struct sr_toc_entry *out, struct sr_body_notes *notes,
				struct sr_error *err)
{
	struct rewriting r = { .context = { .rules = rules, .notes = notes }, .arena = arena };

	return rewrite_or_say(&r, entry, out, err);
}

typedef void note_fn(void *ctx, const char *object, const struct sr_body_note *note);

static void tell(const struct sr_toc_entry *e, const struct sr_body_notes *notes, note_fn *note, void *ctx)
{
	struct sr_strbuf object = SR_STRBUF_INIT;

	if (note && notes->n) {
		sr_entry_describe(e, &object);
		for (size_t i = 0; i < notes->n; i++)
			note(ctx, sr_strbuf_str(&object), &notes->items[i]);
	}
	sr_strbuf_release(&object);
}

/* The error of the first entry, with all others named in its detail. */
static bool fail(struct sr_error *first, size_t failed, const struct sr_strbuf *others, struct sr_error *err)
{
	sr_error_move(err, first);
	if (failed > 1)
		sr_error_detail(err, "%s%sNor in: %s", err->detail ? err->detail : "",
				err->detail ? "\n" : "", sr_strbuf_str(others));
	return false;
}

/* Backslashes are escapes in every string of such a dump, which the reading of tokens does not know. */
static bool check_strings(const struct sr_archive *a, struct sr_error *err)
{
	for (size_t i = 0; !a->std_strings && i < a->n; i++)
		if (strchr(a->entries[i].defn, '\\') && *a->entries[i].schema) {
			sr_error_set(err, SR_ERR_DDL,
				     "the dump was made with standard_conforming_strings = off, and its "
				     "statements have backslashes");
			return sr_error_hint(
				err, "Set standard_conforming_strings = on for the role that reads it.");
		}
	return true;
}

bool sr_statement_rewrite_archive(struct sr_archive *a, const struct sr_body_rules *rules, note_fn *note,
				  void *ctx, struct sr_error *err)
{
	struct sr_toc_entry *entries;
	struct sr_error first = SR_ERROR_INIT, next = SR_ERROR_INIT;
	struct sr_strbuf others = SR_STRBUF_INIT;
	size_t failed = 0, n = 0;

	if (!check_strings(a, err))
		return false;
	entries = sr_arena_alloc(&a->arena, (a->n + 1) * sizeof *entries);
	for (size_t i = 0; i < a->n; i++) {
		struct sr_body_notes notes = { 0 };
		struct rewriting r = { .context = { a, rules, &notes }, .arena = &a->arena };

		if (rewrite_or_say(&r, &a->entries[i], &entries[n], failed ? &next : &first)) {
			tell(&entries[n], &notes, note, ctx);
			n += stays_behind(rules, &a->entries[i], &entries[n]) ? 0 : 1;
		} else if (failed++) {
			sr_strbuf_adds(&others, failed > 2 ? ", " : "");
			sr_entry_describe(&a->entries[i], &others);
		}
		sr_body_notes_release(&notes);
	}
	if (failed) {
		fail(&first, failed, &others, err);
	} else {
		a->entries = entries;
		a->n = n;
	}
	sr_error_release(&first);
	sr_error_release(&next);
	sr_strbuf_release(&others);
	return !failed;
}
