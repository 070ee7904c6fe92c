/*
 * A PL/pgSQL body: cut into declarations, expressions and statements, as
 * PL/pgSQL's own grammar cuts them (src/pl/plpgsql/src/pl_gram.y): an
 * expression ends at the first word that may follow it outside parentheses,
 * a statement at its semicolon, and INTO targets are taken out.  The pieces are
 * then SQL.
 *
 * pg_query_parse_plpgsql() is not used: it has no catalog, so `v.id := 1` with a
 * row variable v, or OPEN of a refcursor, fail the whole function.
 *
 * Nothing is rejected: what is not understood reaches the SQL parser, fails
 * there, and becomes a note.
 */
#include "body_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool word(const struct sr_body_text *b, size_t i, const char *w)
{
	return sr_tok_is_word(&b->toks, i, w);
}

static bool symbol(const struct sr_body_text *b, size_t i, const char *s)
{
	return sr_tok_is(&b->toks, i, s);
}

/* The first of the words or symbols (blank-separated) at or after i, outside parentheses; the end if none. */
static size_t find(const struct sr_body_text *b, size_t i, const char *stops)
{
	size_t depth = 0;

	for (; i < b->toks.n; i++) {
		if (symbol(b, i, "(") || symbol(b, i, "["))
			depth++;
		else if ((symbol(b, i, ")") || symbol(b, i, "]")) && depth > 0)
			depth--;
		if (depth > 0 || (b->toks.items[i].kind != SR_TOK_IDENT &&
				  b->toks.items[i].kind != SR_TOK_OP && b->toks.items[i].kind != SR_TOK_CHAR))
			continue;
		for (const char *p = stops; *p; p += strspn(p, " ")) {
			size_t n = strcspn(p, " ");
			char stop[16];

			memcpy(stop, p, n);
			stop[n] = '\0';
			if (word(b, i, stop) || symbol(b, i, stop))
				return i;
			p += n;
		}
	}
	return i;
}

static size_t after_semicolon(const struct sr_body_text *b, size_t i)
{
	i = find(b, i, ";");
	return i < b->toks.n ? i + 1 : i;
}

static void expression(struct sr_body_text *b, size_t lo, size_t hi)
{
	sr_body_sql(b, &(struct sr_fragment){ .kind = SR_FRAGMENT_EXPRESSION, .lo = lo, .hi = hi });
}

/* The INTO target from token i on: returns the token behind it. */
static size_t into_target(struct sr_body_text *b, size_t i)
{
	if (word(b, i, "strict"))
		i++;
	for (;;) {
		size_t n = sr_body_chain(&b->toks, i, b->toks.n), end;

		if (n == 0)
			return i;
		i += 2 * n - 1;
		while (symbol(b, i, "[")) {
			end = find(b, i + 1, "]");
			expression(b, i + 1, end);
			i = end < b->toks.n ? end + 1 : end;
		}
		if (!symbol(b, i, ","))
			return i;
		i++;
	}
}

/* A statement or query in [lo, hi), with its INTO targets taken out. */
static void statement(struct sr_body_text *b, enum sr_fragment_kind kind, size_t lo, size_t hi)
{
	struct sr_fragment f = { .kind = kind, .lo = lo, .hi = hi };
	struct sr_blank *blanks = NULL;
	size_t cap = 0, end;

	for (size_t i = lo + 1; i < hi; i++) {
		if (!word(b, i, "into") || word(b, i - 1, "insert") || word(b, i - 1, "merge") ||
		    word(b, lo, "import") || symbol(b, i - 1, "."))
			continue;
		end = into_target(b, i + 1);
		if (end > hi || end == i + 1)
			continue;
		SR_ARRAY_RESERVE(blanks, cap, f.nblanks + 1);
		blanks[f.nblanks++] = (struct sr_blank){ b->toks.items[i].start, b->toks.items[end - 1].end };
		for (size_t k = i; k < end; k++)
			b->claimed[k] = true;
	}
	f.blanks = blanks;
	sr_body_sql(b, &f);
	free(blanks);
}

