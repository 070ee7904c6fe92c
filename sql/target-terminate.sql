-- Ends what a dead operation may still run on the target (its sessions carry its id as application_name).
-- Parameter 1: application_name text
-- Columns: ended int8
SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid))::int8 AS ended
FROM pg_catalog.pg_stat_activity
WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()
  AND datname = pg_catalog.current_database() AND usename = current_user
