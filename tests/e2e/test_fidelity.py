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


class Many:
    """The cluster with the schemas, what they were at the mark, a backup from before, and the WAL since."""

    def __init__(self, base):
        self.cluster = Cluster(base / "many")
        self.cluster.sql("postgres", "CREATE DATABASE shop")
        self.cluster.psql("shop", HERE / "fidelity.sql")
        self.backup = self.cluster.basebackup(base / "many-backup" / "one")
        self.cluster.sql("shop", "INSERT INTO a.tree VALUES (100, 1); INSERT INTO a.a VALUES (77, 'ok')")
        self.cluster.sql("shop", 'REFRESH MATERIALIZED VIEW a.m_pk; REFRESH MATERIALIZED VIEW a."M on pk"')
        self.noted = note(self.cluster, "shop", ALL)
        self.moment = self.cluster.mark()
        self.cluster.sql("postgres", "CREATE DATABASE copy TEMPLATE shop")
        self.cluster.sql("shop", "DELETE FROM a.tree")
        self.cluster.switch_wal()

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


def assert_same(many, names, ending, empty=()):
    """Every schema is in the target as it was noted. `empty` tables' rows are in no backup."""
    cluster, noted, found = many.cluster, many.noted, []
    for name in names:
        got = facts(cluster, "shop", name + ending)
        got = collections.Counter({without(line, ending): n for line, n in got.items()})
        found += difference(got, noted.facts[name])
        dump = collections.Counter(without(line, ending) for line in cluster.dump_schema("shop", name + ending))
        found += difference(dump, collections.Counter(noted.dumps[name]))
    assert not found, "\n".join(found)
    for name in names:
        pgtools.assert_rows(cluster.fingerprint("shop", name + ending), noted.prints[name])


@pytest.mark.parametrize("jobs", [1, 4])
def test_from_a_backup(many, tool, jobs):
    tool.ok(*many.from_backup(), *many.target(), *schemas(ALL), "-j", jobs, "--suffix", f"_restored{jobs}")
    assert_same(many, ALL, f"_restored{jobs}")


def test_from_an_existing_instance(many, tool):
    tool.ok(*many.from_existing(), *many.target(), *schemas(ORDINARY + ("s",)), "--suffix", "_restored")
    assert_same(many, ORDINARY + ("s",), "_restored")


def test_by_a_member_of_the_owners(many, tool):
    tool.ok(*many.from_backup(), *many.target("f_runner"), *schemas(ORDINARY), "--suffix", "_restored")
    assert_same(many, ORDINARY, "_restored")
