/* Bodies before and after: what is a schema is renamed, what is only spelled so stays, what cannot be known is noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/body.h"

/* b becomes c while c becomes "d e": nothing may be renamed twice. */
static const struct sr_rename renames[] = {
	{ "a", "a_2024" },        { "b", "c" },
	{ "c", "d e" },           { "Weird \"name\"", "Weird \"name\"_2" },
	{ "select", "select_2" }, { "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9_2" },
	{ "k", "user" },          { "w", "while" },
	{ "col", "between" },     { "dollar", "x$_$y" },
};

static bool keep(void *ctx, enum sr_body_object kind, const char *schema, const char *name)
{
	(void)ctx;
	return strcmp(schema, "a") == 0 &&
	       ((kind == SR_BODY_TYPE && strcmp(name, "citext") == 0) ||
		(kind == SR_BODY_FUNCTION && strcmp(name, "gen_random_bytes") == 0) ||
		(kind == SR_BODY_RELATION && strcmp(name, "pg_stat_statements") == 0) ||
		(kind == SR_BODY_OTHER && strcmp(name, "%>") == 0));
}

static const struct sr_body_rules rules = { .renames = renames, .nrenames = SR_COUNT(renames), .keep = keep };

enum form {
	SQL,
	BODY,
	STMT
}; /* an SQL body; a PL/pgSQL body; PL/pgSQL statements for between BEGIN and END */

struct body_case {
	const char *name;
	enum form form;
	const char *body, *expected; /* NULL: as it was */
	const char *notes; /* "code@line code@line", NULL: none */
};

static char *wrap(enum form form, const char *body)
{
	const char *before = form == STMT ? "BEGIN " : "", *after = form == STMT ? " END" : "";

	return sr_asprintf("CREATE FUNCTION a.fn(p integer, prm a.t) RETURNS void\n    LANGUAGE %s\n"
			   "    SET search_path TO 'pg_catalog'\n    AS $_$%s%s%s$_$;\n",
			   form == SQL ? "sql" : "plpgsql", before, body, after);
}

static void describe_notes(const struct sr_body_notes *notes, struct sr_strbuf *out)
{
	for (size_t i = 0; i < notes->n; i++)
		sr_strbuf_addf(out, "%s%s@%d", i ? " " : "", notes->items[i].code, notes->items[i].line);
}

/* Returns whether the statement becomes what is wanted; says so if not, so that one run shows all that fail. */
static bool becomes(const char *sql, const char *want, const char *want_notes)
{
	struct sr_strbuf out = SR_STRBUF_INIT, noted = SR_STRBUF_INIT;
	struct sr_body_notes notes = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	bool ok;

	assert_true(sr_body_rewrite(sql, &rules, &out, &notes, &err));
	describe_notes(&notes, &noted);
	ok = strcmp(sr_strbuf_str(&out), want) == 0 && strcmp(sr_strbuf_str(&noted), want_notes) == 0;
	if (!ok) {
		print_error("want: %s\ngot:  %s\nnotes wanted: %s; got: %s\n", want, sr_strbuf_str(&out),
			    want_notes, sr_strbuf_str(&noted));
		for (size_t i = 0; i < notes.n; i++)
			print_error("  %s\n", notes.items[i].text);
	}
	sr_strbuf_release(&out);
	sr_strbuf_release(&noted);
	sr_body_notes_release(&notes);
	sr_error_release(&err);
	return ok;
}

static bool run_case(const struct body_case *c)
{
	char *sql = wrap(c->form, c->body), *want = wrap(c->form, c->expected ? c->expected : c->body);
	bool ok = becomes(sql, want, c->notes ? c->notes : "");

	if (!ok)
		print_error("case: %s\n", c->name);
	free(sql);
	free(want);
	return ok;
}

static void run_cases(const struct body_case *cases, size_t n)
{
	size_t failed = 0;

	for (size_t i = 0; i < n; i++)
		failed += !run_case(&cases[i]);
	assert_int_equal(failed, 0);
}

