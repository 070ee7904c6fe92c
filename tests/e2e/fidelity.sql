-- Schemas with one of everything that PostgreSQL 15 lets people put into a schema, for test_fidelity.py.
--   a            most kinds; a table, a column, an alias and a function are named as the schema
--   b            refers to a, and a to it; partitions of a's tables
--   Wéird "n".x  names that need quotes everywhere
--   e            extensions live in it
--   public       restored too, under another name
--   s            what only a superuser may make
--   third        not restored: stays the live one
SET client_min_messages = warning;

CREATE ROLE f_schema NOLOGIN;
CREATE ROLE f_tables NOLOGIN;
CREATE ROLE f_matviews NOLOGIN;
CREATE ROLE f_reader NOLOGIN;
CREATE ROLE "f Röle ""q""" NOLOGIN;
-- A member of all owners and, because it repeats their grants, of f_reader.
CREATE ROLE f_runner LOGIN IN ROLE f_schema, f_tables, f_matviews, f_reader, "f Röle ""q""";
GRANT CREATE ON DATABASE shop TO f_runner, f_schema, f_tables;

CREATE SCHEMA a AUTHORIZATION f_schema;
CREATE SCHEMA b AUTHORIZATION f_tables;
CREATE SCHEMA "Wéird ""n"".x" AUTHORIZATION "f Röle ""q""";
CREATE SCHEMA e AUTHORIZATION f_schema;
CREATE SCHEMA s;
CREATE SCHEMA third;
GRANT ALL ON SCHEMA third TO PUBLIC;
COMMENT ON SCHEMA a IS 'schema a; it''s a.b''s neighbour';
GRANT USAGE ON SCHEMA a TO f_reader, f_tables, f_matviews, "f Röle ""q""";
GRANT CREATE ON SCHEMA a TO f_tables, f_matviews WITH GRANT OPTION;
GRANT ALL ON SCHEMA b TO f_schema;
GRANT USAGE ON SCHEMA b TO PUBLIC;
GRANT ALL ON SCHEMA e TO f_tables;

CREATE EXTENSION citext SCHEMA e;
CREATE EXTENSION hstore SCHEMA e;
CREATE EXTENSION pg_trgm SCHEMA public;
CREATE EXTENSION btree_gist SCHEMA public;
CREATE EXTENSION file_fdw SCHEMA third;
CREATE EXTENSION postgres_fdw SCHEMA third;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'a');
GRANT USAGE ON FOREIGN SERVER files, elsewhere TO PUBLIC;

