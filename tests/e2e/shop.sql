-- What the tests restore: the customer schemas a, b and one with an odd name, and what they share.
CREATE ROLE app_owner;
CREATE ROLE app_reader;
CREATE ROLE "Odd Role";
CREATE ROLE app_login LOGIN PASSWORD 'sesame';
CREATE ROLE weak_login LOGIN PASSWORD 'sesame';

CREATE SCHEMA shared;
CREATE TABLE shared.country (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO shared.country VALUES ('de', 'Germany'), ('fr', 'France'), ('is', 'Ísland');

CREATE SCHEMA a AUTHORIZATION app_owner;
COMMENT ON SCHEMA a IS 'Customer a: everything that can be in a schema';
GRANT USAGE ON SCHEMA a TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA a GRANT SELECT ON TABLES TO app_reader;
GRANT REFERENCES, SELECT ON shared.country TO app_owner;
GRANT USAGE ON SCHEMA shared TO app_owner;
GRANT CREATE ON DATABASE shop TO app_owner;
GRANT CREATE ON TABLESPACE fast TO app_owner;

SET ROLE app_owner;

CREATE TYPE a.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE a.address AS (street text, zip text, mood a.mood);
CREATE DOMAIN a.email AS text CONSTRAINT email_has_at CHECK (VALUE ~ '@');
CREATE TYPE a.span AS RANGE (subtype = numeric);
COMMENT ON TYPE a.mood IS 'how they are';

CREATE TABLE a.customer (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5) PRIMARY KEY,
    name text NOT NULL,
    mood a.mood DEFAULT 'ok'::a.mood NOT NULL,
    addr a.address,
    addrs a.address[],
    mail a.email,
    country text REFERENCES shared.country,
    created timestamptz DEFAULT now() NOT NULL,
    name_length integer GENERATED ALWAYS AS (length(name)) STORED,
    CONSTRAINT customer_name_not_empty CHECK (name <> '')
);
COMMENT ON TABLE a.customer IS 'Who buys; see a.orders';
COMMENT ON COLUMN a.customer.mood IS 'it''s a.mood';
GRANT SELECT (id, name), UPDATE (mood) ON a.customer TO "Odd Role";
ALTER TABLE a.customer REPLICA IDENTITY FULL;

CREATE SEQUENCE a.order_seq START 1000;
CREATE TABLE a.orders (
    id bigint DEFAULT nextval('a.order_seq'::regclass) PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES a.customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    a text DEFAULT 'a.example.com',
    total numeric(12,2) CHECK (total >= 0),
    placed timestamptz DEFAULT now(),
    payload jsonb,
    took interval
);
ALTER SEQUENCE a.order_seq OWNED BY a.orders.id;
CREATE INDEX orders_customer ON a.orders (customer_id) INCLUDE (total);
CREATE INDEX orders_big ON a.orders (total DESC) WHERE total > 100;
CREATE INDEX orders_lower ON a.orders (lower(a)) TABLESPACE fast;
CREATE INDEX orders_payload ON a.orders USING gin (payload);
CREATE STATISTICS a.orders_stats (dependencies) ON customer_id, total FROM a.orders;
ALTER TABLE a.orders CLUSTER ON orders_customer;

CREATE TABLE a.order_line (
    order_id bigint REFERENCES a.orders ON DELETE CASCADE,
    line integer,
    what text,
    span a.span,
    PRIMARY KEY (order_id, line),
    EXCLUDE USING gist (span WITH &&) WHERE (what = 'unique')
);
ALTER TABLE a.order_line ADD CONSTRAINT line_positive CHECK (line > 0) NOT VALID;

