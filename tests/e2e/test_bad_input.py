"""What cannot work is refused with a reason, the documented exit code, and nothing is left behind."""

import datetime
import os
import pathlib
import shutil

import pytest

import pgtools

SECRET = "pass-that-must-not-show"


def instead(args, old, new):
    """args with the value that follows the option `old` replaced."""
    at = args.index(old) + 1
    return [*args[:at], str(new), *args[at + 1 :]]


def copy_backup(shop, tool, name="first", source="plain"):
    """A backup of the test's own, to be damaged."""
    dest = tool.base / "backups" / name
    shutil.copytree(shop.backups / source / name, dest, symlinks=True)
    pgtools.give_tree(dest.parent)
    return dest


def test_no_such_schema(shop, tool):
    result = tool.refused(3, *shop.args("share"), words=["does not exist", "\"share\"", "shared"])
    named = result.text.lower()
    assert "dropped" in named, "the names that do exist are given"
    assert named.index("shared") < named.index("dropped"), "nearest first"


def test_schema_made_later(shop, tool):
    tool.refused(3, *shop.args("made_later"), words=["does not exist", "made_later"])


def test_time_before_the_earliest_backup(shop, tool):
    when = pgtools.iso(shop.before_backup - datetime.timedelta(hours=1))
    args = instead(shop.args("a"), "--pitr", when)
    tool.refused(3, *args, words=["backup", shop.early.at.strftime("%H:%M")[:3]])


def test_time_after_the_last_commit(shop, tool):
    when = pgtools.iso(shop.last_commit + datetime.timedelta(seconds=2))
    args = instead(shop.args("a"), "--pitr", when)
    tool.refused((3, 4), *args, words=["last", shop.last_commit.astimezone(pgtools.UTC).strftime("%H:%M:%S")])


def test_time_in_the_future(shop, tool):
    tool.refused((2, 3), *instead(shop.args("a"), "--pitr", "2999-01-01T00:00:00Z"), words=["2999"])


@pytest.mark.parametrize("text", ["half past tea", "2024-13-01T00:00:00Z", "2024-02-30 12:00:00", ""])
def test_unreadable_time(shop, tool, text):
    tool.refused(2, *instead(shop.args("a"), "--pitr", text), words=["time", text])


def test_no_backup_in_the_directory(shop, tool):
    empty = pgtools.make_dir(tool.base / "empty")
    tool.refused(3, *instead(shop.args("a"), "--from", f"basebackup:{empty}"), words=["backup", str(empty)])


def test_no_such_directory(shop, tool):
    missing = tool.base / "missing"
    tool.refused((2, 3), *instead(shop.args("a"), "--from", f"basebackup:{missing}"), words=[str(missing)])


def test_no_such_archive(shop, tool):
    missing = tool.base / "missing"
    tool.refused((2, 3), *instead(shop.args("a"), "--wal-archive", missing), words=[str(missing)])


def test_missing_wal_segment(shop, tool):
    """One between the backup and the moment; the message names it."""
    archive = pgtools.make_dir(tool.base / "wal")
    for path in shop.archive.iterdir():
        shutil.copy2(path, archive)
    pgtools.give_tree(archive)
    label = (shop.backups / "plain" / "first" / "backup_label").read_text(encoding="utf-8")
    start = label.split("(file ")[1].split(")")[0]
    segments = sorted(p.name for p in archive.iterdir() if len(p.name) == 24 and p.name > start)
    gone = segments[0]
    (archive / gone).unlink()
    args = instead(shop.args("a", backups="plain/first"), "--wal-archive", archive)
    tool.refused((3, 4), *args, words=[gone])


