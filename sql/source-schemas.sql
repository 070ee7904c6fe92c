-- All user schemas.
-- Columns: name text
SELECT nspname::text AS name
FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY nspname
