-- Databases that can be connected to.
-- Columns: name text
SELECT datname::text AS name
FROM pg_catalog.pg_database
WHERE datallowconn AND NOT datistemplate
ORDER BY datname
