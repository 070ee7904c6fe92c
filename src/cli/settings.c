#include "cli/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/config.h"

/* --config, else SCHEMARESTORE_CONFIG; likewise --profile. */
static const char *early(const struct sr_command_line *line, const char *option)
{
	const char *value = sr_command_line_value(line, option);
	char *name = sr_environment_name(option);

	if (!value)
		value = getenv(name);
	free(name);
	return value && *value ? value : NULL;
}

static bool read_files(struct sr_settings *s, const char *config, const char *profile,
		       const char *system_config, struct sr_error *err)
{
	char *user = sr_config_user_path();
	bool found = false, ok;

	if (config)
		ok = sr_config_read(s, config, true, profile, SR_LAYER_USER, &found, err);
	else
		ok = sr_config_read(s, system_config, false, profile, SR_LAYER_SYSTEM, &found, err) &&
		     (!user || sr_config_read(s, user, false, profile, SR_LAYER_USER, &found, err));
	if (ok && profile && !found) {
		ok = sr_error_set(err, SR_ERR_USAGE, "there is no profile \"%s\"", profile);
		if (config)
			sr_error_hint(err, "\"%s\" has no section [%s].", config, profile);
		else
			sr_error_hint(err, "Neither \"%s\" nor \"%s\" has a section [%s].", system_config,
				      user ? user : "~/.config/schemarestore.conf", profile);
	}
	free(user);
	return ok;
}

/* The request's database gives way to an option only: what weaker layers named is put aside meanwhile. */
static bool read_request(struct sr_settings *s, const char *path, struct sr_error *err)
{
	struct sr_conninfo *ci = &s->request.conninfo;
	char *dbname = sr_strdup_null(sr_conninfo_get(ci, "dbname"));
	bool ok;

	sr_conninfo_set(ci, "dbname", NULL);
	ok = sr_request_read(&s->request, path, err);
	if (dbname && !sr_conninfo_get(ci, "dbname"))
		sr_conninfo_set(ci, "dbname", dbname);
	free(dbname);
	return ok;
}

static bool apply_options(struct sr_settings *s, const struct sr_command_line *line, struct sr_error *err)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct sr_option *o = line->uses[i].option;
		char *origin = sr_asprintf("--%s", o->name);
		bool ok = sr_option_apply(s, o, SR_LAYER_OPTION, origin, line->uses[i].value, err);

		free(origin);
		if (!ok) {
			if (!err->hint)
				sr_error_hint(err, "Try \"schemarestore --help\".");
			return false;
		}
	}
	return sr_settings_layer_end(s, SR_LAYER_OPTION, err);
}

static bool one_moment(const struct sr_settings *s, struct sr_error *err)
{
	if (sr_option_layer(s, "pitr") != SR_LAYER_OPTION ||
	    sr_option_layer(s, "snapshot") != SR_LAYER_OPTION)
		return true;
	sr_error_set(err, SR_ERR_USAGE, "--pitr and --snapshot cannot both be given");
	return sr_error_hint(err, "--pitr restores to a time, --snapshot to a backup as it is.");
}

/* What was typed, for "run it like this": not the word --dry-run, and nothing at all if there is a secret in it. */
static void keep_command_line(struct sr_settings *s, const struct sr_command_line *line, char **argv)
{
	for (size_t i = 0; i < s->nwarnings; i++)
		if (strcmp(s->warnings[i].code, "password-visible") == 0)
			return;
	for (int i = 0; argv[i]; i++) {
		struct sr_strbuf word = SR_STRBUF_INIT;
		bool skip = false;

		for (size_t u = 0; u < line->n; u++)
			skip |= line->uses[u].at == i && strcmp(line->uses[u].option->name, "dry-run") == 0;
		if (!skip) {
			sr_shell_quote(&word, i ? argv[i] : "schemarestore");
			sr_strlist_take(&s->command_line, sr_strbuf_take(&word));
		}
		sr_strbuf_release(&word);
	}
}

static void warn_of_source_password(struct sr_settings *s)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_error ignored = SR_ERROR_INIT;
	const char *from = s->request.from;

	if (from && strncmp(from, "existing:", 9) == 0 && sr_option_layer(s, "from") == SR_LAYER_OPTION &&
	    sr_conninfo_parse(&ci, from + 9, &ignored) && sr_conninfo_get(&ci, "password"))
		sr_settings_warn(s, "password-visible", "Use ~/.pgpass or a service file instead.",
				 "the password in --from can be seen by everybody on this machine");
	sr_error_release(&ignored);
	sr_conninfo_release(&ci);
}

bool sr_settings_merge(struct sr_settings *s, const struct sr_command_line *line, char **argv,
		       const char *system_config, struct sr_error *err)
{
	const char *request = sr_command_line_value(line, "request");

	if (!read_files(s, early(line, "config"), early(line, "profile"), system_config, err) ||
	    !sr_environment_read(s, err) || (request && !read_request(s, request, err)) ||
	    !apply_options(s, line, err) || !one_moment(s, err))
		return false;
	warn_of_source_password(s);
	keep_command_line(s, line, argv);
	return true;
}

bool sr_settings_check_options(const struct sr_command_line *line, const struct sr_command *command,
			       struct sr_error *err)
{
	for (size_t i = 0; i < line->n; i++) {
		const struct sr_option *o = line->uses[i].option;

		if (o->commands & command->bit)
			continue;
		sr_error_set(err, SR_ERR_USAGE, "the command \"%s\" does not take --%s", command->name,
			     o->name);
		return sr_error_hint(err, "Try \"schemarestore help %s\".", command->name);
	}
	return true;
}

static char *default_state_dir(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return sr_strdup("/var/lib/schemarestore");
	if (state && state[0] == '/')
		return sr_path_join(state, "schemarestore");
	if (home && home[0] == '/')
		return sr_asprintf("%s/.local/state/schemarestore", home);
	return sr_asprintf("/var/tmp/schemarestore-%u", (unsigned)geteuid());
}

/* Two ways to the same WAL: the one that a stronger layer gave stands. */
static void settle_wal(struct sr_settings *s)
{
	enum sr_layer archive = sr_option_layer(s, "wal-archive"),
		      command = sr_option_layer(s, "restore-command");
	char **weaker = archive < command ? &s->request.wal_archive : &s->request.restore_command;

	if (archive == command)
		return;
	free(*weaker);
	*weaker = NULL;
}

void sr_settings_defaults(struct sr_settings *s)
{
	struct sr_request *r = &s->request;
	static const char prefix[] = "basebackup:";

	settle_wal(s);

	if (!r->state_dir)
		r->state_dir = default_state_dir();
	/* Not TMPDIR, which is often a small memory file system: a recovery may need hundreds of gigabytes. */
	if (!r->scratch_dir)
		r->scratch_dir = sr_strdup("/var/tmp");
	if (r->from && strncmp(r->from, prefix, sizeof prefix - 1) == 0 && r->from[sizeof prefix - 1]) {
		char *dir = sr_path_absolute(r->from + sizeof prefix - 1),
		     *from = sr_asprintf("%s%s", prefix, dir);

		free(dir);
		free(r->from);
		r->from = from;
	}
}
