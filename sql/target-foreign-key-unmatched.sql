-- What finds the rows of a foreign key that have no match: "FROM ONLY a.orders AS r WHERE ...", all names qualified
-- (with an empty search_path), compared as the key itself does: by its own operators, in the referenced column's
-- collation, MATCH SIMPLE or FULL.
-- Parameters 1, 2, 3: schema text, table text, constraint text
-- Column: the words text
SELECT pg_catalog.format(
           'FROM %s%s AS r WHERE (%s) AND NOT EXISTS (SELECT FROM %s%s AS k WHERE %s)',
           CASE r.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, c.conrelid::regclass,
           pg_catalog.string_agg(
               pg_catalog.format('r.%I IS NOT NULL', ra.attname),
               CASE c.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END ORDER BY u.n),
           CASE k.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END, c.confrelid::regclass,
           pg_catalog.string_agg(
               pg_catalog.format('k.%I OPERATOR(%I.%s) r.%I%s', ka.attname, opn.nspname, op.oprname, ra.attname,
                   CASE WHEN ka.attcollation NOT IN (0, ra.attcollation)
                        THEN pg_catalog.format(' COLLATE %I.%I', cn.nspname, co.collname) END),
               ' AND ' ORDER BY u.n))::text
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
JOIN pg_catalog.pg_class k ON k.oid = c.confrelid
CROSS JOIN LATERAL ROWS FROM (
    pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey), pg_catalog.unnest(c.conpfeqop)
) WITH ORDINALITY AS u (r, k, op, n)
JOIN pg_catalog.pg_attribute ra ON ra.attrelid = c.conrelid AND ra.attnum = u.r
JOIN pg_catalog.pg_attribute ka ON ka.attrelid = c.confrelid AND ka.attnum = u.k
JOIN pg_catalog.pg_operator op ON op.oid = u.op
JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace
LEFT JOIN pg_catalog.pg_collation co ON co.oid = ka.attcollation
LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
WHERE c.contype = 'f' AND n.nspname::text = $1 AND r.relname::text = $2 AND c.conname::text = $3
GROUP BY c.oid, c.conrelid, c.confrelid, c.confmatchtype, r.relkind, k.relkind