static const struct body_case sql_cases[] = {
	{ "relation and alias of the same name", SQL, "SELECT a.id FROM a.orders a WHERE a.id = p",
	  "SELECT a.id FROM a_2024.orders a WHERE a.id = p", NULL },
	{ "alias with AS, whole row, star", SQL, "SELECT a, a.*, a.a FROM a.t AS a",
	  "SELECT a, a.*, a.a FROM a_2024.t AS a", NULL },
	{ "alias of another schema's table", SQL, "SELECT a.x FROM z.t a", NULL, NULL },
	{ "column a", SQL, "SELECT a, t.a FROM a.t", "SELECT a, t.a FROM a_2024.t", NULL },
	{ "three and four parts", SQL, "SELECT a.t.x, a.t.*, db.a.t.x FROM a.t",
	  "SELECT a_2024.t.x, a_2024.t.*, db.a_2024.t.x FROM a_2024.t", NULL },
	{ "catalog-qualified relation and function", SQL, "SELECT db.a.f(1) FROM db.a.t",
	  "SELECT db.a_2024.f(1) FROM db.a_2024.t", NULL },
	{ "strings stay", SQL, "SELECT 'a.example.com', 'a', E'a.t\\'', 'a.t' AS a FROM a.t",
	  "SELECT 'a.example.com', 'a', E'a.t\\'', 'a.t' AS a FROM a_2024.t", NULL },
	{ "comments stay", SQL, "SELECT 1 -- a.t\nFROM /* a.t /* a.u */ a.v */ a.t -- FROM a.t",
	  "SELECT 1 -- a.t\nFROM /* a.t /* a.u */ a.v */ a_2024.t -- FROM a.t", NULL },
	{ "upper case folds", SQL, "SELECT A.F(1), \"A\".f(1) FROM A.T, \"A\".t, \"a\".t",
	  "SELECT a_2024.F(1), \"A\".f(1) FROM a_2024.T, \"A\".t, \"a_2024\".t", NULL },
	{ "quoted names", SQL, "SELECT \"Weird \"\"name\"\"\".f(x) FROM \"Weird \"\"name\"\"\".x",
	  "SELECT \"Weird \"\"name\"\"_2\".f(x) FROM \"Weird \"\"name\"\"_2\".x", NULL },
	{ "quoted without a blank before", SQL, "SELECT x FROM\"a\".t", "SELECT x FROM\"a_2024\".t", NULL },
	{ "unicode-escaped name", SQL, "SELECT x FROM U&\"\\0061\".t, U&\"!0061\" UESCAPE '!'.t",
	  "SELECT x FROM \"a_2024\".t, \"a_2024\".t", NULL },
	{ "keyword as schema", SQL, "SELECT x FROM \"select\".t", "SELECT x FROM \"select_2\".t", NULL },
	{ "new name is a keyword", SQL, "SELECT k.f() FROM k.t, w.t, col.t",
	  "SELECT \"user\".f() FROM \"user\".t, \"while\".t, \"between\".t", NULL },
	{ "non-ASCII, offsets are bytes", SQL,
	  "SELECT '\xc3\xa9\xe2\x82\xac' AS \xc3\xa9, \xc3\xa9t\xc3\xa9.f(1) FROM \xc3\xa9t\xc3\xa9.t, a.t",
	  "SELECT '\xc3\xa9\xe2\x82\xac' AS \xc3\xa9, \"\xc3\xa9t\xc3\xa9_2\".f(1) FROM "
	  "\"\xc3\xa9t\xc3\xa9_2\".t, a_2024.t",
	  NULL },
	{ "two schemas, none twice", SQL, "SELECT b.f(c.g(a.h())) FROM b.t, c.t",
	  "SELECT c.f(\"d e\".g(a_2024.h())) FROM c.t, \"d e\".t", NULL },
	{ "blanks and comments inside a name", SQL, "SELECT a . f (1), a/* a */.g() FROM a\n.t",
	  "SELECT a_2024 . f (1), a_2024/* a */.g() FROM a_2024\n.t", NULL },
	{ "types", SQL, "SELECT x::a.mood, CAST(x AS a.mood[]), a.mood 'sad', ROW(1)::a.t, (x::a.t).a",
	  "SELECT x::a_2024.mood, CAST(x AS a_2024.mood[]), a_2024.mood 'sad', ROW(1)::a_2024.t, "
	  "(x::a_2024.t).a",
	  NULL },
	{ "enum labels", SQL, "SELECT 'a'::a.mood, 'a.b'::text", "SELECT 'a'::a_2024.mood, 'a.b'::text",
	  NULL },
	{ "field of a function's result", SQL, "SELECT (a.f(x)).a, (a.f(x)).*",
	  "SELECT (a_2024.f(x)).a, (a_2024.f(x)).*", NULL },
	{ "regclass and its like", SQL,
	  "SELECT 'a.s'::regclass, regclass 'a.s', CAST('a.t' AS regclass), 'a.f'::regproc, 'a.f(a.t, "
	  "integer)'::regprocedure, "
	  "'a.mood[]'::regtype, 'a.+'::regoper, 'a.+(a.t,a.t)'::regoperator, 'a'::regnamespace, "
	  "'t'::regclass, 'a.english'::pg_catalog.regconfig",
	  "SELECT 'a_2024.s'::regclass, regclass 'a_2024.s', CAST('a_2024.t' AS regclass), "
	  "'a_2024.f'::regproc, "
	  "'a_2024.f(a_2024.t, integer)'::regprocedure, 'a_2024.mood[]'::regtype, 'a_2024.+'::regoper, "
	  "'a_2024.+(a_2024.t,a_2024.t)'::regoperator, "
	  "'a_2024'::regnamespace, 't'::regclass, 'a_2024.english'::pg_catalog.regconfig",
	  NULL },
	{ "quoting within literals", SQL,
	  "SELECT '\"a\".\"T''x\"'::regclass, 'c.t'::regclass, E'A.t'::regclass, $$a.t$$::regclass, "
	  "'\"A\".t'::regclass",
	  "SELECT '\"a_2024\".\"T''x\"'::regclass, '\"d e\".t'::regclass, 'a_2024.t'::regclass, "
	  "'a_2024.t'::regclass, '\"A\".t'::regclass",
	  NULL },
	{ "array of regclass", SQL, "SELECT ARRAY['a.t', 'b.t']::regclass[]",
	  "SELECT ARRAY['a_2024.t', 'c.t']::regclass[]", NULL },
	{ "functions that take names", SQL,
	  "SELECT nextval('a.s'), pg_catalog.currval('a.s'), setval('a.s'::text, 1), "
	  "pg_get_serial_sequence('a.t', 'a'), "
	  "to_regclass('a.t'), has_table_privilege('u', 'a.t', 'select'), has_schema_privilege('a', "
	  "'usage'), to_tsvector('a.cfg', 'a.t'), "
	  "to_tsvector('a.cfg'), pg_total_relation_size('a.t')",
	  "SELECT nextval('a_2024.s'), pg_catalog.currval('a_2024.s'), setval('a_2024.s'::text, 1), "
	  "pg_get_serial_sequence('a_2024.t', 'a'), "
	  "to_regclass('a_2024.t'), has_table_privilege('u', 'a_2024.t', 'select'), "
	  "has_schema_privilege('a_2024', 'usage'), "
	  "to_tsvector('a_2024.cfg', 'a.t'), to_tsvector('a.cfg'), pg_total_relation_size('a_2024.t')",
	  NULL },
	{ "somebody else's nextval", SQL, "SELECT z.nextval('a.s')", NULL, NULL },
	{ "name built at run time", SQL, "SELECT 1;\nSELECT nextval('a.' || 'seq')", NULL, "dynamic-sql@2" },
	{ "operators", SQL,
	  "SELECT x OPERATOR(a.+) y, OPERATOR(a.-) x, x OPERATOR(a.=) ANY (z), x % y FROM a.t ORDER BY x "
	  "USING OPERATOR(a.<)",
	  "SELECT x OPERATOR(a_2024.+) y, OPERATOR(a_2024.-) x, x OPERATOR(a_2024.=) ANY (z), x % y FROM "
	  "a_2024.t ORDER BY x USING OPERATOR(a_2024.<)",
	  NULL },
	{ "collations and operator classes", SQL,
	  "SELECT x COLLATE a.\"x\"; INSERT INTO a.t VALUES (1) ON CONFLICT (a COLLATE a.cc a.ops) DO "
	  "NOTHING",
	  "SELECT x COLLATE a_2024.\"x\"; INSERT INTO a_2024.t VALUES (1) ON CONFLICT (a COLLATE a_2024.cc "
	  "a_2024.ops) DO NOTHING",
	  NULL },
	{ "WITH query named a", SQL, "WITH a AS (SELECT * FROM a.t) SELECT a.x FROM a JOIN a.u ON a.x = u.x",
	  "WITH a AS (SELECT * FROM a_2024.t) SELECT a.x FROM a JOIN a_2024.u ON a.x = u.x", NULL },
	{ "recursive WITH", SQL,
	  "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT a.n(x) FROM r, a.t) SELECT * FROM r",
	  "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT a_2024.n(x) FROM r, a_2024.t) SELECT * FROM r",
	  NULL },
	{ "window functions", SQL,
	  "SELECT a.agg(a.x) FILTER (WHERE a.p(a.x)) OVER (PARTITION BY a.f(a.x) ORDER BY a.x) FROM a.t a",
	  "SELECT a_2024.agg(a.x) FILTER (WHERE a_2024.p(a.x)) OVER (PARTITION BY a_2024.f(a.x) ORDER BY "
	  "a.x) FROM a_2024.t a",
	  NULL },
	{ "INSERT with alias and ON CONFLICT", SQL,
	  "INSERT INTO a.t AS a (id, a) VALUES (1, a.f()) ON CONFLICT (id) DO UPDATE SET x = a.x, a.b = a.y "
	  "WHERE a.z RETURNING a.x",
	  "INSERT INTO a_2024.t AS a (id, a) VALUES (1, a_2024.f()) ON CONFLICT (id) DO UPDATE SET x = a.x, "
	  "a.b = a.y WHERE a.z RETURNING a.x",
	  NULL },
	{ "UPDATE FROM", SQL, "UPDATE a.t SET a = a.t.a + a.x FROM a.u a WHERE a.t.id = a.id",
	  "UPDATE a_2024.t SET a = a_2024.t.a + a.x FROM a_2024.u a WHERE a_2024.t.id = a.id", NULL },
	{ "subfield of column a beside type a", SQL, "UPDATE a.t SET a.mood = 'x'::a.mood",
	  "UPDATE a_2024.t SET a.mood = 'x'::a_2024.mood", NULL },
	{ "DELETE USING", SQL, "DELETE FROM ONLY a.t USING a.u, LATERAL a.f(u.x) WHERE a.u.id = t.id",
	  "DELETE FROM ONLY a_2024.t USING a_2024.u, LATERAL a_2024.f(u.x) WHERE a_2024.u.id = t.id", NULL },
	{ "MERGE", SQL,
	  "MERGE INTO a.t a USING a.u AS u ON a.id = u.id WHEN MATCHED AND a.x > a.f() THEN UPDATE SET x = "
	  "u.x WHEN NOT MATCHED THEN INSERT VALUES (a.g(u.x))",
	  "MERGE INTO a_2024.t a USING a_2024.u AS u ON a.id = u.id WHEN MATCHED AND a.x > a_2024.f() THEN "
	  "UPDATE SET x = u.x WHEN NOT MATCHED THEN INSERT VALUES (a_2024.g(u.x))",
	  NULL },
	{ "array subscripts", SQL, "SELECT a.x[a.f(1)], (a.g())[1:a.h()], ARRAY[a.f(1)] FROM a.t a",
	  "SELECT a.x[a_2024.f(1)], (a_2024.g())[1:a_2024.h()], ARRAY[a_2024.f(1)] FROM a_2024.t a", NULL },
	{ "named arguments, VARIADIC", SQL, "SELECT a.f(a => 1, VARIADIC b => a.g())",
	  "SELECT a_2024.f(a => 1, VARIADIC b => a_2024.g())", NULL },
	{ "FROM inside functions", SQL,
	  "SELECT extract(year FROM a.x), a.x IS DISTINCT FROM a.y, trim(both FROM a.z) FROM a.t a",
	  "SELECT extract(year FROM a.x), a.x IS DISTINCT FROM a.y, trim(both FROM a.z) FROM a_2024.t a",
	  NULL },
	{ "utility: TRUNCATE, LOCK, COMMENT", SQL,
	  "TRUNCATE a.t, z.a; LOCK TABLE a.t; COMMENT ON TABLE a.t IS 'a.t'; COMMENT ON COLUMN a.t.a IS 'x'",
	  "TRUNCATE a_2024.t, z.a; LOCK TABLE a_2024.t; COMMENT ON TABLE a_2024.t IS 'a.t'; COMMENT ON "
	  "COLUMN a_2024.t.a IS 'x'",
	  NULL },
	{ "column of a table called a", SQL, "COMMENT ON COLUMN a.t IS 'column t of table a'", NULL, NULL },
	{ "utility: DROP", SQL,
	  "DROP TABLE IF EXISTS a.t, b.u; DROP FUNCTION a.f(a.t, integer); DROP TRIGGER a ON a.t; DROP TYPE "
	  "a.mood",
	  "DROP TABLE IF EXISTS a_2024.t, c.u; DROP FUNCTION a_2024.f(a_2024.t, integer); DROP TRIGGER a ON "
	  "a_2024.t; DROP TYPE a_2024.mood",
	  NULL },
	{ "utility: ALTER, CREATE", SQL,
	  "ALTER TABLE a.t ADD COLUMN a a.mood DEFAULT a.f(), ADD FOREIGN KEY (a) REFERENCES a.u; ALTER "
	  "SEQUENCE a.s OWNED BY a.t.a; "
	  "CREATE INDEX a ON a.t (a.f(a) a.ops); CREATE TABLE a.n (LIKE a.t, a a.mood); REFRESH MATERIALIZED "
	  "VIEW a.m",
	  "ALTER TABLE a_2024.t ADD COLUMN a a_2024.mood DEFAULT a_2024.f(), ADD FOREIGN KEY (a) REFERENCES "
	  "a_2024.u; ALTER SEQUENCE a_2024.s OWNED BY a_2024.t.a; "
	  "CREATE INDEX a ON a_2024.t (a_2024.f(a) a_2024.ops); CREATE TABLE a_2024.n (LIKE a_2024.t, a "
	  "a_2024.mood); REFRESH MATERIALIZED VIEW a_2024.m",
	  NULL },
	{ "utility: schemas themselves", SQL,
	  "GRANT USAGE ON SCHEMA a, b TO a; GRANT SELECT ON ALL TABLES IN SCHEMA a TO x; CREATE SCHEMA IF "
	  "NOT EXISTS a; ALTER TABLE a.t SET SCHEMA b; GRANT ALL ON a.t TO a",
	  "GRANT USAGE ON SCHEMA a_2024, c TO a; GRANT SELECT ON ALL TABLES IN SCHEMA a_2024 TO x; CREATE "
	  "SCHEMA IF NOT EXISTS a_2024; ALTER TABLE a_2024.t SET SCHEMA c; GRANT ALL ON a_2024.t TO a",
	  NULL },
	{ "utility: a foreign server's schema", SQL,
	  "IMPORT FOREIGN SCHEMA a LIMIT TO (a) FROM SERVER a INTO b",
	  "IMPORT FOREIGN SCHEMA a LIMIT TO (a) FROM SERVER a INTO c", NULL },
	{ "column called schema", SQL, "SELECT schema, a FROM a.t", "SELECT schema, a FROM a_2024.t", NULL },
	{ "search_path set inside", SQL,
	  "SET LOCAL search_path TO a, \"c\", 'b', public; SELECT set_config('search_path', 'a, \"$user\", "
	  "C', true); SET SCHEMA 'a'",
	  "SET LOCAL search_path TO a_2024, \"d e\", 'c', public; SELECT set_config('search_path', 'a_2024, "
	  "\"$user\", \"d e\"', true); SET SCHEMA 'a_2024'",
	  NULL },
	{ "search_path from an expression", SQL,
	  "SELECT set_config('search_path', 'a,' || x, true),\nset_config('search_path', x, true), "
	  "set_config('app.a', 'a', true)",
	  NULL, "dynamic-sql@1 dynamic-sql@2" },
	{ "function's own name before a parameter", SQL, "SELECT fn.p, fn.prm.x FROM a.t",
	  "SELECT fn.p, fn.prm.x FROM a_2024.t", NULL },
	{ "members of extensions stay", SQL,
	  "SELECT x::a.citext, x::a.mood, a.gen_random_bytes(1), a.f(1), x OPERATOR(a.%>) y, "
	  "'a.citext'::regtype FROM a.pg_stat_statements, a.citext",
	  "SELECT x::a.citext, x::a_2024.mood, a.gen_random_bytes(1), a_2024.f(1), x OPERATOR(a.%>) y, "
	  "'a.citext'::regtype FROM a.pg_stat_statements, a_2024.citext",
	  NULL },
	{ "comparison with the schema's name", SQL,
	  "SELECT 1 FROM pg_catalog.pg_tables WHERE\nschemaname = 'a' AND tablename = 'b'", NULL,
	  "dynamic-sql@2" },
	{ "unparsable statement beside others", SQL,
	  "SELECT a.x FROM a.t a;\nSELECT a.f(a.x) NEWER SYNTAX FROM a.t a, a.u;\nSELECT a.g()",
	  "SELECT a.x FROM a_2024.t a;\nSELECT a_2024.f(a.x) NEWER SYNTAX FROM a_2024.t a, a.u;\nSELECT "
	  "a_2024.g()",
	  "unparsed-body@2" },
	{ "FOR UPDATE OF alias", SQL, "SELECT 1 FROM a.t AS a FOR UPDATE OF a",
	  "SELECT 1 FROM a_2024.t AS a FOR UPDATE OF a", NULL },
	{ "set operations and subqueries", SQL,
	  "(SELECT a.f() UNION SELECT x FROM a.t) EXCEPT SELECT (SELECT max(a.x) FROM a.u a) IN (TABLE a.v)",
	  "(SELECT a_2024.f() UNION SELECT x FROM a_2024.t) EXCEPT SELECT (SELECT max(a.x) FROM a_2024.u a) "
	  "IN (TABLE a_2024.v)",
	  NULL },
	{ "empty body, only a comment", SQL, " -- a.t\n", NULL, NULL },
};

