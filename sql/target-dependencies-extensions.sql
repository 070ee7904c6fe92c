-- Extensions: those that are installed, and what could be.
-- Parameter 1: names text, written as an array
-- Columns: name text, schema text (quoted where needed; null: not installed), version text,
--          available text (the version that CREATE EXTENSION would install, or null)
SELECT w.name::text AS name,
       pg_catalog.quote_ident(n.nspname)::text AS schema,
       x.extversion::text AS version,
       a.default_version::text AS available
FROM pg_catalog.unnest($1::text[]) AS w (name)
LEFT JOIN pg_catalog.pg_extension x ON x.extname = w.name
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
LEFT JOIN pg_catalog.pg_available_extensions() AS a ON a.name = w.name
ORDER BY 1
