"""What the restored schemas need from outside is looked for on the target before anything is made, and told at once."""

import json
import pathlib
import tempfile

import pytest

from pgtools import Cluster, Tool, quote

ODD = 'Shäred "x"'

# What the target lacks at first.
OUTSIDE = [
    "CREATE TABLESPACE far",
    "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext",
    "CREATE EXTENSION file_fdw SCHEMA ext; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
    "CREATE TRUSTED LANGUAGE odd HANDLER plpgsql_call_handler",
    "CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler",
    """CREATE SCHEMA shared;
       CREATE TYPE shared.money AS ENUM ('a', 'b');
       CREATE TYPE shared.pair AS (x int, y shared.money);
       CREATE DOMAIN shared.positive AS int CHECK (VALUE > 0);
       CREATE TYPE shared.span AS RANGE (subtype = numeric, multirange_type_name = shared.spans)""",
    """CREATE TABLE shared.country (code text PRIMARY KEY, name text);
       INSERT INTO shared.country VALUES ('de', 'Germany');
       CREATE SEQUENCE shared.seq""",
    """CREATE FUNCTION shared.price(int, shared.money) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
       CREATE FUNCTION shared.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
       CREATE FUNCTION shared.plus(shared.pair, shared.pair) RETURNS shared.pair LANGUAGE sql AS 'SELECT $1';
       CREATE OPERATOR shared.<+> (LEFTARG = shared.pair, RIGHTARG = shared.pair, FUNCTION = shared.plus);
       CREATE OPERATOR CLASS shared.int_ops FOR TYPE int USING btree AS
           OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)""",
    """CREATE COLLATION shared.german FROM "C";
       CREATE TEXT SEARCH CONFIGURATION shared.words (COPY = simple)""",
    f"CREATE SCHEMA {quote(ODD)}; CREATE TABLE {quote(ODD)}.\"T t\" (\"a B\" int)",
]
INSIDE = f"""
    CREATE SCHEMA a;
    CREATE TABLE a.customer (
        id int PRIMARY KEY DEFAULT nextval('shared.seq'), email ext.citext, others ext.citext[],
        m shared.money DEFAULT 'a', pos shared.positive, spans shared.spans, pair shared.pair, home shared.country,
        country text REFERENCES shared.country, name text COLLATE shared.german, CHECK (shared.price(1, m) > 0));
    CREATE INDEX customer_ops ON a.customer (id shared.int_ops) TABLESPACE far;
    CREATE INDEX customer_words ON a.customer USING gin (to_tsvector('shared.words', name));
    CREATE TRIGGER touch BEFORE INSERT ON a.customer FOR EACH ROW EXECUTE FUNCTION shared.touch();
    CREATE VIEW a.countries AS SELECT name, count(*) FROM shared.country GROUP BY code;
    CREATE VIEW a.sums AS SELECT pair OPERATOR(shared.<+>) pair AS pair FROM a.customer;
    CREATE VIEW a.odd AS SELECT "a B" FROM {quote(ODD)}."T t";
    CREATE TABLE a.too (i int) USING heap_too;
    CREATE FOREIGN TABLE a.file (line text) SERVER files OPTIONS (filename '/dev/null');
    CREATE FUNCTION a.oddly() RETURNS int LANGUAGE odd AS 'BEGIN RETURN 1; END';
    INSERT INTO a.customer (email, country, name) VALUES ('x@y', 'de', 'X');
"""
LACKING = (
    "extension citext 1.6 in schema ext, for column a.customer.email and ",
    "extension file_fdw 1.0 in schema ext, for foreign table a.file\n",
    "foreign server files, for foreign table a.file\n",
    "tablespace far, for index a.customer_ops\n",
    "language odd, for function a.oddly()\n",
    "access method heap_too, for table a.too\n",
    "type shared.money, for column a.customer.m and ",
    "type shared.pair, for column a.customer.pair",
    "type shared.positive, for column a.customer.pos",
    "type shared.span, for column a.customer.spans",
    "table shared.country, for ",
    "sequence shared.seq, for column a.customer.id\n",
    "function shared.price(integer,shared.money), for constraint customer_m_check on a.customer\n",
    "function shared.touch(), for trigger touch on a.customer\n",
    "operator shared.<+>(shared.pair,shared.pair), for view a.sums\n",
    "operator class shared.int_ops USING btree, for index a.customer_ops\n",
    "collation shared.german, for column a.customer.name",
    "text search configuration shared.words, for index a.customer_words\n",
    'table "Shäred ""x"""."T t", for view a.odd',
)
STATEMENTS = (
    "CREATE SCHEMA ext;",
    "CREATE EXTENSION citext SCHEMA ext;",
    "CREATE EXTENSION file_fdw SCHEMA ext;",
    "CREATE SCHEMA shared;",
    "CREATE TABLESPACE far LOCATION '…';",
    "pg_dump --schema-only",
)


