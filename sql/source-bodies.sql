-- Routines whose bodies are text, as statements that put them back.
-- Parameter 1: schemas text, written as an array
-- Columns: routine oid, definition text
SELECT p.oid AS routine, pg_catalog.pg_get_functiondef(p.oid)::text AS definition
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE n.nspname::text = ANY ($1::text[])
  AND p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql')
  -- BEGIN ATOMIC is followed by the server itself. Before 14 there is no such column.
  AND pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NULL
ORDER BY p.oid