CREATE TABLE a.event (id bigint, at date NOT NULL, kind text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE a.event_2023 PARTITION OF a.event FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE a.event_2024 PARTITION OF a.event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') TABLESPACE fast;
CREATE TABLE a.event_rest PARTITION OF a.event DEFAULT;
CREATE INDEX event_kind ON a.event (kind);

CREATE TABLE a.log_base (at timestamptz, what text);
CREATE TABLE a.log_child (extra text) INHERITS (a.log_base);

CREATE TABLE a.doc (id integer PRIMARY KEY, body text, words tsvector, raw bytea, tags text[], f float8, flags bit varying(8));
CREATE INDEX doc_words ON a.doc USING gin (words);
ALTER TABLE a.doc ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE a.bulk (id integer PRIMARY KEY, filler text) WITH (fillfactor = 90);
CREATE TABLE a.in_space (id integer PRIMARY KEY, note text) TABLESPACE fast;
CREATE TABLE a.empty_table (id integer);
CREATE TABLE a.no_columns ();
CREATE TABLE a."Mixed ""Case"". table" ("Sélect" integer, "a.b" text);
CREATE TABLE a.secret (owner text, what text);
ALTER TABLE a.secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE a.secret FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON a.secret TO app_reader USING (owner = current_user);

CREATE SEQUENCE a.untouched_seq START 42;
CREATE SEQUENCE a.used_seq INCREMENT 10 MAXVALUE 100000 CYCLE;

CREATE VIEW a.order_summary AS
    SELECT a.customer_id, count(*) AS orders, sum(a.total) AS total, max(a.a) AS a
    FROM a.orders a WHERE a.a <> 'a.example.com/a.orders' GROUP BY a.customer_id;
CREATE VIEW a.happy AS SELECT c.name, s.total FROM a.customer c JOIN a.order_summary s ON s.customer_id = c.id
    WHERE c.mood = 'happy'::a.mood;
CREATE VIEW a.sad AS SELECT id, name, mood FROM a.customer WHERE mood = 'sad'::a.mood WITH LOCAL CHECK OPTION;
COMMENT ON VIEW a.order_summary IS 'sums';
CREATE MATERIALIZED VIEW a.totals AS SELECT customer_id, total FROM a.order_summary;
CREATE UNIQUE INDEX totals_customer ON a.totals (customer_id);
CREATE MATERIALIZED VIEW a.totals_of_totals AS SELECT count(*) AS n FROM a.totals;
CREATE MATERIALIZED VIEW a.never_filled AS SELECT 1 AS one WITH NO DATA;

CREATE FUNCTION a.order_total(customer bigint) RETURNS numeric LANGUAGE sql STABLE AS
    $$ SELECT coalesce(sum(o.total), 0) FROM a.orders o WHERE o.customer_id = $1 $$;
CREATE FUNCTION a.order_count() RETURNS bigint LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT count(*) FROM a.orders; END;
CREATE FUNCTION a.add_order(who bigint, amount numeric) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
    c a.customer%ROWTYPE;
    how a.mood := 'sad';
    made bigint;
BEGIN
    -- a comment that names a.orders stays as it is
    SELECT * INTO c FROM a.customer WHERE id = who;
    IF c.mood = 'happy'::a.mood THEN
        how := 'happy';
    END IF;
    INSERT INTO a.orders (customer_id, total) VALUES (who, amount) RETURNING id INTO made;
    PERFORM nextval('a.used_seq');
    RETURN made;
END $fn$;
CREATE FUNCTION a.by_search_path() RETURNS bigint LANGUAGE sql SET search_path = a, pg_temp AS
    'SELECT count(*) FROM orders';
CREATE FUNCTION a.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO a.log_child (at, what, extra) VALUES (now(), TG_OP, NEW.id::text);
    RETURN NEW;
END $$;
CREATE PROCEDURE a.forget(customer bigint) LANGUAGE sql AS $$ DELETE FROM a.orders WHERE customer_id = customer $$;
CREATE AGGREGATE a.total_of (numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '0');
CREATE FUNCTION a.moody(a.mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = 'happy'::a.mood $$;
CREATE INDEX customer_moody ON a.customer (a.moody(mood));
CREATE TRIGGER orders_touch AFTER INSERT ON a.orders FOR EACH ROW EXECUTE FUNCTION a.touch();
CREATE TRIGGER orders_silent BEFORE UPDATE ON a.orders FOR EACH ROW EXECUTE FUNCTION a.touch();
ALTER TABLE a.orders DISABLE TRIGGER orders_silent;
CREATE RULE no_truncate AS ON DELETE TO a.in_space DO INSTEAD NOTHING;
COMMENT ON FUNCTION a.order_total(bigint) IS 'what they spent';
REVOKE ALL ON FUNCTION a.order_total(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION a.order_total(bigint) TO app_reader;
GRANT ALL ON a.orders TO "Odd Role" WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE a.used_seq TO app_reader;

INSERT INTO a.customer (name, mood, addr, addrs, mail, country)
    SELECT 'customer ' || i, (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::a.mood,
           ROW('Street ' || i, i::text, 'ok')::a.address, ARRAY[ROW('x', 'y', 'sad')::a.address],
           'c' || i || '@a.example.com', (ARRAY['de', 'fr', 'is'])[1 + i % 3]
    FROM generate_series(1, 500) i;
INSERT INTO a.orders (customer_id, total, payload, took)
    SELECT 100 + 5 * (i % 500), i % 333, jsonb_build_object('i', i, 'a', 'a.orders'), i * interval '1 minute 1.5 seconds'
    FROM generate_series(1, 5000) i;
INSERT INTO a.order_line SELECT id, 1, E'tab\tback\\slash\nnewline', a.span(id, id + 1) FROM a.orders;
INSERT INTO a.event SELECT i, date '2023-06-01' + i % 900, 'kind ' || i % 7 FROM generate_series(1, 3000) i;
INSERT INTO a.doc SELECT i, repeat(md5(i::text), 500), to_tsvector('simple', md5(i::text)), decode(md5(i::text), 'hex'),
    ARRAY['x', NULL, 'é"{}'], CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE 1.0 / (i + 1) END, B'101'
    FROM generate_series(1, 300) i;
INSERT INTO a.bulk SELECT i, repeat('b', 300) FROM generate_series(1, 60000) i;
INSERT INTO a.in_space SELECT i, 'in a tablespace' FROM generate_series(1, 100) i;
INSERT INTO a."Mixed ""Case"". table" VALUES (1, NULL), (2, 'ä€𝄞'), (3, '\N'), (4, '');
INSERT INTO a.no_columns SELECT FROM generate_series(1, 3);
RESET ROLE;
INSERT INTO a.secret VALUES ('app_reader', 'mine'), ('other', 'not mine');
SELECT nextval('a.used_seq') FROM generate_series(1, 5);
REFRESH MATERIALIZED VIEW a.totals;
REFRESH MATERIALIZED VIEW a.totals_of_totals;

CREATE SCHEMA b;
CREATE TABLE b.orders (id integer PRIMARY KEY, what text);
CREATE VIEW b.recent AS SELECT * FROM b.orders WHERE id > 5;
INSERT INTO b.orders SELECT i, 'order ' || i FROM generate_series(1, 200) i;
CREATE FUNCTION b.n() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM b.orders';

CREATE SCHEMA "Odd näme.""q"" x";
CREATE TABLE "Odd näme.""q"" x"."Tâble ""1""" (id integer PRIMARY KEY, "a b" text UNIQUE);
INSERT INTO "Odd näme.""q"" x"."Tâble ""1""" SELECT i, 'row ' || i FROM generate_series(1, 50) i;
CREATE VIEW "Odd näme.""q"" x"."V." AS SELECT * FROM "Odd näme.""q"" x"."Tâble ""1""";
CREATE FUNCTION "Odd näme.""q"" x"."F f"() RETURNS bigint LANGUAGE sql AS
    'SELECT count(*) FROM "Odd näme.""q"" x"."Tâble ""1"""';

CREATE SCHEMA dropped;
CREATE TABLE dropped.t AS SELECT 1 AS id;

CREATE SCHEMA customer_with_a_name_that_leaves_no_room_for_the_suffix;
CREATE TABLE customer_with_a_name_that_leaves_no_room_for_the_suffix.t AS SELECT 1 AS id;

-- Copying this one can be made to fail: the check calls a function that lives outside of it.
CREATE FUNCTION shared.allowed(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE SCHEMA fragile;
CREATE DOMAIN fragile.word AS text CHECK (shared.allowed(VALUE));
CREATE TABLE fragile.good AS SELECT i AS id FROM generate_series(1, 100) i;
CREATE TABLE fragile.words (id integer PRIMARY KEY, word fragile.word);
INSERT INTO fragile.words SELECT i, 'word ' || i FROM generate_series(1, 100) i;
