/*
 * One body that is being rewritten: its tokens, the edits found so far, and
 * what is known of the function around it.  Everything that reads the body
 * (body_sql.c by parse tree, body_guess.c by words, body_plpgsql.c around them)
 * adds edits here; they are applied together at the end, so no edit sees
 * another's result.
 */
#ifndef SR_DDL_BODY_TEXT_H
#define SR_DDL_BODY_TEXT_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "body_lex.h"
#include "ddl/body.h"

struct sr_edit {
	size_t start, end; /* bytes of the body that are replaced */
	char *text; /* arena */
};

/* A stretch of tokens whose text is run as SQL at run time: EXECUTE. */
struct sr_dynamic {
	size_t at, lo, hi; /* the EXECUTE; the tokens of its expression */
};

struct sr_body_text {
	const char *text;
	size_t len;
	struct sr_toks toks;
	bool *claimed; /* by token: what stands here is known, edited or not */
	const struct sr_body_rules *rules;
	const char **written; /* by rename: the new name as SQL, once it was needed */
	struct sr_body_notes *notes;
	struct sr_arena arena;
	struct sr_edit *edits;
	size_t nedits, edits_cap;
	struct sr_dynamic *dynamics;
	size_t ndynamics, dynamics_cap;
	struct sr_strlist vars; /* parameters and declared variables */
	struct sr_strlist regvars; /* those of them whose type is regclass or the like: "name type" */
	struct sr_strlist labels; /* block labels and the function's own name */
	struct sr_strlist created; /* temporary relations that the body makes */
	struct sr_strlist unqualified; /* relations named without a schema */
	/*
	 * The text is what the server prints of its catalogs, with an empty search_path: names are quoted only
	 * where they must be, each object is qualified, and a constant of type text is no name for the server either.
	 */
	bool printed;
	bool mismatch; /* out: the tokens were not what a parse tree said */
};

/* What a string constant that names objects holds. */
enum sr_names_kind {
	SR_NAMES_NONE,
	SR_NAMES_RELATION,
	SR_NAMES_FUNCTION, /* also with argument types */
	SR_NAMES_TYPE,
	SR_NAMES_OTHER,
	SR_NAMES_SCHEMAS, /* a list of schemas, as in search_path */
	SR_NAMES_EXACT, /* one schema, not folded */
};

/* The text must outlive b; tokens are scanned. */
void sr_body_text_init(struct sr_body_text *b, const char *text, size_t len,
		       const struct sr_body_rules *rules, struct sr_body_notes *notes);
void sr_body_text_release(struct sr_body_text *b);
/* The body with its edits. */
void sr_body_text_apply(struct sr_body_text *b, struct sr_strbuf *out);

/* The rename of this schema, or -1. */
int sr_body_rename_of(const struct sr_body_rules *rules, const char *schema);
/* The new name as it must be written in SQL. Caller frees. */
char *sr_body_written(const char *name);
void sr_body_add_quoted(struct sr_strbuf *out, const char *name);
/* As quote_identifier() of the server and fmtId() of pg_dump: unquoted if it may be. Caller frees. */
char *sr_body_printed(const char *name);

void sr_body_edit(struct sr_body_text *b, size_t start, size_t end, const char *text);
/*
 * The name of `n` parts begins at token `i`; its part `at` is a schema.  Claims
 * the token, and edits it when the schema is renamed and the object does not
 * stay.  False: the tokens there do not spell such a name.
 */
bool sr_body_edit_name(struct sr_body_text *b, size_t i, size_t n, size_t at, enum sr_body_object kind);
/* The token is a schema's name standing alone, as identifier or string. */
bool sr_body_edit_schema(struct sr_body_text *b, size_t i);
/* Rewrites the names in the string constant at token i. `value`: what the parser says it holds, or NULL. False: cannot. */
bool sr_body_edit_literal(struct sr_body_text *b, size_t i, enum sr_names_kind kind, const char *value);

/* Replaces the string constant at token i. */
void sr_body_edit_string(struct sr_body_text *b, size_t i, const char *value);
/* The names inside a string's value; false when nothing changed. */
bool sr_body_rewrite_names(struct sr_body_text *b, const char *value, enum sr_names_kind kind,
			   struct sr_strbuf *out);
/* body_array.c: as sr_body_edit_literal(), for an array of them: '{a.t,a.u}'. */
bool sr_body_edit_array(struct sr_body_text *b, size_t i, enum sr_names_kind kind);

/* The kind of names a constant of type "regclass" etc. holds; SR_NAMES_NONE for other types. */
enum sr_names_kind sr_names_of_type(const char *type);
/* The kind that the text arguments of a function hold; which argument it is, by number of arguments, or -1. */
enum sr_names_kind sr_names_of_function(const char *function, size_t nargs, size_t *arg);

/* How many parts the dotted name at token i has; the last may be an operator or a star. */
size_t sr_body_chain(const struct sr_toks *t, size_t i, size_t hi);
/* Does this string mention a renamed schema as a name? */
bool sr_body_mentions(const struct sr_body_text *b, const char *value);
bool sr_body_is_label(const struct sr_body_text *b, const char *first, const char *second);
void sr_body_unqualified(struct sr_body_text *b, const char *relation);

void sr_body_note(struct sr_body_notes *notes, const char *code, int line, const char *hint, const char *fmt,
		  ...) __attribute__((format(printf, 5, 6)));
/* "… 'select * from a.t' …": at most some 60 bytes, on one line. */
void sr_body_excerpt(struct sr_strbuf *out, const char *text, size_t len);

/* body_sql.c */
enum sr_fragment_kind {
	SR_FRAGMENT_STATEMENT,
	SR_FRAGMENT_EXPRESSION, /* what stands after SELECT */
	SR_FRAGMENT_PERFORM, /* its first word stands for SELECT */
};
struct sr_blank {
	size_t start, end;
};
struct sr_fragment {
	enum sr_fragment_kind kind;
	size_t lo, hi; /* tokens */
	const struct sr_blank *blanks; /* bytes that the parser must not see: INTO targets */
	size_t nblanks;
};
/* Rewrites one statement or expression by its parse tree; by its words, with a note, where there is none. */
void sr_body_sql(struct sr_body_text *b, const struct sr_fragment *f);
/* As sr_body_sql, but gives up silently: false, nothing edited. */
bool sr_body_sql_try(struct sr_body_text *b, const struct sr_fragment *f, char **why);

/*
 * body_tree.c: the edits that the parse tree of the fragment gives; `shift` is added to its locations.  False: the
 * tokens are not what the tree says.
 */
struct json_object;
bool sr_body_tree(struct sr_body_text *b, const struct sr_fragment *f, size_t shift,
		  struct json_object *tree);

/* body_guess.c: what words alone tell.  Returns how many were left in doubt; they are named in `doubts`. */
size_t sr_body_guess(struct sr_body_text *b, size_t lo, size_t hi, struct sr_strlist *doubts);

/* body_plpgsql.c */
void sr_body_plpgsql(struct sr_body_text *b);
/* One type in a declaration. */
void sr_body_type(struct sr_body_text *b, size_t lo, size_t hi);

/* body_notes.c: notes about the whole body, once its edits are known. */
void sr_body_notes_dynamic(struct sr_body_text *b);
void sr_body_notes_unqualified(struct sr_body_text *b);
void sr_body_notes_language(const struct sr_body_rules *rules, const char *body, const char *language,
			    struct sr_body_notes *notes);

#endif
