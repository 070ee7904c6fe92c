-- Which of these roles do not exist, and which may not be given ownership by us (an owner must be a role we are a member of).
-- Parameter 1: names text, written as an array
-- Columns: name text, exists bool, member bool
SELECT want.name::text AS name,
       r.oid IS NOT NULL AS exists,
       COALESCE(pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER'), false) AS member
FROM pg_catalog.unnest($1::text[]) AS want(name)
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = want.name
ORDER BY 1
