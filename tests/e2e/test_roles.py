"""Roles by another name on the target, and roles that it lacks."""

import pathlib
import tempfile

import pytest

from pgtools import Cluster, Tool, quote

ODD = 'Old "öwner"'
ROLES = (ODD, "reader", "granter", "other")
INSIDE = f"""
    CREATE SCHEMA a AUTHORIZATION {quote(ODD)};
    SET ROLE {quote(ODD)};
    CREATE TABLE a.reader (reader text, who text);
    INSERT INTO a.reader VALUES ('reader', 'x');
    CREATE FUNCTION a.f() RETURNS text LANGUAGE sql AS $$ SELECT 'reader' $$;
    GRANT USAGE ON SCHEMA a TO reader, granter;
    GRANT SELECT ON a.reader TO granter WITH GRANT OPTION;
    GRANT UPDATE (who) ON a.reader TO reader;
    ALTER DEFAULT PRIVILEGES IN SCHEMA a GRANT SELECT ON TABLES TO reader, other;
    ALTER TABLE a.reader ENABLE ROW LEVEL SECURITY;
    CREATE POLICY reader ON a.reader TO reader, other USING (reader = 'reader' AND who <> current_user);
    SET ROLE granter;
    GRANT SELECT ON a.reader TO reader;
"""
FACTS = """
    SELECT n.nspowner::regrole::text, c.relowner::regrole::text, p.proowner::regrole::text, n.nspacl::text, c.relacl::text,
        (SELECT attacl::text FROM pg_attribute WHERE attrelid = c.oid AND attname = 'who'),
        (SELECT array_agg(r::regrole::text ORDER BY r::regrole::text) FROM pg_policy l, unnest(l.polroles) r WHERE l.polrelid = c.oid),
        (SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = c.oid),
        (SELECT defaclrole::regrole::text || defaclacl::text FROM pg_default_acl WHERE defaclnamespace = n.oid)
    FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'reader'
    JOIN pg_proc p ON p.pronamespace = n.oid WHERE n.nspname = %s
"""


@pytest.fixture(scope="module")
def source(base):
    made = Cluster(base / "roles-source", conf={"archive_mode": "off"})
    made.sql("postgres", "CREATE DATABASE shop")
    for role in ROLES:
        made.sql("shop", f"CREATE ROLE {quote(role)}")
    made.sql("shop", f"GRANT CREATE ON DATABASE shop TO {quote(ODD)}")
    made.sql("shop", INSIDE)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cluster(base):
    made = Cluster(base / "roles-target", conf={"archive_mode": "off"})
    made.sql("postgres", "CREATE DATABASE shop")
    made.sql("shop", "CREATE ROLE app; CREATE ROLE viewer; CREATE ROLE other")
    made.sql("shop", "CREATE ROLE maker LOGIN; GRANT CREATE ON DATABASE shop TO maker")
    yield made
    made.stop()


@pytest.fixture
def tool(cluster, base):
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), cluster)
    made.base.chmod(0o755)
    made.kept = {"a_old"}
    before = roles(cluster)
    yield made
    made.close()
    for role in roles(cluster) - before:
        cluster.sql("shop", f"DROP OWNED BY {quote(role)}; DROP ROLE {quote(role)}")


def roles(cluster):
    return {name for (name,) in cluster.sql("shop", "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")}


def args(source, cluster, *more, user="postgres"):
    where = ["--from", f"existing:{source.conninfo()}", "--disposable-source", "-d", cluster.conninfo("shop", user)]
    return [*where, "--schema", "a", "--suffix", "_old", *more]


MAPS = ("--map-role", f"{ODD}=app", "--map-role", "reader=viewer", "--map-role", "granter=other", "--map-role", "other=granter")


def facts(cluster, schema):
    (row,) = cluster.sql("shop", FACTS, [schema])
    return row


