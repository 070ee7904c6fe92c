"""Whatever people put into a schema comes back as it stood: definitions, owners, grants, comments, rows.

Compared are what pg_dump prints, what the catalogs say (catalog.sql), and the rows.
"""

import collections
import pathlib
import tempfile
import types

import pytest

import pgtools
from pgtools import Cluster, Tool, quote

HERE = pathlib.Path(__file__).parent
ODD = 'Wéird "n".x'
# Those that a role which is no superuser can restore, and those without extensions in them.
ORDINARY = ("a", "b", ODD)
ALL = ORDINARY + ("s", "e", "public")


def facts(cluster, db, schema):
    """What the catalogs say, as a multiset of (kind, object, fact)."""
    with cluster.connect(db) as connection:
        connection.execute("SET search_path = ''")
        rows = connection.execute((HERE / "catalog.sql").read_text(encoding="utf-8"), {"schema": schema}).fetchall()
    return collections.Counter("\t".join(row) for row in rows)


def note(cluster, db, names):
    return types.SimpleNamespace(
        prints={name: cluster.fingerprint(db, name) for name in names},
        dumps={name: cluster.dump_schema(db, name) for name in names},
        facts={name: facts(cluster, db, name) for name in names},
    )


def spoil_default_privileges(cluster, db):
    """Whatever our roles make from now on has grants that its original has not, and lacks some that it has."""
    kinds = (("TABLES", "ALL"), ("SEQUENCES", "ALL"), ("FUNCTIONS", "EXECUTE"), ("TYPES", "USAGE"), ("SCHEMAS", "ALL"))
    for role in ("postgres", "f_runner"):
        for kind, what in kinds:
            change = f"ALTER DEFAULT PRIVILEGES FOR ROLE {role}"
            cluster.sql(db, f"{change} GRANT {what} ON {kind} TO f_matviews WITH GRANT OPTION")
            cluster.sql(db, f"{change} REVOKE {what} ON {kind} FROM PUBLIC")


class Many:
    """The cluster with the schemas, what they were at the mark, a backup from before, and the WAL since."""

    def __init__(self, base):
        self.cluster = Cluster(base / "many")
        self.cluster.sql("postgres", "CREATE DATABASE shop")
        self.cluster.psql("shop", HERE / "fidelity.sql")
        self.backup = self.cluster.basebackup(base / "many-backup" / "one")
        self.cluster.sql("shop", "INSERT INTO a.tree VALUES (100, 1); INSERT INTO a.a VALUES (77, 'ok')")
        for name in ("m_granted", "m_pk", '"M on pk"'):
            self.cluster.sql("shop", f"REFRESH MATERIALIZED VIEW a.{name}")
        self.noted = note(self.cluster, "shop", ALL)
        self.moment = self.cluster.mark()
        self.cluster.sql("postgres", "CREATE DATABASE copy TEMPLATE shop")
        self.cluster.sql("shop", "DELETE FROM a.tree")
        self.cluster.switch_wal()
        spoil_default_privileges(self.cluster, "shop")

    def from_backup(self):
        source = ["--from", f"basebackup:{self.backup}", "--wal-archive", self.cluster.archive]
        return source + ["--pitr", pgtools.iso(self.moment)]

    def from_existing(self, user="postgres"):
        return ["--from", f"existing:{self.cluster.conninfo('copy', user)}", "--disposable-source"]

    def target(self, user="postgres"):
        return ["-d", self.cluster.conninfo("shop", user)]


def schemas(names):
    return [word for name in names for word in ("--schema", quote(name))]


@pytest.fixture(scope="module")
def many(base):
    made = Many(base)
    yield made
    made.cluster.stop()


@pytest.fixture
def tool(many, base):
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), many.cluster)
    made.base.chmod(0o755)
    yield made
    made.close()


def without(text, ending):
    return text.replace(ending, "")


def difference(got, want):
    return [f"- {line}" for line in sorted((want - got).elements())] + [
        f"+ {line}" for line in sorted((got - want).elements())
    ]


def assert_same(many, names, ending, recovered=True, points=None):
    """Every schema is in the target as it was noted. What is unlogged is as new after a recovery."""
    cluster, noted, found = many.cluster, many.noted, []
    for name in names:
        got = facts(cluster, "shop", name + ending)
        got = collections.Counter({without(line, ending): n for line, n in got.items()})
        found += difference(got, noted.facts[name])
        dump = collections.Counter(without(line, ending) for line in cluster.dump_schema("shop", name + ending))
        if name == "public":  # pg_dump says only what initdb does not
            dump["GRANT USAGE ON SCHEMA public TO PUBLIC;"] -= 1
        found += difference(dump, collections.Counter(noted.dumps[name]))
    assert not found, "\n".join(found)
    for name in names:
        got = cluster.fingerprint("shop", name + ending)
        if name == "a":  # what is stored is the name, which is another one now
            got["points_at"] = noted.prints[name]["points_at"]
            schema = points or f"a{ending}"
            assert cluster.sql("shop", f"SELECT rc::text, ty::text FROM a{ending}.points_at") == [
                (f"{schema}.a", f"{schema}.mood")
            ]
            if recovered:
                assert (got["unlogged"], got["unlogged_seq"]) == ((0, None), (7, False, 1))
                got |= {k: v for k, v in noted.prints["a"].items() if k.startswith("unlogged")}
        differs = {k: (got.get(k), v) for k, v in noted.prints[name].items() if len(v) == 2 and got.get(k) != v}
        assert not differs, f"rows in {name} differ (got, want)"
        pgtools.assert_rows(got, noted.prints[name])