static const struct body_case plpgsql_cases[] = {
	{ "declarations", BODY,
	  "DECLARE r a.t%ROWTYPE; c a.t.x%TYPE := a.f(1); m a.mood; ms a.mood[] DEFAULT '{a}'; t CONSTANT "
	  "text COLLATE a.\"x\" NOT NULL = 'a.t';\n"
	  " v t.a%TYPE; w v%TYPE; al ALIAS FOR $1; n numeric(10,2); x record; BEGIN END",
	  "DECLARE r a_2024.t%ROWTYPE; c a_2024.t.x%TYPE := a_2024.f(1); m a_2024.mood; ms a_2024.mood[] "
	  "DEFAULT '{a}'; t CONSTANT text COLLATE a_2024.\"x\" NOT NULL = 'a.t';\n"
	  " v t.a%TYPE; w v%TYPE; al ALIAS FOR $1; n numeric(10,2); x record; BEGIN END",
	  NULL },
	{ "two-part %TYPE is table and column", BODY, "DECLARE v a.x%TYPE; BEGIN END", NULL, NULL },
	{ "variable of type regclass", BODY,
	  "DECLARE r regclass := 'a.t'; s text := 'a.t'; BEGIN r := 'a.u'; s := 'a.u'; END",
	  "DECLARE r regclass := 'a_2024.t'; s text := 'a.t'; BEGIN r := 'a_2024.u'; s := 'a.u'; END", NULL },
	{ "record variable a", BODY,
	  "DECLARE a record; BEGIN SELECT * INTO a FROM a.t; a.x := a.f(a.y); IF a.x > 1 THEN RETURN; END "
	  "IF; END",
	  "DECLARE a record; BEGIN SELECT * INTO a FROM a_2024.t; a.x := a_2024.f(a.y); IF a.x > 1 THEN "
	  "RETURN; END IF; END",
	  NULL },
	{ "label a", BODY,
	  "<<a>> DECLARE v record; BEGIN a.v.x := 1; a.v.y := a.v.x + a.t.x FROM a.t; EXIT a WHEN a.f(a.v); "
	  "END a",
	  "<<a>> DECLARE v record; BEGIN a.v.x := 1; a.v.y := a.v.x + a_2024.t.x FROM a_2024.t; EXIT a WHEN "
	  "a_2024.f(a.v); END a",
	  NULL },
	{ "cursors", BODY,
	  "DECLARE c CURSOR (k a.mood, a int) FOR SELECT a.x FROM a.t a WHERE k = a.m; d NO SCROLL CURSOR IS "
	  "SELECT * FROM a.u; e refcursor; BEGIN "
	  "OPEN c(a.f(1), 2); OPEN d; OPEN e FOR SELECT * FROM a.t; OPEN e NO SCROLL FOR TABLE a.t; FETCH "
	  "RELATIVE a.g() FROM c INTO a.x; MOVE c; CLOSE c; FOR r IN c(a.h(), 1) LOOP NULL; END LOOP; END",
	  "DECLARE c CURSOR (k a_2024.mood, a int) FOR SELECT a.x FROM a_2024.t a WHERE k = a.m; d NO SCROLL "
	  "CURSOR IS SELECT * FROM a_2024.u; e refcursor; BEGIN "
	  "OPEN c(a_2024.f(1), 2); OPEN d; OPEN e FOR SELECT * FROM a_2024.t; OPEN e NO SCROLL FOR TABLE "
	  "a_2024.t; FETCH RELATIVE a_2024.g() FROM c INTO a.x; MOVE c; CLOSE c; FOR r IN c(a_2024.h(), 1) "
	  "LOOP NULL; END LOOP; END",
	  NULL },
	{ "assignment", STMT,
	  "x := a.f(y); x = a.g(); a.x[a.i()].z := a.h(); x[1:a.j()] := '{}'; n := count(*) FROM a.t;",
	  "x := a_2024.f(y); x = a_2024.g(); a.x[a_2024.i()].z := a_2024.h(); x[1:a_2024.j()] := '{}'; n := "
	  "count(*) FROM a_2024.t;",
	  NULL },
	{ "INTO targets", STMT,
	  "SELECT a.x, y INTO STRICT a.b, v FROM a.t a; SELECT 1 INTO a.x; INSERT INTO a.t VALUES (1) "
	  "RETURNING id INTO a.id; UPDATE a.t SET x = 1 RETURNING a.f(x) INTO r;",
	  "SELECT a.x, y INTO STRICT a.b, v FROM a_2024.t a; SELECT 1 INTO a.x; INSERT INTO a_2024.t VALUES "
	  "(1) RETURNING id INTO a.id; UPDATE a_2024.t SET x = 1 RETURNING a_2024.f(x) INTO r;",
	  NULL },
	{ "trigger", STMT,
	  "NEW.a := a.f(OLD.a); IF TG_OP = 'a.t' THEN PERFORM a.log(NEW.*); END IF; RETURN NEW;",
	  "NEW.a := a_2024.f(OLD.a); IF TG_OP = 'a.t' THEN PERFORM a_2024.log(NEW.*); END IF; RETURN NEW;",
	  NULL },
	{ "branches", STMT,
	  "IF a.p() THEN NULL; ELSIF EXISTS (SELECT FROM a.t) THEN NULL; ELSE PERFORM a.q(); END IF; CASE "
	  "a.x() WHEN a.y(), 2 THEN NULL; ELSE CALL a.z(); END CASE; CASE WHEN a.p() THEN NULL; END CASE;",
	  "IF a_2024.p() THEN NULL; ELSIF EXISTS (SELECT FROM a_2024.t) THEN NULL; ELSE PERFORM a_2024.q(); "
	  "END IF; CASE a_2024.x() WHEN a_2024.y(), 2 THEN NULL; ELSE CALL a_2024.z(); END CASE; CASE WHEN "
	  "a_2024.p() THEN NULL; END CASE;",
	  NULL },
	{ "loops", STMT,
	  "FOR i IN 1..10 LOOP NULL; END LOOP; FOR i IN REVERSE a.hi()..a.lo() BY a.st() LOOP CONTINUE WHEN "
	  "a.p(i); END LOOP; FOR a IN SELECT * FROM a.t LOOP x := a.id; END LOOP; "
	  "WHILE a.p() LOOP EXIT; END LOOP; FOREACH v SLICE 1 IN ARRAY a.arr() LOOP NULL; END LOOP; <<a>> "
	  "LOOP EXIT a; END LOOP a;",
	  "FOR i IN 1..10 LOOP NULL; END LOOP; FOR i IN REVERSE a_2024.hi()..a_2024.lo() BY a_2024.st() LOOP "
	  "CONTINUE WHEN a_2024.p(i); END LOOP; FOR a IN SELECT * FROM a_2024.t LOOP x := a.id; END LOOP; "
	  "WHILE a_2024.p() LOOP EXIT; END LOOP; FOREACH v SLICE 1 IN ARRAY a_2024.arr() LOOP NULL; END "
	  "LOOP; <<a>> LOOP EXIT a; END LOOP a;",
	  NULL },
	{ "query loop with alias and ORDER BY", STMT,
	  "FOR r IN SELECT a.x FROM a.t a ORDER BY a.x LOOP NULL; END LOOP;",
	  "FOR r IN SELECT a.x FROM a_2024.t a ORDER BY a.x LOOP NULL; END LOOP;", NULL },
	{ "RETURN", STMT,
	  "RETURN QUERY SELECT a.x FROM a.t a; RETURN NEXT a.f(); RETURN NEXT; RETURN a.g(a.x); RETURN "
	  "(SELECT 1 FROM a.t); RETURN; RETURN QUERY VALUES (a.f());",
	  "RETURN QUERY SELECT a.x FROM a_2024.t a; RETURN NEXT a_2024.f(); RETURN NEXT; RETURN "
	  "a_2024.g(a.x); RETURN (SELECT 1 FROM a_2024.t); RETURN; RETURN QUERY VALUES (a_2024.f());",
	  NULL },
	{ "RAISE", STMT,
	  "RAISE NOTICE 'a.t % %', a.f(x), (SELECT 1 FROM a.t); RAISE EXCEPTION USING MESSAGE = a.m(), HINT "
	  ":= 'a.t', ERRCODE = a.e(1, 2); RAISE unique_violation; RAISE; RAISE 'select a.t';",
	  "RAISE NOTICE 'a.t % %', a_2024.f(x), (SELECT 1 FROM a_2024.t); RAISE EXCEPTION USING MESSAGE = "
	  "a_2024.m(), HINT := 'a.t', ERRCODE = a_2024.e(1, 2); RAISE unique_violation; RAISE; RAISE 'select "
	  "a.t';",
	  NULL },
	{ "exception block", STMT,
	  "BEGIN PERFORM a.f(); EXCEPTION WHEN unique_violation OR SQLSTATE '22012' THEN PERFORM a.g(); WHEN "
	  "OTHERS THEN NULL; END;",
	  "BEGIN PERFORM a_2024.f(); EXCEPTION WHEN unique_violation OR SQLSTATE '22012' THEN PERFORM "
	  "a_2024.g(); WHEN OTHERS THEN NULL; END;",
	  NULL },
	{ "GET DIAGNOSTICS, ASSERT, COMMIT", STMT,
	  "GET DIAGNOSTICS a.n = ROW_COUNT; ASSERT a.p(), 'a.t'; COMMIT; ROLLBACK AND CHAIN; NULL;",
	  "GET DIAGNOSTICS a.n = ROW_COUNT; ASSERT a_2024.p(), 'a.t'; COMMIT; ROLLBACK AND CHAIN; NULL;",
	  NULL },
	{ "PERFORM", STMT, "PERFORM a.f(x), 'a.s'::regclass FROM a.t a WHERE a.x; perform/* a */a.g();",
	  "PERFORM a_2024.f(x), 'a_2024.s'::regclass FROM a_2024.t a WHERE a.x; perform/* a */a_2024.g();",
	  NULL },
	{ "temporary tables", STMT,
	  "CREATE TEMP TABLE a AS SELECT a.x FROM a.t a; CREATE TEMPORARY TABLE b (LIKE a.t) ON COMMIT DROP; "
	  "INSERT INTO a SELECT * FROM b; DROP TABLE a;",
	  "CREATE TEMP TABLE a AS SELECT a.x FROM a_2024.t a; CREATE TEMPORARY TABLE b (LIKE a_2024.t) ON "
	  "COMMIT DROP; INSERT INTO a SELECT * FROM b; DROP TABLE a;",
	  NULL },
	{ "search_path", STMT,
	  "SET LOCAL search_path = a, public; PERFORM set_config('search_path', 'a', false); SET search_path "
	  "TO DEFAULT;",
	  "SET LOCAL search_path = a_2024, public; PERFORM set_config('search_path', 'a_2024', false); SET "
	  "search_path TO DEFAULT;",
	  NULL },
	{ "EXECUTE", STMT,
	  "\nEXECUTE 'DELETE FROM a.t';\nEXECUTE format('SELECT * FROM %I.t WHERE x = $1', 'a') INTO a.x "
	  "USING a.f(1), a.g();\nEXECUTE a.build(x);",
	  "\nEXECUTE 'DELETE FROM a.t';\nEXECUTE format('SELECT * FROM %I.t WHERE x = $1', 'a') INTO a.x "
	  "USING a_2024.f(1), a_2024.g();\nEXECUTE a_2024.build(x);",
	  "dynamic-sql@2 dynamic-sql@3 dynamic-sql@4" },
	{ "EXECUTE elsewhere", STMT,
	  "FOR r IN EXECUTE q USING a.f() LOOP PERFORM a.g(); END LOOP;\nRETURN QUERY EXECUTE 'x' USING "
	  "a.f();\nOPEN c FOR EXECUTE q USING a.f();",
	  "FOR r IN EXECUTE q USING a_2024.f() LOOP PERFORM a_2024.g(); END LOOP;\nRETURN QUERY EXECUTE 'x' "
	  "USING a_2024.f();\nOPEN c FOR EXECUTE q USING a_2024.f();",
	  "dynamic-sql@1 dynamic-sql@2 dynamic-sql@3" },
	{ "SQL kept in a variable", STMT, "q := 'SELECT 1 FROM a.t';\nr := 'see a.example.com';", NULL,
	  "dynamic-sql@1" },
	{ "nested dollar quotes", STMT, "x := $$a.t$$; y := $q$ it's $$a.t$$ $q$; z := a.f($$a.t$$);",
	  "x := $$a.t$$; y := $q$ it's $$a.t$$ $q$; z := a_2024.f($$a.t$$);", NULL },
	{ "code within code", STMT, "DO $$ BEGIN PERFORM a.f(); END $$;\nPERFORM a.g();",
	  "DO $$ BEGIN PERFORM a.f(); END $$;\nPERFORM a_2024.g();", "dynamic-sql@1" },
	{ "directives", BODY, "#variable_conflict use_column\n#option dump\nBEGIN RETURN a.f(); END",
	  "#variable_conflict use_column\n#option dump\nBEGIN RETURN a_2024.f(); END", NULL },
	{ "parameter with fields", STMT, "x := prm.a; y := fn.prm.a; z := a.f(prm.a);",
	  "x := prm.a; y := fn.prm.a; z := a_2024.f(prm.a);", NULL },
	{ "variables spelled as statements", BODY,
	  "DECLARE open int; call int; BEGIN open := a.f(); call = a.g(); END",
	  "DECLARE open int; call int; BEGIN open := a_2024.f(); call = a_2024.g(); END", NULL },
	{ "unparsable expression beside others", STMT,
	  "x := a.f();\ny := a.g() NEWER SYNTAX a.x;\nz := a.h();",
	  "x := a_2024.f();\ny := a_2024.g() NEWER SYNTAX a.x;\nz := a_2024.h();", "unparsed-body@2" },
	{ "nested blocks", STMT,
	  "DECLARE v a.mood; BEGIN DECLARE w a.mood; BEGIN w := v; PERFORM a.f(w); END; END;",
	  "DECLARE v a_2024.mood; BEGIN DECLARE w a_2024.mood; BEGIN w := v; PERFORM a_2024.f(w); END; END;",
	  NULL },
	{ "strings and comments", STMT, "-- PERFORM a.f();\nx := 'a.f()' /* a.t; */ || E'a.t\\';' || a.g();",
	  "-- PERFORM a.f();\nx := 'a.f()' /* a.t; */ || E'a.t\\';' || a_2024.g();", NULL },
	{ "composite casts", STMT, "v := ROW(1, 'a')::a.t; v := (1, 2)::a.t; w := NULL::a.t;",
	  "v := ROW(1, 'a')::a_2024.t; v := (1, 2)::a_2024.t; w := NULL::a_2024.t;", NULL },
	{ "CASE expression, parenthesised", STMT,
	  "IF (CASE WHEN a.p() THEN a.q() END) THEN x := CASE a.x WHEN 'a' THEN a.f() ELSE a.y END; END IF;",
	  "IF (CASE WHEN a_2024.p() THEN a_2024.q() END) THEN x := CASE a.x WHEN 'a' THEN a_2024.f() ELSE "
	  "a.y END; END IF;",
	  NULL },
};

