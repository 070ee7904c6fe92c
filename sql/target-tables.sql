-- Tables of a schema, for dropping them in batches (one transaction may not lock more than max_locks_per_transaction allows).
-- Parameter 1: schema text
-- Columns: name text
SELECT c.relname::text AS name
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'
ORDER BY c.relname
