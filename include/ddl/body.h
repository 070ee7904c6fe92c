/*
 * Schema references in the text of function and procedure bodies.
 *
 * Renaming a schema on the server rewrites every reference that the server
 * tracks.  It does not track text: bodies of SQL and PL/pgSQL functions given
 * as strings, and SET search_path clauses.  Those are rewritten here, by
 * parsing (libpg_query): relation, function, type, column references and
 * regclass-like literals whose schema is one of the renamed ones.  An alias, a
 * column, a record field, a label, a string or a comment that is merely spelled
 * the same stays.  What cannot be known (dynamic SQL, other languages) stays
 * too, and becomes a note.
 *
 * Pure: no server.  Any thread may call (libpg_query keeps its state per thread).
 */
#ifndef SR_DDL_BODY_H
#define SR_DDL_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct sr_error;
struct sr_strbuf;

struct sr_rename {
	const char *from, *to; /* names as in the catalog, unquoted */
};

enum sr_body_object { SR_BODY_RELATION, SR_BODY_FUNCTION, SR_BODY_TYPE, SR_BODY_OTHER };

struct sr_body_rules {
	const struct sr_rename *renames;
	size_t nrenames;
	/* An object of a renamed schema that stays under the old name (a member of an extension); NULL: none does. */
	bool (*keep)(void *ctx, enum sr_body_object kind, const char *schema, const char *name);
	void *ctx;
};

struct sr_body_note {
	char *code; /* "dynamic-sql", "other-language", "unparsed-body", "unqualified-name", "unparsed-statement" */
	int line; /* in the body, from 1; 0: the whole */
	char *text;
	char *hint; /* or NULL */
};
struct sr_body_notes {
	struct sr_body_note *items;
	size_t n, cap;
};
void sr_body_notes_release(struct sr_body_notes *notes);

/*
 * Rewrites one CREATE FUNCTION or CREATE PROCEDURE statement as pg_dump prints
 * it: the string body, and SET search_path.  `out` gets the whole new statement
 * (equal to the old one when nothing had to change).  False only when the
 * statement itself cannot be understood at all (SR_ERR_DDL); a body that cannot
 * be parsed is kept, with a note.
 */
bool sr_body_rewrite(const char *create_sql, const struct sr_body_rules *rules, struct sr_strbuf *out,
		     struct sr_body_notes *notes, struct sr_error *err);

#endif
