#include "cli/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

struct reader {
	struct sr_settings *settings;
	enum sr_layer file_layer, layer; /* the file's; the one being read */
	const char *path, *profile;
	FILE *file;
	char *line; /* getline's */
	size_t cap;
	int lineno;
	bool continued; /* the line being read is indented */
	bool found_profile, has_password;
	struct sr_strbuf value; /* of the key being read, which following lines may continue */
	const struct sr_option *option; /* that key's; NULL: none is pending */
	bool in_section;
	bool applies; /* its section is ours */
	int option_line;
	bool failed;
	struct sr_error *err;
};

/* inih reads through this: it counts the lines, and no line is cut in two without a word. */
static char *read_line(char *out, int room, void *stream)
{
	struct reader *r = stream;
	ssize_t n;

	if (r->failed)
		return NULL;
	n = getline(&r->line, &r->cap, r->file);
	if (n < 0)
		return NULL;
	r->lineno++;
	r->continued = r->line[0] == ' ' || r->line[0] == '\t';
	if (n >= room) {
		sr_error_set(r->err, SR_ERR_USAGE, "%s:%d: the line is longer than %d bytes", r->path,
			     r->lineno, room - 1);
		sr_error_hint(
			r->err,
			"Break it: a line that begins with white space goes on with the value above it.");
		r->failed = true;
		return NULL;
	}
	memcpy(out, r->line, (size_t)n + 1);
	/* "[profile]" alone has no key: the section counts as found even when it is empty. */
	if (r->profile && out[0] == '[' && strncmp(out + 1, r->profile, strlen(r->profile)) == 0 &&
	    out[1 + strlen(r->profile)] == ']')
		r->found_profile = true;
	return out;
}

/* A password in a connection string, as keyword or in a URI. */
static bool holds_password(const char *value)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_error ignored = SR_ERROR_INIT;
	const char *text = strncmp(value, "existing:", 9) == 0 ? value + 9 : value;
	bool found = sr_conninfo_parse(&ci, text, &ignored) && sr_conninfo_get(&ci, "password");

	sr_error_release(&ignored);
	sr_conninfo_release(&ci);
	return found;
}

/* Applies the key that is complete now. */
static bool flush(struct reader *r)
{
	const struct sr_option *o = r->option;
	struct sr_strbuf origin = SR_STRBUF_INIT;
	bool ok = true;

	r->option = NULL;
	if (!o)
		return true;
	if (o->flags & SR_OPTION_CONN && holds_password(sr_strbuf_str(&r->value)))
		r->has_password = true;
	/* What stands before the sections is a layer of its own. */
	if (r->in_section && r->layer == r->file_layer) {
		ok = sr_settings_layer_end(r->settings, r->layer, r->err);
		r->layer = (enum sr_layer)(r->file_layer + 1);
	}
	if (ok && r->applies) {
		sr_strbuf_addf(&origin, "\"%s\" at %s:%d", o->name, r->path, r->option_line);
		ok = sr_option_apply(r->settings, o, r->layer, sr_strbuf_str(&origin),
				     sr_strbuf_str(&r->value), r->err);
	}
	sr_strbuf_release(&origin);
	return ok;
}

static bool unknown_key(struct reader *r, const char *name)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	const struct sr_option *o = sr_option_find(name, strlen(name));
	const char *nearest;

	if (o) {
		sr_error_set(r->err, SR_ERR_USAGE, "%s:%d: \"%s\" cannot stand in a configuration file",
			     r->path, r->lineno, name);
		return sr_error_hint(r->err, "Give it on the command line: --%s.", o->name);
	}
	sr_option_names(SR_OPTION_CONFIG, &names);
	nearest = sr_nearest(&names, name);
	sr_error_set(r->err, SR_ERR_USAGE, "%s:%d: unknown key \"%s\"", r->path, r->lineno, name);
	if (nearest)
		sr_error_hint(r->err, "Perhaps you meant \"%s\".", nearest);
	else
		sr_error_hint(r->err, "Keys are long option names; see schemarestore(1), CONFIGURATION.");
	sr_strlist_release(&names);
	return false;
}

