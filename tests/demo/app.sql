-- The application's own schema in the demo: views, functions, triggers, keys, partitions, types.
CREATE ROLE shop_owner;
CREATE ROLE shop_reader;
CREATE SCHEMA app AUTHORIZATION shop_owner;
GRANT CREATE ON DATABASE shop TO shop_owner;
GRANT USAGE ON SCHEMA app TO shop_reader;
SET ROLE shop_owner;

CREATE TYPE app.state AS ENUM ('open', 'paid', 'shipped');
CREATE TYPE app.address AS (street text, city text);
CREATE TABLE app.customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    home app.address
);
CREATE TABLE app.orders (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES app.customer,
    state app.state DEFAULT 'open' NOT NULL,
    total numeric(10,2) NOT NULL CHECK (total >= 0),
    placed timestamptz DEFAULT clock_timestamp() NOT NULL
);
CREATE INDEX orders_customer ON app.orders (customer_id);
CREATE TABLE app.event (at timestamptz NOT NULL, order_id bigint, what text) PARTITION BY RANGE (at);
CREATE TABLE app.event_old PARTITION OF app.event FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE app.event_new PARTITION OF app.event DEFAULT;
CREATE INDEX event_order ON app.event (order_id);

CREATE FUNCTION app.note_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO app.event VALUES (clock_timestamp(), NEW.id, TG_OP);
    RETURN NEW;
END $$;
CREATE TRIGGER orders_note AFTER INSERT OR UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.note_order();
CREATE FUNCTION app.place_order(who bigint, amount numeric) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made app.orders.id%TYPE;
    known app.customer%ROWTYPE;
BEGIN
    SELECT * INTO STRICT known FROM app.customer WHERE id = who;
    INSERT INTO app.orders (customer_id, total) VALUES (known.id, amount) RETURNING id INTO made;
    RETURN made;
END $$;
CREATE FUNCTION app.spent(who bigint) RETURNS numeric LANGUAGE sql STABLE SET search_path = app AS
    'SELECT coalesce(sum(total), 0) FROM orders WHERE customer_id = who';

CREATE VIEW app.turnover AS
    SELECT c.name, count(o.id) AS orders, sum(o.total) AS total
    FROM app.customer c LEFT JOIN app.orders o ON o.customer_id = c.id GROUP BY c.id;
CREATE MATERIALIZED VIEW app.best AS SELECT name, total FROM app.turnover ORDER BY total DESC NULLS LAST LIMIT 10;
GRANT SELECT ON app.turnover, app.best TO shop_reader;
COMMENT ON TABLE app.orders IS 'what was sold';

INSERT INTO app.customer (name, home)
    SELECT 'customer ' || i, ROW('Street ' || i, 'Town')::app.address FROM generate_series(1, 1000) i;
INSERT INTO app.orders (customer_id, total) SELECT 1 + i % 1000, i % 500 FROM generate_series(1, 50000) i;
REFRESH MATERIALIZED VIEW app.best;
RESET ROLE;

CREATE TABLE customer_a.invoices AS
    SELECT i AS number, 'invoice ' || i AS what, i % 977 AS amount FROM generate_series(1, 20000) i;
ALTER TABLE customer_a.invoices ADD PRIMARY KEY (number);
CREATE VIEW customer_a.open_invoices AS SELECT * FROM customer_a.invoices WHERE amount > 900;
