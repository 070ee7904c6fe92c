"""The harness notices what is left behind; without this, every "nothing is left" above would prove nothing."""

import os
import signal
import subprocess

import pytest

import pgtools
from proxy import StallingProxy


def script(tool, text):
    path = tool.base / "program"
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o755)
    tool.program = str(path)


def test_a_process_left(tool):
    script(tool, "sleep 60 >/dev/null 2>&1 &\nexit 0\n")
    assert tool.run().code == 0
    with pytest.raises(AssertionError, match="sleep 60"):
        tool.check_gone(0.2)
    for pid in tool.processes():
        os.kill(pid, signal.SIGKILL)


def test_a_file_left(tool):
    script(tool, 'touch "$SCHEMARESTORE_SCRATCH_DIR/x" "$TMPDIR/y"\n')
    tool.run()
    with pytest.raises(AssertionError, match="scratch/x(.|\n)*tmp/y"):
        tool.check_gone(0)
    (tool.scratch / "x").unlink()
    (tool.tmp / "y").unlink()


def test_a_schema_left(shop, tool):
    shop.cluster.sql("shop", "CREATE SCHEMA a_20200101000000")
    with pytest.raises(AssertionError, match="schema: a_20200101000000"):
        tool.check_gone(0)
    shop.cluster.drop_schemas(["a_20200101000000"])


def test_a_restored_copy_is_compared_row_by_row(shop, tool):
    """One changed row, and one sequence that stands elsewhere, change the fingerprint."""
    cluster = shop.cluster
    before = cluster.fingerprint("shop", "b")
    cluster.sql("shop", "UPDATE b.orders SET what = what || ' ' WHERE id = 7")
    after = cluster.fingerprint("shop", "b")
    cluster.sql("shop", "UPDATE b.orders SET what = 'order 7' WHERE id = 7")
    assert before != after and cluster.fingerprint("shop", "b") == before


def test_the_proxy_stalls_a_copy(shop, tool):
    proxy = StallingProxy(shop.cluster, tool.base / "p", 200_000)
    table = "CREATE TABLE b.proxied (t text)"
    shop.cluster.sql("shop", table)
    try:
        argv = [str(pgtools.BINDIR / "psql"), "-Xqc", "COPY b.proxied FROM STDIN", "-d", proxy.conninfo()]
        copy = subprocess.Popen(argv, stdin=subprocess.PIPE, env=pgtools.clean_env())
        feeder = subprocess.Popen(["sh", "-c", "yes x | head -n 500000"], stdout=copy.stdin)
        copy.stdin.close()
        assert proxy.stalled.wait(10)
        assert copy.poll() is None
        proxy.release()
        assert copy.wait(20) == 0 and feeder.wait(20) == 0
        assert shop.cluster.one("shop", "SELECT count(*) FROM b.proxied") == 500000
    finally:
        shop.cluster.sql("shop", "DROP TABLE b.proxied")
        proxy.close()
