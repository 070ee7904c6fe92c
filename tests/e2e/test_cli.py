"""What a person types: help, mistakes, configuration, environment, doctor."""

import re

import pytest

from test_bad_input import instead, without

COMMANDS = ("restore", "status", "list", "cleanup", "doctor")


@pytest.mark.parametrize("option", ["--help", "-?"])
def test_help(bare_tool, option):
    result = bare_tool.run(option)
    assert result.code == 0 and result.err == "", str(result)
    for word in ("--schema", "--pitr", "--from", "--dry-run", *COMMANDS):
        assert word in result.out, word
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(bare_tool, command):
    result = bare_tool.run(command, "--help")
    assert result.code == 0 and command in result.out, str(result)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(bare_tool, option):
    result = bare_tool.run(option)
    assert result.code == 0 and re.fullmatch(r"schemarestore [0-9]+\.[0-9]+\.[0-9]+.*\n", result.out), str(result)


def test_list_options_and_help_agree(bare_tool):
    options = bare_tool.run("--list-options").out.split()
    assert len(options) > 30
    every_help = "".join(bare_tool.run(*command, "--help").out for command in [(), *[(c,) for c in COMMANDS]])
    assert [o for o in options if f"--{o}" not in every_help] == []


@pytest.mark.parametrize("typed, meant", [("--shema", "--schema"), ("--pittr", "--pitr"), ("--dryrun", "--dry-run")])
def test_unknown_option_suggests(bare_tool, typed, meant):
    result = bare_tool.run(typed, "x")
    assert result.code == 2 and typed in result.err and meant in result.err, str(result)


def test_unknown_command_suggests(bare_tool):
    result = bare_tool.run("clenaup")
    assert result.code == 2 and "cleanup" in result.err, str(result)


def test_no_arguments(bare_tool):
    result = bare_tool.run()
    assert result.code == 2 and "--help" in result.err, str(result)


def test_missing_value(bare_tool):
    result = bare_tool.run("--schema")
    assert result.code == 2 and "--schema" in result.err, str(result)


def config_for(shop, jobs="1"):
    return (
        f"from = basebackup:{shop.backups / 'plain'}\nwal-archive = {shop.archive}\n"
        f"dbname = {shop.cluster.conninfo()}\njobs = {jobs}\n"
    )


def test_configuration_makes_the_bare_line_work(shop, tool):
    """~/.config/schemarestore.conf, and then nothing but --schema and --pitr."""
    (tool.home / ".config").mkdir()
    (tool.home / ".config" / "schemarestore.conf").write_text(config_for(shop), encoding="utf-8")
    tool.ok("--schema", "b", "--pitr", shop.main.iso)
    assert tool.kept == {"b" + shop.main.suffix}


def test_profile(shop, tool):
    path = tool.base / "my.conf"
    path.write_text("[other]\nfrom = basebackup:/nowhere\n[shop]\n" + config_for(shop), encoding="utf-8")
    tool.ok("restore", "--config", path, "--profile", "shop", "--schema", "b", "--pitr", shop.main.iso)
    tool.refused(2, "--config", path, "--profile", "shpo", "--schema", "b", "--pitr", "latest", words=["shpo"])


def test_environment_and_precedence(shop, tool):
    """Options win over the environment, which wins over files."""
    path = tool.base / "my.conf"
    path.write_text(config_for(shop).replace(str(shop.backups), "/nowhere"), encoding="utf-8")
    env = {"SCHEMARESTORE_FROM": f"basebackup:{shop.backups / 'plain'}", "SCHEMARESTORE_CONFIG": str(path)}
    tool.ok("--schema", "b", "--pitr", shop.main.iso, env=env)
    args = ["--schema", "b", "--pitr", shop.main.iso, "--from", "basebackup:/neither-here"]
    tool.refused((2, 3), *args, env=env, words=["/neither-here"])


def test_libpq_environment(shop, tool):
    env = {"PGHOST": str(shop.cluster.socket), "PGPORT": str(shop.cluster.port), "PGDATABASE": "shop", "PGUSER": "postgres"}
    tool.ok(*without(shop.args("b"), "-d"), env=env)


def test_connection_options(shop, tool):
    cluster = shop.cluster
    given = ["-h", cluster.socket, "-p", cluster.port, "-U", "postgres", "-d", "shop"]
    tool.ok(*without(shop.args("b"), "-d"), *given)


def test_mistakes_in_the_configuration(shop, tool):
    path = tool.base / "my.conf"
    path.write_text("wall-archive = /x\n", encoding="utf-8")
    tool.refused(2, *shop.args("b"), "--config", path, words=["wall-archive", "wal-archive", str(path)])
    path.write_text("this is not\na configuration\n", encoding="utf-8")
    tool.refused(2, *shop.args("b"), "--config", path, words=[str(path)])
    tool.refused(2, *shop.args("b"), "--config", tool.base / "missing.conf", words=["missing.conf"])


def test_request_file(shop, tool):
    path = tool.base / "request.json"
    path.write_text(f'{{"database": "shop", "schemas": ["b"], "restoreTime": "{shop.main.iso}"}}', encoding="utf-8")
    args = without(without(shop.args("b"), "--schema"), "--pitr")
    tool.ok(*args, "--request", path)
    assert tool.kept == {"b" + shop.main.suffix}
    path.write_text('{"schemas": ["b"], "restoreTiem": "x"}', encoding="utf-8")
    tool.refused(2, *args, "--request", path, words=["restoreTiem"])


def test_patterns(shop, tool):
    args = without(shop.args("b"), "--schema")
    tool.ok(*args, "--schema", "[bd]*", "--exclude-schema", "dr*")
    assert tool.kept == {"b" + shop.main.suffix}


def test_other_ways_to_write_the_moment(shop, tool):
    """An offset, and the local forms that timestamptz takes; the moment is the same."""
    offset = shop.main.at.astimezone().isoformat()
    tool.ok(*instead(shop.args("b"), "--pitr", offset))
    assert tool.kept == {"b" + shop.main.suffix}


def test_doctor_when_all_is_well(shop, tool):
    args = without(without(shop.args("b"), "--schema"), "--pitr")
    result = tool.run("doctor", *args)
    assert result.code == 0, str(result)
    for word in ("pg_dump", "second", str(tool.scratch)):
        assert word in result.text, f"{word}\n{result}"
    tool.check_gone()


def test_doctor_finds_what_is_wrong(shop, tool):
    args = without(without(shop.args("b"), "--schema"), "--pitr")
    broken = instead(args, "-d", f"host={tool.base} dbname=shop")
    result = tool.run("doctor", *instead(broken, "--from", "basebackup:/nowhere"))
    assert result.code != 0, str(result)
    assert "/nowhere" in result.text and str(tool.base) in result.text
