-- Statements that give everything in some schemas the privileges which the server itself gives to a new object
-- of its owner, where it has others: from default privileges on the target, or ours. And those that give the
-- multirange type of a range type the same owner, as newer servers do by themselves (and refuse to do directly).
-- Parameter 1: schemas text, written as an array
-- Columns: role to be (or empty) text, is_schema bool, statements text (the schemas' last)
WITH schemas AS (
    SELECT oid, nspname, nspowner, nspacl
    FROM pg_catalog.pg_namespace
    WHERE nspname::text = ANY ($1::text[])
),
objects (what, owner, acl, builtin) AS (
    SELECT pg_catalog.format('SCHEMA %I', s.nspname), s.nspowner, s.nspacl, pg_catalog.acldefault('n', s.nspowner)
    FROM schemas s
    UNION ALL
    SELECT pg_catalog.format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, s.nspname, c.relname),
           c.relowner, c.relacl,
           pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::pg_catalog."char", c.relowner)
    FROM schemas s
    JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT pg_catalog.format('%s %s',
                             CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 110000
                                  THEN 'ROUTINE' ELSE 'FUNCTION' END,
                             p.oid::pg_catalog.regprocedure),
           p.proowner, p.proacl, pg_catalog.acldefault('f', p.proowner)
    FROM schemas s
    JOIN pg_catalog.pg_proc p ON p.pronamespace = s.oid
    UNION ALL
    SELECT pg_catalog.format('TYPE %I.%I', s.nspname, t.typname), t.typowner, t.typacl,
           pg_catalog.acldefault('T', t.typowner)
    FROM schemas s
    JOIN pg_catalog.pg_type t ON t.typnamespace = s.oid
)
SELECT pg_catalog.pg_get_userbyid(o.owner)::text AS as_role,
       o.what LIKE 'SCHEMA %' AS is_schema,
       pg_catalog.format('REVOKE ALL ON %s FROM PUBLIC, %s CASCADE; ', o.what,
                         (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(r.rolname), ', ')
                          FROM pg_catalog.pg_roles r
                          WHERE r.oid = o.owner
                             OR r.oid IN (SELECT x.grantee FROM pg_catalog.aclexplode(o.acl) x)))
       || (SELECT pg_catalog.string_agg(pg_catalog.format('GRANT ALL ON %s TO %s;', o.what,
                                                          COALESCE(pg_catalog.quote_ident(r.rolname), 'PUBLIC')), ' ')
           FROM (SELECT DISTINCT x.grantee FROM pg_catalog.aclexplode(o.builtin) x) b
           LEFT JOIN pg_catalog.pg_roles r ON r.oid = b.grantee) AS statements
FROM objects o
WHERE o.acl IS NOT NULL
  -- The functions that make ranges belong to the bootstrap superuser, whoever makes the type.
  AND pg_catalog.pg_has_role(o.owner, 'MEMBER')
  AND (EXISTS (SELECT * FROM pg_catalog.aclexplode(o.acl) EXCEPT SELECT * FROM pg_catalog.aclexplode(o.builtin))
       OR EXISTS (SELECT * FROM pg_catalog.aclexplode(o.builtin) EXCEPT SELECT * FROM pg_catalog.aclexplode(o.acl)))
UNION ALL
SELECT '', false, pg_catalog.format('ALTER TYPE %I.%I OWNER TO %I;', s.nspname, m.typname, r.rolname)
FROM schemas s
JOIN pg_catalog.pg_type t ON t.typnamespace = s.oid
-- Before 14 there are no multiranges: then the name inside means this one.
CROSS JOIN (SELECT 0::pg_catalog.oid AS rngmultitypid) AS before_14
CROSS JOIN LATERAL (SELECT rngtypid, rngmultitypid AS multi FROM pg_catalog.pg_range) AS g
JOIN pg_catalog.pg_type m ON m.oid = g.multi
JOIN pg_catalog.pg_roles r ON r.oid = t.typowner
WHERE g.rngtypid = t.oid AND m.typowner <> t.typowner
ORDER BY is_schema
