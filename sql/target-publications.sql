-- Publications FOR ALL TABLES: they would begin to publish the restored tables.
-- Columns: name text
SELECT pubname::text AS name
FROM pg_catalog.pg_publication
WHERE puballtables
ORDER BY pubname
