-- Extensions whose objects live in one of these schemas.
-- Parameter 1: schemas text (separated by newlines)
-- Columns: extension text, schema text, relocatable bool
SELECT e.extname::text AS extension, n.nspname::text AS schema, e.extrelocatable AS relocatable
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE n.nspname::text = ANY (pg_catalog.string_to_array($1, E'\n'))
ORDER BY 1
