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
