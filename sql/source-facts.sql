-- Encoding of the database, and whether the last replayed commit is known (only right after a recovery).
-- Columns: encoding text, replayed_us int8 (null when none)
SELECT pg_catalog.pg_encoding_to_char(d.encoding)::text AS encoding,
       (extract(epoch FROM pg_catalog.pg_last_xact_replay_timestamp()) * 1000000)::int8 AS replayed_us
FROM pg_catalog.pg_database d
WHERE d.datname = pg_catalog.current_database()
