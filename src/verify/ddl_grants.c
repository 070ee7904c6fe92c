#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl_text.h"
#include "pg/ident.h"

struct grants {
	struct sr_strlist lines;
	const char *schema;
	const struct sr_strlist *without;
	char *as; /* the role that grants now, or NULL: the owner */
};

static bool begins(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && strcmp(s + n - m, with) == 0;
}

/* The grantee of a line is one of the roles: quoted or not, as pg_dump likes. */
static bool is_about(const char *line, const struct sr_strlist *roles)
{
	static const char *const words[] = { " TO %s;", " FROM %s;", " TO %s WITH GRANT OPTION;" };
	bool found = false;

	for (size_t i = 0; roles && i < roles->n && !found; i++) {
		struct sr_strbuf quoted = SR_STRBUF_INIT;
		const char *names[2] = { roles->items[i], NULL };

		sr_ident_add(&quoted, NULL, roles->items[i]);
		names[1] = sr_strbuf_str(&quoted);
		for (size_t k = 0; k < 2 * SR_COUNT(words) && !found; k++) {
			const char *name = names[k % 2], *rest = strstr(words[k / 2], "%s") + 2;
			char *ending = sr_asprintf("%.*s%s%s", (int)(rest - 2 - words[k / 2]), words[k / 2],
						   name, rest);

			found = ends(line, ending);
			free(ending);
		}
		sr_strbuf_release(&quoted);
	}
	return found;
}

static void add(struct grants *g, char *line)
{
	if (sr_strlist_has(&g->lines, line))
		free(line);
	else
		sr_strlist_take(&g->lines, line);
}

static bool take_away(struct grants *g, const char *line)
{
	for (size_t i = 0; i < g->lines.n; i++) {
		if (strcmp(g->lines.items[i], line) != 0)
			continue;
		free(g->lines.items[i]);
		g->lines.items[i] = g->lines.items[--g->lines.n];
		return true;
	}
	return false;
}

/* The next of "c" outside of quotes and parentheses, or the end. */
static const char *find_outside(const char *p, const char *c)
{
	bool quoted = false;
	int depth = 0;

	for (; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '(' || *p == ')'))
			depth += *p == '(' ? 1 : -1;
		if (!quoted && depth == 0 && begins(p, c))
			break;
	}
	return p;
}

/* "FROM bob;" of a REVOKE on the schema takes away what GRANT … "TO bob;" gave. */
static bool revoke_standing(struct grants *g, const char *privilege, const char *rest)
{
	char *object = sr_asprintf(" ON SCHEMA %s FROM ", g->schema);
	bool taken = false;

	if (begins(rest, object)) {
		char *line = sr_asprintf("GRANT %s ON SCHEMA %s TO %s", privilege, g->schema,
					 rest + strlen(object));

		taken = take_away(g, line);
		free(line);
	}
	free(object);
	return taken;
}

/* One privilege; `rest` begins with " ON ".  `revoke`: it only takes away what stood, and says whether it did. */
static bool take_privilege(struct grants *g, const char *verb, const char *privilege, const char *rest,
			   bool revoke)
{
	if (g->schema && strcmp(privilege, "ALL") == 0) {
		bool taken = take_privilege(g, verb, "USAGE", rest, revoke);

		return take_privilege(g, verb, "CREATE", rest, revoke) || taken;
	}
	if (revoke)
		return g->schema && revoke_standing(g, privilege, rest);
	add(g, sr_asprintf("%s %s%s%s", verb, privilege, rest, g->as ? g->as : ""));
	return false;
}

static bool take_privileges(struct grants *g, const char *verb, const char *list, const char *rest,
			    bool revoke)
{
	bool taken = false;

	while (list < rest) {
		const char *comma = find_outside(list, ","), *end = comma < rest ? comma : rest;
		char *privilege = sr_strndup(list, (size_t)(end - list));

		taken |= take_privilege(g, verb, privilege, rest, revoke);
		free(privilege);
		list = end + (end < rest);
	}
	return taken;
}

/* "GRANT SELECT(a),UPDATE(b) ON …": a line for each.  A REVOKE of what stood before says nothing more. */
static bool take_statement(struct grants *g, const char *line)
{
	const char *verb = begins(line, "GRANT ") ? "GRANT" : begins(line, "REVOKE ") ? "REVOKE" : NULL;
	const char *rest = find_outside(line, " ON "), *list = line + (verb ? strlen(verb) + 1 : 0);

	if (!verb || !*rest || begins(list, "GRANT OPTION FOR "))
		return false;
	if (*verb == 'G' || !take_privileges(g, verb, list, rest, true))
		take_privileges(g, verb, list, rest, false);
	return true;
}

static void take_line(struct grants *g, const char *line)
{
	static const char set[] = "SET ROLE ";

	if (begins(line, set) || begins(line, "RESET ROLE")) {
		free(g->as);
		g->as = *line == 'S' && !(g->without && g->without->n)
				? sr_asprintf(" -- by %s", line + strlen(set))
				: NULL;
	} else if (!is_about(line, g->without) && !take_statement(g, line)) {
		add(g, sr_asprintf("%s%s", line, g->as ? g->as : ""));
	}
}

/* Of `before` only what is about the schema. */
static void take_lines(struct grants *g, const char *sql, const char *about)
{
	while (*sql) {
		size_t n = strcspn(sql, "\n");
		char *line = sr_strndup(sql, n);

		if (n && (!about || strstr(line, about)))
			take_line(g, line);
		free(line);
		sql += n + (sql[n] == '\n');
	}
}

/* Two grantors that have become one: ALL includes any one, and any with grant option the same without. */
static bool is_included(const struct grants *g, const char *line)
{
	static const char option[] = " WITH GRANT OPTION;";
	size_t n = strlen(line);
	char *more = sr_asprintf("%.*s%s", n ? (int)n - 1 : 0, line, option);
	char *all = sr_asprintf("GRANT ALL%s", find_outside(line, " ON "));
	bool included = begins(line, "GRANT ") &&
			((!ends(line, option) && sr_strlist_has(&g->lines, more)) ||
			 (!begins(line, "GRANT ALL ON ") && sr_strlist_has(&g->lines, all)));

	free(more);
	free(all);
	return included;
}

void sr_ddl_grants(const char *sql, const char *schema, const char *before, const struct sr_strlist *without,
		   struct sr_strbuf *out)
{
	struct grants g = { .schema = schema, .without = without };

	if (before && schema) {
		char *about = sr_asprintf(" ON SCHEMA %s TO ", schema);

		take_lines(&g, before, about);
		free(about);
	}
	take_lines(&g, sql, NULL);
	sr_strlist_sort(&g.lines);
	for (size_t i = 0; i < g.lines.n; i++)
		if (!is_included(&g, g.lines.items[i]))
			sr_strbuf_addf(out, "%s\n", g.lines.items[i]);
	sr_strlist_release(&g.lines);
	free(g.as);
}
