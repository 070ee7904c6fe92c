"""Foreign keys from restored tables to live ones: what does not fit any more is told, and production never waits long."""

import json
import pathlib
import re
import signal
import tempfile
import threading
import time

import pytest

from pgtools import Cluster, Tool

SHARED = """
    CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
    CREATE SCHEMA shared; CREATE SCHEMA "Sh x";
    CREATE TABLE shared.country (code text PRIMARY KEY);
    INSERT INTO shared.country VALUES ('de'), ('fr'), ('it');
    CREATE TABLE shared.rate (currency text, day date, PRIMARY KEY (currency, day));
    INSERT INTO shared.rate SELECT c, day FROM unnest(ARRAY['EUR', 'USD']) c,
        generate_series(date '2024-01-01', date '2024-01-04', interval '1 day') day;
    CREATE TABLE shared.mail (address ext.citext PRIMARY KEY);
    INSERT INTO shared.mail VALUES ('One@example.org'), ('Two@example.org');
    CREATE TABLE "Sh x"."T t" ("a B" bigint PRIMARY KEY);
    INSERT INTO "Sh x"."T t" SELECT generate_series(1, 10);
    CREATE TABLE shared.many (id int PRIMARY KEY) PARTITION BY HASH (id);
    CREATE TABLE shared.many_0 PARTITION OF shared.many FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    INSERT INTO shared.many SELECT generate_series(1, 10);
"""
INSIDE = """
    CREATE SCHEMA a; CREATE SCHEMA p; CREATE SCHEMA one;
    CREATE TABLE a.orders (id int PRIMARY KEY, country text CONSTRAINT "country;" REFERENCES shared.country ON DELETE CASCADE,
        currency text, day date, full_currency text, full_day date, fits text CONSTRAINT fits REFERENCES shared.country,
        CONSTRAINT rate FOREIGN KEY (currency, day) REFERENCES shared.rate DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT full_rate FOREIGN KEY (full_currency, full_day) REFERENCES shared.rate MATCH FULL);
    INSERT INTO a.orders SELECT i, CASE WHEN i % 3 > 0 THEN 'fr' END, 'EUR', date '2024-01-01' + i % 4, 'USD', '2024-01-02', 'de'
        FROM generate_series(1, 12) i;
    INSERT INTO a.orders VALUES (13, NULL, 'XXX', NULL, NULL, NULL, NULL);
    CREATE TABLE a.child () INHERITS (a.orders);
    INSERT INTO a.child SELECT 100, 'fr';
    CREATE TABLE a.letter (id int PRIMARY KEY, address ext.citext CONSTRAINT address REFERENCES shared.mail,
        order_id int CONSTRAINT inside REFERENCES a.orders);
    INSERT INTO a.letter VALUES (1, 'ONE@EXAMPLE.ORG', 1), (2, 'two@example.org', 2);
    CREATE TABLE a."Tâble" ("c;d" int CONSTRAINT "k ""k" REFERENCES "Sh x"."T t");
    INSERT INTO a."Tâble" SELECT generate_series(1, 10);
    CREATE TABLE a.lazy (country text DEFAULT 'nowhere'); INSERT INTO a.lazy DEFAULT VALUES;
    ALTER TABLE a.lazy ADD CONSTRAINT lazy FOREIGN KEY (country) REFERENCES shared.country NOT VALID;
    CREATE TABLE a.parted (id int CONSTRAINT parted REFERENCES shared.many) PARTITION BY HASH (id);
    CREATE TABLE a.parted_0 PARTITION OF a.parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
    INSERT INTO a.parted SELECT generate_series(2, 10);
    CREATE TABLE a.to_parted (id int CONSTRAINT to_parted REFERENCES shared.many);
    INSERT INTO a.to_parted SELECT generate_series(1, 10);

    CREATE TABLE p.parted (country text CONSTRAINT parted REFERENCES shared.country) PARTITION BY LIST (country);
    CREATE TABLE p.parted_fr PARTITION OF p.parted FOR VALUES IN ('fr');
    INSERT INTO p.parted VALUES ('fr');
    CREATE TABLE one.t (country text CONSTRAINT fk REFERENCES shared.country); INSERT INTO one.t VALUES ('de');
"""
SINCE = """
    DELETE FROM shared.country WHERE code = 'fr';
    DELETE FROM shared.rate WHERE day = '2024-01-02';
    DELETE FROM shared.mail WHERE lower(address::text) = 'two@example.org';
    DELETE FROM "Sh x"."T t" WHERE "a B" > 4;
    DELETE FROM shared.many WHERE id = 1;
"""
# What does not fit: by key, the table, the name of the live one, and the rows that have no match.
UNFIT = {
    "country;": ("orders", "shared.country", 8),
    "rate": ("orders", "shared.rate", 3),
    "full_rate": ("orders", "shared.rate", 12),
    "address": ("letter", "shared.mail", 1),
    'k "k': ("Tâble", '"Sh x"."T t"', 6),
    "to_parted": ("to_parted", "shared.many", 1),
}


@pytest.fixture(scope="module")
def cluster(base):
    made = Cluster(base / "live", conf={"archive_mode": "off"})
    for db in ("past", "shop"):
        made.sql("postgres", f"CREATE DATABASE {db}")
        made.sql(db, SHARED)
    made.sql("past", INSIDE)
    made.sql("shop", SINCE)
    yield made
    made.stop()


