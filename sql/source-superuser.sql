-- A role to work as on a temporary cluster: the bootstrap superuser if it may log in, else another superuser.
-- Columns: name text
SELECT rolname::text AS name
FROM pg_catalog.pg_roles
WHERE rolsuper AND rolcanlogin
ORDER BY (oid = 10) DESC, rolname
LIMIT 1
