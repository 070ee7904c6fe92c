-- Event triggers that fire on our DDL.
-- Columns: name text, function text
SELECT evtname::text AS name, evtfoid::pg_catalog.regproc::text AS function
FROM pg_catalog.pg_event_trigger
WHERE evtenabled IN ('O', 'A') AND evtevent IN ('ddl_command_start', 'ddl_command_end', 'sql_drop', 'table_rewrite')
ORDER BY evtname