def test_mapped(source, cluster, tool):
    """Two of them change places."""
    cluster.sql("shop", "CREATE ROLE granter")
    result = tool.run(*args(source, cluster, *MAPS))
    assert result.code == 0, str(result)
    got = facts(cluster, "a_old")
    assert got[:3] == ("app", "app", "app")
    assert got[3] == "{app=UC/app,viewer=U/app,other=U/app}"
    assert got[4] == "{app=arwdDxt/app,other=r*/app,viewer=r/other}"
    assert got[5] == "{viewer=w/app}"
    assert got[6] == ["granter", "viewer"]
    assert got[7] == facts(source, "a")[7]
    assert got[8] == "app{viewer=r/app,granter=r/app}"
    assert cluster.one("shop", "SELECT a_old.f()") == "reader"


def test_mapped_and_equal_to_what_was_extracted(source, cluster, tool):
    cluster.sql("shop", "CREATE ROLE granter")
    result = tool.run(*args(source, cluster, *MAPS, "--verify", "ddl"))
    assert result.code == 0, str(result)


def test_the_new_one_has_to_be_there(source, cluster, tool):
    words = ("no role", "granter", "nobody_here", "--create-missing-roles", "--map-role")
    tool.refused(3, *args(source, cluster, "--map-role", f"{ODD}=nobody_here", "--map-role", "reader=viewer"), words=words)
    tool.refused(2, *args(source, cluster, "--map-role", "reader"), words=("--map-role", "OLD=NEW"))


def test_created(source, cluster, tool):
    before = roles(cluster)
    result = tool.run(*args(source, cluster, "--create-missing-roles"))
    assert result.code == 0, str(result)
    assert roles(cluster) - before == {ODD, "reader", "granter"}
    rows = cluster.sql(
        "shop",
        "SELECT rolcanlogin, rolsuper, shobj_description(oid, 'pg_authid') FROM pg_roles"
        " WHERE rolname IN ('reader', 'granter', %s)",
        [ODD],
    )
    assert rows == [(False, False, None)] * 3
    assert facts(cluster, "a_old")[1] == quote(ODD)
    tool.run("cleanup", "--all")
    assert roles(cluster) - before == {ODD, "reader", "granter"}


@pytest.fixture
def forbidden(cluster):
    """Something stops the restore once the roles and the schema are there."""
    cluster.sql(
        "shop",
        "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no tables here''; END';"
        "CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION no()",
    )
    yield
    cluster.sql("shop", "DROP EVENT TRIGGER no; DROP FUNCTION no")


def test_created_and_undone(source, cluster, tool, forbidden):
    before = roles(cluster)
    result = tool.refused(5, *args(source, cluster, "--create-missing-roles"), words=("no tables here",))
    assert roles(cluster) == before, str(result)
    assert '"kind":"role"' in (tool.operations()[0] / "journal.jsonl").read_text(encoding="utf-8")

    result = tool.run(*args(source, cluster, "--create-missing-roles", "--keep"))
    assert result.code == 5, str(result)
    assert roles(cluster) - before == {ODD, "reader", "granter"}
    assert "unfinished" in cluster.one("shop", "SELECT shobj_description('reader'::regrole, 'pg_authid')")
    result = tool.run("cleanup", "--all")
    assert result.code == 0 and "role reader" in result.text, str(result)
    assert roles(cluster) == before


def test_who_may(source, cluster, tool):
    before = roles(cluster)
    line = args(source, cluster, "--create-missing-roles", "--map-role", "other=app", user="maker")
    tool.refused(3, *line, words=("maker", "may not create the missing roles", "CREATEROLE"))
    assert roles(cluster) == before
    cluster.sql("shop", "ALTER ROLE maker CREATEROLE")
    try:
        result = tool.run(*line)
        assert result.code == 0, str(result)
        assert facts(cluster, "a_old")[:3] == (quote(ODD),) * 3
    finally:
        cluster.sql("shop", "ALTER ROLE maker NOCREATEROLE")


def test_the_plan_says_so(source, cluster, tool):
    result = tool.refused(0, *args(source, cluster, "--dry-run", "--create-missing-roles", "--map-role", "reader=viewer"))
    assert "viewer instead of reader" in result.text and "missing are created" in result.text
