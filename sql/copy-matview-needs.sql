-- Which materialized views read which others: directly, through views in any schema, or through functions
-- whose bodies the server tracks (BEGIN ATOMIC).
-- $1 text: the schemas' names, written as an array
-- columns: oid int8 of the one that reads, oid int8 of the one that is read
WITH RECURSIVE reads (matview, class, object) AS (
    SELECT c.oid, 'pg_class'::regclass::oid, c.oid
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm' AND n.nspname::text = ANY ($1::text[])
    UNION
    SELECT r.matview, used.refclassid, used.refobjid
    FROM reads AS r
    CROSS JOIN LATERAL (
        -- what the query of a view reads; at another materialized view the way ends
        SELECT d.refclassid, d.refobjid
        FROM pg_class AS v
        JOIN pg_rewrite AS w ON w.ev_class = v.oid
        JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        WHERE r.class = 'pg_class'::regclass AND v.oid = r.object
          AND (v.relkind = 'v' OR v.oid = r.matview)
        UNION ALL
        SELECT d.refclassid, d.refobjid
        FROM pg_depend AS d
        WHERE r.class = 'pg_proc'::regclass AND d.classid = 'pg_proc'::regclass AND d.objid = r.object
    ) AS used
    WHERE used.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
)
SELECT DISTINCT r.matview::int8, r.object::int8
FROM reads AS r
JOIN pg_class AS c ON c.oid = r.object
WHERE r.class = 'pg_class'::regclass AND c.relkind = 'm' AND r.object <> r.matview
ORDER BY 1, 2;
