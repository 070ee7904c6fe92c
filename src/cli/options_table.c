#include "cli/options.h"

#include <string.h>

#include "base/mem.h"

#define AT(field) offsetof(struct sr_settings, field)
#define CONNECTS  (SR_CMD_RESTORE | SR_CMD_DOCTOR | SR_CMD_CLEANUP)
#define RECOVERS  (SR_CMD_RESTORE | SR_CMD_DOCTOR)
#define RECORDS   (SR_CMD_RESTORE | SR_CMD_STATUS | SR_CMD_LIST | SR_CMD_CLEANUP | SR_CMD_DOCTOR)

/* clang-format off */
static const struct sr_option table[] = {
	{ "schema", 'n', "PATTERN", SR_KIND_LIST, RECOVERS, 0, SR_GROUP_WHAT, AT(request.schemas),
	  "restore the schemas that match; may be repeated,\npatterns as in pg_dump" },
	{ "exclude-schema", 'N', "PATTERN", SR_KIND_LIST, RECOVERS, 0, SR_GROUP_WHAT, AT(request.exclude_schemas),
	  "but not these" },
	{ "schema-regex", 0, "REGEX", SR_KIND_LIST, RECOVERS, 0, SR_GROUP_WHAT, AT(request.schema_regexes),
	  "restore the schemas whose whole name matches\nthis Perl-compatible regular expression" },
	{ "schema-only", 's', NULL, SR_KIND_BOOL, SR_CMD_RESTORE, 0, SR_GROUP_WHAT, AT(request.schema_only),
	  "restore the definitions, no rows" },
	{ "request", 0, "FILE", SR_KIND_PATH, SR_CMD_RESTORE, 0, SR_GROUP_WHAT, AT(request_file),
	  "read schemas and moment from a JSON file" },

	{ "pitr", 0, "TIME", SR_KIND_PITR, RECOVERS, 0, SR_GROUP_WHEN, 0,
	  "as the schemas stood at this time; UTC when it\nnames no zone; \"latest\": the end of the archive" },
	{ "snapshot", 0, "ID", SR_KIND_SNAPSHOT, RECOVERS, 0, SR_GROUP_WHEN, 0,
	  "as they stand in this backup: its name, a date,\nor \"latest\"" },

	{ "from", 0, "SOURCE", SR_KIND_STRING, RECOVERS, SR_OPTION_BOTH | SR_OPTION_CONN, SR_GROUP_SOURCE, AT(request.from),
	  "basebackup:DIRECTORY or existing:CONNINFO" },
	{ "wal-archive", 0, "DIR", SR_KIND_PATH, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE, AT(request.wal_archive),
	  "directory with the archived WAL" },
	{ "restore-command", 0, "COMMAND", SR_KIND_STRING, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE,
	  AT(request.restore_command), "command that fetches archived WAL, with %f and %p" },
	{ "source-dbname", 0, "NAME", SR_KIND_STRING, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE, AT(request.source_dbname),
	  "database on the temporary instance, if not the\ntarget's" },
	{ "source-username", 0, "NAME", SR_KIND_STRING, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE, AT(request.source_user),
	  "role to log in as on the temporary instance" },
	{ "source-setting", 0, "NAME=VALUE", SR_KIND_LIST, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE,
	  AT(request.source_settings), "server setting of the temporary instance;\nmay be repeated" },
	{ "disposable-source", 0, NULL, SR_KIND_BOOL, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_SOURCE,
	  AT(request.disposable_source), "an existing: source is a copy nobody works with:\nits schemas may be renamed (and are renamed back)" },
	{ "run-as", 0, "USER", SR_KIND_STRING, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE, AT(request.run_as),
	  "system user of the temporary instance when\nstarted as root; default: the backup's owner" },
	{ "pg-bindir", 0, "DIR", SR_KIND_PATHS, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE, AT(request.pg_bindirs),
	  "where PostgreSQL's programs are; may be repeated" },
	{ "scratch-dir", 0, "DIR", SR_KIND_PATH, RECOVERS, SR_OPTION_BOTH, SR_GROUP_SOURCE, AT(request.scratch_dir),
	  "where the temporary instance lives; default:\n/var/tmp" },

	{ "dbname", 'd', "CONNINFO", SR_KIND_STRING, CONNECTS, SR_OPTION_BOTH | SR_OPTION_CONN, SR_GROUP_TARGET, AT(dbname),
	  "database to restore into: a name, a connection\nstring or a URI" },
	{ "host", 'h', "HOST", SR_KIND_STRING, CONNECTS, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(host),
	  "database server host or socket directory" },
	{ "port", 'p', "PORT", SR_KIND_STRING, CONNECTS, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(port),
	  "database server port" },
	{ "username", 'U', "NAME", SR_KIND_STRING, CONNECTS, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(username),
	  "connect as this role" },
	{ "no-password", 'w', NULL, SR_KIND_BOOL, CONNECTS, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(no_password),
	  "never ask for a password" },
	{ "password", 'W', NULL, SR_KIND_BOOL, CONNECTS, 0, SR_GROUP_TARGET, AT(ask_password),
	  "ask for the password at once" },
	{ "suffix", 0, "TEXT", SR_KIND_STRING, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(request.suffix),
	  "append this to the schemas' names; default: _ and\nthe moment restored, _20240128143000" },
	{ "rename", 0, "OLD=NEW", SR_KIND_LIST, SR_CMD_RESTORE, 0, SR_GROUP_TARGET, AT(request.renames),
	  "name one restored schema; may be repeated" },
	{ "no-owner", 0, NULL, SR_KIND_BOOL, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(request.no_owner),
	  "everything restored belongs to the connecting role" },
	{ "no-privileges", 'x', NULL, SR_KIND_BOOL, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_TARGET,
	  AT(request.no_privileges), "do not restore grants" },
	{ "map-role", 0, "OLD=NEW", SR_KIND_LIST, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_TARGET, AT(request.role_maps),
	  "what OLD owns and may do is NEW's; may be repeated" },
	{ "create-missing-roles", 0, NULL, SR_KIND_BOOL, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_TARGET,
	  AT(request.create_missing_roles), "create roles that are missing, NOLOGIN" },
	{ "allow-publication", 0, NULL, SR_KIND_BOOL, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_TARGET,
	  AT(request.allow_publication), "go on though a publication FOR ALL TABLES will\npublish what is restored" },

	{ "jobs", 'j', "N", SR_KIND_INT, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_HOW, AT(request.jobs),
	  "worker threads; default: from the processors" },
	{ "verify", 0, "LIST", SR_KIND_VERIFY, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_HOW, AT(request.verify),
	  "none, counts (the default), checksum, ddl, or\nseveral with commas" },
	{ "dry-run", 0, NULL, SR_KIND_BOOL, SR_CMD_RESTORE | SR_CMD_CLEANUP, 0, SR_GROUP_HOW, AT(request.dry_run),
	  "check everything and show the plan, change nothing" },
	{ "keep", 0, NULL, SR_KIND_BOOL, SR_CMD_RESTORE, SR_OPTION_BOTH, SR_GROUP_HOW, AT(request.keep),
	  "on failure leave what was made, to look at" },

	{ "all", 0, NULL, SR_KIND_BOOL, SR_CMD_CLEANUP, 0, SR_GROUP_OPERATIONS, AT(all),
	  "also what failed operations kept with --keep" },
	{ "older-than", 0, "AGE", SR_KIND_DURATION, SR_CMD_CLEANUP, 0, SR_GROUP_OPERATIONS, AT(older_than_ms),
	  "only operations begun before that: 7d, 12h" },

	{ "state-dir", 0, "DIR", SR_KIND_PATH, RECORDS, SR_OPTION_BOTH, SR_GROUP_GENERAL, AT(request.state_dir),
	  "where operations are recorded" },
	{ "config", 0, "FILE", SR_KIND_PATH, SR_CMD_ALL, SR_OPTION_ENV, SR_GROUP_GENERAL, AT(config),
	  "read this configuration instead of\n/etc/schemarestore.conf and the user's own" },
	{ "profile", 0, "NAME", SR_KIND_STRING, SR_CMD_ALL, SR_OPTION_ENV, SR_GROUP_GENERAL, AT(profile),
	  "section of the configuration to use" },
	{ "json", 0, NULL, SR_KIND_BOOL, RECORDS, SR_OPTION_BOTH, SR_GROUP_GENERAL, AT(json),
	  "print one JSON object a line instead of text" },
	{ "verbose", 'v', NULL, SR_KIND_BOOL, SR_CMD_ALL, SR_OPTION_BOTH, SR_GROUP_GENERAL, AT(verbose),
	  "show the log as it is written" },
	{ "quiet", 'q', NULL, SR_KIND_BOOL, SR_CMD_ALL, SR_OPTION_BOTH, SR_GROUP_GENERAL, AT(quiet),
	  "print nothing but warnings and errors" },
	{ "version", 'V', NULL, SR_KIND_BOOL, SR_CMD_ALL, 0, SR_GROUP_GENERAL, AT(version),
	  "print the version, then exit" },
	{ "help", '?', NULL, SR_KIND_BOOL, SR_CMD_ALL, 0, SR_GROUP_GENERAL, AT(help),
	  "show this help, then exit" },
	{ "list-options", 0, NULL, SR_KIND_BOOL, SR_CMD_ALL, SR_OPTION_HIDDEN, SR_GROUP_GENERAL, AT(list_options), "" },
};
/* clang-format on */

