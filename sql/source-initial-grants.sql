-- Grants that initdb or an extension made on one of these schemas (public, above all). pg_dump tells only how the
-- present ones differ from them.
-- Parameter 1: schemas text, written as an array
-- Columns: statement text
SELECT pg_catalog.format('GRANT %s ON SCHEMA %I TO %s%s;', x.privilege_type, n.nspname,
                         CASE x.grantee WHEN 0 THEN 'PUBLIC'
                                        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END,
                         CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)::text AS statement
FROM pg_catalog.pg_init_privs i
JOIN pg_catalog.pg_namespace n ON n.oid = i.objoid
CROSS JOIN LATERAL pg_catalog.aclexplode(i.initprivs) x
WHERE i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
  AND x.grantee <> n.nspowner
  AND n.nspname::text = ANY ($1::text[])
