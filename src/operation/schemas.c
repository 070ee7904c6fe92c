#include "operation/schemas.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define NAME_MAX_BYTES 63 /* NAMEDATALEN - 1 */

/* What has a meaning to pg_dump's patterns outside double quotes: wildcards, and regular expressions beside them. */
#define PATTERN_CHARS "*?|+()[]{}^\\"

bool sr_schemas_is_pattern(const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (!quoted && strchr(PATTERN_CHARS, *text))
			return true;
	}
	return false;
}

/* Folds ASCII only, as the server does for multi-byte encodings (downcase_identifier()). */
static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char *sr_schemas_plain_name(const char *text)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '"' && quoted && text[1] == '"')
			sr_strbuf_addc(&out, *text++);
		else if (*text == '"')
			quoted = !quoted;
		else
			sr_strbuf_addc(&out, quoted ? *text : fold(*text));
	}
	return sr_strbuf_take(&out);
}

static void add_literal(struct sr_strbuf *out, char c)
{
	if (!(c & 0x80) && !isalnum((unsigned char)c) && c != '_')
		sr_strbuf_addc(out, '\\');
	sr_strbuf_addc(out, c);
}

/*
 * As processSQLNamePattern() of PostgreSQL's fe_utils: outside double quotes *
 * and ? are wildcards, $ and [] are meant as they stand, and the rest of a regular
 * expression goes through.  A dot, which separates names there, is a dot here.
 */
void sr_schemas_pattern(const char *pattern, struct sr_strbuf *out)
{
	bool quoted = false;

	sr_strbuf_adds(out, "^(?:");
	for (; *pattern; pattern++) {
		if (*pattern == '"' && quoted && pattern[1] == '"')
			add_literal(out, *pattern++);
		else if (*pattern == '"')
			quoted = !quoted;
		else if (quoted)
			add_literal(out, *pattern);
		else if (*pattern == '*')
			sr_strbuf_adds(out, ".*");
		else if (*pattern == '?')
			sr_strbuf_addc(out, '.');
		else if (*pattern == '[' && pattern[1] == ']')
			add_literal(out, *pattern);
		else if (*pattern == '\\' && pattern[1])
			sr_strbuf_add(out, pattern++, 2);
		else if (*pattern == '$' || *pattern == '.')
			add_literal(out, *pattern);
		else
			sr_strbuf_addc(out, fold(*pattern));
	}
	sr_strbuf_adds(out, ")\\z");
}

static bool match_all(const char *regex, const struct sr_strlist *names, struct sr_strlist *out,
		      struct sr_error *err)
{
	int code;
	PCRE2_SIZE at;
	/* Names of a database that is not in UTF-8 are compared too, byte by byte where they must. */
	pcre2_code *re =
		pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
			      PCRE2_MATCH_INVALID_UTF | PCRE2_DOTALL | PCRE2_ANCHORED | PCRE2_ENDANCHORED,
			      &code, &at, NULL);
	pcre2_match_data *match;

	if (!re) {
		PCRE2_UCHAR why[256];

		pcre2_get_error_message(code, why, sizeof why);
		return sr_error_set(err, SR_ERR_USAGE,
				    "cannot read the regular expression \"%s\": %s at character %zu", regex,
				    (const char *)why, (size_t)at + 1);
	}
	match = pcre2_match_data_create_from_pattern(re, NULL);
	for (size_t i = 0; i < names->n; i++)
		if (pcre2_match(re, (PCRE2_SPTR)names->items[i], strlen(names->items[i]), 0, 0, match,
				NULL) >= 0)
			sr_strlist_add(out, names->items[i]);
	pcre2_match_data_free(match);
	pcre2_code_free(re);
	return true;
}

static bool match_name(const char *text, const struct sr_strlist *names, struct sr_strlist *out,
		       struct sr_error *err)
{
	struct sr_strbuf regex = SR_STRBUF_INIT;
	bool ok = true;