static void sql_bodies(void **state)
{
	(void)state;
	run_cases(sql_cases, SR_COUNT(sql_cases));
}

static void plpgsql_bodies(void **state)
{
	(void)state;
	run_cases(plpgsql_cases, SR_COUNT(plpgsql_cases));
}

struct statement_case {
	const char *sql, *expected, *notes; /* NULL: as it was; none */
};

/* Whole statements: clauses, quoting, languages, unqualified names. */
static const struct statement_case statement_cases[] = {
	{ "CREATE FUNCTION a.f(x a.t DEFAULT 'a'::a.mood) RETURNS a.t\n    LANGUAGE sql\n    SET search_path "
	  "TO 'a', 'public', 'c', a\n    AS $$SELECT a.g(x)$$;\n\n\n",
	  "CREATE FUNCTION a.f(x a.t DEFAULT 'a'::a.mood) RETURNS a.t\n    LANGUAGE sql\n    SET search_path "
	  "TO 'a_2024', 'public', 'd e', a_2024\n    AS $$SELECT a_2024.g(x)$$;\n\n\n",
	  NULL },
	{ "CREATE PROCEDURE a.f()\n    LANGUAGE plpgsql\n    SET work_mem TO 'a'\n    SET search_path TO "
	  "''\n    AS $$BEGIN NULL; END$$;",
	  NULL, NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql SET search_path = a AS 'SELECT 1 FROM a.t WHERE x "
	  "= ''a.t''';",
	  "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql SET search_path = a_2024 AS  $_$SELECT 1 FROM "
	  "a_2024.t WHERE x = 'a.t'$_$;",
	  NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE 'SQL' AS E'SELECT \\'\\\\n\\', a.g()';",
	  "CREATE FUNCTION a.f() RETURNS int LANGUAGE 'SQL' AS  $_$SELECT '\\n', a_2024.g()$_$;", NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$SELECT '$_$', a.g()$$;",
	  "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$SELECT '$_$', a_2024.g()$$;", NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $_$SELECT dollar.g($$x$$)$_$;",
	  "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $body0$SELECT \"x$_$y\".g($$x$$)$body0$;",
	  NULL },
	{ "CREATE FUNCTION a.f() RETURNS int\n    LANGUAGE c STRICT\n    AS '$libdir/a.t', 'a';", NULL,
	  NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE internal AS 'a';", NULL, NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE plpython3u AS $$\nplpy.execute(\"delete A.t\")\n$$;",
	  NULL, "other-language@2" },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE plperl AS $$ return 'data'; $$;", NULL, NULL },
	{ "CREATE FUNCTION a.f(a integer) RETURNS int\n    LANGUAGE sql\n    BEGIN ATOMIC\n SELECT a.g(a.a) "
	  "AS \"as\" FROM a.t a;\nEND;",
	  NULL, NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql RETURN a.g();", NULL, NULL },
	{ "CREATE OR REPLACE FUNCTION a.a() RETURNS TABLE(v a.t, n integer) LANGUAGE plpgsql AS $$BEGIN v.x "
	  ":= a.v.x; n := a.t.n FROM a.t; END$$;",
	  "CREATE OR REPLACE FUNCTION a.a() RETURNS TABLE(v a.t, n integer) LANGUAGE plpgsql AS $$BEGIN v.x "
	  ":= a.v.x; n := a_2024.t.n FROM a_2024.t; END$$;",
	  NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$WITH q AS (SELECT 1) SELECT 1 FROM q, orders, "
	  "pg_class, a.t$$;",
	  "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$WITH q AS (SELECT 1) SELECT 1 FROM q, orders, "
	  "pg_class, a_2024.t$$;",
	  "unqualified-name@0" },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE plpgsql AS $$DECLARE v orders%ROWTYPE; BEGIN CREATE "
	  "TEMP TABLE x AS SELECT 1; DELETE FROM x; END$$;",
	  NULL, "unqualified-name@0" },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$WITH t AS (SELECT 1) INSERT INTO t VALUES "
	  "(1)$$;",
	  NULL, "unqualified-name@0" },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE plpgsql AS $$BEGIN CREATE TEMP TABLE x AS SELECT 1; "
	  "DELETE FROM x; DROP TABLE x; END$$;",
	  NULL, NULL },
	{ "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql SET default_text_search_config TO 'a.cfg' AS "
	  "$$SELECT 1$$;",
	  "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql SET default_text_search_config TO 'a_2024.cfg' AS "
	  "$$SELECT 1$$;",
	  NULL },
};