@pytest.fixture
def tool(cluster, base):
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), cluster)
    made.base.chmod(0o755)
    made.kept = {"a_old", "p_old", "one_old"}
    yield made
    made.close()


def args(cluster, schema):
    where = ["--from", f"existing:{cluster.conninfo('past')}", "--disposable-source", "-d", cluster.conninfo()]
    return [*where, "--schema", schema, "--suffix", "_old"]


def keys(cluster, schema):
    """By name: whether it is valid."""
    return dict(
        cluster.sql(
            "shop",
            "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
            " AND connamespace = %s::regnamespace",
            [schema],
        )
    )


def test_what_does_not_fit_stays_not_valid(cluster, tool):
    result = tool.run(*args(cluster, "a"), "--json", "--verify", "counts,ddl")
    assert result.code == 0, str(result)
    valid = keys(cluster, "a_old")
    assert {name for name in valid if not valid[name]} == {*UNFIT, "lazy"}
    assert {"fits", "parted", "inside"} <= {name for name in valid if valid[name]}

    told = [e for e in result.events() if e.get("code") == "foreign-key-not-valid"]
    assert len(told) == len(UNFIT), json.dumps(told, indent=1)
    for name, (table, to, rows) in UNFIT.items():
        wanted = f"{rows} row has" if rows == 1 else f"{rows} rows have"
        (event,) = [e for e in told if name in e["object"] and e["message"].startswith(f"{wanted} no match in the live table {to}:")]
        assert event["object"].startswith("foreign key ") and table in event["object"]
        select, validate = re.search(r"(SELECT .*;) and when .*: (ALTER TABLE .*;)$", event["hint"]).groups()
        assert len(cluster.sql("shop", select)) == rows
        with pytest.raises(Exception, match="violates foreign key"):
            cluster.sql("shop", validate)

    with pytest.raises(Exception, match="violates foreign key"):
        cluster.sql("shop", "INSERT INTO a_old.orders VALUES (1000, 'fr')")
    cluster.sql("shop", "INSERT INTO shared.country VALUES ('fr')")
    try:
        (event,) = [e for e in told if "country;" in e["object"]]
        cluster.sql("shop", event["hint"].rpartition(": ")[2])
        assert keys(cluster, "a_old")["country;"]
    finally:
        cluster.sql("shop", "UPDATE a_old.orders SET country = NULL; DELETE FROM shared.country WHERE code = 'fr'")


def test_people_are_told_what_to_do(cluster, tool):
    result = tool.run(*args(cluster, "a"))
    assert result.code == 0, str(result)
    text = " ".join(result.text.split())
    assert "3 rows have no match in the live table shared.rate" in text
    assert 'ALTER TABLE "a_old"."orders" VALIDATE CONSTRAINT "rate";' in text


def test_partitioned_tables_have_none_that_is_not_valid(cluster, tool):
    """Before PostgreSQL 18: that is a failure then."""
    result = tool.run(*args(cluster, "p"))
    if int(cluster.one("shop", "SHOW server_version_num")) >= 180000:
        assert result.code == 0 and keys(cluster, "p_old") == {"parted": False}, str(result)
        return
    assert result.code == 7, str(result)
    (operation,) = tool.operations()
    assert "FOREIGN KEY (country)" in (operation / "ddl" / "failed.sql").read_text(encoding="utf-8")
    assert keys(cluster, "p_old") == {}


class Writer(threading.Thread):
    """Production: writes to the live table without pause, and notes the longest time it had to wait."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.longest, self.done = cluster, 0, False

    def run(self):
        with self.cluster.connect() as connection:
            while not self.done:
                began = time.monotonic()
                connection.execute("INSERT INTO shared.country VALUES ('x'); DELETE FROM shared.country WHERE code = 'x'")
                self.longest = max(self.longest, time.monotonic() - began)
                time.sleep(0.01)


def waiting(cluster):
    return cluster.sql(
        "shop",
        "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted"
        " AND l.relation = 'shared.country'::regclass AND a.application_name LIKE 'schemarestore%'",
    )


@pytest.mark.parametrize("mode", ["ROW EXCLUSIVE", "ACCESS EXCLUSIVE"])
def test_production_does_not_queue_behind_us(cluster, tool, mode):
    """Somebody keeps a lock: the restore waits for it, and others hardly for the restore."""
    writer = Writer(cluster)
    with cluster.connect() as holder:
        holder.execute(f"BEGIN; LOCK TABLE shared.country IN {mode} MODE")
        running = tool.popen(*args(cluster, "one"))
        running.wait_for(lambda: waiting(cluster), 20, "it waits")
        if mode == "ROW EXCLUSIVE":
            writer.start()
        time.sleep(4)
        assert running.alive()
        holder.execute("COMMIT")
    result = running.wait(30)
    assert result.code == 0, str(result)
    assert "NOT VALID" not in result.text
    assert keys(cluster, "one_old") == {"fk": True}
    if mode == "ROW EXCLUSIVE":
        writer.done = True
        writer.join(10)
        assert 0.5 < writer.longest < 3, "it waited behind the restore, and not for long"


def test_interrupted_while_it_waits(cluster, tool):
    with cluster.connect() as holder:
        holder.execute("BEGIN; LOCK TABLE shared.country IN ROW EXCLUSIVE MODE")
        running = tool.popen(*args(cluster, "one"))
        running.wait_for(lambda: waiting(cluster), 20, "it waits")
        running.signal(signal.SIGINT)
        result = running.wait(10)
    assert result.code == 130, str(result)
    assert "one_old" not in cluster.schemas()
