-- What the catalogs say about one schema, a fact a row: for comparing two schemas without the program under test.
-- Left out is what pg_dump cannot say: a collation's encoding, and whether a key's constraint says NO INHERIT.
-- Names are written out, oids never appear (so no pg_attver, which servers since 15.20 keep in attoptions). ACLs are the effective ones: none is the same as the built-in one.
-- %(schema)s: the schema's name
-- columns: kind text, object text, fact text
WITH ns AS (SELECT * FROM pg_namespace WHERE nspname = %(schema)s),
-- What belongs to an extension is no part of the schema; nor are its array types.
member AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    UNION ALL
    SELECT classid, t.typarray FROM pg_depend JOIN pg_type t ON t.oid = objid WHERE classid = 'pg_type'::regclass AND deptype = 'e'
),
rel AS (
    SELECT c.* FROM pg_class c JOIN ns ON ns.oid = c.relnamespace
    WHERE ('pg_class'::regclass, c.oid) NOT IN (SELECT * FROM member)
),
proc AS (
    SELECT p.* FROM pg_proc p JOIN ns ON ns.oid = p.pronamespace
    WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT * FROM member)
      -- Nor the functions that make ranges: they come with their types.
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
),
typ AS (
    SELECT t.* FROM pg_type t JOIN ns ON ns.oid = t.typnamespace
    WHERE ('pg_type'::regclass, t.oid) NOT IN (SELECT * FROM member)
),
-- An array type's name may get one more underscore or less: it is named by its element.
facts (kind, object, fact) AS (
    SELECT 'schema', nspname::text, jsonb_build_object('owner', nspowner::regrole,
        'acl', (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) x))
    FROM ns
    UNION ALL
    SELECT 'relation', c.oid::regclass::text, jsonb_build_object('kind', c.relkind, 'persistence', c.relpersistence, 'owner', c.relowner::regrole,
        'options', c.reloptions, 'toast', (SELECT reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid),
        'am', (SELECT amname FROM pg_am WHERE oid = c.relam), 'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
        'identity', c.relreplident, 'populated', c.relispopulated, 'rls', c.relrowsecurity, 'force', c.relforcerowsecurity,
        'bound', pg_get_expr(c.relpartbound, c.oid), 'key', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        'of', nullif(c.reloftype, 0)::regtype, 'has', ARRAY[c.relhasindex, c.relhassubclass, c.relispartition], 'checks', c.relchecks,
        'natts', (SELECT count(*) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped),
        'view', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
        'acl', (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(c.relacl, CASE WHEN c.relkind NOT IN ('i', 'I', 'c') THEN acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) END)) x))
    FROM rel c
    UNION ALL
    SELECT 'column', c.oid::regclass || '.' || a.attname, jsonb_build_object('type', format_type(a.atttypid, a.atttypmod),
        'nr', (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = c.oid AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped),
        'collation', nullif(a.attcollation, 0)::regcollation, 'not null', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
        'default', (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = c.oid AND d.adnum = a.attnum),
        'storage', a.attstorage, 'compression', a.attcompression, 'target', a.attstattarget, 'options', (SELECT array_agg(o) FROM unnest(a.attoptions) o WHERE o !~ '^pg_attver='), 'fdw', a.attfdwoptions,
        'local', a.attislocal, 'inherited', a.attinhcount, 'dims', a.attndims > 0,
        'acl', (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(a.attacl) x))
    FROM rel c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'parent', c.oid::regclass::text, jsonb_build_object('parent', h.inhparent::regclass, 'nr', h.inhseqno, 'detaching', h.inhdetachpending)
    FROM rel c JOIN pg_inherits h ON h.inhrelid = c.oid
    UNION ALL
    SELECT 'index', c.oid::regclass::text, jsonb_build_object('def', pg_get_indexdef(c.oid), 'table', i.indrelid::regclass,
        'flags', ARRAY[i.indisunique, i.indnullsnotdistinct, i.indisprimary, i.indisexclusion, i.indimmediate, i.indisclustered, i.indisvalid, i.indisready, i.indislive, i.indisreplident])
    FROM rel c JOIN pg_index i ON i.indexrelid = c.oid
    UNION ALL
    SELECT 'constraint', coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text) || ' ' || k.conname, jsonb_build_object('def', pg_get_constraintdef(k.oid),
        'flags', ARRAY[k.condeferrable, k.condeferred, k.convalidated, k.conislocal, k.connoinherit AND k.contype = 'c'], 'type', k.contype, 'inherited', k.coninhcount,
        'parent', (SELECT p.conrelid::regclass || ' ' || p.conname FROM pg_constraint p WHERE p.oid = k.conparentid), 'index', nullif(k.conindid, 0)::regclass,
        'key', (SELECT array_agg(a.attname ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY u (n, o) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n),
        'foreign', k.confrelid::regclass)
    FROM pg_constraint k JOIN ns ON ns.oid = k.connamespace
    UNION ALL
    SELECT 'trigger', t.tgrelid::regclass || ' ' || CASE WHEN t.tgisinternal THEN (SELECT conname::text FROM pg_constraint WHERE oid = t.tgconstraint) || t.tgtype::text ELSE t.tgname::text END,
        jsonb_build_object('def', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END, 'enabled', t.tgenabled, 'deferrable', t.tgdeferrable, 'deferred', t.tginitdeferred,
        'function', t.tgfoid::regprocedure, 'parent', (SELECT p.tgrelid::regclass FROM pg_trigger p WHERE p.oid = t.tgparentid))
    FROM rel c JOIN pg_trigger t ON t.tgrelid = c.oid
    UNION ALL
    SELECT 'rule', c.oid::regclass || ' ' || r.rulename, jsonb_build_object('def', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled)
    FROM rel c JOIN pg_rewrite r ON r.ev_class = c.oid
    UNION ALL
    SELECT 'policy', c.oid::regclass || ' ' || p.polname, jsonb_build_object('cmd', p.polcmd, 'permissive', p.polpermissive,
        'roles', (SELECT array_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END ORDER BY r::regrole::text) FROM unnest(p.polroles) r),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
    FROM rel c JOIN pg_policy p ON p.polrelid = c.oid
    UNION ALL
    SELECT 'sequence', c.oid::regclass::text, jsonb_build_object('def', to_jsonb(s) - 'seqrelid' - 'seqtypid', 'type', s.seqtypid::regtype)
    FROM rel c JOIN pg_sequence s ON s.seqrelid = c.oid
    UNION ALL
    SELECT 'foreign table', c.oid::regclass::text, jsonb_build_object('server', (SELECT srvname FROM pg_foreign_server WHERE oid = f.ftserver), 'options', (SELECT array_agg(o ORDER BY o) FROM unnest(f.ftoptions) o))
    FROM rel c JOIN pg_foreign_table f ON f.ftrelid = c.oid
    UNION ALL
    SELECT 'statistics', s.stxnamespace::regnamespace || '.' || s.stxname, jsonb_build_object('def', pg_get_statisticsobjdef(s.oid), 'owner', s.stxowner::regrole, 'target', s.stxstattarget)
    FROM pg_statistic_ext s JOIN ns ON ns.oid = s.stxnamespace
    UNION ALL
    SELECT 'routine', p.oid::regprocedure::text, jsonb_build_object('def', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, 'kind', p.prokind, 'owner', p.proowner::regrole,
        'arguments', pg_get_function_arguments(p.oid), 'result', pg_get_function_result(p.oid), 'sql', pg_get_function_sqlbody(p.oid), 'src', p.prosrc, 'bin', p.probin,
        'config', p.proconfig, 'flags', ARRAY[p.prosecdef, p.proleakproof, p.proisstrict, p.proretset]::text || p.provolatile::text || p.proparallel::text, 'cost', p.procost, 'rows', p.prorows,
        'aggregate', (SELECT to_jsonb(g) - 'aggfnoid' - 'aggtranstype' - 'aggmtranstype' - 'aggsortop' || jsonb_build_object('t', aggtranstype::regtype, 'm', aggmtranstype::regtype, 's', aggsortop::regoperator) FROM pg_aggregate g WHERE g.aggfnoid = p.oid),
        'acl', (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) x))
    FROM proc p
    UNION ALL
    SELECT 'type', t.oid::regtype::text, to_jsonb(t) - '{oid,typname,typnamespace,typowner,typrelid,typelem,typarray,typbasetype,typcollation,typacl,typdefaultbin,typsubscript,typndims}'::text[]
        || jsonb_build_object('owner', t.typowner::regrole, 'base', t.typbasetype::regtype, 'collation', t.typcollation::regcollation,
        'labels', (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
        'range', (SELECT jsonb_build_object('sub', rngsubtype::regtype, 'multi', rngmultitypid::regtype, 'coll', rngcollation::regcollation, 'canonical', rngcanonical, 'diff', rngsubdiff, 'class', (SELECT opcname FROM pg_opclass WHERE oid = rngsubopc)) FROM pg_range WHERE rngtypid = t.oid),
        'acl', (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(coalesce(t.typacl, acldefault('T', t.typowner))) x))
    FROM typ t
    UNION ALL
    SELECT 'operator', o.oid::regoperator::text, jsonb_build_object('owner', o.oprowner::regrole, 'code', o.oprcode, 'commutator', o.oprcom::regoperator, 'negator', o.oprnegate::regoperator,
        'estimates', ARRAY[o.oprrest, o.oprjoin]::text[], 'flags', ARRAY[o.oprcanmerge, o.oprcanhash], 'result', o.oprresult::regtype)
    FROM pg_operator o JOIN ns ON ns.oid = o.oprnamespace
    WHERE ('pg_operator'::regclass, o.oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT 'operator class', pg_describe_object('pg_opclass'::regclass, o.oid, 0), jsonb_build_object('owner', o.opcowner::regrole, 'default', o.opcdefault, 'type', o.opcintype::regtype, 'key', o.opckeytype::regtype,
        'family', pg_describe_object('pg_opfamily'::regclass, o.opcfamily, 0))
    FROM pg_opclass o JOIN ns ON ns.oid = o.opcnamespace
    WHERE ('pg_opclass'::regclass, o.oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT 'operator family', pg_describe_object('pg_opfamily'::regclass, f.oid, 0), jsonb_build_object('owner', f.opfowner::regrole,
        'operators', (SELECT array_agg(pg_describe_object('pg_amop'::regclass, oid, 0) || amoppurpose::text ORDER BY amoplefttype, amoprighttype, amopstrategy) FROM pg_amop WHERE amopfamily = f.oid),
        'functions', (SELECT array_agg(pg_describe_object('pg_amproc'::regclass, oid, 0) ORDER BY amproclefttype, amprocrighttype, amprocnum) FROM pg_amproc WHERE amprocfamily = f.oid))
    FROM pg_opfamily f JOIN ns ON ns.oid = f.opfnamespace
    WHERE ('pg_opfamily'::regclass, f.oid) NOT IN (SELECT * FROM member)
    UNION ALL
    SELECT 'collation', collname::text, to_jsonb(o) - '{oid,collnamespace,collowner,collencoding}'::text[] || jsonb_build_object('owner', o.collowner::regrole)
    FROM pg_collation o JOIN ns ON ns.oid = o.collnamespace
    UNION ALL
    SELECT 'conversion', conname::text, to_jsonb(o) - '{oid,connamespace,conowner}'::text[] || jsonb_build_object('owner', o.conowner::regrole)
    FROM pg_conversion o JOIN ns ON ns.oid = o.connamespace
    UNION ALL
    SELECT 'text search configuration', cfgname::text, jsonb_build_object('owner', cfgowner::regrole, 'parser', (SELECT prsname FROM pg_ts_parser WHERE oid = cfgparser),
        'map', (SELECT array_agg(ARRAY[maptokentype, mapseqno]::text || mapdict::regdictionary ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map WHERE mapcfg = o.oid))
    FROM pg_ts_config o JOIN ns ON ns.oid = o.cfgnamespace
    UNION ALL
    SELECT 'text search dictionary', dictname::text, jsonb_build_object('owner', dictowner::regrole, 'template', (SELECT tmplname FROM pg_ts_template WHERE oid = dicttemplate), 'options', dictinitoption)
    FROM pg_ts_dict o JOIN ns ON ns.oid = o.dictnamespace
    UNION ALL
    SELECT 'text search template', tmplname::text, to_jsonb(o) - '{oid,tmplnamespace}'::text[]
    FROM pg_ts_template o JOIN ns ON ns.oid = o.tmplnamespace
    UNION ALL
    SELECT 'text search parser', prsname::text, to_jsonb(o) - '{oid,prsnamespace}'::text[]
    FROM pg_ts_parser o JOIN ns ON ns.oid = o.prsnamespace
    UNION ALL
    SELECT 'default privileges', d.defaclrole::regrole || ' ' || d.defaclobjtype::text, jsonb_build_object('acl', (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(d.defaclacl) x))
    FROM pg_default_acl d JOIN ns ON ns.oid = d.defaclnamespace
)
SELECT kind, object, fact::text FROM facts
UNION ALL
-- Comments, and what depends on what, of everything: by the server's own description of it.
SELECT 'comment', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description
FROM pg_description d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) o
WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass) AND (o.schema = quote_ident(%(schema)s) OR o.identity LIKE '%% on ' || quote_ident(%(schema)s) || '.%%'
   OR d.classoid = 'pg_namespace'::regclass AND d.objoid = (SELECT oid FROM ns)
   OR d.classoid = 'pg_constraint'::regclass AND EXISTS (SELECT FROM pg_constraint k WHERE k.oid = d.objoid AND k.connamespace = (SELECT oid FROM ns)))
  AND (d.classoid, d.objoid) NOT IN (SELECT * FROM member)
UNION ALL
SELECT DISTINCT 'dependency', pg_describe_object(d.classid, d.objid, d.objsubid), d.deptype::text || ' ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
FROM pg_depend d
CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) o
WHERE d.objid >= 16384 AND d.classid <> 'pg_trigger'::regclass AND (o.schema = quote_ident(%(schema)s) OR o.identity LIKE '%% on ' || quote_ident(%(schema)s) || '.%%')
  AND (d.classid, d.objid) NOT IN (SELECT * FROM member)
