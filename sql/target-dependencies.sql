-- Which things are there. A thing is what pg_identify_object() says of it; a unique key is `table (columns)`.
-- Parameter 1, 2, 3, 4: kinds, schemas, identities, and tables ('' for none) text, each written as an array
-- Columns: number int8 (from 1), exists bool, other kind text (what else has this name, or null), schema_exists bool
WITH want AS (
    SELECT *
    FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]),
                    pg_catalog.unnest($4::text[])) WITH ORDINALITY AS w (kind, schema, identity, of, number)
),
spaces AS (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace n
    WHERE pg_catalog.quote_ident(n.nspname) IN (SELECT schema FROM want)
),
relations AS (
    SELECT c.oid, pg_catalog.format('%I.%I', s.nspname, c.relname) AS name
    FROM spaces s
    JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid
    WHERE c.relkind NOT IN ('c', 't')
),
objects (classid, objid, objsubid) AS (
    SELECT 'pg_catalog.pg_class'::regclass, r.oid, 0
    FROM relations r
    WHERE r.name IN (SELECT identity FROM want)
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, r.oid, a.attnum
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
    WHERE r.name IN (SELECT of FROM want) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass, t.oid, 0
    FROM pg_catalog.pg_type t
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace IN (SELECT oid FROM spaces) AND t.typcategory <> 'A' AND COALESCE(c.relkind = 'c', true)
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass, oid, 0
    FROM pg_catalog.pg_proc
    WHERE pronamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_operator'::regclass, oid, 0
    FROM pg_catalog.pg_operator
    WHERE oprnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_opclass'::regclass, oid, 0
    FROM pg_catalog.pg_opclass
    WHERE opcnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::regclass, oid, 0
    FROM pg_catalog.pg_opfamily
    WHERE opfnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_collation'::regclass, oid, 0
    FROM pg_catalog.pg_collation
    WHERE collnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_conversion'::regclass, oid, 0
    FROM pg_catalog.pg_conversion
    WHERE connamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_ts_config'::regclass, oid, 0
    FROM pg_catalog.pg_ts_config
    WHERE cfgnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, 0
    FROM pg_catalog.pg_ts_dict
    WHERE dictnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, 0
    FROM pg_catalog.pg_ts_parser
    WHERE prsnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_ts_template'::regclass, oid, 0
    FROM pg_catalog.pg_ts_template
    WHERE tmplnamespace IN (SELECT oid FROM spaces)
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::regclass, oid, 0
    FROM pg_catalog.pg_namespace
    UNION ALL
    SELECT 'pg_catalog.pg_language'::regclass, oid, 0
    FROM pg_catalog.pg_language
    UNION ALL
    SELECT 'pg_catalog.pg_transform'::regclass, oid, 0
    FROM pg_catalog.pg_transform
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, 0
    FROM pg_catalog.pg_foreign_server
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 0
    FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL
    SELECT 'pg_catalog.pg_am'::regclass, oid, 0
    FROM pg_catalog.pg_am
    UNION ALL
    SELECT 'pg_catalog.pg_tablespace'::regclass, oid, 0
    FROM pg_catalog.pg_tablespace
),
things AS (
    SELECT i.type AS kind, i.identity
    FROM objects o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.classid, o.objid, o.objsubid) AS i
    UNION
    SELECT 'unique key',
           r.name || (SELECT ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname) || ')'
                      FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = r.oid AND a.attnum = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1]))
    FROM relations r
    JOIN pg_catalog.pg_index x ON x.indrelid = r.oid
    WHERE r.name IN (SELECT of FROM want WHERE kind = 'unique key')
      AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
)
SELECT w.number::int8 AS number,
       EXISTS (SELECT FROM things t WHERE t.kind = w.kind AND t.identity = w.identity) AS exists,
       (SELECT pg_catalog.min(t.kind) FROM things t WHERE w.schema <> '' AND t.identity = w.identity)::text AS other_kind,
       w.schema = '' OR EXISTS (SELECT FROM spaces s WHERE pg_catalog.quote_ident(s.nspname) = w.schema) AS schema_exists
FROM want w
ORDER BY w.number