def test_from_a_backup(many, tool):
    tool.ok(*many.from_backup(), *many.target(), *schemas(ALL), "-j", 4, "--suffix", "_restored")
    assert_same(many, ALL, "_restored")


@pytest.mark.parametrize("written_to", [True, False])
def test_from_an_existing_instance(many, tool, written_to):
    """Renamed by the server, or by the parser where the source is only read: with the same result."""
    names = ORDINARY + ("s",)
    source = [arg for arg in many.from_existing() if written_to or arg != "--disposable-source"]
    result = tool.ok(*source, *many.target(), *schemas(names), "-j", 1, "--suffix", "_restored")
    assert written_to == ("a_restored.points_at: holds names of objects" not in result.err)
    assert_same(many, names, "_restored", recovered=False, points=None if written_to else "a")
    for name in names:
        assert facts(many.cluster, "copy", name) == many.noted.facts[name], "the source is as it was"


def test_by_a_member_of_the_owners(many, tool):
    tool.ok(*many.from_backup(), *many.target("f_runner"), *schemas(ORDINARY), "--suffix", "_restored")
    assert_same(many, ORDINARY, "_restored")


def test_children_and_parents_apart(many, tool):
    """What is attached to a table of another schema must not be attached to the live one."""
    cluster = many.cluster
    queries = (
        "SELECT count(*) FROM a.parts",
        "SELECT count(*) FROM a.parent",
        "SELECT array_agg(inhrelid::regclass::text || ' ' || inhparent::regclass ORDER BY 1) FROM pg_inherits h"
        " JOIN pg_class c ON c.oid = inhparent JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname !~ '_restored'",
    )
    before = [cluster.sql("shop", query) for query in queries]
    rows = cluster.one("shop", "SELECT count(*) FROM b.parts_far"), cluster.one("shop", "SELECT count(*) FROM b.heir")
    for name, words in (
        ("b", ("b_restored.heir: is made to stand alone", "b_restored.parts_far: is left out")),
        ("a", ("a_restored.parts: is restored without its partition b.parts_far", "a_restored.parent: is restored")),
    ):
        result = tool.ok(*many.from_existing(), *many.target(), *schemas([name]), "--suffix", "_restored")
        for word in words:
            assert word in result.err
    assert [cluster.sql("shop", query) for query in queries] == before
    got = [cluster.one("shop", f"SELECT count(*) FROM b_restored.{name}") for name in ("parts_far", "heir")]
    assert tuple(got) == rows
    assert cluster.one("shop", "SELECT count(*) FROM a_restored.parts") == before[0][0][0] - rows[0]


PARTITIONS = """
    CREATE SCHEMA h;
    CREATE TYPE h.mood AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g');
    CREATE TABLE h.top (m h.mood[], i int) PARTITION BY LIST (i);
    CREATE TABLE h.t PARTITION OF h.top DEFAULT PARTITION BY HASH (m);
    CREATE TABLE h.t0 PARTITION OF h.t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE h.t1 PARTITION OF h.t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO h.top SELECT ARRAY[m], i FROM unnest(enum_range(NULL::h.mood)) m, generate_series(1, 9) i;
    CREATE INDEX ON h.t (m);
"""
# Nothing of this is in pg_depend.
HIDDEN = """
    SET search_path = h, public;
    CREATE TABLE h.z_read_by_checks (id int PRIMARY KEY);
    CREATE FUNCTION h.known(n int) RETURNS bool LANGUAGE sql AS
        'SELECT EXISTS (SELECT FROM h.z_read_by_checks WHERE id = n)';
    CREATE FUNCTION h.by_path(n int) RETURNS bool LANGUAGE sql AS
        'SELECT EXISTS (SELECT FROM z_read_by_checks WHERE id = n)';
    CREATE FUNCTION h.id_of(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
        'BEGIN RETURN (SELECT id FROM z_read_by_checks WHERE id = n); END';
    CREATE TABLE h.a_checked (n int CHECK (h.known(n)));
    CREATE TABLE h.b_checked (n int CHECK (h.by_path(n)));
    INSERT INTO h.z_read_by_checks SELECT generate_series(1, 100);
    INSERT INTO h.a_checked SELECT generate_series(1, 100);
    INSERT INTO h.b_checked SELECT generate_series(1, 100);
    CREATE INDEX ON h.b_checked (h.id_of(n));
    CREATE MATERIALIZED VIEW h.by_path_too AS SELECT n FROM h.a_checked WHERE h.by_path(n);
"""


@pytest.fixture
def hidden(many):
    cluster = many.cluster
    try:
        cluster.sql("copy", PARTITIONS + HIDDEN)
        yield cluster.fingerprint("copy", "h")
    finally:
        cluster.sql("copy", "DROP SCHEMA h CASCADE")


def test_what_no_catalog_knows(many, tool, hidden):
    """Enum values hash otherwise on the target; functions read tables that nobody says they read."""
    cluster = many.cluster
    given = [*many.from_existing(), *many.target(), *schemas("h"), "--suffix", "_restored"]
    result = tool.ok(*given, "--verify", "counts,checksum", "-j", 4)
    assert "h_restored.b_checked: calls a function that names things without a schema" in result.err
    got = cluster.fingerprint("shop", "h_restored")
    leaves = ("t0", "t1")
    assert {k: v for k, v in got.items() if k not in leaves} == {k: v for k, v in hidden.items() if k not in leaves}
    for i in (0, 1):  # the rows, and their checksums
        assert sum(got[leaf][i] or 0 for leaf in leaves) == sum(hidden[leaf][i] or 0 for leaf in leaves)
