-- How many sessions of an operation are still there.
-- Parameter 1: application_name text
-- Columns: left int8
SELECT pg_catalog.count(*)::int8 AS left
FROM pg_catalog.pg_stat_activity
WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()
  AND datname = pg_catalog.current_database()
