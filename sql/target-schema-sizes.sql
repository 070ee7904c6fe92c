-- How large a schema is now: tables, and their bytes with TOAST and without indexes.
-- Parameter 1: schema text
-- Columns: tables int8, bytes int8
SELECT pg_catalog.count(*)::int8 AS tables,
       COALESCE(pg_catalog.sum(pg_catalog.pg_table_size(c.oid)), 0)::int8 AS bytes
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'
