-- Relations, routines and types of extensions that live in one of these schemas.
-- Parameter 1: schemas text, written as an array
-- Columns: kind text ('r', 'f', 't'), schema text, name text
SELECT CASE d.classid WHEN 'pg_catalog.pg_class'::regclass THEN 'r'
                      WHEN 'pg_catalog.pg_proc'::regclass THEN 'f' ELSE 't' END::text AS kind,
       n.nspname::text AS schema,
       COALESCE(c.relname, p.proname, t.typname)::text AS name
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
LEFT JOIN pg_catalog.pg_type t ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
JOIN pg_catalog.pg_namespace n ON n.oid = COALESCE(c.relnamespace, p.pronamespace, t.typnamespace)
WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass
  AND n.nspname::text = ANY ($1::text[])
ORDER BY 1, 2, 3
