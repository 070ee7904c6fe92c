"""--verify ddl: the tool itself shows that what it restored is what was there, and tells what is not."""

import pathlib
import tempfile

import pytest

from conftest import ODD as SHOP_ODD
from pgtools import Tool
from test_fidelity import ALL, ORDINARY, Many, schemas


@pytest.fixture(scope="module")
def many(base):
    made = Many(base / "ddl")
    yield made
    made.cluster.stop()


@pytest.fixture
def fidelity(many, base):
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), many.cluster)
    made.base.chmod(0o755)
    yield made
    made.close()


def restore(tool, code, *given):
    """The summary, and the differences in definitions as (object, message)."""
    before = tool.target.schemas()
    result = tool.run(*given, "--json")
    tool.kept |= tool.target.schemas() - before
    summary = result.events()[-1]
    told = [(w["object"], w["message"]) for w in summary["warnings"] if w["code"] == "ddl-difference"]
    text = "\n".join(f"{name}: {message}" for name, message in told)
    errors = [e for e in result.events() if e["event"] == "error"]
    assert result.code == code, f"exit {result.code}\n{text}\n{summary['failures']}\n{errors}"
    return summary, told


def assert_equal(tool, *given):
    summary, told = restore(tool, 0, *given)
    assert told == [] and summary["definition_differences"] == 0
    return summary


def test_everything(many, fidelity):
    given = [*many.from_backup(), *many.target(), *schemas(ALL), "--suffix", "_restored", "-j", 2]
    summary = assert_equal(fidelity, *given, "--verify", "counts,ddl")
    assert summary["definitions_equal"] > 350


def test_children_without_their_parents(many, fidelity):
    for name in "ab":
        given = [*many.from_existing(), *many.target(), *schemas([name]), "--suffix", "_restored"]
        assert_equal(fidelity, *given, "--verify", "ddl")


def test_by_a_member_of_the_owners(many, fidelity):
    """pg_dump must be able to read every table; one that even its owner may not read stays restored, uncompared."""
    given = [*many.from_existing(), *many.target("f_runner"), *schemas(ORDINARY), "--verify", "ddl"]
    summary, told = restore(fidelity, 8, *given, "--suffix", "_uncompared")
    assert told == [] and "definition_differences" not in summary
    try:
        many.cluster.sql("shop", "GRANT pg_read_all_data TO f_runner")
        assert_equal(fidelity, *given, "--suffix", "_restored")
    finally:
        many.cluster.sql("shop", "REVOKE pg_read_all_data FROM f_runner")


@pytest.mark.parametrize("less", (["--no-owner"], ["--no-owner", "--no-privileges"]))
def test_less(many, fidelity, less):
    given = [*many.from_existing(), *many.target(), *schemas(ORDINARY), "--suffix", "_restored"]
    assert_equal(fidelity, *given, "--verify", "ddl", *less)


def test_without_privileges(many, fidelity):
    """A materialized view's owner may not read its table then: a failure, but no difference."""
    given = [*many.from_existing(), *many.target(), *schemas(ORDINARY), "--suffix", "_restored"]
    summary, told = restore(fidelity, 7, *given, "--verify", "ddl", "--no-privileges")
    assert told == [] and summary["definition_differences"] == 0 and len(summary["failures"]) == 1


def test_shop(shop, tool):
    assert_equal(tool, *shop.args("a", "b", SHOP_ODD), "--verify", "counts,ddl")


# A live schema in both databases, and one that refers to it.
LIVE = "CREATE SCHEMA live; CREATE TABLE live.country (code text PRIMARY KEY); INSERT INTO live.country VALUES ('fr')"
OWN = """
    INSERT INTO live.country VALUES ('gone');
    CREATE SCHEMA d;
    CREATE TABLE d.t (id int PRIMARY KEY, code text REFERENCES live.country, w int DEFAULT 1, mood varchar(9));
    CREATE TABLE d.checked (mood varchar(9) CHECK (mood IN ('a b', 'c,d')));
    CREATE VIEW d.v AS SELECT id FROM d.t WHERE mood IN ('a b', 'x') AND code NOT IN ('y', 'z');
    CREATE INDEX partial ON d.t (w) WHERE mood IN ('a b', 'x');
    COMMENT ON COLUMN d.t.w IS 'weight';
    INSERT INTO d.t VALUES (1, 'fr', 1, 'a b'), (2, 'gone', 1, NULL);
    CREATE OPERATOR d.## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
    CREATE OPERATOR d.## (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat);
    CREATE FUNCTION d.f() RETURNS int LANGUAGE plpgsql AS $$BEGIN
        RETURN 1;
    END$$;
"""
# What stands in the way of a restore that is exact: somebody's idea of what every new object should have.
MEDDLER = """
    CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE
        c record;
    BEGIN
        FOR c IN SELECT * FROM pg_event_trigger_ddl_commands() WHERE schema_name = 'd_restored' LOOP
            IF c.object_identity = 'd_restored.t' THEN
                ALTER TABLE d_restored.t ALTER w SET DEFAULT 2;
                CREATE INDEX extra ON d_restored.t (id);
            ELSIF c.command_tag = 'CREATE VIEW' THEN
                ALTER VIEW d_restored.v OWNER TO f_tables;
            ELSIF c.command_tag = 'COMMENT' AND col_description(to_regclass('d_restored.t'), 3) IS NOT NULL THEN
                COMMENT ON COLUMN d_restored.t.w IS NULL;
            END IF;
        END LOOP;
    END $$;
    CREATE EVENT TRIGGER meddle ON ddl_command_end
        WHEN tag IN ('CREATE TABLE', 'CREATE VIEW', 'COMMENT') EXECUTE FUNCTION public.meddle();
"""


