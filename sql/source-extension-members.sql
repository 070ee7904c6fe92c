-- Objects of extensions that live in one of these schemas: the body rewriter and the statement rewriter leave them
-- under their schema's own name.
-- Parameter 1: schemas text, written as an array
-- Columns: kind text ('r' relations, 'f' routines, 't' types, 'o' any other), schema text, name text
SELECT CASE d.classid WHEN 'pg_catalog.pg_class'::regclass THEN 'r'
                      WHEN 'pg_catalog.pg_proc'::regclass THEN 'f'
                      WHEN 'pg_catalog.pg_type'::regclass THEN 't'
                      ELSE 'o' END::text AS kind,
       n.nspname::text AS schema,
       o.name
FROM pg_catalog.pg_depend d
JOIN (
    SELECT 'pg_catalog.pg_class'::regclass AS class, oid, relnamespace AS schema, relname::text AS name
    FROM pg_catalog.pg_class
    UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, oid, pronamespace, proname::text FROM pg_catalog.pg_proc
    UNION ALL SELECT 'pg_catalog.pg_type'::regclass, oid, typnamespace, typname::text FROM pg_catalog.pg_type
    UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, oid, oprnamespace, oprname::text FROM pg_catalog.pg_operator
    UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace, opcname::text FROM pg_catalog.pg_opclass
    UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, oid, opfnamespace, opfname::text FROM pg_catalog.pg_opfamily
    UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, oid, collnamespace, collname::text FROM pg_catalog.pg_collation
    UNION ALL SELECT 'pg_catalog.pg_conversion'::regclass, oid, connamespace, conname::text FROM pg_catalog.pg_conversion
    UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, oid, cfgnamespace, cfgname::text FROM pg_catalog.pg_ts_config
    UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, dictnamespace, dictname::text FROM pg_catalog.pg_ts_dict
    UNION ALL SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, prsnamespace, prsname::text FROM pg_catalog.pg_ts_parser
    UNION ALL SELECT 'pg_catalog.pg_ts_template'::regclass, oid, tmplnamespace, tmplname::text FROM pg_catalog.pg_ts_template
) o ON o.class = d.classid AND o.oid = d.objid
JOIN pg_catalog.pg_namespace n ON n.oid = o.schema
WHERE d.deptype = 'e' AND d.refclassid = 'pg_catalog.pg_extension'::regclass
  AND n.nspname::text = ANY ($1::text[])
ORDER BY 1, 2, 3
