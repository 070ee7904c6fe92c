"""The main job: schemas come back as they stood at a moment, and nothing else changes."""

import collections
import os

import pytest

import pgtools
from conftest import ODD
from pgtools import quote


def assert_same(shop, mark, schema, restored, ending=None):
    """Rows, sequences and definitions of the restored schema are those noted at the mark."""
    cluster = shop.cluster
    pgtools.assert_rows(cluster.fingerprint("shop", restored), mark.prints[schema])
    got = collections.Counter(line.replace(ending or mark.suffix, "") for line in cluster.dump_schema("shop", restored))
    want = collections.Counter(mark.dumps[schema])
    assert sorted((got - want).elements()) == sorted((want - got).elements()), "definitions differ"


def live_state(shop):
    cluster = shop.cluster
    names = ("a", "b", ODD, "shared")
    return {name: (cluster.fingerprint("shop", name), cluster.dump_schema("shop", name)) for name in names}


def test_plain_backup(shop, tool):
    before = live_state(shop)
    result = tool.ok(*shop.args("a"))
    restored = "a" + shop.main.suffix
    assert tool.kept == {restored}
    assert restored in result.out, "the summary names the restored schema"
    assert_same(shop, shop.main, "a", restored)
    assert live_state(shop) == before, "the live schemas are never written to"
    later = f"SELECT count(*) FROM {restored}.customer WHERE name = 'later than main'"
    assert shop.cluster.one("shop", later) == 0
    assert shop.cluster.one("shop", later.replace(restored, "a")) == 1
    if os.path.basename(os.path.dirname(tool.program)) == "build":
        assert result.peak_kb < 64 * 1024, f"{result.peak_kb} kB of memory"


@pytest.mark.parametrize("compress", ["None", "gzip", "lz4", "zstd"])
def test_tar_backup(shop, tool, compress):
    tool.ok(*shop.args("a", backups=f"tar-{compress}"))
    assert_same(shop, shop.main, "a", "a" + shop.main.suffix)


@pytest.mark.parametrize("how", ["gzip", "lz4", "zstd"])
def test_compressed_wal(shop, tool, how):
    tool.ok(*shop.args("a", archive=how))
    assert_same(shop, shop.main, "a", "a" + shop.main.suffix)


def test_several_schemas_and_odd_names(shop, tool):
    tool.ok(*shop.args("a", "b", ODD, "dropped"))
    for schema in ("a", "b", ODD):
        assert_same(shop, shop.main, schema, schema + shop.main.suffix)
    assert shop.cluster.one("shop", f"SELECT id FROM dropped{shop.main.suffix}.t") == 1
    odd = quote(ODD + shop.main.suffix)
    rows = shop.cluster.one("shop", f'SELECT count(*) FROM {odd}."V."')
    assert shop.cluster.one("shop", f'SELECT {odd}."F f"()') == rows == 52


def test_the_newest_backup_before_the_moment(shop, tool):
    """The second backup ended after the early mark: the first must be taken."""
    tool.ok(*shop.args("a", mark=shop.early))
    assert_same(shop, shop.early, "a", "a" + shop.early.suffix)


def test_one_backup_named_directly(shop, tool):
    tool.ok(*shop.args("b", backups="plain/first"))
    assert_same(shop, shop.main, "b", "b" + shop.main.suffix)


def test_restore_command(shop, tool):
    tool.ok(*shop.args("b", archive=None), "--restore-command", f"cp {shop.archive}/%f %p")
    assert_same(shop, shop.main, "b", "b" + shop.main.suffix)


def test_latest(shop, tool):
    tool.ok(*shop.args("b")[:-1], "latest")
    (restored,) = tool.kept
    assert pgtools.SUFFIX.search(restored)
    pgtools.assert_rows(shop.cluster.fingerprint("shop", restored), shop.cluster.fingerprint("shop", "b"))


def test_snapshot_is_the_backup_itself(shop, tool):
    tool.ok(*shop.args("a")[:-2], "--snapshot", "latest")
    (restored,) = tool.kept
    seen = set(shop.cluster.sql("shop", f"SELECT name FROM {restored}.customer WHERE name ~ 'later'"))
    assert seen == {("later than early",)}
    columns = "SELECT count(*) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'added_later'"
    assert shop.cluster.one("shop", columns, (f"{restored}.orders",)) == 0


def test_snapshot_by_name(shop, tool):
    tool.ok(*shop.args("a")[:-2], "--snapshot", "first")
    (restored,) = tool.kept
    assert shop.cluster.one("shop", f"SELECT count(*) FROM {restored}.customer WHERE name ~ 'later'") == 0


def test_suffix_and_rename(shop, tool):
    tool.ok(*shop.args("a", "b"), "--suffix", "_before", "--rename", "b=Other B")
    assert tool.kept == {"a_before", "Other B"}
    assert_same(shop, shop.main, "a", "a_before", ending="_before")
    pgtools.assert_rows(shop.cluster.fingerprint("shop", "Other B"), shop.main.prints["b"])


def test_a_suffix_makes_a_long_name_fit(shop, tool):
    name = "customer_with_a_name_that_leaves_no_room_for_the_suffix"
    tool.ok(*shop.args(name), "--suffix", "_r")
    assert tool.kept == {name + "_r"}


