-- The materialized views of some schemas.
-- $1 text: the schemas' names, written as an array
-- columns: oid int8, schema text, name text, bytes int8 (with TOAST), populated bool
SELECT c.oid::int8,
       n.nspname::text,
       c.relname::text,
       coalesce(pg_relation_size(c.oid), 0) + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0),
       c.relispopulated
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'm'
  AND n.nspname::text = ANY ($1::text[])
  AND NOT EXISTS (SELECT
                  FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                    AND d.deptype = 'e')
ORDER BY c.oid;