static void statements(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(statement_cases); i++) {
		const struct statement_case *c = &statement_cases[i];

		failed += !becomes(c->sql, c->expected ? c->expected : c->sql, c->notes ? c->notes : "");
	}
	assert_int_equal(failed, 0);
}

static void note_text(const char *sql, const char *fragment)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_body_notes notes = { 0 };
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_body_rewrite(sql, &rules, &out, &notes, &err));
	assert_int_equal(notes.n, 1);
	assert_non_null(strstr(notes.items[0].text, fragment));
	assert_non_null(notes.items[0].hint);
	sr_strbuf_release(&out);
	sr_body_notes_release(&notes);
}

static void notes_say_what(void **state)
{
	(void)state;
	note_text("CREATE FUNCTION a.f() RETURNS int LANGUAGE plpgsql AS $$BEGIN EXECUTE 'DELETE FROM a.t "
		  "WHERE x'; END$$;",
		  "it mentions a renamed schema: 'DELETE FROM a.t WHERE x'");
	note_text("CREATE FUNCTION a.f() RETURNS int LANGUAGE plpgsql AS $$DECLARE q text := 'FROM "
		  "a.t';\nBEGIN EXECUTE 'x' || q; END$$;",
		  "mentioned on line 1: 'FROM a.t'");
	note_text("CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$SELECT 1 FROM t1, t2, t3, t4, t5, t6, "
		  "t7$$;",
		  "t1, t2, t3, t4, t5 and 2 more");
	note_text("CREATE FUNCTION z.a(t z.y) RETURNS int LANGUAGE sql AS $$SELECT a.t.x FROM a.t$$;",
		  "a.t may be a variable");
	note_text("CREATE FUNCTION a.f() RETURNS int LANGUAGE plpgsql AS $$DECLARE p text := 'a,public'; "
		  "BEGIN EXECUTE p; END$$;",
		  "'a,public'");
	note_text("CREATE FUNCTION a.f() RETURNS int LANGUAGE plpython3u AS $$ a.t $$;", "plpython3u");
	note_text("CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS $$SELECT a.x NEWER SYNTAX$$;",
		  "left as they are: a.x");
}

