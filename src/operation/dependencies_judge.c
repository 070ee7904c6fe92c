/* What the answers mean, in words. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "operation/dependencies.h"
#include "pg/ident.h"

struct judgement {
	size_t missing;
	struct sr_strbuf lines;
	struct sr_strlist statements; /* that can be written out */
	struct sr_strlist unavailable; /* extensions whose files are not there */
	struct sr_strlist schemas; /* that things are missing from */
	bool other; /* things that are in no schema */
};

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static void add_once(struct sr_strlist *list, const char *s)
{
	if (!sr_strlist_has(list, s))
		sr_strlist_add(list, s);
}

/* pg_identify_object()'s words as people say them. */
static const char *kind_name(const char *kind)
{
	static const char *const names[][2] = {
		{ "server", "foreign server" },
		{ "table constraint", "constraint" },
		{ "domain constraint", "constraint" },
	};
	size_t n = strlen(kind);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is(kind, names[i][0]))
			return names[i][1];
	return n > 7 && is(kind + n - 7, " column") ? "column" : kind;
}

static const struct sr_dependency *find(const struct sr_dependencies *d, bool extension, const char *name)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct sr_dependency *dep = &d->items[i];

		if (extension ? is(dep->kind, "extension") && is(dep->extension, name)
			      : !*dep->of && is(dep->identity, name))
			return dep;
	}
	return NULL;
}

static void add_users(struct judgement *j, const struct sr_dependency *dep)
{
	sr_strbuf_addf(&j->lines, ", for %s %s", kind_name(dep->user_kind), dep->user);
	if (dep->users == 2)
		sr_strbuf_adds(&j->lines, " and one other");
	else if (dep->users > 2)
		sr_strbuf_addf(&j->lines, " and %lld others", (long long)dep->users - 1);
	sr_strbuf_addc(&j->lines, '\n');
}

static void add_statement(struct judgement *j, const char *fmt, const char *a, const char *b)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;

	for (; *fmt; fmt++) {
		if (*fmt == '1')
			sr_strbuf_adds(&sql, a);
		else if (*fmt == '2')
			sr_strbuf_adds(&sql, b);
		else
			sr_strbuf_addc(&sql, *fmt);
	}
	add_once(&j->statements, sr_strbuf_str(&sql));
	sr_strbuf_release(&sql);
}

static void add_schema(struct judgement *j, const struct sr_dependency *dep)
{
	if (*dep->schema && !dep->schema_exists)
		add_statement(j, "CREATE SCHEMA 1;", dep->schema, "");
}

static void judge_extension(struct judgement *j, const struct sr_dependency *dep)
{
	j->missing++;
	sr_strbuf_addf(&j->lines, "extension %s %s in schema %s", dep->identity, dep->version, dep->schema);
	if (dep->exists)
		sr_strbuf_addf(&j->lines, " (there it is in schema %s)", dep->there_schema);
	add_users(j, dep);
	add_schema(j, dep);
	if (dep->exists)
		add_statement(j, "ALTER EXTENSION 1 SET SCHEMA 2;", dep->identity, dep->schema);
	else
		add_statement(j, "CREATE EXTENSION 1 SCHEMA 2;", dep->identity, dep->schema);
	if (!dep->exists && !*dep->available)
		add_once(&j->unavailable, dep->identity);
}

/* The extension is there, but without this. */
static void judge_member(struct judgement *j, const struct sr_dependency *dep,
			 const struct sr_dependency *extension)
{
	j->missing++;
	sr_strbuf_addf(&j->lines, "%s %s of extension %s %s (there it has version %s)", kind_name(dep->kind),
		       dep->identity, extension->identity, dep->version, extension->there_version);
	add_users(j, dep);
	add_statement(j, "ALTER EXTENSION 1 UPDATE TO '2';", extension->identity, dep->version);
}

static void judge_thing(struct judgement *j, const struct sr_dependency *dep)
{
	j->missing++;
	sr_strbuf_addf(&j->lines, "%s %s", kind_name(dep->kind), dep->identity);
	if (*dep->other_kind)
		sr_strbuf_addf(&j->lines, " (there it is %s %s)",
			       strchr("aeiou", *dep->other_kind) ? "an" : "a", kind_name(dep->other_kind));
	add_users(j, dep);
	add_schema(j, dep);
	if (is(dep->kind, "schema"))
		add_statement(j, "CREATE SCHEMA 1;", dep->identity, "");
	else if (is(dep->kind, "tablespace"))
		add_statement(j, "CREATE TABLESPACE 1 LOCATION '…';", dep->identity, "");
	else if (*dep->schema)
		add_once(&j->schemas, dep->schema);
	else
		j->other = true;
}

/* An extension in another schema matters only when something of it is looked for where it is not. */
static bool lacks_members(const struct sr_dependencies *d, const struct sr_dependency *extension)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->items[i].exists && is(d->items[i].extension, extension->extension))
			return true;
	return false;
}