-- ---- Types ----------------------------------------------------------------------------------------
SET ROLE f_schema;
CREATE TYPE a.mood AS ENUM ('sad', 'a.sad', 'it''s "fine"', 'ok');
COMMENT ON TYPE a.mood IS 'a.mood';
CREATE TYPE a.ty AS (a int, b text, m a.mood);
COMMENT ON COLUMN a.ty.a IS 'column a of type ty of schema a';
CREATE TYPE a.nested AS (one a.ty, many a.ty[], moods a.mood[]);
CREATE FUNCTION a.is_even(n int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0';
CREATE DOMAIN a.even AS int DEFAULT 2 CONSTRAINT "must be Even" CHECK (a.is_even(VALUE)) CONSTRAINT nn NOT NULL;
COMMENT ON CONSTRAINT "must be Even" ON DOMAIN a.even IS 'of a domain';
CREATE DOMAIN a.even_small AS a.even CHECK (VALUE < 1000);
ALTER DOMAIN a.even_small ADD CONSTRAINT later CHECK (VALUE > -1000) NOT VALID;
CREATE DOMAIN a.words AS text COLLATE "C" CHECK (VALUE ~ '^[a-z. ]*$');
CREATE FUNCTION a.even_diff(x int, y int) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT (x - y)::float8';
CREATE TYPE a.span AS RANGE (subtype = int, subtype_diff = a.even_diff, multirange_type_name = a."many Spans");
CREATE TYPE a.text_span AS RANGE (subtype = text, collation = "C");
GRANT USAGE ON TYPE a.mood TO f_reader WITH GRANT OPTION;
REVOKE USAGE ON TYPE a.ty FROM PUBLIC;
GRANT USAGE ON TYPE a.ty TO f_tables, f_matviews, PUBLIC;
REVOKE USAGE ON TYPE a.ty FROM PUBLIC;
GRANT USAGE ON TYPE a.ty TO f_tables, f_matviews, "f Röle ""q""";
REVOKE ALL ON TYPE a.span FROM PUBLIC, f_schema;
GRANT USAGE ON TYPE a.span TO f_schema, f_tables;
REVOKE USAGE ON DOMAIN a.words FROM PUBLIC;
GRANT USAGE ON DOMAIN a.words TO f_tables;

-- ---- Collations, conversions, text search ---------------------------------------------------------
SET ROLE f_tables;
CREATE COLLATION a."Coll" (PROVIDER = icu, LOCALE = 'de-u-co-phonebk', DETERMINISTIC = false);
CREATE COLLATION a.c_copy FROM "C";
COMMENT ON COLLATION a.c_copy IS 'copy';
CREATE CONVERSION a.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY a.dict (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
CREATE TEXT SEARCH DICTIONARY a."Simple d" (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION a.conf (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION a.conf ADD MAPPING FOR asciiword, word WITH a."Simple d", a.dict;
ALTER TEXT SEARCH CONFIGURATION a.conf ADD MAPPING FOR int WITH simple;
COMMENT ON TEXT SEARCH CONFIGURATION a.conf IS 'conf';

-- ---- Routines -------------------------------------------------------------------------------------
SET ROLE f_tables;
CREATE FUNCTION a.a(a int DEFAULT 1, VARIADIC rest int[] DEFAULT '{}') RETURNS int LANGUAGE sql STABLE PARALLEL SAFE COST 7
    AS $_$ SELECT $1 + coalesce(array_length(rest, 1), 0) $_$;
CREATE FUNCTION a.srf(OUT x int, OUT y text) RETURNS SETOF record LANGUAGE sql ROWS 3 SECURITY DEFINER
    SET search_path = a, pg_temp SET work_mem = '8MB' AS $$ SELECT 1, 'a.b' $$;
ALTER FUNCTION a.srf SET timezone TO 'Europe/Berlin';
CREATE FUNCTION a.atomic(n int) RETURNS bool LANGUAGE sql BEGIN ATOMIC SELECT a.is_even(n) AND a.a(n) > 0; END;
CREATE FUNCTION a.poly(x anyelement, y anycompatiblearray) RETURNS anyelement LANGUAGE sql AS 'SELECT x';
CREATE FUNCTION a.tabler() RETURNS TABLE (a a.ty, "B b" a.mood[]) LANGUAGE plpgsql AS $f$
DECLARE v a.ty; w a.mood := 'a.sad'::a.mood;
BEGIN
    -- a.comment stays
    RAISE NOTICE 'a.% stays', w;
    SELECT 1, 'x', w INTO v;
    RETURN QUERY SELECT v, ARRAY[w]::a.mood[];
END $f$;
CREATE PROCEDURE a.proc(INOUT n int, OUT m int) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; m := a.a(n); END $$;
CREATE PROCEDURE a."Pröc ""x"""(a a.ty) LANGUAGE sql SECURITY DEFINER AS '';
COMMENT ON PROCEDURE a.proc IS 'proc';
COMMENT ON FUNCTION a.a(int, int[]) IS E'line one\nline two -- \\. \\restrict';
CREATE FUNCTION a.sum_state(s int, x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(s, 0) + coalesce(x, 0)';
CREATE FUNCTION a.sum_back(s int, x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT s - coalesce(x, 0)';
CREATE AGGREGATE a.total(int) (SFUNC = a.sum_state, STYPE = int, INITCOND = '0', COMBINEFUNC = a.sum_state, PARALLEL = SAFE);
CREATE AGGREGATE a.moving(int) (SFUNC = a.sum_state, STYPE = int, MSFUNC = a.sum_state, MINVFUNC = a.sum_back, MSTYPE = int, MINITCOND = '0');
COMMENT ON AGGREGATE a.total(int) IS 'aggregate';
GRANT EXECUTE ON FUNCTION a.a(int, int[]) TO f_reader WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION a.srf() FROM PUBLIC;
REVOKE ALL ON FUNCTION a.atomic(int) FROM PUBLIC, f_tables;
REVOKE EXECUTE ON PROCEDURE a.proc(int) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE a.proc(int) TO "f Röle ""q""";
REVOKE EXECUTE ON FUNCTION a.total(int) FROM PUBLIC;
SET ROLE f_reader;
GRANT EXECUTE ON FUNCTION a.a(int, int[]) TO f_matviews;
SET ROLE f_schema;
CREATE FUNCTION a.near(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT abs($1 - $2) < 3';
CREATE FUNCTION a.far_apart(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT abs($1 - $2) >= 3';
CREATE FUNCTION a.rcmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 > $2 THEN -1 WHEN $1 < $2 THEN 1 ELSE 0 END';
CREATE OPERATOR a.<~> (FUNCTION = a.near, LEFTARG = int, RIGHTARG = int, COMMUTATOR = OPERATOR(a.<~>));
CREATE OPERATOR a.!! (FUNCTION = a.is_even, RIGHTARG = int);
CREATE OPERATOR a.=== (FUNCTION = a.near, LEFTARG = int, RIGHTARG = int, NEGATOR = OPERATOR(a.!==), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR a.!== (FUNCTION = a.far_apart, LEFTARG = int, RIGHTARG = int, NEGATOR = OPERATOR(a.===));
COMMENT ON OPERATOR a.<~> (int, int) IS 'operator';
RESET ROLE;
ALTER AGGREGATE a.total(int) OWNER TO f_schema;
ALTER COLLATION a.c_copy OWNER TO f_schema;

-- ---- Tables ---------------------------------------------------------------------------------------
ALTER DEFAULT PRIVILEGES FOR ROLE f_tables IN SCHEMA a GRANT SELECT ON TABLES TO f_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE f_tables IN SCHEMA a GRANT USAGE ON SEQUENCES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE f_schema IN SCHEMA a GRANT EXECUTE ON FUNCTIONS TO f_matviews;
ALTER DEFAULT PRIVILEGES FOR ROLE f_schema IN SCHEMA a GRANT USAGE ON TYPES TO "f Röle ""q""";
SET ROLE f_tables;
CREATE FUNCTION a.is_even_int(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + 1';
CREATE TABLE a.a (a int PRIMARY KEY, b a.mood DEFAULT 'a.sad', c text COLLATE a.c_copy, d a.words, CONSTRAINT a CHECK (a > -100));
INSERT INTO a.a SELECT a, 'ok', 'a.a', 'w' FROM generate_series(1, 50) a;
CREATE SEQUENCE a.free AS smallint INCREMENT -3 MINVALUE -30000 MAXVALUE 100 START 99 CACHE 5 CYCLE;
CREATE UNLOGGED SEQUENCE a.unlogged_seq START 7;
CREATE SEQUENCE a."Never Called" START 500;
CREATE SEQUENCE a.reset_seq;
SELECT nextval('a.reset_seq'), nextval('a.free');
SELECT setval('a.reset_seq', 77, false);
CREATE TABLE a.types (
    id int GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 10) PRIMARY KEY,
    gone int,
    "by default" bigint GENERATED BY DEFAULT AS IDENTITY,
    small smallserial,
    ev a.even, evs a.even_small,
    sp a.span, ms a."many Spans", tsp a.text_span,
    comp a.ty, nest a.nested, comps a.ty[], moods a.mood[][],
    gen int GENERATED ALWAYS AS (a.is_even_int(gone2)) STORED, gone2 int,
    ci e.citext, hs e.hstore, cis e.citext[],
    num numeric(10, 3) DEFAULT 1.500, js jsonb, xm xml, bits bit varying(9),
    ts timestamptz DEFAULT '2020-01-01 00:00:00+00', iv interval(3), tv tsvector, ip inet, mo money, by bytea,
    f4 float4, f8 float8, nm name, ch "char", c9 char(9), uu uuid, pt point, arr int[3][2], ov oidvector, txid xid8, pl pg_lsn, jp jsonpath
);
ALTER TABLE a.types DROP COLUMN gone;
ALTER TABLE a.types ALTER js SET STORAGE EXTERNAL, ALTER by SET STORAGE MAIN, ALTER by SET COMPRESSION pglz, ALTER f8 SET STATISTICS 250,
    ALTER tv SET (n_distinct = -0.5, n_distinct_inherited = 10), ALTER c9 SET NOT NULL, ALTER c9 SET DEFAULT 'a.c';
INSERT INTO a.types (gone2, ev, evs, sp, ms, tsp, comp, nest, comps, moods, ci, hs, cis, js, xm, bits, iv, tv, ip, mo, by, f4, f8, nm, ch, c9, uu, pt, arr, ov, txid, pl, jp)
SELECT i, 2 * i, i * 2, a.span(i, i + 5), a."many Spans"(a.span(1, 2), a.span(i + 5, i + 9)), a.text_span('a', 'b'),
       ROW(i, 'a.b', 'sad')::a.ty, ROW(ROW(1, NULL, 'ok')::a.ty, ARRAY[ROW(i, 'x', 'sad')]::a.ty[], '{ok,sad}')::a.nested, ARRAY[ROW(i, E'\\ "\t\n', 'it''s "fine"')]::a.ty[], ARRAY[ARRAY['ok'::a.mood]],
       'CiText', 'a=>b, "c d"=>NULL', '{Aa,bB}', '{"a": [1, null, "é"]}', '<a>&amp;</a>', B'101', '1 mon -2 days 03:04:05.678', 'a:1 b:2A', '10.0.0.1/8', 12.34, '\x00ff5c',
       'NaN', '-Infinity', 'na me', 'x', 'pad', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '(1.5,-2)', '{{1,NULL},{3,4}}', '1 2', '42', '0/16B3748', '$.a[*]' FROM generate_series(1, 20) i;
INSERT INTO a.types (c9) VALUES ('nulls');
CREATE TABLE a.points_at (rc regclass DEFAULT 'a.a'::regclass, ty regtype DEFAULT 'a.mood'::regtype);
INSERT INTO a.points_at DEFAULT VALUES;
CREATE TABLE a.zero ();
INSERT INTO a.zero SELECT FROM generate_series(1, 5);
CREATE TABLE a.only_generated (g int GENERATED ALWAYS AS (7) STORED);
INSERT INTO a.only_generated SELECT FROM generate_series(1, 3);
CREATE UNLOGGED TABLE a.unlogged (id serial PRIMARY KEY, x text);
INSERT INTO a.unlogged (x) VALUES ('lost'), ('in'), ('a recovery');
SELECT nextval('a.unlogged_seq');
CREATE TABLE a.typed OF a.ty (a WITH OPTIONS PRIMARY KEY, b DEFAULT 'typed') WITH (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_vacuum_threshold = 77);
INSERT INTO a.typed VALUES (1, 'x', 'ok');
CREATE TABLE a.parent (id int NOT NULL, t text DEFAULT 'p', CONSTRAINT pos CHECK (id > 0), CONSTRAINT only_parent CHECK (id < 1000) NO INHERIT);
CREATE TABLE a.other_parent (id int NOT NULL, extra int);
CREATE TABLE a.child (own text, t text DEFAULT 'c') INHERITS (a.parent, a.other_parent);
CREATE TABLE a.grandchild (PRIMARY KEY (id)) INHERITS (a.child);
CREATE TABLE a.adopted (id int NOT NULL, more int, t text, CONSTRAINT pos CHECK (id > 0));
ALTER TABLE a.adopted DROP COLUMN more, INHERIT a.parent;
ALTER TABLE a.child ADD CONSTRAINT local CHECK (id <> 13) NOT VALID;
ALTER TABLE ONLY a.parent ALTER t SET DEFAULT 'changed';
INSERT INTO a.parent VALUES (1); INSERT INTO a.child VALUES (2, 'x', 3); INSERT INTO a.grandchild VALUES (3, 'y'); INSERT INTO a.adopted VALUES (4, 'z');
COMMENT ON TABLE a.a IS 'table a.a';
COMMENT ON COLUMN a.a.a IS 'column a.a.a, with ''quotes''
and a line -- not a comment';
COMMENT ON CONSTRAINT a ON a.a IS 'constraint';
COMMENT ON SEQUENCE a.free IS 'free';
GRANT SELECT (a, b), UPDATE (c) ON a.a TO "f Röle ""q""" WITH GRANT OPTION;
GRANT INSERT (c) ON a.a TO PUBLIC;
GRANT ALL ON a.a TO f_schema WITH GRANT OPTION;
REVOKE ALL ON a.zero FROM f_tables, f_reader;
GRANT SELECT, REFERENCES ON a.types TO f_matviews, f_reader;
GRANT USAGE, SELECT ON SEQUENCE a.types_id_seq TO f_reader;
GRANT UPDATE ON SEQUENCE a.free TO f_schema;
REVOKE ALL ON SEQUENCE a."Never Called" FROM PUBLIC, f_tables;
RESET ROLE;
SET ROLE "f Röle ""q""";
GRANT SELECT (a) ON a.a TO f_matviews;
SET ROLE f_schema;
GRANT SELECT, DELETE ON a.a TO f_reader WITH GRANT OPTION;
RESET ROLE;

-- ---- Partitions -----------------------------------------------------------------------------------
SET ROLE f_tables;
CREATE TABLE a.parts (k int, r date NOT NULL, l text, h int, v a.mood DEFAULT 'ok', PRIMARY KEY (k, r, l, h)) PARTITION BY RANGE (r);
CREATE TABLE a.parts_old PARTITION OF a.parts FOR VALUES FROM (MINVALUE) TO ('2020-01-01') WITH (fillfactor = 50);
CREATE TABLE a.parts_new PARTITION OF a.parts FOR VALUES FROM ('2020-01-01') TO ('2030-01-01') PARTITION BY LIST (l);
CREATE TABLE a.parts_new_x PARTITION OF a.parts_new (CONSTRAINT own CHECK (k <> 0)) FOR VALUES IN ('x', 'a.x', NULL) PARTITION BY HASH (h);
CREATE TABLE a.parts_new_x0 PARTITION OF a.parts_new_x FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE a.parts_new_x1 PARTITION OF a.parts_new_x (v DEFAULT 'sad') FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE a.parts_new_rest (gone int, h int NOT NULL, l text NOT NULL, r date NOT NULL, k int NOT NULL, v a.mood);
ALTER TABLE a.parts_new_rest DROP COLUMN gone;
ALTER TABLE a.parts_new ATTACH PARTITION a.parts_new_rest DEFAULT;
CREATE TABLE b.parts_far PARTITION OF a.parts DEFAULT;
CREATE INDEX parts_v ON a.parts (v) INCLUDE (k);
CREATE INDEX parts_only ON ONLY a.parts (h);
CREATE INDEX parts_new_own ON a.parts_new_x1 USING hash (v);
INSERT INTO a.parts SELECT i, date '2015-01-01' + i * 50, CASE WHEN i % 3 = 0 THEN 'x' ELSE 'l' || i END, i FROM generate_series(1, 200) i;
CREATE TABLE a.expr_parts (x int, y text) PARTITION BY RANGE ((a.is_even_int(x)) , lower(y) COLLATE a.c_copy text_ops);
CREATE TABLE a.expr_parts_1 PARTITION OF a.expr_parts FOR VALUES FROM (0, MINVALUE) TO (100, 'zz');
CREATE TABLE a.mood_parts (m a.mood) PARTITION BY LIST (m);
CREATE TABLE a.mood_parts_1 PARTITION OF a.mood_parts FOR VALUES IN ('a.sad', 'it''s "fine"');
CREATE TABLE a.empty_parts (i int) PARTITION BY HASH (i);
INSERT INTO a.expr_parts VALUES (1, 'a'); INSERT INTO a.mood_parts VALUES ('a.sad');
CREATE TABLE a.refers (id int, k int, r date, l text, h int, FOREIGN KEY (k, r, l, h) REFERENCES a.parts ON DELETE SET NULL (k) DEFERRABLE INITIALLY DEFERRED) PARTITION BY HASH (id);
CREATE TABLE a.refers_0 PARTITION OF a.refers FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE a.refers_1 PARTITION OF a.refers FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO a.refers SELECT k, k, r, l, h FROM a.parts WHERE k < 50;
GRANT SELECT ON a.parts_new_x1 TO f_schema;
COMMENT ON TABLE a.parts_new IS 'partition';

-- ---- Keys and other constraints -------------------------------------------------------------------
CREATE TABLE a.tree (id int PRIMARY KEY, up int REFERENCES a.tree ON DELETE CASCADE DEFERRABLE);
INSERT INTO a.tree VALUES (1, NULL), (3, 1), (2, 3);
CREATE TABLE a.hen (id int PRIMARY KEY, egg int UNIQUE);
CREATE TABLE a.egg (id int PRIMARY KEY, hen int REFERENCES a.hen MATCH FULL ON UPDATE CASCADE);
INSERT INTO a.hen VALUES (1, 1); INSERT INTO a.egg VALUES (1, 1);
ALTER TABLE a.hen ADD CONSTRAINT "hen egg" FOREIGN KEY (egg) REFERENCES a.egg INITIALLY DEFERRED;
CREATE TABLE a.cons (
    id int, x int, during int4range, note text,
    CONSTRAINT cons_pk PRIMARY KEY (id) INCLUDE (x) WITH (fillfactor = 60) DEFERRABLE,
    CONSTRAINT cons_uq UNIQUE NULLS NOT DISTINCT (x, note) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT cons_ex EXCLUDE USING gist (during WITH &&, id public.gist_int4_ops WITH OPERATOR(pg_catalog.=)) WHERE (x > 0) DEFERRABLE
);
INSERT INTO a.cons SELECT i, i % 7 - 3, int4range(i, i + 3), 'n' || i FROM generate_series(1, 30) i;
ALTER TABLE a.cons ADD CONSTRAINT bad CHECK (x > 100) NOT VALID, ADD CONSTRAINT even_too CHECK (a.is_even(2 * x)) NO INHERIT;
ALTER TABLE a.cons ADD CONSTRAINT bad_fk FOREIGN KEY (id) REFERENCES a.hen NOT VALID;
COMMENT ON CONSTRAINT bad_fk ON a.cons IS 'not valid';
COMMENT ON CONSTRAINT cons_pk ON a.cons IS 'pk';

-- ---- Indexes --------------------------------------------------------------------------------------
CREATE INDEX gin_js ON a.types USING gin (js jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX gist_sp ON a.types USING gist (sp);
CREATE INDEX spgist_pt ON a.types USING spgist (pt);
CREATE INDEX brin_ts ON a.types USING brin (ts, num numeric_minmax_multi_ops) WITH (pages_per_range = 4, autosummarize = true);
CREATE INDEX hash_ev ON a.types USING hash (ev);
CREATE INDEX trgm ON a.types USING gist ((c9::text) public.gist_trgm_ops (siglen = 32));
CREATE UNIQUE INDEX "Unique Ix" ON a.a (a DESC NULLS LAST, lower(c) COLLATE "C" text_pattern_ops) INCLUDE (b) WHERE a.is_even(a) AND c <> 'a.x';
CREATE INDEX stat_ix ON a.types ((gone2 + 1), (f8 * 2));
ALTER INDEX a.stat_ix ALTER COLUMN 1 SET STATISTICS 333;
CREATE INDEX ci_ix ON a.types (ci, (hs OPERATOR(e.->) 'a'));
CREATE UNIQUE INDEX repl_ix ON a.cons (id);
ALTER TABLE a.cons REPLICA IDENTITY USING INDEX repl_ix;
ALTER TABLE a.parent REPLICA IDENTITY FULL;
ALTER TABLE a.zero REPLICA IDENTITY NOTHING;
ALTER TABLE a.a CLUSTER ON a_pkey;
ALTER TABLE a.types CLUSTER ON gist_sp;
COMMENT ON INDEX a."Unique Ix" IS 'index';
CREATE STATISTICS a.stx (dependencies, mcv) ON id, gone2 FROM a.types;
CREATE STATISTICS a."Stx e" ON (gone2 + 1), (lower(c9)) FROM a.types;
ALTER STATISTICS a.stx SET STATISTICS 44;
COMMENT ON STATISTICS a.stx IS 'statistics';
ALTER TABLE a.types ALTER id SET (n_distinct = 5);

-- ---- Views, rules -----------------------------------------------------------------------------------
CREATE VIEW a.v AS SELECT a.a, a.b AS "B", a.c FROM a.a WHERE a.a > 1;
ALTER VIEW a.v ALTER "B" SET DEFAULT 'sad';
CREATE VIEW a.barrier WITH (security_barrier, security_invoker) AS SELECT * FROM a.a AS a WHERE a.b = 'ok'::a.mood;
CREATE VIEW a.checked AS SELECT a, b, c, d FROM a.v NATURAL JOIN (SELECT 1 AS z) q NATURAL JOIN a.a;
CREATE VIEW a.local_check AS SELECT * FROM a.a WHERE a < 1000 WITH LOCAL CHECK OPTION;
CREATE VIEW a.cascaded AS SELECT * FROM a.local_check WHERE a > -1000 WITH CASCADED CHECK OPTION;
CREATE RECURSIVE VIEW a.rec (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM rec WHERE n < 5;
CREATE VIEW a.funcs AS SELECT s.x, a.total(s.x) OVER () AS t, 4 OPERATOR(a.<~>) s.x AS op, 'a.a'::regclass AS rc, 'a.is_even'::regproc AS rp, to_tsvector('a.conf', s.y) FROM a.srf() s;
CREATE VIEW a.circle AS SELECT 1 AS one, 'x'::text AS two;
CREATE FUNCTION a.circle_fn() RETURNS SETOF a.circle LANGUAGE sql AS 'SELECT * FROM a.circle';
CREATE OR REPLACE VIEW a.circle AS SELECT one, two FROM a.circle_fn();
CREATE VIEW a.grouped AS SELECT t.id, t.c9, count(*) FROM a.types t GROUP BY t.id;
CREATE VIEW a.on_third AS SELECT 1 AS x;
COMMENT ON VIEW a.v IS 'view';
COMMENT ON COLUMN a.v."B" IS 'view column';
GRANT SELECT ("B") ON a.v TO f_reader;
CREATE RULE v_ins AS ON INSERT TO a.v DO INSTEAD INSERT INTO a.a (a, b) VALUES (NEW.a, NEW."B");
CREATE RULE "always Rule" AS ON DELETE TO a.tree WHERE OLD.id < 0 DO ALSO (INSERT INTO a.hen VALUES (OLD.id); DELETE FROM a.hen a WHERE a.id = OLD.id);
CREATE RULE r_off AS ON UPDATE TO a.tree DO ALSO NOTHING;
ALTER TABLE a.tree ENABLE ALWAYS RULE "always Rule", DISABLE RULE r_off;
COMMENT ON RULE v_ins ON a.v IS 'rule';

-- ---- Materialized views ---------------------------------------------------------------------------
GRANT SELECT ON a.types, a.a TO f_matviews;
GRANT SELECT ON a.types TO f_schema;
CREATE MATERIALIZED VIEW a.m_pk AS SELECT t.id, t.c9, count(*) AS n FROM a.types t GROUP BY t.id;
CREATE MATERIALIZED VIEW a."M on pk" WITH (fillfactor = 80) AS SELECT id, n FROM a.m_pk;
CREATE MATERIALIZED VIEW a.m_none AS SELECT * FROM a.m_pk WITH NO DATA;
CREATE MATERIALIZED VIEW a.m_via AS SELECT x.n, a.a(x.n::int) FROM (SELECT n FROM a."M on pk") x;
CREATE UNIQUE INDEX m_ix ON a.m_pk (id);
CREATE INDEX m_none_ix ON a.m_none (id) ;
CREATE INDEX m_gin ON a."M on pk" USING btree (n, (n + id));
ALTER MATERIALIZED VIEW a.m_pk CLUSTER ON m_ix;
ALTER MATERIALIZED VIEW a.m_pk ALTER c9 SET STATISTICS 12;
CREATE STATISTICS a.m_stx ON id, n FROM a.m_pk;
COMMENT ON MATERIALIZED VIEW a.m_pk IS 'matview';
GRANT SELECT ON a.m_pk TO f_reader, f_matviews;
RESET ROLE;
SET ROLE f_matviews;
CREATE MATERIALIZED VIEW a.m_granted AS SELECT a, b FROM a.a;
CREATE VIEW a.v_granted AS SELECT * FROM a.m_granted;
RESET ROLE;

-- ---- Triggers, policies ---------------------------------------------------------------------------
SET ROLE f_tables;
CREATE FUNCTION a.trig() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA = 'a' THEN RETURN NEW; END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER t_on BEFORE INSERT OR UPDATE OF b, c ON a.a FOR EACH ROW WHEN (NEW.a > 0 AND a.is_even(NEW.a)) EXECUTE FUNCTION a.trig('a.arg', 'it''s', '');
CREATE TRIGGER t_off AFTER DELETE ON a.a FOR EACH STATEMENT EXECUTE FUNCTION a.trig();
CREATE TRIGGER t_replica AFTER TRUNCATE ON a.a EXECUTE FUNCTION a.trig();
CREATE TRIGGER "T always" AFTER UPDATE ON a.a REFERENCING OLD TABLE AS a NEW TABLE AS "New t" FOR EACH STATEMENT EXECUTE FUNCTION a.trig();
ALTER TABLE a.a DISABLE TRIGGER t_off, ENABLE REPLICA TRIGGER t_replica, ENABLE ALWAYS TRIGGER "T always";
CREATE CONSTRAINT TRIGGER t_cons AFTER INSERT ON a.a FROM a.hen DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION a.trig();
CREATE TRIGGER t_view INSTEAD OF UPDATE ON a.v FOR EACH ROW EXECUTE FUNCTION a.trig();
CREATE TRIGGER t_parts AFTER INSERT ON a.parts FOR EACH ROW EXECUTE FUNCTION a.trig();
ALTER TABLE a.parts_new_x1 DISABLE TRIGGER t_parts;
COMMENT ON TRIGGER t_on ON a.a IS 'trigger';
ALTER TABLE a.a ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE a.hen ENABLE ROW LEVEL SECURITY;
CREATE POLICY p_all ON a.a USING (true);
CREATE POLICY "P one" ON a.a AS RESTRICTIVE FOR UPDATE TO f_reader, "f Röle ""q""" USING (a < 5) WITH CHECK (EXISTS (SELECT FROM a.hen a WHERE a.id = a.egg));
CREATE POLICY p_hen ON a.hen FOR SELECT TO CURRENT_USER, f_reader USING (a.is_even(id));
COMMENT ON POLICY "P one" ON a.a IS 'policy';
REVOKE TRUNCATE, TRIGGER ON a.a FROM f_tables;

-- ---- Schema b, odd names, public, extensions in e, third ------------------------------------------
CREATE TABLE b.b (id int PRIMARY KEY REFERENCES a.a, m a.mood DEFAULT 'a.sad'::a.mood, x int DEFAULT nextval('a.free'));
INSERT INTO b.b SELECT a, 'ok', a FROM a.a;
ALTER TABLE a.egg ADD CONSTRAINT to_b FOREIGN KEY (id) REFERENCES b.b;
CREATE VIEW b.v AS SELECT b.*, a.v.c FROM b.b JOIN a.v ON a.v.a = b.id;
CREATE OR REPLACE VIEW a.on_third AS SELECT id AS x FROM b.v;
CREATE TABLE b.heir (z int) INHERITS (a.parent);
INSERT INTO b.heir VALUES (9, 'b', 1);
CREATE FUNCTION b.both() RETURNS bigint LANGUAGE sql SET search_path = b, a, third, public AS 'SELECT count(*) FROM a.a JOIN b.b b ON b.id = a.a';
CREATE TABLE third.country (code text PRIMARY KEY);
INSERT INTO third.country VALUES ('de'), ('fr');
CREATE TYPE third.kind AS ENUM ('a', 'b');
CREATE FUNCTION third.fn(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE b.lives (c text REFERENCES third.country, k third.kind DEFAULT 'a', n int DEFAULT third.fn(3), CHECK (third.fn(n) > 0));
INSERT INTO b.lives VALUES ('de', 'b');
RESET ROLE;

SET ROLE "f Röle ""q""";
CREATE TABLE "Wéird ""n"".x"."Tâ ""b"" .c" ("select" int PRIMARY KEY, "Co l" text DEFAULT 'Wéird "n".x', "we;ird" int GENERATED ALWAYS AS IDENTITY, "it's %s \\ " int DEFAULT 3);
INSERT INTO "Wéird ""n"".x"."Tâ ""b"" .c" SELECT i, 'é' FROM generate_series(1, 9) i;
CREATE SEQUENCE "Wéird ""n"".x"."S e q" OWNED BY "Wéird ""n"".x"."Tâ ""b"" .c"."Co l";
CREATE TYPE "Wéird ""n"".x"."Ty pe" AS ENUM ('A b', 'ç');
CREATE VIEW "Wéird ""n"".x"."V w" AS SELECT "select", "Co l" FROM "Wéird ""n"".x"."Tâ ""b"" .c" AS "Wéird ""n"".x";
CREATE MATERIALIZED VIEW "Wéird ""n"".x"."M v" AS SELECT * FROM "Wéird ""n"".x"."V w";
CREATE INDEX "I d x" ON "Wéird ""n"".x"."M v" ("Co l");
CREATE FUNCTION "Wéird ""n"".x"."F n"("Pa ra" "Wéird ""n"".x"."Ty pe" DEFAULT 'ç') RETURNS SETOF "Wéird ""n"".x"."Tâ ""b"" .c" LANGUAGE plpgsql SET search_path = "Wéird ""n"".x", pg_catalog
    AS $$ BEGIN RETURN QUERY SELECT * FROM "Wéird ""n"".x"."Tâ ""b"" .c"; END $$;
CREATE TRIGGER "T g" AFTER INSERT ON "Wéird ""n"".x"."Tâ ""b"" .c" EXECUTE FUNCTION a.trig();
COMMENT ON COLUMN "Wéird ""n"".x"."Tâ ""b"" .c"."Co l" IS 'ä "x"';
GRANT SELECT ("Co l") ON "Wéird ""n"".x"."Tâ ""b"" .c" TO f_reader;
REVOKE ALL ON FUNCTION "Wéird ""n"".x"."F n" FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA "Wéird ""n"".x" GRANT ALL ON TABLES TO f_schema;
RESET ROLE;

CREATE TABLE public.plain (id int PRIMARY KEY, name text);
CREATE INDEX plain_trgm ON public.plain USING gin (name public.gin_trgm_ops);
CREATE FUNCTION public.similar(text) RETURNS SETOF public.plain LANGUAGE sql AS 'SELECT * FROM public.plain WHERE public.similarity(name, $1) > 0.1';
INSERT INTO public.plain SELECT i, 'name ' || i FROM generate_series(1, 40) i;
GRANT SELECT ON public.plain TO PUBLIC;

SET ROLE f_schema;
CREATE TABLE e.uses (id int PRIMARY KEY, ci e.citext UNIQUE, hs e.hstore DEFAULT ''::e.hstore, EXCLUDE USING gist (id WITH =));
DROP TABLE e.uses;
CREATE TABLE e.uses (id int PRIMARY KEY, ci e.citext UNIQUE, hs e.hstore DEFAULT ''::e.hstore);
CREATE INDEX uses_hs ON e.uses USING gin (hs e.gin_hstore_ops);
INSERT INTO e.uses SELECT i, 'C' || i, e.hstore('k', i::text) FROM generate_series(1, 30) i;
CREATE FUNCTION e.own(e.citext) RETURNS e.hstore LANGUAGE sql AS 'SELECT hs FROM e.uses WHERE ci = $1::e.citext';
CREATE DOMAIN e.email AS e.citext CHECK (VALUE OPERATOR(e.~) '@');
RESET ROLE;

-- ---- Foreign tables -------------------------------------------------------------------------------
CREATE FOREIGN TABLE a.far (id int OPTIONS (column_name 'a.id') NOT NULL, t text COLLATE "C" DEFAULT 'a.t', CONSTRAINT far_ck CHECK (id > 0)) SERVER elsewhere OPTIONS (schema_name 'a', table_name 'a');
ALTER FOREIGN TABLE a.far OWNER TO f_tables;
COMMENT ON FOREIGN TABLE a.far IS 'far away';
COMMENT ON COLUMN a.far.id IS 'far id';
GRANT SELECT ON a.far TO f_reader;
GRANT UPDATE (t) ON a.far TO f_schema;
CREATE FOREIGN TABLE a.parts_foreign PARTITION OF a.mood_parts FOR VALUES IN ('ok') SERVER elsewhere;
ALTER FOREIGN TABLE a.parts_foreign OWNER TO f_tables;
CREATE FOREIGN TABLE s.passwd (name text, rest text) SERVER files OPTIONS (filename '/etc/hostname', delimiter ':');

-- ---- What only a superuser may make ---------------------------------------------------------------
CREATE TYPE s.shell;
CREATE TYPE s.base;
CREATE FUNCTION s.base_in(cstring) RETURNS s.base LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION s.base_out(s.base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE s.base (INPUT = s.base_in, OUTPUT = s.base_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, DEFAULT = '7', DELIMITER = ';');
ALTER TYPE s.base OWNER TO f_tables;
CREATE TEXT SEARCH TEMPLATE s.templ (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH PARSER s.pars (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
COMMENT ON TEXT SEARCH PARSER s.pars IS 'parser';
CREATE FUNCTION s.window_fn() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
CREATE AGGREGATE s.pct(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE OPERATOR FAMILY s.fam USING btree;
CREATE OPERATOR CLASS s.reversed FOR TYPE int USING btree FAMILY s.fam AS
    OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 a.rcmp(int, int);
ALTER OPERATOR FAMILY s.fam USING btree ADD OPERATOR 1 > (int, int8), FUNCTION 1 (int, int8) btint48cmp(int, int8);
CREATE OPERATOR CLASS s."Own fam" FOR TYPE int USING hash AS OPERATOR 1 = (int, int), FUNCTION 1 hashint4(int);
COMMENT ON OPERATOR CLASS s.reversed USING btree IS 'opclass';
COMMENT ON OPERATOR FAMILY s.fam USING btree IS 'opfamily';
ALTER OPERATOR CLASS s.reversed USING btree OWNER TO f_tables;
CREATE FUNCTION s.leakproof(a.ty) RETURNS int LANGUAGE sql LEAKPROOF IMMUTABLE AS 'SELECT ($1).a';
CREATE FUNCTION s.c_like(x a.mood) RETURNS text LANGUAGE internal STABLE STRICT AS 'enum_out';
