-- What restored objects refer to outside of the restored schemas, built-in things left out: one row a thing, with
-- the number of objects that need it, and one of those. A column or a unique key has a table (`of`); what belongs to
-- an extension has that as `extension`, and the extension has a row of its own.
-- Parameter 1: schemas text, written as an array
-- Parameter 2, 3: catalogs text and oids text of the restored objects, written as arrays
-- Columns: kind text, schema text (quoted where needed, as all names here but the extension's), identity text, of text,
--          extension text, version text, user kind text, user identity text, users int8
WITH RECURSIVE mine (classid, objid) AS (
    SELECT o.classid, o.objid
    FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.oid[]),
                    pg_catalog.unnest($3::pg_catalog.oid[])) AS o (classid, objid)
    WHERE o.classid <> 0
    UNION
    -- What pg_dump prints as a part of them, or may.
    SELECT d.classid, d.objid
    FROM mine m
    JOIN pg_catalog.pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid
    LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
    WHERE d.deptype IN ('a', 'i')
      AND d.classid IN ('pg_catalog.pg_attrdef'::regclass, 'pg_catalog.pg_class'::regclass,
                        'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_trigger'::regclass,
                        'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass,
                        'pg_catalog.pg_type'::regclass, 'pg_catalog.pg_amop'::regclass,
                        'pg_catalog.pg_amproc'::regclass)
      -- Not the partitions and owned sequences: they are restored themselves, or not at all.
      AND COALESCE(c.relkind IN ('i', 'I', 'c'), true)
),
direct (classid, objid, objsubid, refclassid, refobjid, refobjsubid) AS (
    SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid
    FROM mine m
    JOIN pg_catalog.pg_depend d ON d.classid = m.classid AND d.objid = m.objid
    WHERE d.refobjid >= 16384
      AND d.deptype IN ('n', 'a', 'i', 'x')
      -- A partition's parent: the partition is made to stand alone.
      AND NOT (d.deptype = 'a' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = d.classid
               AND d.objsubid = 0 AND d.refobjsubid = 0)
    UNION
    SELECT m.classid, m.objid, 0, 'pg_catalog.pg_tablespace'::regclass, c.reltablespace, 0
    FROM mine m
    JOIN pg_catalog.pg_class c ON m.classid = 'pg_catalog.pg_class'::regclass AND c.oid = m.objid
    WHERE c.reltablespace >= 16384
    UNION
    SELECT m.classid, m.objid, 0, 'pg_catalog.pg_am'::regclass, c.relam, 0
    FROM mine m
    JOIN pg_catalog.pg_class c ON m.classid = 'pg_catalog.pg_class'::regclass AND c.oid = m.objid
    WHERE c.relam >= 16384
),
-- EXCEPT is hashed or sorted, however wrong the guessed numbers of rows are.
outside AS (
    SELECT refclassid, refobjid FROM direct
    EXCEPT
    SELECT classid, objid FROM mine
),
refs AS (
    SELECT d.*
    FROM outside o
    JOIN direct d ON d.refclassid = o.refclassid AND d.refobjid = o.refobjid
),
-- From an array to its element, from a row type to its table; and from a server to its wrapper.
lifted (refclassid, refobjid, refobjsubid, classid, objid, objsubid) AS (
    SELECT DISTINCT r.refclassid, r.refobjid, r.refobjsubid, r.refclassid, r.refobjid, r.refobjsubid
    FROM refs r
    UNION
    SELECT l.refclassid, l.refobjid, l.refobjsubid, d.refclassid, d.refobjid, d.refobjsubid
    FROM lifted l
    JOIN pg_catalog.pg_depend d ON d.classid = l.classid AND d.objid = l.objid AND d.objsubid = 0
    WHERE d.deptype = 'i'
       OR d.deptype = 'n' AND d.refclassid = 'pg_catalog.pg_foreign_data_wrapper'::regclass AND d.refobjid >= 16384
),
-- The table of a column and the extension of a member are needed, too.
needed AS (
    SELECT DISTINCT n.classid, n.objid, n.objsubid, r.classid AS userclass, r.objid AS userid, r.objsubid AS usersub
    FROM lifted l
    JOIN refs r ON (r.refclassid, r.refobjid, r.refobjsubid) = (l.refclassid, l.refobjid, l.refobjsubid)
    LEFT JOIN pg_catalog.pg_depend e ON e.classid = l.classid AND e.objid = l.objid AND e.deptype = 'e'
    CROSS JOIN LATERAL (VALUES (l.classid, l.objid, l.objsubid), (l.classid, l.objid, 0),
                               (e.refclassid, e.refobjid, 0)) AS n (classid, objid, objsubid)
    WHERE n.classid IS NOT NULL
      AND (l.classid, l.objid) NOT IN (SELECT classid, objid FROM mine)
      AND NOT EXISTS (SELECT
                      FROM pg_catalog.pg_depend d
                      WHERE d.classid = l.classid AND d.objid = l.objid AND d.objsubid = 0 AND d.deptype = 'i')
),
-- The user that is named is a table, where there is one (1259 is pg_class).
users AS (
    SELECT n.classid, n.objid, n.objsubid, pg_catalog.count(*) AS number,
           (pg_catalog.array_agg(n.userclass ORDER BY n.rank))[1] AS userclass,
           (pg_catalog.array_agg(n.userid ORDER BY n.rank))[1] AS userid,
           (pg_catalog.array_agg(n.usersub ORDER BY n.rank))[1] AS usersub
    FROM (SELECT *, (userclass <> 1259, userclass, userid, usersub) AS rank FROM needed) AS n
    GROUP BY 1, 2, 3
),
-- A foreign key needs a unique key on these columns, whatever its name.
unique_keys (classid, objid, schema, of, columns) AS (
    SELECT k.classid, k.objid, pg_catalog.quote_ident(s.nspname), pg_catalog.format('%I.%I', s.nspname, t.relname),
           (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname)
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = t.oid AND a.attnum = ANY (k.columns))
    FROM (SELECT 'pg_catalog.pg_constraint'::regclass AS classid, oid AS objid, conrelid AS relid, conkey AS columns
          FROM pg_catalog.pg_constraint
          WHERE contype IN ('p', 'u')
          UNION ALL
          SELECT 'pg_catalog.pg_class'::regclass, indexrelid, indrelid, (indkey::int2[])[0:indnkeyatts - 1]
          FROM pg_catalog.pg_index
          WHERE indisunique AND indpred IS NULL AND indexprs IS NULL) AS k
    JOIN pg_catalog.pg_class t ON t.oid = k.relid
    JOIN pg_catalog.pg_namespace s ON s.oid = t.relnamespace
    WHERE (k.classid, k.objid) IN (SELECT classid, objid FROM users)
)
SELECT COALESCE(CASE WHEN k.of IS NOT NULL THEN 'unique key' END, i.type)::text AS kind,
       COALESCE(k.schema, i.schema, pg_catalog.quote_ident(s.nspname))::text AS schema,
       COALESCE(k.of || ' (' || k.columns || ')', i.identity)::text AS identity,
       COALESCE(k.of, CASE WHEN u.objsubid <> 0 THEN i.schema || '.' || i.name END)::text AS of,
       x.extname::text AS extension,
       x.extversion::text AS version,
       w.type::text AS user_kind,
       w.identity::text AS user_identity,
       u.number::int8 AS users