@pytest.fixture
def own(many):
    cluster = many.cluster
    try:
        cluster.sql("shop", LIVE)
        cluster.sql("copy", LIVE + ";" + OWN)
        yield [*many.from_existing(), *many.target(), "--schema", "d", "--suffix", "_restored"]
    finally:
        cluster.sql("shop", "DROP SCHEMA IF EXISTS d_restored CASCADE; DROP SCHEMA IF EXISTS live CASCADE")
        cluster.sql("copy", "DROP SCHEMA IF EXISTS d CASCADE; DROP SCHEMA IF EXISTS live CASCADE")


@pytest.fixture
def meddled(many, own):
    many.cluster.sql("shop", MEDDLER)
    yield own
    many.cluster.sql("shop", "DROP EVENT TRIGGER meddle; DROP FUNCTION public.meddle")


def test_what_is_no_difference(own, fidelity):
    """A key that is left NOT VALID has been told already; IN (…) of a varchar is printed otherwise once it was read."""
    summary = assert_equal(fidelity, *own, "--verify", "counts,ddl")
    assert [w["code"] for w in summary["warnings"]] == ["foreign-key-not-valid"]


def test_differences(meddled, fidelity):
    summary, told = restore(fidelity, 8, *meddled, "--verify", "ddl,counts")
    owner = 'ALTER VIEW "d_restored"."v" OWNER TO'
    assert sorted(told) == [
        (
            "comment on COLUMN t.w in schema d_restored",
            "is missing on the target:\n- COMMENT ON COLUMN d_restored.t.w IS 'weight';",
        ),
        ("index d_restored.extra", "is only on the target:\n+ CREATE INDEX extra ON d_restored.t USING btree (id);"),
        (
            "table d_restored.t",
            "is not the same on the target:\n-     w integer DEFAULT 1,\n+     w integer DEFAULT 2,",
        ),
        ("view d_restored.v", f'has another owner on the target:\n- {owner} "postgres";\n+ {owner} "f_tables";'),
    ]
    assert summary["definition_differences"] == 4 and summary["differences"] == 0


def test_differences_for_people(many, meddled, fidelity):
    before = many.cluster.schemas()
    result = fidelity.run(*meddled, "--verify", "ddl")
    fidelity.kept |= many.cluster.schemas() - before
    assert result.code == 8
    assert "Restored, BUT DIFFERENT," in result.out
    assert "objects equal, 4 DIFFERENCES\n" in result.out
    assert "      -     w integer DEFAULT 1,\n" in result.out


