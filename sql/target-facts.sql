-- What the target is and what we may do there.
-- Columns: database text, role text, superuser bool, may_create bool, in_recovery bool, read_only bool
SELECT pg_catalog.current_database()::text AS database,
       current_user::text AS role,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS may_create,
       pg_catalog.pg_is_in_recovery() AS in_recovery,
       pg_catalog.current_setting('transaction_read_only') = 'on' AS read_only
