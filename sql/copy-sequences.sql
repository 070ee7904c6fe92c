-- The sequences of some schemas, those of identity and serial columns among them. Their values are asked for
-- separately: is_called can be read from the sequence itself only.
-- $1 text: the schemas' names, written as an array
-- columns: schema text, name text
SELECT n.nspname::text, c.relname::text
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'S'
  AND n.nspname::text = ANY ($1::text[])
  AND NOT EXISTS (SELECT
                  FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                    AND d.deptype = 'e')
ORDER BY 1, 2;
