"""Forty tables, large ones among them: everything comes back, within little memory. E2E_BIG_MB=1000 for more."""

import os

import pgtools


def test_forty_tables(base, bare_tool):
    megabytes = int(os.environ.get("E2E_BIG_MB", "200"))
    big = pgtools.Cluster(base / "big", conf={"max_wal_size": "4GB", "autovacuum": "off"})
    bare_tool.target, bare_tool.before = big, {"a", "public"}
    try:
        big.sql("postgres", "CREATE DATABASE shop")
        big.sql("shop", "CREATE SCHEMA a")
        with big.connect() as connection:
            for i in range(38):
                rows = megabytes * 600 if i == 0 else megabytes * 10
                connection.execute(
                    f"CREATE TABLE a.t{i} AS SELECT n, md5(n::text) AS a, repeat(md5((n * {i})::text), 30) AS b"
                    f" FROM generate_series(1, {rows}) n; ALTER TABLE a.t{i} ADD PRIMARY KEY (n)"
                )
            connection.execute(
                "CREATE TABLE a.wide (n int PRIMARY KEY, body text); ALTER TABLE a.wide ALTER body SET STORAGE EXTERNAL;"
                " INSERT INTO a.wide SELECT n, repeat(md5(n::text), 320000) FROM generate_series(1, 3) n;"
                " CREATE TABLE a.holes AS SELECT n, 'x' AS x FROM generate_series(1, 300000) n;"
                " DELETE FROM a.holes WHERE n BETWEEN 1000 AND 290000"
            )
        big.basebackup(base / "big-backup" / "one")
        big.sql("shop", "UPDATE a.t1 SET a = 'changed' WHERE n % 3 = 0")
        before = big.fingerprint("shop", "a")
        moment = big.mark()
        big.sql("shop", "DELETE FROM a.t0")
        big.switch_wal()
        result = bare_tool.ok(
            *["--from", f"basebackup:{base / 'big-backup'}", "--wal-archive", big.archive, "--schema", "a"],
            *["-d", big.conninfo(), "--pitr", pgtools.iso(moment)],
        )
        assert len(before) == 40
        pgtools.assert_rows(big.fingerprint("shop", "a" + pgtools.suffix(moment)), before)
        if os.path.basename(os.path.dirname(bare_tool.program)) == "build":
            assert result.peak_kb < 64 * 1024, f"{result.peak_kb} kB of memory"
    finally:
        big.stop()