static void judge_one(struct judgement *j, const struct sr_dependencies *d, const struct sr_dependency *dep)
{
	const struct sr_dependency *extension = *dep->extension ? find(d, true, dep->extension) : NULL;
	const struct sr_dependency *table = *dep->of ? find(d, false, dep->of) : NULL;

	if (dep == extension) {
		if (!dep->exists || (!is(dep->schema, dep->there_schema) && lacks_members(d, dep)))
			judge_extension(j, dep);
		return;
	}
	if (dep->exists || (table && !table->exists))
		return;
	if (!extension)
		judge_thing(j, dep);
	else if (extension->exists && is(extension->schema, extension->there_schema))
		judge_member(j, dep, extension);
}

static void add_advice(const struct judgement *j, struct sr_strbuf *hint)
{
	if (j->unavailable.n) {
		sr_strbuf_adds(hint, "Install on the target's machine the packages that bring extension ");
		sr_strlist_join(&j->unavailable, 0, hint);
		sr_strbuf_adds(hint, ".\n");
	}
	if (j->statements.n) {
		sr_strbuf_adds(hint, "In the target database, as a role that may:\n");
		for (size_t i = 0; i < j->statements.n; i++)
			sr_strbuf_addf(hint, "  %s\n", j->statements.items[i]);
	}
	if (j->schemas.n) {
		const bool one = j->schemas.n == 1;

		sr_strbuf_addf(hint, "Create what is missing from schema%s ", one ? "" : "s");
		sr_strlist_join(&j->schemas, 0, hint);
		sr_strbuf_addf(hint,
			       " as pg_dump --schema-only prints it, or restore %s together with these "
			       "(--schema).\n",
			       one ? "it" : "them");
	}
	if (j->other)
		sr_strbuf_adds(
			hint,
			"Create what is in no schema as pg_dump --schema-only of the database prints it.\n");
	sr_strbuf_rtrim(hint);
}

bool sr_dependencies_judge(const struct sr_dependencies *d, struct sr_error *err)
{
	struct judgement j = { 0 };
	struct sr_strbuf hint = SR_STRBUF_INIT;

	for (size_t i = 0; i < d->n; i++)
		judge_one(&j, d, &d->items[i]);
	if (j.missing) {
		sr_strbuf_rtrim(&j.lines);
		add_advice(&j, &hint);
		sr_error_set(err, SR_ERR_REFUSED, "the target lacks %zu thing%s that the schemas need",
			     j.missing, j.missing == 1 ? "" : "s");
		sr_error_detail(err, "%s", sr_strbuf_str(&j.lines));
		sr_error_hint(err, "%s", sr_strbuf_str(&hint));
	}
	sr_strbuf_release(&hint);
	sr_strbuf_release(&j.lines);
	sr_strlist_release(&j.statements);
	sr_strlist_release(&j.unavailable);
	sr_strlist_release(&j.schemas);
	return j.missing == 0;
}

/* ---- Told, not judged ---- */

struct json_object *sr_dependencies_outside(const struct sr_dependencies *d)
{
	struct json_object *all = json_object_new_object();
	struct sr_strbuf name = SR_STRBUF_INIT;

	for (size_t i = 0; i < d->n; i++) {
		const struct sr_dependency *dep = &d->items[i];
		struct json_object *list;

		/* The table or the extension says it. */
		if (*dep->of || (*dep->extension && !is(dep->kind, "extension")))
			continue;
		if (!json_object_object_get_ex(all, dep->schema, &list)) {
			list = json_object_new_array();
			json_object_object_add(all, dep->schema, list);
		}
		sr_strbuf_clear(&name);
		sr_strbuf_addf(&name, "%s %s", kind_name(dep->kind), dep->identity);
		json_object_array_add(list, json_object_new_string(sr_strbuf_str(&name)));
	}
	sr_strbuf_release(&name);
	return all;
}

/* ---- Names ---- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$' || (unsigned char)c >= 0x80;
}

/* Reads one name, quoted or not; returns what comes after it. */
static const char *read_name(const char *s, struct sr_strbuf *name)
{
	sr_strbuf_clear(name);
	if (*s != '"') {
		for (; is_word(*s); s++)
			sr_strbuf_addc(name, *s);
		return s;
	}
	for (s++; *s && !(s[0] == '"' && s[1] != '"'); s++) {
		sr_strbuf_addc(name, *s);
		s += *s == '"';
	}
	return *s ? s + 1 : s;
}

static const struct sr_rename *renamed(const struct sr_rename *renames, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (is(renames[i].to, name))
			return &renames[i];
	return NULL;
}

void sr_dependency_old_names(const char *identity, const struct sr_rename *renames, size_t n,
			     struct sr_strbuf *out)
{
	struct sr_strbuf name = SR_STRBUF_INIT;
	bool qualified = false; /* the name before was followed by a dot */

	for (const char *s = identity; *s;) {
		const char *end = *s == '"' || is_word(*s) ? read_name(s, &name) : NULL;
		const struct sr_rename *r = NULL;

		if (!end) {
			qualified = qualified && *s == '.';
			sr_strbuf_addc(out, *s++);
			continue;
		}
		if (!qualified && *end == '.')
			r = renamed(renames, n, sr_strbuf_str(&name));
		if (r)
			sr_ident_pretty(out, r->from);
		else
			sr_strbuf_add(out, s, (size_t)(end - s));
		qualified = *end == '.';
		s = end;
	}
	sr_strbuf_release(&name);
}
