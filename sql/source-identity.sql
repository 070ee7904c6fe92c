-- Which database of which running server this is, and where its clock stands.
-- Columns: started_us int8, database oid, now_us int8, in_recovery bool
SELECT (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::int8 AS started_us,
       d.oid AS database,
       (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::int8 AS now_us,
       pg_catalog.pg_is_in_recovery() AS in_recovery
FROM pg_catalog.pg_database d
WHERE d.datname = pg_catalog.current_database()