# Whatever the server prints in its own way: expressions wherever they may stand, constants of types that settings print.
PRINTED = r"""
    CREATE SCHEMA d; SET search_path=d;
    CREATE DOMAIN d.dom AS varchar(5) CHECK (VALUE IN ('a','b'));
    CREATE TABLE p (i int, v varchar(9)); CREATE TABLE c (x int) INHERITS (p); ALTER TABLE p ADD COLUMN late int DEFAULT 3; ALTER
        TABLE p ADD COLUMN late2 varchar CHECK (late2 IN ('x','y'));
    ALTER TABLE c ADD COLUMN own2 int;
    CREATE TABLE t (i int, v varchar(9), ch char(2), n numeric(10,2) DEFAULT 0, dd date DEFAULT '2020-01-01', iv interval DEFAULT
        '26 hours', ts timestamp DEFAULT now(), tz timestamptz DEFAULT '2020-01-01T10:00+03', m money DEFAULT 1.5, b bytea
        DEFAULT '\x00ff', f float8 DEFAULT 0.1, r int4range DEFAULT '[1,5]', arr varchar[] DEFAULT '{a,b}', g bool GENERATED
        ALWAYS AS (v IN ('q','w')) STORED, dm d.dom, x2 text DEFAULT ('a' || 'b'), tm timetz DEFAULT '10:00+03',
    gone int, CHECK (v LIKE ANY (ARRAY['a%','b%'])), CHECK (v NOT IN ('a','b') AND (i BETWEEN 1 AND 5 OR n IN (1,2.5))), CHECK (ch
        IN ('a','b')), CHECK ((i,v) = (1,'a') OR i IS DISTINCT FROM 2), CHECK (v <> ALL ('{a,b}'::varchar[])), CHECK (arr[1] IN
        ('a','b')), EXCLUDE USING gist (r WITH &&));
    ALTER TABLE t DROP COLUMN gone;
    CREATE VIEW v1 AS SELECT t.* FROM t JOIN p USING (i) WHERE t.v IN ('a','b') OR CASE WHEN t.v IN ('z','zz') THEN true ELSE
        coalesce(t.v,'a') = 'b' END;
    CREATE VIEW v2 AS WITH RECURSIVE z(n) AS (VALUES (1) UNION ALL SELECT n+1 FROM z WHERE n < 5) SELECT n, sum(n) OVER (ORDER BY
        n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM z;
    CREATE VIEW v3 AS SELECT x.*, (SELECT max(i) FROM p WHERE p.v = ANY (ARRAY[x.v, 'k'])) AS m FROM (SELECT v, count(*) FROM t
        GROUP BY ROLLUP (v) HAVING v IN ('a','b') ORDER BY 1) x LEFT JOIN LATERAL (SELECT 1 AS o) l ON true;
    CREATE VIEW v4 AS SELECT extract(year FROM ts) AS y, ts AT TIME ZONE 'UTC' AS u, dd + iv AS s, ts::date AS d0, overlay('abc'
        placing 'x' from 1) AS ov, trim(both from v) AS tr, v COLLATE "C" AS co, i::numeric(5,1) AS nn, 'x'::varchar(3) AS vv,
        NULL::varchar[] AS na, ARRAY['a','b']::varchar(3)[] AS va, position('a' in v) AS po, (ARRAY[1,2])::bigint[] AS bi FROM t;
    CREATE MATERIALIZED VIEW mv AS SELECT v FROM t WHERE v IN ('a','b') AND NOT (i > 1 AND (i < 5 AND i <> 3)) WITH NO DATA;
    CREATE INDEX ON t (lower(v), (i+1)) WHERE v IN ('a','b') AND i > 1; CREATE STATISTICS st ON i, (v || 'a') FROM t;
    CREATE FUNCTION f(a varchar[] DEFAULT ARRAY['a','b'], b date DEFAULT current_date, c timestamptz DEFAULT '2020-01-01T10:00+03',
        d varchar DEFAULT 'a') RETURNS bool LANGUAGE sql BEGIN ATOMIC SELECT d IN ('a','b'); SELECT d = ANY (a); END;
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
    CREATE TRIGGER tr BEFORE UPDATE OF v ON t FOR EACH ROW WHEN (NEW.v IN ('a','b') AND OLD.i IS DISTINCT FROM NEW.i) EXECUTE
        FUNCTION tf();
    CREATE RULE ru AS ON DELETE TO v1 WHERE old.v IN ('a','b') DO INSTEAD DELETE FROM t WHERE t.v IN ('x','y') AND t.i = old.i;
        CREATE RULE ru2 AS ON DELETE TO v1 DO INSTEAD NOTHING;
    ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY po ON t USING (v IN ('a','b') AND i IN (SELECT i FROM p WHERE p.v IN
        ('m','n'))) WITH CHECK (v = 'a');
    CREATE TABLE parts (k varchar, v int) PARTITION BY LIST (k); CREATE TABLE parts1 PARTITION OF parts (CHECK (k IN ('a','c')))
        FOR VALUES IN ('a','b');
    CREATE TABLE parr (k timestamptz) PARTITION BY RANGE (k); CREATE TABLE parr1 PARTITION OF parr FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
"""
# On the target's database alone.
SETTINGS = (
    "bytea_output=escape timezone=Asia/Tokyo intervalstyle=iso_8601 datestyle=German extra_float_digits=0"
    " quote_all_identifiers=on search_path=pg_catalog standard_conforming_strings=off lc_monetary=POSIX"
).split()


@pytest.fixture
def printed(many):
    cluster = many.cluster
    for setting in SETTINGS:
        name, _, value = setting.partition("=")
        cluster.sql("postgres", f"ALTER DATABASE shop SET {name} = '{value}'")
    try:
        cluster.sql("copy", PRINTED)
        yield [*many.from_existing(), *many.target(), "--schema", "d", "--suffix", "_restored"]
    finally:
        cluster.sql("postgres", "ALTER DATABASE shop RESET ALL")
        cluster.sql("copy", "DROP SCHEMA IF EXISTS d CASCADE")


def test_expressions_and_settings(printed, fidelity):
    assert_equal(fidelity, *printed, "--verify", "counts,ddl")


def test_source_that_is_only_read(many, fidelity):
    given = [*many.from_existing()[:-1], *many.target(), *schemas(ORDINARY), "--suffix", "_restored"]
    assert_equal(fidelity, *given, "--verify", "counts,ddl")
