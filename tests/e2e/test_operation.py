"""An operation's life: interrupted, killed, failed, kept, cleaned up, listed, and two at once."""

import json
import os
import signal

import pytest

import pgtools
from proxy import StallingProxy
from test_bad_input import instead


@pytest.fixture
def proxy(shop, tool):
    made = StallingProxy(shop.cluster, tool.base / "p", 1_000_000)
    yield made
    made.close()


def start_and_stall(shop, tool, proxy, *more):
    """Starts a restore of `a` and returns when its copy has come to a halt half-way."""
    args = instead(shop.args("a"), "-d", proxy.conninfo())
    running = tool.popen(*args, *more)
    running.wait_for(proxy.stalled.is_set, 90, "rows are being copied")
    assert "a" + shop.main.suffix in shop.cluster.schemas()
    return running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_during_the_copy(shop, tool, proxy, number):
    running = start_and_stall(shop, tool, proxy)
    running.signal(number)
    result = running.wait(30)
    assert result.code == 128 + number, str(result)
    assert "a" + shop.main.suffix not in shop.cluster.schemas()
    tool.check_gone()


def test_signal_during_recovery(shop, tool):
    """While the temporary instance comes up: restore_command never ends."""
    running = tool.popen(*shop.args("a", archive=None), "--restore-command", "sleep 600 # %f %p")
    running.wait_for(lambda: list(tool.scratch.rglob("postmaster.pid")), 60, "the temporary instance starts")
    running.signal(signal.SIGTERM)
    result = running.wait(30)
    assert result.code == 128 + signal.SIGTERM, str(result)
    tool.check_gone()


def test_killed_during_the_copy(shop, tool, proxy):
    """The guardian undoes everything when the main process is killed."""
    running = start_and_stall(shop, tool, proxy)
    os.kill(running.pid, signal.SIGKILL)
    running.wait(10)
    tool.check_gone(10)
    listed = tool.run("list", "--json")
    assert listed.code == 0, str(listed)
    assert len(listed.events()) == 1


