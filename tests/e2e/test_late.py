"""What depends on more than the catalogs say: functions that count on a search_path, checks that read other tables."""

import pytest

import pgtools

SCHEMA = """
CREATE SCHEMA q;
SET search_path = q;
CREATE FUNCTION up(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
CREATE FUNCTION norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT up($1)';
CREATE TABLE large AS SELECT g AS id, md5(g::text) AS name, repeat('x', 150) AS pad FROM generate_series(1, 650000) g;
CREATE INDEX ON large (norm(name));
CREATE TABLE zz_first (id int);
INSERT INTO zz_first VALUES (1);
CREATE FUNCTION known(int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN EXISTS (SELECT FROM zz_first); END';
CREATE TABLE checked AS SELECT g AS id, repeat('y', 200) AS pad FROM generate_series(1, 300000) g;
ALTER TABLE checked ADD CONSTRAINT late CHECK (id > 1000 OR q.known(id));
"""


def sums(cluster, db, schema):
    """Rows and checksum of each table, read with the search_path that the functions need."""
    with cluster.connect(db) as connection:
        connection.execute(f"SET search_path = {schema}")
        return {
            table: connection.execute(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t").fetchone()
            for table in ("large", "zz_first", "checked")
        }


@pytest.mark.parametrize("jobs", [1, 3])
def test_functions_that_count_on_a_search_path(base, bare_tool, jobs):
    """The large table is read in pieces, whose planning calls norm(); a piece of `checked` is refused half-way."""
    cluster = pgtools.Cluster(base / f"late{jobs}", conf={"max_wal_size": "4GB", "autovacuum": "off"})
    bare_tool.target, bare_tool.before = cluster, {"public"}
    try:
        cluster.sql("postgres", "CREATE DATABASE source")
        cluster.sql("postgres", "CREATE DATABASE shop")
        cluster.sql("source", SCHEMA)
        before = sums(cluster, "source", "q")
        result = bare_tool.ok(
            *["--from", f"existing:{cluster.conninfo('source')}", "--disposable-source", "-d", cluster.conninfo("shop")],
            *["--schema", "q", "--suffix", "_back", "--verify", "checksum", "-j", jobs],
        )
        assert sums(cluster, "shop", "q_back") == before
        assert "search_path" in result.text
    finally:
        cluster.stop()