/* EXECUTE at token i, to the stop word: its expression, INTO target and USING list. */
static void dynamic(struct sr_body_text *b, size_t i, const char *stops)
{
	char all[64] = "into using ; ";
	size_t lo = i + 1, end, hi;

	strcat(all, stops);
	end = find(b, lo, all);
	hi = find(b, lo, stops);
	SR_ARRAY_RESERVE(b->dynamics, b->dynamics_cap, b->ndynamics + 1);
	b->dynamics[b->ndynamics++] = (struct sr_dynamic){ i, lo, end };
	expression(b, lo, end);
	while (end < hi) {
		if (word(b, end, "into")) {
			end = into_target(b, end + 1);
		} else {
			lo = end + 1;
			end = find(b, lo, "into ; loop");
			expression(b, lo, end < hi ? end : hi);
		}
		if (end < hi && !word(b, end, "into") && !word(b, end, "using"))
			return;
	}
}

static bool is_query(const struct sr_body_text *b, size_t i)
{
	static const char *const words[] = { "select", "with",  "values", "table",   "insert", "update",
					     "delete", "merge", "show",   "explain", "fetch",  "call" };

	while (symbol(b, i, "("))
		i++;
	for (size_t k = 0; k < SR_COUNT(words); k++)
		if (word(b, i, words[k]))
			return true;
	return false;
}

static size_t for_loop(struct sr_body_text *b, size_t i)
{
	size_t in = find(b, i + 1, "in loop ;"), loop, dots, by;

	for (size_t k = i + 1; k < in; k++)
		if (sr_tok_is_name(&b->toks, k) && !symbol(b, k - 1, "."))
			sr_strlist_add(&b->vars, b->toks.items[k].value);
	i = in + 1;
	loop = find(b, i, "loop ;");
	if (word(b, i, "execute")) {
		dynamic(b, i, "loop ;");
	} else if ((dots = find(b, i, ".. loop ;")) < loop) {
		by = find(b, dots, "by loop ;");
		expression(b, word(b, i, "reverse") ? i + 1 : i, dots);
		expression(b, dots + 1, by);
		if (by < loop)
			expression(b, by + 1, loop);
	} else if (is_query(b, i)) {
		statement(b, SR_FRAGMENT_STATEMENT, i, loop);
	} else {
		expression(b, i, loop); /* a cursor, with arguments perhaps */
	}
	return loop + 1;
}

static size_t foreach_loop(struct sr_body_text *b, size_t i)
{
	size_t array = find(b, i, "array loop ;"), loop = find(b, array, "loop ;");

	expression(b, array + 1, loop);
	return loop + 1;
}

static size_t return_statement(struct sr_body_text *b, size_t i)
{
	size_t end = find(b, i, ";");

	i++;
	if (word(b, i, "next") && i + 1 <= end) {
		expression(b, i + 1, end);
	} else if (word(b, i, "query") && i + 1 < end) {
		if (word(b, i + 1, "execute"))
			dynamic(b, i + 1, ";");
		else
			statement(b, SR_FRAGMENT_STATEMENT, i + 1, end);
	} else {
		expression(b, i, end);
	}
	return end + 1;
}

/* RAISE [level] ['format' [, expression …]] [USING option = expression, …] */
static size_t raise_statement(struct sr_body_text *b, size_t i)
{
	size_t end = find(b, i, ";"), using = find(b, i, "using ;"), at = find(b, i, ", using ;");

	for (size_t k = i; k < at; k++) /* the format is text for people */
		b->claimed[k] |= b->toks.items[k].kind == SR_TOK_STRING;
	if (symbol(b, at, ","))
		expression(b, at + 1, using);
	while (using < end) {
		size_t value = find(b, using, "= := ;") + 1;

		using = find(b, value, ", ;");
		if (value < end)
			expression(b, value, using);
	}
	return end + 1;
}

static size_t open_statement(struct sr_body_text *b, size_t i)
{
	size_t end = find(b, i, ";"), query = find(b, i, "for ;") + 1;

	if (query <= end && word(b, query, "execute"))
		dynamic(b, query, ";");
	else if (query <= end)
		statement(b, SR_FRAGMENT_STATEMENT, query, end);
	else
		expression(b, i + 1, end);
	return end + 1;
}

/* FETCH RELATIVE a.f() FROM c: what little can stand there is told by words. */
static size_t guessed_statement(struct sr_body_text *b, size_t i)
{
	struct sr_strlist doubts = SR_STRLIST_INIT;
	size_t end = find(b, i, ";");

	for (size_t k = i; k < end; k++) /* FROM names a cursor here */
		if (sr_tok_is_name(&b->toks, k) && symbol(b, k + 1, ".") && !symbol(b, k + 3, "("))
			b->claimed[k] = true;
	sr_body_guess(b, i, end, &doubts);
	sr_strlist_release(&doubts);
	return end + 1;
}