static int take_key(void *ctx, const char *section, const char *name, const char *value)
{
	struct reader *r = ctx;
	const struct sr_option *o;

	if (r->failed)
		return 0;
	if (r->continued && r->option) {
		sr_strbuf_addc(&r->value, ' ');
		sr_strbuf_adds(&r->value, value);
		return 1;
	}
	o = sr_option_find(name, strlen(name));
	if (!flush(r) || ((!o || !(o->flags & SR_OPTION_CONFIG)) && !unknown_key(r, name))) {
		r->failed = true;
		return 0;
	}
	r->option = o;
	r->option_line = r->lineno;
	r->in_section = r->profile && strcmp(section, r->profile) == 0;
	r->applies = !*section || r->in_section;
	sr_strbuf_clear(&r->value);
	sr_strbuf_adds(&r->value, value);
	return 1;
}

static bool parse(struct reader *r)
{
	int bad = ini_parse_stream(read_line, r, take_key, r);

	if (r->failed || !flush(r))
		return false;
	if (bad) {
		sr_error_set(r->err, SR_ERR_USAGE, "%s:%d: this is neither \"key = value\" nor \"[profile]\"",
			     r->path, bad > 0 ? bad : r->lineno);
		return false;
	}
	return true;
}

static void check_mode(struct reader *r)
{
	struct stat st;

	if (r->has_password && fstat(fileno(r->file), &st) == 0 && st.st_mode & (S_IRGRP | S_IROTH)) {
		char *hint = sr_asprintf("Run: chmod 600 %s", r->path);

		sr_settings_warn(r->settings, "config-readable", hint,
				 "the configuration file \"%s\" holds a password and others can read it",
				 r->path);
		free(hint);
	}
}

bool sr_config_read(struct sr_settings *s, const char *path, bool required, const char *profile,
		    enum sr_layer layer, bool *found_profile, struct sr_error *err)
{
	struct reader r = { .settings = s,
			    .file_layer = layer,
			    .layer = layer,
			    .path = path,
			    .profile = profile,
			    .err = err };
	bool ok = false;

	r.file = fopen(path, "re");
	if (!r.file) {
		if (!required && (errno == ENOENT || errno == ENOTDIR))
			return true;
		return sr_error_errno(err, SR_ERR_USAGE, "could not read the configuration file \"%s\"",
				      path);
	}
	ok = parse(&r) && sr_settings_layer_end(s, r.layer, err);
	if (ok)
		check_mode(&r);
	else
		sr_error_context(err, "reading the configuration file \"%s\"", path);
	*found_profile |= r.found_profile;
	fclose(r.file);
	free(r.line);
	sr_strbuf_release(&r.value);
	return ok;
}

char *sr_environment_name(const char *option)
{
	char *name = sr_asprintf("SCHEMARESTORE_%s", option);

	for (char *p = name; *p; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return name;
}

static bool apply_lines(struct sr_settings *s, const struct sr_option *o, const char *name, const char *value,
			struct sr_error *err)
{
	char *copy = sr_strdup(value), *rest = copy, *line;
	bool ok = true;

	while (ok && (line = strsep(&rest, "\n")))
		if (*line)
			ok = sr_option_apply(s, o, SR_LAYER_ENV, name, line, err);
	free(copy);
	return ok;
}

bool sr_environment_read(struct sr_settings *s, struct sr_error *err)
{
	size_t n;
	const struct sr_option *options = sr_options(&n);
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		const struct sr_option *o = &options[i];
		char *name = sr_environment_name(o->name);
		const char *value = o->flags & SR_OPTION_ENV ? getenv(name) : NULL;

		if (value && *value)
			ok = o->kind == SR_KIND_LIST || o->kind == SR_KIND_PATHS
				     ? apply_lines(s, o, name, value, err)
				     : sr_option_apply(s, o, SR_LAYER_ENV, name, value, err);
		free(name);
	}
	return ok && sr_settings_layer_end(s, SR_LAYER_ENV, err);
}

char *sr_config_user_path(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	/* The specification has relative paths ignored. */
	if (base && base[0] == '/')
		return sr_path_join(base, "schemarestore.conf");
	return home && home[0] == '/' ? sr_asprintf("%s/.config/schemarestore.conf", home) : NULL;
}
