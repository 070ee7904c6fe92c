-- May we create roles?
-- Columns: may bool
SELECT rolsuper OR rolcreaterole AS may
FROM pg_catalog.pg_roles
WHERE rolname = current_user
