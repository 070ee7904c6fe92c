-- Extensions whose objects live in one of these schemas.
-- Parameter 1: schemas text, written as an array
-- Columns: extension text, schema text, relocatable bool
SELECT e.extname::text AS extension, n.nspname::text AS schema, e.extrelocatable AS relocatable
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE n.nspname::text = ANY ($1::text[])
ORDER BY 1