static const char *regvar_type(const struct sr_body_text *b, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < b->regvars.n; i++)
		if (strncmp(b->regvars.items[i], name, n) == 0 && b->regvars.items[i][n] == ' ')
			return b->regvars.items[i] + n + 1;
	return NULL;
}

/* A value given to a variable: a constant is read as the variable's type reads it. */
static void value_of(struct sr_body_text *b, const char *variable, size_t lo, size_t hi)
{
	const char *type = variable ? regvar_type(b, variable) : NULL;

	if (type && hi == lo + 1 && b->toks.items[lo].kind == SR_TOK_STRING)
		sr_body_edit_literal(b, lo, sr_names_of_type(type), NULL);
	expression(b, lo, hi);
}

/* target := expression; returns 0 when there is no assignment at i. */
static size_t assignment(struct sr_body_text *b, size_t i)
{
	size_t n = sr_body_chain(&b->toks, i, b->toks.n), at = i + (n ? 2 * n - 1 : 1), end;
	bool subscripts = symbol(b, at, "[");

	if (n == 0 && b->toks.items[i].kind != SR_TOK_PARAM)
		return 0;
	while (symbol(b, at, "[") || symbol(b, at, ".")) {
		at = symbol(b, at, "[") ? find(b, at + 1, "] ;") : at + 1;
		at++;
	}
	if (!symbol(b, at, ":=") && !symbol(b, at, "="))
		return 0;
	end = find(b, at, ";");
	b->claimed[i] = true;
	if (subscripts)
		expression(b, i, at);
	value_of(b, n == 1 ? b->toks.items[i].value : NULL, at + 1, end);
	return end + 1;
}

static size_t plain_statement(struct sr_body_text *b, size_t i)
{
	size_t end = find(b, i, ";");

	if (word(b, i, "perform"))
		statement(b, SR_FRAGMENT_PERFORM, i, end);
	else
		statement(b, SR_FRAGMENT_STATEMENT, i, end);
	return end + 1;
}

void sr_body_type(struct sr_body_text *b, size_t lo, size_t hi)
{
	size_t n, after;

	if (word(b, lo, "setof"))
		lo++;
	n = sr_body_chain(&b->toks, lo, hi);
	after = lo + 2 * n - 1;
	if (n == 0)
		return;
	if (after < hi && symbol(b, after, "%") && word(b, after + 1, "type")) {
		const char *first = b->toks.items[lo].value;

		if (n >= 3)
			sr_body_edit_name(b, lo, n, n - 3, SR_BODY_RELATION);
		else if (n == 2 && !sr_strlist_has(&b->vars, first) && !sr_strlist_has(&b->labels, first))
			sr_body_unqualified(b, first);
	} else if (after < hi && symbol(b, after, "%")) {
		if (n >= 2)
			sr_body_edit_name(b, lo, n, n - 2, SR_BODY_RELATION);
		else
			sr_body_unqualified(b, b->toks.items[lo].value);
	} else if (n >= 2) {
		sr_body_edit_name(b, lo, n, n - 2, SR_BODY_TYPE);
	}
}

/* name CURSOR [(arguments)] FOR query; i is behind the name. */
static size_t cursor(struct sr_body_text *b, size_t i)
{
	size_t end = find(b, i, ";"), query = find(b, i, "for is ;"), at = find(b, i, "cursor ;") + 1;

	if (symbol(b, at, "(")) {
		size_t close;

		for (at++; at < query; at = close + 1) {
			close = find(b, at, ", ) ;");
			sr_strlist_add(&b->vars, b->toks.items[at].value ? b->toks.items[at].value : "");
			sr_body_type(b, at + 1, close);
			if (!symbol(b, close, ","))
				break;
		}
	}
	if (query < end)
		statement(b, SR_FRAGMENT_STATEMENT, query + 1, end);
	return end + 1;
}

