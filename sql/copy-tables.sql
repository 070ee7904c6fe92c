-- The tables of some schemas that hold rows of their own: ordinary ones, and the leaves of partitioned ones.
-- What belongs to an extension is made, and filled, by CREATE EXTENSION.
-- $1 text: the schemas' names, written as an array
-- columns: oid int8, schema text, name text, heap pages int8, heap bytes int8, TOAST bytes int8,
--          estimated rows int8 (-1: unknown), unlogged bool, heap bool (the access method)
SELECT c.oid::int8,
       n.nspname::text,
       c.relname::text,
       coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::int8,
       coalesce(pg_relation_size(c.oid), 0),
       coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0),
       CASE WHEN c.relpages = 0 AND c.reltuples <= 0 THEN -1 ELSE c.reltuples END::int8,
       c.relpersistence = 'u',
       coalesce(am.amname, 'heap') = 'heap' -- before 12 a table has no access method
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_am AS am ON am.oid = c.relam
WHERE c.relkind = 'r'
  AND n.nspname::text = ANY ($1::text[])
  AND NOT EXISTS (SELECT
                  FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                    AND d.deptype = 'e')
ORDER BY c.oid;