	if (sr_strlist_has(names, text)) {
		sr_strlist_add(out, text);
	} else {
		sr_schemas_pattern(text, &regex);
		ok = match_all(sr_strbuf_str(&regex), names, out, err);
	}
	sr_strbuf_release(&regex);
	return ok;
}

static bool none_found(const char *text, const struct sr_strlist *existing, struct sr_error *err)
{
	struct sr_strlist near = SR_STRLIST_INIT;
	struct sr_strbuf names = SR_STRBUF_INIT;
	char *plain = sr_schemas_plain_name(text);

	sr_error_set(err, SR_ERR_REFUSED,
		     sr_schemas_is_pattern(text) ? "no schema matches \"%s\" at that moment"
						 : "schema \"%s\" does not exist at that moment",
		     text);
	for (size_t i = 0; i < existing->n; i++)
		sr_strlist_add(&near, existing->items[i]);
	sr_strlist_nearest(&near, plain);
	sr_strlist_join(&near, 10, &names);
	if (near.n)
		sr_error_detail(err, "There are: %s.", sr_strbuf_str(&names));
	else
		sr_error_detail(err, "There are no user schemas in that database.");
	free(plain);
	sr_strlist_release(&near);
	sr_strbuf_release(&names);
	return false;
}

/* Every name or pattern has to match something. */
static bool choose_each(const struct sr_strlist *wanted, bool regex, const struct sr_strlist *existing,
			struct sr_strlist *out, struct sr_error *err)
{
	for (size_t i = 0; i < wanted->n; i++) {
		size_t before = out->n;

		if (!(regex ? match_all(wanted->items[i], existing, out, err)
			    : match_name(wanted->items[i], existing, out, err)))
			return false;
		if (out->n == before)
			return none_found(wanted->items[i], existing, err);
	}
	return true;
}

bool sr_schemas_choose(const struct sr_request *r, const struct sr_strlist *existing,
		       struct sr_strlist *chosen, struct sr_error *err)
{
	struct sr_strlist in = SR_STRLIST_INIT, without = SR_STRLIST_INIT;
	bool ok = choose_each(&r->schemas, false, existing, &in, err) &&
		  choose_each(&r->schema_regexes, true, existing, &in, err);

	for (size_t i = 0; ok && i < r->exclude_schemas.n; i++)
		ok = match_name(r->exclude_schemas.items[i], existing, &without, err);
	for (size_t i = 0; ok && i < existing->n; i++)
		if (sr_strlist_has(&in, existing->items[i]) && !sr_strlist_has(&without, existing->items[i]))
			sr_strlist_add(chosen, existing->items[i]);
	if (ok && chosen->n == 0)
		ok = sr_error_set(err, SR_ERR_REFUSED, "every schema that was named is excluded again");
	sr_strlist_release(&in);
	sr_strlist_release(&without);
	return ok;
}

static const char *renamed(const struct sr_request *r, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < r->renames.n; i++)
		if (strncmp(r->renames.items[i], name, n) == 0 && r->renames.items[i][n] == '=')
			return r->renames.items[i] + n + 1;
	return NULL;
}

bool sr_schemas_new_name(const struct sr_request *r, const char *name, sr_time moment, char **out,
			 struct sr_error *err)
{
	const char *given = renamed(r, name);
	struct sr_strbuf made = SR_STRBUF_INIT;

	if (given) {
		sr_strbuf_adds(&made, given);
	} else if (r->suffix) {
		sr_strbuf_addf(&made, "%s%s", name, r->suffix);
	} else {
		sr_strbuf_addf(&made, "%s_", name);
		sr_time_format_compact(moment, &made);
	}
	if (made.len > NAME_MAX_BYTES) {
		sr_error_set(err, SR_ERR_REFUSED, "the name \"%s\" is %zu bytes long; PostgreSQL allows %d",
			     sr_strbuf_str(&made), made.len, NAME_MAX_BYTES);
		sr_error_hint(err, "Choose a shorter one with --suffix, or --rename '%s=NEW'.", name);
		sr_strbuf_release(&made);
		return false;
	}
	*out = sr_strbuf_take(&made);
	return true;
}
