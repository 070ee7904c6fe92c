-- Partitions and inheritance children that live in none of these schemas, of tables that do.
-- Parameter 1: schemas text, written as an array
-- Columns: parent schema text, parent text, child schema text, child text, partition bool
SELECT pn.nspname::text AS parent_schema, p.relname::text AS parent,
       cn.nspname::text AS child_schema, c.relname::text AS child,
       c.relispartition AS partition
FROM pg_catalog.pg_inherits h
JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
WHERE p.relkind IN ('r', 'p', 'f')
  AND pn.nspname::text = ANY ($1::text[])
  AND cn.nspname::text <> ALL ($1::text[])
ORDER BY 1, 2, 3, 4