static void refuses_other_statements(void **state)
{
	static const char *const wrong[] = { "",
					     "SELECT 1",
					     "CREATE TABLE a.t ()",
					     "CREATE FUNCTION",
					     "CREATE FUNCTION a.f",
					     "CREATE AGGREGATE a.f(int) ()" };

	(void)state;
	for (size_t i = 0; i < SR_COUNT(wrong); i++) {
		struct sr_strbuf out = SR_STRBUF_INIT;
		struct sr_body_notes notes = { 0 };
		struct sr_error err = SR_ERROR_INIT;

		assert_false(sr_body_rewrite(wrong[i], &rules, &out, &notes, &err));
		assert_int_equal(err.class, SR_ERR_DDL);
		sr_strbuf_release(&out);
		sr_body_notes_release(&notes);
		sr_error_release(&err);
	}
}

/* `before`, then `piece` n times, then `after`: what must not crash, and how many notes it gives. */
static void deep(const char *before, const char *piece, size_t n, const char *after, size_t want_notes)
{
	struct sr_strbuf sql = SR_STRBUF_INIT, out = SR_STRBUF_INIT;
	struct sr_body_notes notes = { 0 };
	struct sr_error err = SR_ERROR_INIT;

	sr_strbuf_addf(&sql, "CREATE FUNCTION z.f() RETURNS int LANGUAGE sql AS $$%s", before);
	for (size_t i = 0; i < n; i++)
		sr_strbuf_adds(&sql, piece);
	sr_strbuf_addf(&sql, "%s$$;", after);
	assert_true(sr_body_rewrite(sr_strbuf_str(&sql), &rules, &out, &notes, &err));
	assert_int_equal(notes.n, want_notes);
	assert_null(strstr(out.data, "a.f()"));
	sr_strbuf_release(&sql);
	sr_strbuf_release(&out);
	sr_body_notes_release(&notes);
}

static void deep_and_long(void **state)
{
	(void)state;
	deep("SELECT a.f()", "+1", 200000, "", 1);
	deep("SELECT a.f()", "||g(1,2)", 100000, "", 1);
	deep("SELECT a.f(), ", "(", 100000, "", 1);
	deep("SELECT a.f() ", " UNION SELECT a.f()", 50000, "", 1);
	deep("SELECT a.f() ", ", -1, a.f()", 20000, "", 0);
	deep("SELECT a.f() WHERE a.f() ", " AND a.f() = 1 ", 10000, "", 0);
	deep("", "SELECT a.f();", 5000, "", 0);
	deep("SELECT ", "(SELECT ", 3000, " a.f()", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sql_bodies),
		cmocka_unit_test(plpgsql_bodies),
		cmocka_unit_test(statements),
		cmocka_unit_test(notes_say_what),
		cmocka_unit_test(refuses_other_statements),
		cmocka_unit_test(deep_and_long),
	};

	return cmocka_run_group_tests_name("ddl_body", tests, NULL, NULL);
}
