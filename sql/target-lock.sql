-- One operation at a time makes a schema: a lock of the session, on a hash of the name.
-- Parameter 1: name text
-- Columns: locked bool
SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('schemarestore ' || $1, 0)) AS locked