def test_killed_with_its_guardian(shop, tool, proxy):
    """Like a power cut: `cleanup` removes what is left, and a second one finds nothing to do."""
    running = start_and_stall(shop, tool, proxy)
    for pid, command in tool.processes().items():
        if "schemarestore" in command and not command.startswith("postgres"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    running.wait(10)
    restored = "a" + shop.main.suffix
    assert restored in shop.cluster.schemas()
    result = tool.run("cleanup", "--dry-run")
    assert result.code == 0 and restored in result.text, str(result)
    assert restored in shop.cluster.schemas()
    proxy.release()
    result = tool.run("cleanup")
    assert result.code == 0, str(result)
    assert restored in result.text
    tool.check_gone()
    assert tool.run("cleanup").code == 0


def test_a_failing_copy_undoes_itself(shop, tool, fragile):
    result = tool.refused(6, *shop.args("fragile", "b"), words=["words"])
    assert "value for domain" in result.text, str(result)


def test_keep_leaves_what_was_made(shop, tool, fragile):
    restored = "fragile" + shop.main.suffix
    result = tool.run(*shop.args("fragile"), "--keep")
    assert result.code == 6, str(result)
    assert restored in shop.cluster.schemas()
    (operation,) = tool.operations()
    assert operation.name in result.text, "says how to go on"
    done = tool.run("cleanup", operation.name)
    assert done.code == 0, str(done)
    assert restored not in shop.cluster.schemas()
    tool.check_gone()


@pytest.fixture
def fragile(shop):
    """Makes the rows of the schema `fragile` unacceptable."""
    replace = "CREATE OR REPLACE FUNCTION shared.allowed(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS "
    shop.cluster.sql("shop", replace + "'SELECT $1 <> ''word 50'''")
    yield
    shop.cluster.sql("shop", replace + "'SELECT true'")


def test_two_at_once_for_one_schema(shop, tool, proxy):
    first = start_and_stall(shop, tool, proxy)
    second = tool.run(*shop.args("a"))
    assert second.code == 3, str(second)
    assert "a" + shop.main.suffix in second.text
    assert first.alive()
    status = tool.run("status")
    assert status.code == 0 and "a" + shop.main.suffix in status.text, str(status)
    proxy.release()
    done = first.wait()
    assert done.code == 0, str(done)
    tool.kept.add("a" + shop.main.suffix)
    pgtools.assert_rows(shop.cluster.fingerprint("shop", "a" + shop.main.suffix), shop.main.prints["a"])


def test_two_at_once_for_different_schemas(shop, tool):
    running = [tool.popen(*shop.args(name)) for name in ("b", "dropped")]
    for one in running:
        result = one.wait()
        assert result.code == 0, str(result)
    tool.kept |= {"b" + shop.main.suffix, "dropped" + shop.main.suffix}
    assert len(tool.operations()) == 2


def test_a_running_operation_is_not_cleaned_up(shop, tool, proxy):
    first = start_and_stall(shop, tool, proxy)
    (operation,) = tool.operations()
    result = tool.run("cleanup", operation.name)
    assert result.code == 3, str(result)
    assert tool.run("cleanup", "--all").code in (0, 3)
    assert first.alive() and "a" + shop.main.suffix in shop.cluster.schemas()
    first.signal(signal.SIGTERM)
    first.wait(30)


def test_list_and_status(shop, tool):
    assert tool.run("list").code == 0, "nothing yet"
    tool.ok(*shop.args("b"))
    tool.refused(3, *shop.args("nosuch"))
    (good,) = [o for o in tool.operations() if (o / "ddl" / "complete.sql").exists()]
    listed = tool.run("list")
    assert listed.code == 0 and good.name in listed.out, str(listed)
    status = tool.run("status", good.name)
    assert status.code == 0, str(status)
    assert good.name in status.out and "b" + shop.main.suffix in status.out
    machine = tool.run("status", good.name, "--json")
    assert machine.code == 0 and machine.events(), str(machine)
    assert tool.run("status", "restore-20000101-000000-0000").code in (2, 3)


def test_dry_run(shop, tool):
    before = shop.cluster.schemas()
    result = tool.run(*shop.args("a", "b"), "--dry-run")
    assert result.code == 0, str(result)
    for word in ("second", "a" + shop.main.suffix, "b" + shop.main.suffix):
        assert word in result.text, f"{word}\n{result}"
    assert shop.cluster.schemas() == before
    tool.check_gone()


def test_dry_run_refuses_like_the_real_one(shop, tool):
    name = "b" + shop.main.suffix
    shop.cluster.sql("shop", f"CREATE SCHEMA {name}")
    tool.kept.add(name)
    try:
        tool.refused(3, *shop.args("b"), "--dry-run", words=[name, "exists"])
    finally:
        shop.cluster.drop_schemas([name])


def test_json_events(shop, tool):
    result = tool.ok(*shop.args("b"), "--json")
    events = result.events()
    assert len(events) > 5 and all(isinstance(e, dict) for e in events)
    text = json.dumps(events)
    for phase in ("prepare", "provision", "extract", "copy", "finish", "verify"):
        assert f'"{phase}"' in text, phase
    assert "b" + shop.main.suffix in json.dumps(events[-1]), "the last event is the outcome"


def test_json_when_refused(shop, tool):
    result = tool.refused(3, *shop.args("nosuch"), "--json")
    assert "nosuch" in json.dumps(result.events()[-1])


def test_nothing_but_the_summary_on_stdout(shop, tool):
    result = tool.ok(*shop.args("b"))
    assert "b" + shop.main.suffix in result.out
    assert "\x1b" not in result.text and "\r" not in result.text, "no terminal, no control characters"


def test_quiet(shop, tool):
    result = tool.ok(*shop.args("b"), "--quiet")
    assert result.err == "", str(result)


def test_verify_checksum(shop, tool):
    result = tool.ok(*shop.args("a"), "--verify", "counts,checksum")
    pgtools.assert_rows(shop.cluster.fingerprint("shop", "a" + shop.main.suffix), shop.main.prints["a"])


@pytest.mark.parametrize("jobs", ["1", "8"])
def test_jobs(shop, tool, jobs):
    tool.ok(*shop.args("a"), "--jobs", jobs)
    pgtools.assert_rows(shop.cluster.fingerprint("shop", "a" + shop.main.suffix), shop.main.prints["a"])


def test_a_connection_lost_during_the_copy(shop, tool, proxy):
    """A chunk is one transaction: it is simply done again on a new connection."""
    running = start_and_stall(shop, tool, proxy)
    name = "a" + shop.main.suffix
    lost = shop.cluster.sql(
        "shop",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^COPY' AND query ~ %s AND state = 'active'",
        (name,),
    )
    assert lost, "a COPY was running"
    proxy.release()
    result = running.wait()
    if result.code == 0:
        tool.kept.add(name)
        pgtools.assert_rows(shop.cluster.fingerprint("shop", name), shop.main.prints["a"])
    else:
        assert result.code == 6, str(result)
        tool.check_gone()
