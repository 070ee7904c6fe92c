/*
 * Schemas renamed in what pg_dump has written.
 *
 * Where the source must not be written to, the server cannot rename its schemas
 * before pg_dump reads them.  Then the entries of the archive are rewritten
 * here, to what pg_dump would have printed after ALTER SCHEMA … RENAME TO …:
 * each statement is parsed (libpg_query), and the names are taken from its tree.
 * pg_dump reads with an empty search_path, and the server prints expressions and
 * queries from its catalogs; therefore every object of a schema is qualified,
 * a column never is by more than its table's alias, and a string names an object
 * only where it is cast to regclass or the like.  Anything else of the same
 * spelling stays: aliases, columns, strings, enum labels, comments.
 *
 * Nothing is kept in doubt: whatever reads as `schema.` must be accounted for
 * by the tree, or the entry is an error.  A statement that the parser does not
 * know (syntax newer than it) is rewritten by its words, with a note
 * "unparsed-statement", where those are certain; else it is an error, too.
 *
 * Bodies given as strings and SET search_path go through sr_body_rewrite()
 * (ddl/body.h), with its notes.
 *
 * Pure: no server.  Any thread may call.
 */
#ifndef SR_DDL_STATEMENT_H
#define SR_DDL_STATEMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "ddl/archive.h"
#include "ddl/body.h"

struct sr_error;

/*
 * `out` is a copy of the entry, with its statements, namespace and tag as they
 * are after the rename; its strings are the entry's own or the arena's.
 * SR_ERR_DDL, naming the object.
 */
bool sr_statement_rewrite_entry(const struct sr_toc_entry *entry, const struct sr_body_rules *rules,
				struct sr_arena *arena, struct sr_toc_entry *out, struct sr_body_notes *notes,
				struct sr_error *err);

/*
 * All entries, in place; but for those whose object stays under the old name
 * (rules->keep): privileges on an extension's objects are none of the schema's,
 * and granting them again would touch the live ones.  `note` (may be NULL) is called as that of struct
 * sr_script_options.  On an error the archive is as it was; the detail names
 * every object that cannot be rewritten.
 */
bool sr_statement_rewrite_archive(struct sr_archive *a, const struct sr_body_rules *rules,
				  void (*note)(void *ctx, const char *object,
					       const struct sr_body_note *note),
				  void *ctx, struct sr_error *err);

#endif
