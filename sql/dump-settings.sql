-- What pg_dump's session must be told, because it does not set it itself and what it prints depends on it: strings,
-- constants of type bytea and money, and which names are in quotes. Nothing where the defaults are as usual, for not every connection
-- pooler takes options.
-- Columns: options text, or NULL
SELECT pg_catalog.string_agg(pg_catalog.format('-c %s=%s', s.name, w.value), ' ' ORDER BY s.name)::text AS options
FROM pg_catalog.pg_settings s
JOIN (VALUES ('bytea_output', 'hex', '^hex$'), ('lc_monetary', 'C', '^(C|POSIX|en_US)'),
             ('quote_all_identifiers', 'off', '^off$'), ('standard_conforming_strings', 'on', '^on$')) w (name, value, usual) ON w.name = s.name
WHERE s.reset_val !~ w.usual
