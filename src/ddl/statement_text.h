/*
 * The parts of rewriting an archive's entry: its statements (statement_sql.c),
 * the strings in them (statement_literal.c), what the words of one tell where it
 * cannot be parsed (statement_guess.c), its tag (statement_tag.c).
 */
#ifndef SR_DDL_STATEMENT_TEXT_H
#define SR_DDL_STATEMENT_TEXT_H

#include "body_text.h"
#include "ddl/archive.h"

struct sr_error;

/* Adds the statements with the schemas renamed; bodies given as strings and SET clauses stay. */
struct sr_statement_context {
	const struct sr_archive *archive; /* where other entries can be looked up, as they were; or NULL */
	const struct sr_body_rules *rules;
	struct sr_body_notes *notes;
};
bool sr_statement_sql(const char *sql, const struct sr_statement_context *context, struct sr_strbuf *out,
		      struct sr_error *err);
/* How many bytes the first statement has, its semicolon included. */
size_t sr_statement_first(const char *sql);
/* False: there can be nothing to rename in this text. */
bool sr_statement_concerns(const char *text, const struct sr_body_rules *rules);

/* The tokens of one statement that the parser does not know. */
void sr_statement_guess(struct sr_body_text *b, size_t lo, size_t hi);

/* The strings of one statement that the parse tree leaves.  Returns the first one in doubt, or hi. */
size_t sr_statement_literals(struct sr_body_text *b, size_t lo, size_t hi, const struct sr_archive *a);

/* Is token i a renamed schema with an object's name behind it? */
bool sr_statement_is_schema(const struct sr_body_text *b, size_t i);

bool sr_statement_tag(const struct sr_toc_entry *entry, const struct sr_body_rules *rules,
		      struct sr_strbuf *out, struct sr_error *err);

#endif