_Static_assert(SR_COUNT(table) <= SR_OPTIONS_MAX, "SR_OPTIONS_MAX is too small");

const struct sr_option *sr_options(size_t *n)
{
	*n = SR_COUNT(table);
	return table;
}

const char *sr_option_group_heading(enum sr_option_group group)
{
	static const char *const headings[SR_GROUP_COUNT] = {
		[SR_GROUP_WHAT] = "What to restore",
		[SR_GROUP_WHEN] = "As it stood when (not for existing:)",
		[SR_GROUP_SOURCE] = "Where it comes from",
		[SR_GROUP_TARGET] = "Where it goes",
		[SR_GROUP_HOW] = "How",
		[SR_GROUP_OPERATIONS] = "Which operations",
		[SR_GROUP_GENERAL] = "General options",
	};

	return headings[group];
}

static bool same_name(const char *name, const char *typed, size_t len)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] != (typed[i] == '_' ? '-' : typed[i]))
			return false;
	return true;
}

const struct sr_option *sr_option_find(const char *name, size_t len)
{
	for (size_t i = 0; i < SR_COUNT(table); i++)
		if (same_name(table[i].name, name, len))
			return &table[i];
	return NULL;
}

const struct sr_option *sr_option_letter(char letter)
{
	for (size_t i = 0; letter && i < SR_COUNT(table); i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

void sr_option_names(unsigned flags, struct sr_strlist *out)
{
	for (size_t i = 0; i < SR_COUNT(table); i++)
		if (flags ? (table[i].flags & flags) != 0 : !(table[i].flags & SR_OPTION_HIDDEN))
			sr_strlist_add(out, table[i].name);
}

enum sr_layer sr_option_layer(const struct sr_settings *s, const char *name)
{
	const struct sr_option *o = sr_option_find(name, strlen(name));

	return o ? (enum sr_layer)s->layers[o - table] : SR_LAYER_NONE;
}
