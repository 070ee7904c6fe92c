-- Partitions whose rows may belong into another one on the target: an ancestor is partitioned by the hash of
-- something that is made of oids, which differ there (values of enums; regclass and its like). Their rows are to
-- go into the topmost such ancestor. An expression may be anything. For servers since 11.
-- $1 text: the schemas' names, written as an array
-- columns: leaf's oid int8, ancestor's schema text, ancestor's name text
WITH RECURSIVE reached (root, type) AS (
    -- the types that the hashed keys' values are made of
    SELECT p.partrelid, CASE k.attnum WHEN 0 THEN 0 ELSE a.atttypid END
    FROM pg_partitioned_table AS p
    CROSS JOIN LATERAL unnest(p.partattrs::int2[]) AS k (attnum)
    LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
    WHERE p.partstrat = 'h'
    UNION
    SELECT r.root, part.type
    FROM reached AS r
    JOIN pg_type AS t ON t.oid = r.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL
        SELECT t.typelem WHERE t.typinput = 'array_in'::regproc
        UNION ALL
        SELECT a.atttypid FROM pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT g.rngsubtype FROM pg_range AS g WHERE g.rngtypid = t.oid
    ) AS part (type)
),
unsafe (root) AS (
    SELECT DISTINCT r.root
    FROM reached AS r
    LEFT JOIN pg_type AS t ON t.oid = r.type
    WHERE r.type = 0 OR t.typtype = 'e' OR t.typname LIKE 'reg%'
),
below (root, relation, depth) AS (
    SELECT u.root, u.root, 0
    FROM unsafe AS u
    UNION ALL
    SELECT b.root, h.inhrelid, b.depth + 1
    FROM below AS b
    JOIN pg_inherits AS h ON h.inhparent = b.relation
)
SELECT DISTINCT ON (b.relation) b.relation::int8, rn.nspname::text, r.relname::text
FROM below AS b
JOIN pg_class AS c ON c.oid = b.relation
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS r ON r.oid = b.root
JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE c.relkind = 'r'
  AND n.nspname::text = ANY ($1::text[])
  -- a parent that is not restored is not there to take rows
  AND rn.nspname::text = ANY ($1::text[])
ORDER BY b.relation, b.depth DESC;
