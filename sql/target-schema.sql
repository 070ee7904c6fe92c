-- A schema of that name, and its comment (our mark, while an operation makes it).
-- Parameter 1: name text
-- Columns: comment text
SELECT pg_catalog.obj_description(n.oid, 'pg_namespace')::text AS comment
FROM pg_catalog.pg_namespace n
WHERE n.nspname = $1
