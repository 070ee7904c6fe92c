-- Foreign tables: their definition is restored, their rows are elsewhere.
-- Parameter 1: schemas text, written as an array
-- Columns: schema text, name text
SELECT n.nspname::text AS schema, c.relname::text AS name
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' AND n.nspname::text = ANY ($1::text[])
ORDER BY 1, 2