FROM users u
LEFT JOIN unique_keys k ON k.classid = u.classid AND k.objid = u.objid
LEFT JOIN pg_catalog.pg_depend e ON e.classid = u.classid AND e.objid = u.objid AND e.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension x
       ON x.oid = CASE u.classid WHEN 'pg_catalog.pg_extension'::regclass THEN u.objid ELSE e.refobjid END
LEFT JOIN pg_catalog.pg_namespace s ON s.oid = x.extnamespace AND u.classid = 'pg_catalog.pg_extension'::regclass
LEFT JOIN pg_catalog.pg_attrdef ad ON u.userclass = 'pg_catalog.pg_attrdef'::regclass AND ad.oid = u.userid
LEFT JOIN pg_catalog.pg_rewrite rw
       ON u.userclass = 'pg_catalog.pg_rewrite'::regclass AND rw.oid = u.userid AND rw.rulename = '_RETURN'
CROSS JOIN LATERAL pg_catalog.pg_identify_object(u.classid, u.objid, u.objsubid) AS i
-- A column's default is told as the column, the rule of a view as the view.
CROSS JOIN LATERAL pg_catalog.pg_identify_object(
    CASE WHEN ad.oid IS NULL AND rw.oid IS NULL THEN u.userclass ELSE 'pg_catalog.pg_class'::regclass END,
    COALESCE(ad.adrelid, rw.ev_class, u.userid),
    COALESCE(ad.adnum, CASE WHEN rw.oid IS NULL THEN u.usersub ELSE 0 END)) AS w
WHERE COALESCE(k.schema, i.schema, CASE i.type WHEN 'schema' THEN i.identity END, '')
      <> ALL (SELECT pg_catalog.quote_ident(name) FROM pg_catalog.unnest($1::text[]) AS restored (name))
  AND i.type NOT IN ('publication', 'subscription', 'event trigger', 'statistics object', 'role')
ORDER BY x.extname NULLS LAST, i.type <> 'extension', 1, 3
