-- Schemas with one of everything that PostgreSQL 15 lets people put into a schema, for test_fidelity.py.
--   a            most kinds; a table, a column, an alias and a function are named as the schema
--   b            refers to a, and a to it; partitions of a's tables
--   Wéird "n".x  names that need quotes everywhere
--   e            extensions live in it
--   public       restored too, under another name
--   third        not restored: stays the live one
SET client_min_messages = warning;

CREATE ROLE f_schema NOLOGIN;
CREATE ROLE f_tables NOLOGIN;
CREATE ROLE f_matviews NOLOGIN;
CREATE ROLE f_reader NOLOGIN;
CREATE ROLE "f Röle ""q""" NOLOGIN;
CREATE ROLE f_runner LOGIN IN ROLE f_schema, f_tables, f_matviews, "f Röle ""q""";
GRANT CREATE ON DATABASE shop TO f_runner, f_schema, f_tables;

CREATE SCHEMA a AUTHORIZATION f_schema;
CREATE SCHEMA b AUTHORIZATION f_tables;
CREATE SCHEMA "Wéird ""n"".x" AUTHORIZATION "f Röle ""q""";
CREATE SCHEMA e AUTHORIZATION f_schema;
CREATE SCHEMA third;
GRANT ALL ON SCHEMA third TO PUBLIC;
COMMENT ON SCHEMA a IS 'schema a; it''s a.b''s neighbour';
GRANT USAGE ON SCHEMA a TO f_reader, f_tables, f_matviews;
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
CREATE TYPE a.a AS (a int, b text, m a.mood);
COMMENT ON COLUMN a.a.a IS 'column a of type a of schema a';
CREATE TYPE a.nested AS (one a.a, many a.a[], moods a.mood[]);
CREATE FUNCTION a.is_even(n int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0';
CREATE DOMAIN a.even AS int DEFAULT 2 CONSTRAINT "must be Even" CHECK (a.is_even(VALUE)) CONSTRAINT nn NOT NULL;
COMMENT ON CONSTRAINT "must be Even" ON DOMAIN a.even IS 'of a domain';
CREATE DOMAIN a.even_small AS a.even CHECK (VALUE < 1000);
ALTER DOMAIN a.even_small ADD CONSTRAINT later CHECK (VALUE > -1000) NOT VALID;
CREATE DOMAIN a.words AS text COLLATE "C" CHECK (VALUE ~ '^[a-z. ]*$');
CREATE FUNCTION a.even_diff(x int, y int) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT (x - y)::float8';
CREATE TYPE a.span AS RANGE (subtype = int, subtype_diff = a.even_diff, multirange_type_name = a."many Spans");
CREATE TYPE a.text_span AS RANGE (subtype = text, collation = "C");
CREATE TYPE a.shell;
RESET ROLE;
CREATE TYPE a.base;
CREATE FUNCTION a.base_in(cstring) RETURNS a.base LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION a.base_out(a.base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE a.base (INPUT = a.base_in, OUTPUT = a.base_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, DEFAULT = '7', DELIMITER = ';');
ALTER TYPE a.base OWNER TO f_tables;
GRANT USAGE ON TYPE a.mood TO f_reader WITH GRANT OPTION;
REVOKE USAGE ON TYPE a.a FROM PUBLIC;
GRANT USAGE ON TYPE a.a TO f_tables, f_matviews, "f Röle ""q""";
REVOKE ALL ON TYPE a.span FROM PUBLIC, f_schema;
GRANT USAGE ON TYPE a.span TO f_schema, f_tables;
REVOKE USAGE ON DOMAIN a.words FROM PUBLIC;

-- ---- Collations, conversions, text search ---------------------------------------------------------
CREATE COLLATION a."Coll" (PROVIDER = icu, LOCALE = 'de-u-co-phonebk', DETERMINISTIC = false);
CREATE COLLATION a.c_copy FROM "C";
COMMENT ON COLLATION a.c_copy IS 'copy';
ALTER COLLATION a.c_copy OWNER TO f_schema;
CREATE CONVERSION a.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY a.dict (TEMPLATE = snowball, LANGUAGE = english, STOPWORDS = english);
CREATE TEXT SEARCH DICTIONARY a."Simple d" (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION a.conf (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION a.conf ADD MAPPING FOR asciiword, word WITH a."Simple d", a.dict;
ALTER TEXT SEARCH CONFIGURATION a.conf ADD MAPPING FOR int WITH simple;
ALTER TEXT SEARCH CONFIGURATION a.conf OWNER TO f_tables;
COMMENT ON TEXT SEARCH CONFIGURATION a.conf IS 'conf';
CREATE TEXT SEARCH TEMPLATE a.templ (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH PARSER a.pars (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
COMMENT ON TEXT SEARCH PARSER a.pars IS 'parser';

-- ---- Routines -------------------------------------------------------------------------------------
SET ROLE f_tables;
CREATE FUNCTION a.a(a int DEFAULT 1, VARIADIC rest int[] DEFAULT '{}') RETURNS int LANGUAGE sql STABLE PARALLEL SAFE COST 7
    AS $_$ SELECT $1 + coalesce(array_length(rest, 1), 0) $_$;
CREATE FUNCTION a.srf(OUT x int, OUT y text) RETURNS SETOF record LANGUAGE sql ROWS 3 LEAKPROOF SECURITY DEFINER
    SET search_path = a, pg_temp SET work_mem = '8MB' AS $$ SELECT 1, 'a.b' $$;
RESET ROLE;
ALTER FUNCTION a.srf SET timezone TO 'Europe/Berlin';
CREATE FUNCTION a.atomic(n int) RETURNS bool LANGUAGE sql BEGIN ATOMIC SELECT a.is_even(n) AND a.a(n) > 0; END;
CREATE FUNCTION a.poly(x anyelement, y anycompatiblearray) RETURNS anyelement LANGUAGE sql AS 'SELECT x';
CREATE FUNCTION a.tabler() RETURNS TABLE (a a.a, "B b" a.mood[]) LANGUAGE plpgsql AS $f$
DECLARE v a.a; w a.mood := 'a.sad'::a.mood;
BEGIN
    -- a.comment stays
    RAISE NOTICE 'a.% stays', w;
    SELECT 1, 'x', w INTO v;
    RETURN QUERY SELECT v, ARRAY[w]::a.mood[];
END $f$;
CREATE PROCEDURE a.proc(INOUT n int, OUT m int) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; m := a.a(n); END $$;
CREATE PROCEDURE a."Pröc ""x"""(a a.a) LANGUAGE sql SECURITY DEFINER AS '';
COMMENT ON PROCEDURE a.proc IS 'proc';
COMMENT ON FUNCTION a.a(int, int[]) IS E'line one\nline two -- \\. \\restrict';
CREATE FUNCTION a.window_fn() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
CREATE FUNCTION a.sum_state(s int, x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(s, 0) + coalesce(x, 0)';
CREATE AGGREGATE a.total(int) (SFUNC = a.sum_state, STYPE = int, INITCOND = '0', COMBINEFUNC = a.sum_state, PARALLEL = SAFE);
CREATE AGGREGATE a.pct(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE a.moving(int) (SFUNC = a.sum_state, STYPE = int, MSFUNC = a.sum_state, MINVFUNC = int4mi, MSTYPE = int, MINITCOND = '0');
COMMENT ON AGGREGATE a.total(int) IS 'aggregate';
ALTER AGGREGATE a.total(int) OWNER TO f_schema;
GRANT EXECUTE ON FUNCTION a.a(int, int[]) TO f_reader WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION a.srf() FROM PUBLIC;
REVOKE ALL ON FUNCTION a.atomic(int) FROM PUBLIC, postgres;
REVOKE EXECUTE ON PROCEDURE a.proc(int) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE a.proc(int) TO "f Röle ""q""";
REVOKE EXECUTE ON FUNCTION a.total(int) FROM PUBLIC;
SET ROLE f_reader;
GRANT EXECUTE ON FUNCTION a.a(int, int[]) TO f_matviews;
RESET ROLE;

CREATE FUNCTION a.even_lt(a.even, a.even) RETURNS bool LANGUAGE internal IMMUTABLE AS 'int4lt';
CREATE FUNCTION a.near(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT abs($1 - $2) < 3';
CREATE FUNCTION a.rcmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN $1 > $2 THEN -1 WHEN $1 < $2 THEN 1 ELSE 0 END';
CREATE OPERATOR a.<~> (FUNCTION = a.near, LEFTARG = int, RIGHTARG = int, COMMUTATOR = OPERATOR(a.<~>));
CREATE OPERATOR a.!! (FUNCTION = a.is_even, RIGHTARG = int);
CREATE OPERATOR a.=== (FUNCTION = a.near, LEFTARG = int, RIGHTARG = int, NEGATOR = OPERATOR(a.!==), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
COMMENT ON OPERATOR a.<~> (int, int) IS 'operator';
ALTER OPERATOR a.<~> (int, int) OWNER TO f_tables;
CREATE OPERATOR FAMILY a.fam USING btree;
CREATE OPERATOR CLASS a.reversed FOR TYPE int USING btree FAMILY a.fam AS
    OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 a.rcmp(int, int);
ALTER OPERATOR FAMILY a.fam USING btree ADD OPERATOR 1 > (int, int8), FUNCTION 1 (int, int8) btint48cmp(int, int8);
CREATE OPERATOR CLASS a."Own fam" FOR TYPE a.base USING hash AS OPERATOR 1 a.=== (int, int), FUNCTION 1 (int, int) hashint4(int);
COMMENT ON OPERATOR CLASS a.reversed USING btree IS 'opclass';
COMMENT ON OPERATOR FAMILY a.fam USING btree IS 'opfamily';
ALTER OPERATOR CLASS a.reversed USING btree OWNER TO f_tables;
CREATE CAST (int AS a.a) WITH FUNCTION a.poly(anyelement, anycompatiblearray) AS ASSIGNMENT;