def test_cut_file_in_a_plain_backup(shop, tool):
    backup = copy_backup(shop, tool)
    victim = max((p for p in (backup / "base").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    os.truncate(victim, victim.stat().st_size // 2)
    args = instead(shop.args("a"), "--from", f"basebackup:{backup}")
    tool.refused(3, *args, words=[victim.name])


def test_missing_file_in_a_plain_backup(shop, tool):
    backup = copy_backup(shop, tool)
    victim = max((p for p in (backup / "base").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    victim.unlink()
    args = instead(shop.args("a"), "--from", f"basebackup:{backup}")
    tool.refused(3, *args, words=[victim.name])


@pytest.mark.parametrize("compress, name", [("gzip", "base.tar.gz"), ("zstd", "base.tar.zst"), ("None", "base.tar")])
def test_cut_tar(shop, tool, compress, name):
    backup = copy_backup(shop, tool, source=f"tar-{compress}")
    os.truncate(backup / name, (backup / name).stat().st_size // 2)
    args = instead(shop.args("a"), "--from", f"basebackup:{backup}")
    tool.refused((3, 4), *args, words=[name])


def test_damaged_tar(shop, tool):
    backup = copy_backup(shop, tool, source="tar-gzip")
    with open(backup / "base.tar.gz", "r+b") as f:
        f.seek(os.path.getsize(f.name) // 2)
        f.write(b"\xff" * 4096)
    args = instead(shop.args("a"), "--from", f"basebackup:{backup}")
    tool.refused((3, 4), *args, words=["damaged", str(backup)])


def test_target_unreachable(shop, tool):
    args = instead(shop.args("a"), "-d", f"host={tool.base} port=5432 dbname=shop user=postgres")
    tool.refused(3, *args, words=["target", str(tool.base)])


def test_no_such_database(shop, tool):
    tool.refused(3, *instead(shop.args("a"), "-d", shop.cluster.conninfo("nowhere")), words=["nowhere"])


def test_wrong_password(shop, tool):
    args = instead(shop.args("a"), "-d", shop.cluster.tcp_conninfo(user="app_login"))
    result = tool.refused(3, *args, "--verbose", env={"PGPASSWORD": SECRET}, words=["password", "app_login"])
    assert SECRET not in result.text
    for path in (p for p in tool.state.rglob("*") if p.is_file()):
        assert SECRET not in path.read_text(errors="replace"), path


def test_not_enough_privileges(shop, tool):
    args = instead(shop.args("a"), "-d", shop.cluster.tcp_conninfo(user="weak_login"))
    tool.refused(3, *args, env={"PGPASSWORD": "sesame"}, words=["weak_login", "create", "shop"])


def test_no_space_in_scratch(shop, tool):
    """A backup with a file of 15 TB (a hole, in truth) is larger than what is free anywhere here."""
    backup = copy_backup(shop, tool)
    (backup / "backup_manifest").unlink()
    huge = backup / "base" / "1" / "4242424"
    with huge.open("wb") as file:
        file.truncate(15 << 40)
    args = instead(shop.args("a"), "--from", f"basebackup:{backup}")
    tool.refused(3, *args, words=["space", str(tool.scratch), "15.0 TB"])
    huge.unlink()


def test_no_programs_of_that_version(shop, tool):
    backup = copy_backup(shop, tool)
    (backup / "PG_VERSION").write_text("11\n")
    (backup / "backup_manifest").unlink()
    args = instead(shop.args("a"), "--from", f"basebackup:{backup}")
    tool.refused(3, *args, words=["11", "postgresql"])


def test_name_too_long_with_its_suffix(shop, tool):
    name = "customer_with_a_name_that_leaves_no_room_for_the_suffix"
    tool.refused((2, 3), *shop.args(name), words=[name, "63"])


def test_target_schema_exists(shop, tool):
    name = "a" + shop.main.suffix
    shop.cluster.sql("shop", f"CREATE SCHEMA {name}; CREATE TABLE {name}.mine AS SELECT 1 AS id")
    tool.kept.add(name)
    try:
        tool.refused(3, *shop.args("a"), words=[name, "exists"])
        assert shop.cluster.one("shop", f"SELECT id FROM {name}.mine") == 1
    finally:
        shop.cluster.drop_schemas([name])


def test_onto_the_live_schema(shop, tool):
    before = shop.cluster.fingerprint("shop", "a")
    tool.refused((2, 3), *shop.args("a"), "--rename", "a=a", words=["a"])
    assert shop.cluster.fingerprint("shop", "a") == before


def without(args, option):
    at = args.index(option)
    return args[:at] + args[at + 2 :]


def test_contradictions_and_gaps(shop, tool):
    args = shop.args("a")
    tool.refused(2, *args, "--snapshot", "latest", words=["--pitr", "--snapshot"])
    tool.refused(2, *without(args, "--pitr"), words=["--pitr"])
    tool.refused(2, *without(args, "--schema"), words=["--schema"])
    tool.refused(2, *without(args, "--from"), words=["--from"])
    tool.refused(2, *instead(args, "--from", "carrier-pigeon:x"), words=["carrier-pigeon", "basebackup"])
    tool.refused(2, *args, "--jobs", "many", words=["jobs", "many"])
    tool.refused(2, *args, "--jobs", "0", words=["jobs"])
    tool.refused(2, *args, "--verify", "vibes", words=["verify", "vibes"])
    tool.refused(2, *args, "--rename", "nonsense", words=["rename", "nonsense"])
    existing = instead(args, "--from", f"existing:{shop.cluster.conninfo()}")
    tool.refused(2, *existing, words=["--pitr", "existing"])


def test_strange_files_in_the_archive(shop, tool):
    """A directory where files should be, and files with odd names, do not confuse it."""
    archive = pgtools.make_dir(tool.base / "wal")
    for path in shop.archive.iterdir():
        shutil.copy2(path, archive)
    (archive / "README").write_text("not a segment")
    (archive / "000000010000000000000999.tmp").write_text("half")
    pathlib.Path(archive / "subdirectory").mkdir()
    pgtools.give_tree(archive)
    tool.ok(*instead(shop.args("b"), "--wal-archive", archive))
    assert tool.kept == {"b" + shop.main.suffix}