def test_bodies_work_on_the_restored_schema(shop, tool):
    """Functions see the restored tables, whether they name the schema or rely on their search path."""
    tool.ok(*shop.args("a"))
    new, cluster = "a" + shop.main.suffix, shop.cluster
    orders, _ = shop.main.prints["a"]["orders"]
    assert cluster.one("shop", "SELECT count(*) FROM a.orders") < orders, "live has seen the bad DELETE"
    assert cluster.one("shop", f"SELECT {new}.by_search_path()") == orders
    assert cluster.one("shop", f"SELECT {new}.order_count()") == orders
    live = cluster.fingerprint("shop", "a")
    assert cluster.one("shop", f"SELECT {new}.add_order(105, 5)") > 1000
    assert cluster.one("shop", f"SELECT count(*) FROM {new}.orders") == orders + 1
    assert cluster.one("shop", f"SELECT count(*) FROM {new}.log_child") > 0
    cluster.sql("shop", f"CALL {new}.forget(105)")
    assert cluster.fingerprint("shop", "a") == live


def test_into_another_database(shop, tool):
    """One country is missing there, so one foreign key stays NOT VALID; and something there forbids triggers."""
    cluster = shop.cluster
    cluster.sql("postgres", "CREATE DATABASE elsewhere")
    try:
        cluster.sql(
            "elsewhere",
            "CREATE SCHEMA shared; CREATE TABLE shared.country (code text PRIMARY KEY, name text);"
            " INSERT INTO shared.country VALUES ('de', 'Germany'); GRANT REFERENCES ON shared.country TO app_owner;"
            " GRANT USAGE ON SCHEMA shared TO app_owner;"
            " CREATE FUNCTION shared.no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no triggers here''; END';"
            " CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE TRIGGER') EXECUTE FUNCTION shared.no()",
        )
        args = [cluster.conninfo("elsewhere") if a == cluster.conninfo() else a for a in shop.args("a")]
        result = tool.run(*args, "--source-dbname", "shop")
        assert result.code == 7, str(result)
        restored = "a" + shop.main.suffix
        pgtools.assert_rows(cluster.fingerprint("elsewhere", restored), shop.main.prints["a"])
        (operation,) = tool.operations()
        failed = (operation / "ddl" / "failed.sql").read_text(encoding="utf-8")
        assert "CREATE TRIGGER" in failed and "no triggers here" in failed and "no triggers here" in result.text
        assert "customer_country_fkey" not in failed and "customer_country_fkey" in result.text
        assert f'ALTER TABLE "{restored}"."customer" VALIDATE CONSTRAINT "customer_country_fkey";' in result.text
        assert "orders_customer_id_fkey" not in failed
        tool.check_gone()
    finally:
        cluster.sql("postgres", "DROP DATABASE elsewhere WITH (FORCE)")


def test_scripts_are_usable_with_psql(shop, tool):
    """pre-data.sql and post-data.sql of the operation's folder make the schema a second time."""
    tool.ok(*shop.args("a"))
    (operation,) = tool.operations()
    restored, cluster = "a" + shop.main.suffix, shop.cluster
    want = cluster.dump_schema("shop", restored)
    for name in ("complete.sql", "pre-data.sql", "post-data.sql"):
        assert (operation / "ddl" / name).stat().st_size > 1000
    for scripts in (["pre-data.sql", "post-data.sql"], ["complete.sql"]):
        cluster.sql("shop", f"DROP SCHEMA {restored} CASCADE")
        for name in scripts:
            cluster.psql("shop", operation / "ddl" / name)
        assert sorted(cluster.dump_schema("shop", restored)) == sorted(want)


def test_the_folder_of_the_operation(shop, tool):
    tool.ok(*shop.args("b"))
    (operation,) = tool.operations()
    names = {str(p.relative_to(operation)) for p in operation.rglob("*") if p.is_file()}
    assert {"request.json", "journal.jsonl", "metrics.json", "log"} <= names
    assert operation.stat().st_mode & 0o077 == 0


def test_small_segments_and_fetched_wal(base, shop, tool):
    """Segments of 1 MB; the backup has its WAL from the archive alone (-X none)."""
    small = pgtools.Cluster(base / "small", segment_mb=1, archive="zstd")
    try:
        small.sql("postgres", "CREATE DATABASE shop")
        small.sql("shop", "CREATE SCHEMA a; CREATE TABLE a.t AS SELECT i FROM generate_series(1, 100000) i")
        small.basebackup(base / "small-backup" / "one", wal="none")
        small.sql("shop", "INSERT INTO a.t SELECT 0 FROM generate_series(1, 100000)")
        moment = small.mark()
        small.sql("shop", "TRUNCATE a.t")
        small.switch_wal()
        tool.ok(
            *["--from", f"basebackup:{base / 'small-backup'}", "--wal-archive", small.archive, "--schema", "a"],
            *["-d", shop.cluster.conninfo(), "--pitr", pgtools.iso(moment)],
        )
        assert shop.cluster.one("shop", f"SELECT count(*) FROM a{pgtools.suffix(moment)}.t") == 200000
    finally:
        small.stop()


def test_schema_only(shop, tool):
    """Definitions without rows, compared with what was extracted."""
    tool.refused(2, *shop.args("a"), "--schema-only", "--verify", "checksum", words=["--schema-only"])
    tool.ok(*shop.args("a"), "--schema-only", "--verify", "counts,ddl")
    restored = "a" + shop.main.suffix
    names = "SELECT tablename FROM pg_tables WHERE schemaname = "
    live, back = (set(shop.cluster.sql("shop", f"{names}'{schema}'")) for schema in ("a", restored))
    assert live and live <= back
    rows = shop.cluster.fingerprint("shop", restored)
    assert all(not value[0] for name, value in rows.items() if not name.endswith("_seq")), rows
