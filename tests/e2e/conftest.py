"""One cluster with a base backup in every format and a WAL archive, made once and used by nearly all tests.

Its story:   load → backups "first" → work → mark `early` → later rows → backup "second" → work → mark `main`
             → one second later: a row, the bad DELETE, a DROP TABLE, a DROP SCHEMA → archived.
"""

import pathlib
import shutil
import tempfile
import types

import pytest

import pgtools
from pgtools import Cluster, Tool

ODD = 'Odd näme."q" x'
HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="session")
def base():
    path = pathlib.Path(tempfile.mkdtemp(prefix="srt-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def note(cluster):
    """A mark: the moment, and how every schema stood at it."""
    prints = {name: cluster.fingerprint("shop", name) for name in ("a", "b", ODD)}
    dumps = {name: cluster.dump_schema("shop", name) for name in ("a", "b", ODD)}
    moment = cluster.mark()
    return types.SimpleNamespace(
        at=moment, iso=pgtools.iso(moment), suffix=pgtools.suffix(moment), prints=prints, dumps=dumps
    )


class Shop:
    """The shared cluster, its backups, and its marks."""

    def __init__(self, base):
        self.base = base
        self.cluster = Cluster(base / "shop", tcp=True)
        self.backups = base / "backups"
        self.archive = self.cluster.archive
        self.fast = self.cluster.tablespace("fast")
        self._archives = {"plain": self.archive}
        self.cluster.sql("postgres", "CREATE DATABASE shop")
        self.cluster.psql("shop", HERE / "shop.sql")
        self.before_backup = self.cluster.mark()
        self.cluster.checkpoint()
        self._backup("first")
        for how in (None, "gzip", "lz4", "zstd"):
            self.cluster.basebackup(self.backups / f"tar-{how}" / "first", "tar", how)
        self._work(1)
        self.early = note(self.cluster)
        self._later("early")
        self._backup("second")
        self.cluster.sql("shop", "ALTER TABLE a.orders ADD COLUMN added_later text DEFAULT 'new'")
        self._work(2)
        self.main = note(self.cluster)
        self._later("main")
        self.cluster.sql(
            "shop",
            "DELETE FROM a.orders WHERE id % 2 = 0; DROP TABLE a.bulk; DROP SCHEMA dropped CASCADE;"
            " CREATE SCHEMA made_later; CREATE TABLE made_later.t AS SELECT 1 AS id",
        )
        self.cluster.mark()
        self.cluster.sql("shop", "INSERT INTO b.orders VALUES (100000, 'the last commit')")
        self.last_commit = self.cluster.now()
        self.last_wal = self.cluster.switch_wal()

    def _backup(self, name):
        self.cluster.basebackup(
            self.backups / "plain" / name, tablespaces={self.fast: self.base / "backup-spaces" / name}
        )

    def _work(self, n):
        self.cluster.sql(
            "shop",
            f"INSERT INTO a.orders (customer_id, total) SELECT 105, i FROM generate_series(1, 500) i;"
            f" UPDATE a.customer SET name = name || ' {n}' WHERE id % 2 = 0; DELETE FROM a.event WHERE id % 10 = {n};"
            f" INSERT INTO b.orders VALUES ({1000 * n}, 'work'); SELECT nextval('a.used_seq');"
            f' INSERT INTO "Odd näme.""q"" x"."Tâble ""1""" VALUES ({1000 * n}, \'work {n}\');'
            " REFRESH MATERIALIZED VIEW a.totals; REFRESH MATERIALIZED VIEW a.totals_of_totals",
        )

    def _later(self, which):
        """Committed within the second after the mark."""
        self.cluster.sql("shop", f"INSERT INTO a.customer (name) VALUES ('later than {which}')")

    def archive_as(self, how):
        if how not in self._archives:
            dest = self.base / f"wal-{how}"
            self._archives[how] = pgtools.compress_archive(self.archive, dest, how)
        return self._archives[how]

    def args(self, *schemas, mark=None, backups="plain", archive="plain"):
        """The command line for schemas at a mark (the main one)."""
        args = ["--from", f"basebackup:{self.backups / backups}", "-d", self.cluster.conninfo()]
        if archive is not None:
            args += ["--wal-archive", str(self.archive_as(archive))]
        for name in schemas or ("a",):
            args += ["--schema", pgtools.quote(name) if name != name.lower() or " " in name else name]
        return args + ["--pitr", (mark or self.main).iso]


@pytest.fixture(scope="session")
def shop(base):
    made = Shop(base)
    yield made
    made.cluster.stop()


@pytest.fixture
def tool(shop, base):
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), shop.cluster)
    made.base.chmod(0o755)
    yield made
    made.close()


@pytest.fixture
def bare_tool(base):
    """For command lines that need no server."""
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), None)
    made.base.chmod(0o755)
    yield made
    made.close()