@pytest.fixture(scope="module")
def source(base):
    made = Cluster(base / "outside-source", conf={"archive_mode": "off"})
    made.sql("postgres", "CREATE DATABASE shop")
    for text in OUTSIDE:
        create(made, "shop", text)
    made.sql("shop", INSIDE)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def target(base):
    made = Cluster(base / "outside-target", conf={"archive_mode": "off"})
    made.sql("postgres", "CREATE DATABASE shop")
    yield made
    made.stop()


@pytest.fixture
def tool(target, base):
    made = Tool(pathlib.Path(tempfile.mkdtemp(prefix="tool-", dir=base)), target)
    made.base.chmod(0o755)
    yield made
    made.close()


def create(cluster, db, text):
    """The statements of OUTSIDE; a tablespace is the whole cluster's."""
    if "TABLESPACE" not in text:
        cluster.sql(db, text)
    elif not cluster.sql(db, "SELECT FROM pg_tablespace WHERE spcname = 'far'"):
        cluster.tablespace("far")


@pytest.fixture
def bare(source, target, request):
    """A database with nothing in it, and the command line that restores into it."""
    name = request.node.name
    target.sql("postgres", f"CREATE DATABASE {name}")
    where = ["--from", f"existing:{source.conninfo()}", "--disposable-source", "-d", target.conninfo(name)]
    return name, [*where, "--schema", "a", "--suffix", "_old"]


@pytest.fixture
def given(target, bare):
    """The same with everything that is needed."""
    for text in OUTSIDE:
        create(target, bare[0], text)
    return bare


def refused(target, tool, db, args, *words):
    before = target.schemas(db)
    result = tool.refused(3, *args, words=words)
    assert target.schemas(db) == before
    return result


def test_all_that_is_missing_is_told_at_once(source, target, tool, bare):
    db, args = bare
    before = source.schemas()
    result = refused(target, tool, db, args, *STATEMENTS)
    for line in LACKING:
        assert line in result.err.replace("\n\t", "\n"), f"{line!r} in\n{result}"
    assert f"the target lacks {len(LACKING)} things that the schemas need" in result.err
    assert "_old" not in result.err.partition("DETAIL")[2], "names as people know them"
    assert source.schemas() == before

    for text in OUTSIDE:
        create(target, db, text)
    result = tool.run(*args, "--json")
    assert result.code == 0, str(result)
    assert target.sql(db, "SELECT email::text, country FROM a_old.customer") == [("x@y", "de")]
    facts = [e for e in result.events() if "outside-references" in json.dumps(e)]
    assert len(facts) == 1
    for words in ("table shared.country", "extension citext", "tablespace far"):
        assert words in json.dumps(facts[0])


def test_another_kind_columns_and_keys(target, tool, given):
    db, args = given
    target.sql(db, "DROP TABLE shared.country CASCADE; CREATE VIEW shared.country AS SELECT 'de' AS code")
    result = refused(target, tool, db, args, "lacks 1 thing that", "table shared.country (there it is a view), for ")
    assert "--schema" in result.err
    target.sql(db, "DROP VIEW shared.country; CREATE TABLE shared.country (code text, n int)")
    words = ("2 things", "column shared.country.name, for view a.countries", "unique key shared.country (code), for ")
    refused(target, tool, db, args, *words)
    target.sql(db, "ALTER TABLE shared.country ADD name text, ADD CONSTRAINT called_otherwise PRIMARY KEY (code)")
    target.sql(db, "INSERT INTO shared.country VALUES ('de', 1, 'Germany')")
    assert tool.run(*args).code == 0


def test_extensions(target, tool, given):
    db, args = given
    target.sql(db, "CREATE SCHEMA elsewhere; ALTER EXTENSION citext SET SCHEMA elsewhere")
    words = ("extension citext 1.6 in schema ext (there it is in schema elsewhere), for column a.customer.email",)
    refused(target, tool, db, args, "lacks 1 thing that", "ALTER EXTENSION citext SET SCHEMA ext;", *words)
    target.sql(db, "DROP EXTENSION citext; CREATE EXTENSION citext SCHEMA ext VERSION '1.4'")
    result = tool.run(*args)
    assert result.code == 0, str(result)
    assert "citext: is an extension of version 1.6 on the source and 1.4 on the target" in result.err
    target.sql(db, "DROP SCHEMA a_old CASCADE; ALTER EXTENSION citext DROP TYPE ext.citext")
    target.sql(db, "ALTER TYPE ext.citext SET SCHEMA elsewhere")
    refused(target, tool, db, args, "type ext.citext of extension citext 1.6 (there it has version 1.4)", "UPDATE TO '1.6'")


def test_partitions_do_not_need_their_parents(source, target, tool, given):
    db, args = given
    source.sql(
        "shop",
        "CREATE TABLE shared.parts (i int) PARTITION BY LIST (i); CREATE SCHEMA p;"
        "CREATE TABLE p.one PARTITION OF shared.parts FOR VALUES IN (1); INSERT INTO shared.parts VALUES (1)",
    )
    args[args.index("a")] = "p"
    result = tool.run(*args)
    assert result.code == 0, str(result)
    assert target.one(db, "SELECT count(*) FROM p_old.one") == 1