/* name [CONSTANT] type [COLLATE c] [NOT NULL] [:= expression]; */
static size_t declaration(struct sr_body_text *b, size_t i)
{
	const char *name = b->toks.items[i].value;
	size_t end = find(b, i, ";"), type, at;

	if (name)
		sr_strlist_add(&b->vars, name);
	i++;
	if (word(b, i, "alias"))
		return end + 1;
	if (word(b, i, "cursor") ||
	    ((word(b, i, "no") || word(b, i, "scroll")) && find(b, i, "cursor ;") < end))
		return cursor(b, i);
	type = word(b, i, "constant") ? i + 1 : i;
	at = find(b, type, "collate not default := = ;");
	sr_body_type(b, type, at);
	if (name && at == type + 1 && sr_tok_is_name(&b->toks, type) &&
	    sr_names_of_type(b->toks.items[type].value) != SR_NAMES_NONE)
		sr_strlist_take(&b->regvars, sr_asprintf("%s %s", name, b->toks.items[type].value));
	if (word(b, at, "collate")) {
		sr_body_edit_name(b, at + 1, sr_body_chain(&b->toks, at + 1, end), 0, SR_BODY_OTHER);
		at = find(b, at, "not default := = ;");
	}
	at = find(b, at, "default := = ;");
	if (at < end)
		value_of(b, name, at + 1, end);
	return end + 1;
}

static size_t declarations(struct sr_body_text *b, size_t i)
{
	while (i < b->toks.n && !word(b, i, "begin") && !symbol(b, i, "<<")) {
		if (word(b, i, "declare"))
			i++;
		else
			i = declaration(b, i);
	}
	return i;
}

/* Words that open a branch with an expression, and where it ends. */
static size_t branch(struct sr_body_text *b, size_t i)
{
	static const struct {
		const char *word, *stops;
	} branches[] = {
		{ "if", "then ;" },    { "elsif", "then ;" }, { "elseif", "then ;" },
		{ "while", "loop ;" }, { "when", "then ;" },  { "case", "when ;" },
	};

	for (size_t k = 0; k < SR_COUNT(branches); k++)
		if (word(b, i, branches[k].word)) {
			size_t end = find(b, i + 1, branches[k].stops);

			expression(b, i + 1, end);
			return word(b, end, "when") ? end : end + 1;
		}
	return 0;
}

/* Statements that hold at most an expression behind one word, or nothing of interest. */
static size_t small_statement(struct sr_body_text *b, size_t i)
{
	static const char *const skipped[] = { "end", "get", "close", "null", "commit", "rollback" };
	size_t end = find(b, i, ";");

	if (word(b, i, "exit") || word(b, i, "continue")) {
		size_t when = find(b, i, "when ;");

		expression(b, when + 1, end);
		return end + 1;
	}
	if (word(b, i, "assert")) {
		expression(b, i + 1, end);
		return end + 1;
	}
	for (size_t k = 0; k < SR_COUNT(skipped); k++)
		if (word(b, i, skipped[k]))
			return end + 1;
	return 0;
}

static size_t next_statement(struct sr_body_text *b, size_t i)
{
	static const char *const alone[] = { "begin", "exception", "else", "loop", "then" };
	static const struct {
		const char *word;
		size_t (*read)(struct sr_body_text *b, size_t i);
	} statements[] = {
		{ "declare", declarations },    { "for", for_loop },           { "foreach", foreach_loop },
		{ "return", return_statement }, { "raise", raise_statement },  { "open", open_statement },
		{ "fetch", guessed_statement }, { "move", guessed_statement },
	};
	size_t after;

	if (symbol(b, i, ";"))
		return i + 1;
	if (symbol(b, i, "<<") && sr_tok_is_name(&b->toks, i + 1)) {
		sr_strlist_add(&b->labels, b->toks.items[i + 1].value);
		return i + 3;
	}
	if ((after = assignment(b, i)))
		return after;
	for (size_t k = 0; k < SR_COUNT(alone); k++)
		if (word(b, i, alone[k]))
			return i + 1;
	for (size_t k = 0; k < SR_COUNT(statements); k++)
		if (word(b, i, statements[k].word))
			return statements[k].read(b, i);
	if (word(b, i, "execute")) {
		dynamic(b, i, ";");
		return after_semicolon(b, i);
	}
	if ((after = branch(b, i)) || (after = small_statement(b, i)))
		return after;
	return plain_statement(b, i);
}

/* Labels and variables come before what uses them, but for loops' labels: all of them are noted first. */
static void collect_labels(struct sr_body_text *b)
{
	for (size_t i = 0; i + 2 < b->toks.n; i++)
		if (symbol(b, i, "<<") && sr_tok_is_name(&b->toks, i + 1) && symbol(b, i + 2, ">>"))
			sr_strlist_add(&b->labels, b->toks.items[i + 1].value);
}

void sr_body_plpgsql(struct sr_body_text *b)
{
	size_t i = 0;

	collect_labels(b);
	while (symbol(b, i, "#")) /* #variable_conflict use_column */
		i += 3;
	while (i < b->toks.n)
		i = next_statement(b, i);
}
