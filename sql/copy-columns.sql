-- The columns of the schemas' tables that COPY moves (not the generated ones), and for each whether its
-- binary form means the same on another server.
--
-- Reached are all types that a column's values are made of. A type is "carried" when its oid is part of the
-- binary form: an array names the type of its elements, a composite value those of its members. Oids under
-- 10000 are assigned by hand in PostgreSQL's sources and never change; others differ between databases.
-- $1 text: the schemas' names, written as an array
-- columns: table's oid int8, name text, type text, reason why not binary text (null: binary is safe)
WITH RECURSIVE columns AS (
    SELECT a.attrelid, a.attnum, a.attname, a.atttypid
    -- Before 12 pg_attribute has no attgenerated: then the name inside means this one.
    FROM (SELECT ''::"char" AS attgenerated) AS before_12
    CROSS JOIN LATERAL (SELECT attrelid, attnum, attname, atttypid, attisdropped, attgenerated AS generated
                        FROM pg_attribute) AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r'
      AND n.nspname::text = ANY ($1::text[])
      AND a.attnum > 0 AND NOT a.attisdropped AND a.generated = ''
),
reached (root, type, carried) AS (
    SELECT DISTINCT atttypid, atttypid, false FROM columns
    UNION
    SELECT r.root, part.type, part.carried
    FROM reached AS r
    CROSS JOIN LATERAL (
        SELECT t.typbasetype, false
        FROM pg_type AS t
        WHERE t.oid = r.type AND t.typtype = 'd'
        UNION ALL
        SELECT t.typelem, true
        FROM pg_type AS t
        WHERE t.oid = r.type AND t.typinput = 'array_in'::regproc
        UNION ALL
        SELECT a.atttypid, true
        FROM pg_type AS t
        JOIN pg_attribute AS a ON a.attrelid = t.typrelid
        WHERE t.oid = r.type AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT g.rngsubtype, false
        FROM pg_range AS g
        WHERE g.rngtypid = r.type
        UNION ALL
        SELECT g.rngsubtype, false
        FROM (SELECT 0::oid AS rngmultitypid) AS before_14
        CROSS JOIN LATERAL (SELECT rngsubtype, rngmultitypid AS multi FROM pg_range) AS g
        WHERE g.multi = r.type
    ) AS part (type, carried)
),
judged (root, reason) AS (
    SELECT r.root,
           CASE
           WHEN r.carried AND r.type >= 10000
               THEN 'whose binary form holds the oid of type ' || format_type(r.type, NULL)
           WHEN t.typtype NOT IN ('b', 'p') OR t.typinput = 'array_in'::regproc
               THEN NULL -- as good as what it is made of
           WHEN r.type >= 10000
               THEN 'and the binary form of type ' || format_type(r.type, NULL) || ' may differ between servers'
           WHEN t.typtype = 'p' OR t.typsend = 0 OR t.typreceive = 0
               THEN 'and type ' || format_type(r.type, NULL) || ' has no binary form'
           WHEN t.typname LIKE 'reg%'
               THEN 'whose binary form is an oid'
           WHEN t.typname IN ('int2vector', 'oidvector')
               THEN 'whose binary form is refused when it is empty'
           WHEN t.typname = 'xml'
               THEN 'whose binary form is written anew by the server'
           END
    FROM reached AS r
    JOIN pg_type AS t ON t.oid = r.type
),
unsafe AS (
    SELECT root, min(reason) AS reason
    FROM judged
    GROUP BY root
)
SELECT c.attrelid::int8, c.attname::text, format_type(c.atttypid, NULL), u.reason
FROM columns AS c
JOIN unsafe AS u ON u.root = c.atttypid
ORDER BY c.attrelid, c.attnum;
