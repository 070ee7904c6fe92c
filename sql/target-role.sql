-- A role of that name, and its comment (our mark, while an operation makes it).
-- Parameter 1: name text
-- Columns: comment text
SELECT pg_catalog.shobj_description(r.oid, 'pg_authid')::text AS comment
FROM pg_catalog.pg_roles r
WHERE r.rolname = $1
