/* The form of a request: what can be said without asking any server. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/settings.h"

static bool no_source(struct sr_error *err)
{
	sr_error_set(err, SR_ERR_USAGE, "there is no source to restore from");
	sr_error_detail(err, "Nothing says where the base backup or the instance to restore from is.");
	return sr_error_hint(
		err, "Give --from basebackup:DIRECTORY with --wal-archive DIRECTORY; or for good, in "
		     "/etc/schemarestore.conf:\n    from = basebackup:/backups\n    wal-archive = /wal\n"
		     "or in SCHEMARESTORE_FROM and SCHEMARESTORE_WAL_ARCHIVE.");
}

static bool unknown_source(const char *from, size_t len, struct sr_error *err)
{
	static const char *const later[] = { "pgbackrest", "barman", "command", "rds", "aurora" };
	struct sr_strlist names = SR_STRLIST_INIT;
	/* Not beyond a '=': what follows may be a password. */
	char *kind = sr_strndup(from, strcspn(from, "=") < len ? strcspn(from, "=") : len);
	const char *nearest;

	for (size_t i = 0; i < SR_COUNT(later); i++) {
		if (strcmp(kind, later[i]) == 0) {
			sr_error_set(err, SR_ERR_USAGE, "the source \"%s:\" is not supported by this version",
				     kind);
			sr_error_hint(err, "It restores from basebackup:DIRECTORY and existing:CONNINFO.");
			goto out;
		}
	}
	sr_strlist_add(&names, "basebackup");
	sr_strlist_add(&names, "existing");
	nearest = sr_nearest(&names, kind);
	if (from[0] == '/' && !strchr(from, '='))
		sr_error_set(err, SR_ERR_USAGE, "the source \"%s\" does not say what it is", from);
	else
		sr_error_set(err, SR_ERR_USAGE, "unknown source \"%s\"", kind);
	if (from[0] == '/')
		sr_error_hint(err, "For a directory of base backups: --from basebackup:%s", from);
	else if (nearest)
		sr_error_hint(err, "Perhaps you meant %s:", nearest);
	else
		sr_error_hint(err, "A source is basebackup:DIRECTORY or existing:CONNINFO.");
out:
	sr_strlist_release(&names);
	free(kind);
	return false;
}

bool sr_settings_check_source(const struct sr_settings *s, struct sr_error *err)
{
	const char *from = s->request.from;
	size_t len = from ? strcspn(from, ":") : 0;
	bool base = len == 10 && strncmp(from, "basebackup", len) == 0;
	bool existing = len == 8 && strncmp(from, "existing", len) == 0;

	if (!from)
		return true;
	if (!base && !existing)
		return unknown_source(from, len, err);
	if (from[len] != ':' || !from[len + 1]) {
		sr_error_set(err, SR_ERR_USAGE, "the source \"%s\" lacks its %s", from,
			     base ? "directory" : "connection parameters");
		return sr_error_hint(err, "For example: --from %s",
				     base ? "basebackup:/backups" : "'existing:host=clone dbname=shop'");
	}
	if (existing) {
		struct sr_conninfo ci = SR_CONNINFO_INIT;
		bool ok = sr_conninfo_parse(&ci, from + len + 1, err);

		sr_conninfo_release(&ci);
		return ok || sr_error_context(err, "reading --from existing:");
	}
	return true;
}

static bool check_moment(const struct sr_request *r, struct sr_error *err)
{
	if (strncmp(r->from, "existing:", 9) == 0) {
		if (!r->has_target)
			return true;
		sr_error_set(err, SR_ERR_USAGE,
			     "an existing: source stands at its own moment: --%s cannot be given",
			     r->target == SR_TARGET_SNAPSHOT ? "snapshot" : "pitr");
		return sr_error_hint(err, "Leave it out, or restore from basebackup:DIRECTORY.");
	}
	if (r->has_target)
		return true;
	sr_error_set(err, SR_ERR_USAGE, "the moment to restore to is missing");
	return sr_error_hint(err,
			     "Give --pitr '2024-01-28T14:30:00Z' (a time), --pitr latest, or --snapshot ID.");
}

static bool check_pair(const char *text, const char *option, const char *example, struct sr_error *err)
{
	const char *equals = strchr(text, '=');

	if (equals && equals != text && equals[1])
		return true;
	sr_error_set(err, SR_ERR_USAGE, "invalid value \"%s\" for --%s", text, option);
	return sr_error_hint(err, "%s", example);
}

static bool check_names(const struct sr_request *r, struct sr_error *err)
{
	for (size_t i = 0; i < r->renames.n; i++)
		if (!check_pair(r->renames.items[i], "rename",
				"It is OLD=NEW, for example --rename a=a_before.", err))
			return false;
	for (size_t i = 0; i < r->role_maps.n; i++)
		if (!check_pair(r->role_maps.items[i], "map-role",
				"It is OLD=NEW, for example --map-role app_owner=app.", err))
			return false;
	for (size_t i = 0; i < r->source_settings.n; i++)
		if (!check_pair(r->source_settings.items[i], "source-setting",
				"It is NAME=VALUE, for example --source-setting maintenance_work_mem=1GB.",
				err))
			return false;
	if (r->schema_only && (r->verify & SR_VERIFY_CHECKSUM))
		return sr_error_set(err, SR_ERR_USAGE, "--schema-only leaves no rows for --verify checksum");
	if (r->suffix && !*r->suffix) {
		sr_error_set(err, SR_ERR_USAGE, "the suffix is empty");
		return sr_error_hint(err, "The restored schema cannot have the live one's name; "
					  "give a suffix such as _before, or --rename.");
	}
	/* 63 bytes are a name; the schema's own part has to be one at least. */
	if (r->suffix && strlen(r->suffix) > 62) {
		sr_error_set(err, SR_ERR_USAGE, "the suffix is %zu bytes long", strlen(r->suffix));
		return sr_error_hint(err, "A schema's name has at most 63 bytes, the suffix included.");
	}
	return true;
}

bool sr_settings_check_restore(const struct sr_settings *s, struct sr_error *err)
{
	const struct sr_request *r = &s->request;

	if (r->schemas.n == 0 && r->schema_regexes.n == 0) {
		sr_error_set(err, SR_ERR_USAGE, "no schema is named");
		return sr_error_hint(err,
				     "For example: schemarestore --schema a --pitr '2024-01-28T14:30:00Z'. "
				     "Try \"schemarestore --help\".");
	}
	if (!r->from)
		return no_source(err);
	if (r->wal_archive && r->restore_command &&
	    sr_option_layer(s, "wal-archive") == sr_option_layer(s, "restore-command")) {
		sr_error_set(err, SR_ERR_USAGE, "--wal-archive and --restore-command cannot both be given");
		return sr_error_hint(
			err, "Use --wal-archive for a directory, --restore-command for anything else.");
	}
	if (s->no_password && s->ask_password) {
		sr_error_set(err, SR_ERR_USAGE, "--no-password and --password cannot both be given");
		return sr_error_hint(err, "Try \"schemarestore --help\".");
	}
	return sr_settings_check_source(s, err) && check_moment(r, err) && check_names(r, err);
}
