"""`existing:`, an instance that somebody else made: renamed on only when it is disposable, and put back."""

import pathlib
import signal
import threading

import pytest

import pgtools
from proxy import StallingProxy

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def other(base):
    """An instance with the same schemas; not the target's."""
    made = pgtools.Cluster(base / "other")
    made.tablespace("fast")
    made.sql("postgres", "CREATE DATABASE shop")
    made.psql("shop", HERE / "shop.sql")
    made.sql("shop", "INSERT INTO b.orders VALUES (777, 'only here')")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def standby(other, base):
    made = pgtools.standby(other, base / "standby")
    yield made
    made.stop()


def args(shop, other, *schemas, target=None):
    given = ["--from", f"existing:{other.conninfo()}", "-d", target or shop.cluster.conninfo()]
    for name in schemas:
        given += ["--schema", name]
    return given


def test_only_read(shop, other, tool):
    """Without --disposable-source nothing is written to the source, at any time; the result is the same."""
    proxy = StallingProxy(shop.cluster, tool.base / "p", 1_000_000)
    try:
        before = stand(other), other.fingerprint("shop", "a")
        other.sql("postgres", "ALTER DATABASE shop SET default_transaction_read_only = on")
        running = tool.popen(*args(shop, other, "a", "b", target=proxy.conninfo()), "--verify", "checksum")
        running.wait_for(proxy.stalled.is_set, 60, "rows are being copied")
        assert stand(other) == before[0]
        proxy.release()
        result = running.wait()
        assert result.code == 0, str(result)
        restored = shop.cluster.schemas() - tool.before
        tool.kept |= restored
        assert len(restored) == 2
        for name in restored:
            pgtools.assert_rows(
                shop.cluster.fingerprint("shop", name), other.fingerprint("shop", pgtools.SUFFIX.sub("", name))
            )
        assert (stand(other), other.fingerprint("shop", "a")) == before
    finally:
        other.sql("postgres", "ALTER DATABASE shop RESET default_transaction_read_only")
        proxy.close()


def test_beside_itself(shop, other, tool):
    """The source may be the target: a copy of a live schema as it stands."""
    tool.target = other
    tool.before = other.schemas()
    before = other.fingerprint("shop", "a")
    tool.ok("--from", f"existing:{other.conninfo()}", "-d", other.conninfo(), "--schema", "a", "--suffix", "_copy")
    pgtools.assert_rows(other.fingerprint("shop", "a_copy"), before)
    assert other.fingerprint("shop", "a") == before


def test_while_others_write(shop, other, tool):
    """Definitions and rows are read under one snapshot: two tables that always change together agree."""
    other.sql("shop", "CREATE SCHEMA pair; CREATE TABLE pair.one AS SELECT 0 AS n; CREATE TABLE pair.two AS SELECT 0 AS n")
    writing = threading.Event()

    def write():
        with other.connect("shop") as connection:
            connection.autocommit = True
            while not writing.is_set():
                connection.execute("UPDATE pair.one SET n = n + 1; UPDATE pair.two SET n = n + 1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        tool.ok(*args(shop, other, "pair"), "--suffix", "_restored")
        one = shop.cluster.one("shop", "SELECT n FROM pair_restored.one")
        assert one == shop.cluster.one("shop", "SELECT n FROM pair_restored.two")
        assert one > 0
    finally:
        writing.set()
        writer.join()
        other.sql("shop", "DROP SCHEMA pair CASCADE")


def test_a_standby(shop, other, standby, tool):
    """A standby can only be read."""
    tool.refused(3, *args(shop, standby, "a"), "--disposable-source", words=["standby"])
    tool.ok(*args(shop, standby, "a"), "--suffix", "_restored")
    pgtools.assert_rows(shop.cluster.fingerprint("shop", "a_restored"), other.fingerprint("shop", "a"))


def test_disposable(shop, other, tool):
    before = (other.schemas(), other.dump_schema("shop", "a"), other.fingerprint("shop", "a"))
    tool.ok(*args(shop, other, "a", "b"), "--disposable-source")
    assert len(tool.kept) == 2
    for restored in tool.kept:
        assert pgtools.SUFFIX.search(restored)
        schema = pgtools.SUFFIX.sub("", restored)
        pgtools.assert_rows(shop.cluster.fingerprint("shop", restored), other.fingerprint("shop", schema))
    assert (other.schemas(), other.dump_schema("shop", "a"), other.fingerprint("shop", "a")) == before


def stand(other):
    """Its schemas, and all definitions in one of them, bodies of functions included."""
    schemas = other.schemas()
    return schemas, other.dump_schema("shop", "a") if "a" in schemas else None


def test_renamed_back_after_a_signal(shop, other, tool):
    proxy = StallingProxy(shop.cluster, tool.base / "p", 1_000_000)
    try:
        before = stand(other)
        running = tool.popen(*args(shop, other, "a", target=proxy.conninfo()), "--disposable-source")
        running.wait_for(proxy.stalled.is_set, 60, "rows are being copied")
        assert stand(other) != before
        running.signal(signal.SIGTERM)
        result = running.wait(30)
        assert result.code == 128 + signal.SIGTERM, str(result)
        assert stand(other) == before
        tool.check_gone()
    finally:
        proxy.close()


def test_renamed_back_after_a_kill(shop, other, tool):
    proxy = StallingProxy(shop.cluster, tool.base / "p", 1_000_000)
    try:
        before = stand(other)
        running = tool.popen(*args(shop, other, "a", target=proxy.conninfo()), "--disposable-source")
        running.wait_for(proxy.stalled.is_set, 60, "rows are being copied")
        running.signal(signal.SIGKILL)
        running.wait(10)
        tool.check_gone(10)
        pgtools.wait_for(lambda: stand(other) == before, 10, "the schema has its old name again")
    finally:
        proxy.close()


def test_the_target_is_not_a_source(shop, other, tool):
    """The live schema would be renamed: refused, however it is spelled."""
    before = shop.cluster.schemas()
    for source in (shop.cluster.conninfo(), shop.cluster.tcp_conninfo() + " password=sesame"):
        if "127.0.0.1" in source:
            source = source.replace("user=postgres", "user=app_login")
        given = ["--from", f"existing:{source}", "-d", shop.cluster.conninfo(), "--schema", "b"]
        result = tool.refused((2, 3), *given, "--disposable-source")
        assert "sesame" not in result.text
        assert shop.cluster.schemas() == before


def test_no_such_schema(shop, other, tool):
    tool.refused(3, *args(shop, other, "share"), "--disposable-source", words=["share", "shared"])


def test_unreachable(shop, other, tool):
    given = ["--from", f"existing:host={tool.base} dbname=shop", "-d", shop.cluster.conninfo(), "--schema", "a"]
    tool.refused((3, 4), *given, "--disposable-source", words=["cannot connect", str(tool.base)])


def test_a_moment_makes_no_sense(shop, other, tool):
    tool.refused(2, *args(shop, other, "a"), "--disposable-source", "--pitr", "latest", words=["--pitr", "existing"])
