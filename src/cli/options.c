#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

void sr_settings_init(struct sr_settings *s)
{
	memset(s, 0, sizeof *s);
	sr_request_init(&s->request);
}

void sr_settings_release(struct sr_settings *s)
{
	sr_request_release(&s->request);
	free(s->dbname);
	free(s->host);
	free(s->port);
	free(s->username);
	free(s->request_file);
	free(s->config);
	free(s->profile);
	sr_strlist_release(&s->operands);
	sr_strlist_release(&s->command_line);
	for (size_t i = 0; i < s->nwarnings; i++) {
		free(s->warnings[i].code);
		free(s->warnings[i].text);
		free(s->warnings[i].hint);
	}
	memset(s, 0, sizeof *s);
}

void sr_settings_warn(struct sr_settings *s, const char *code, const char *hint, const char *fmt, ...)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	va_list ap;

	if (s->nwarnings == SR_COUNT(s->warnings))
		return;
	va_start(ap, fmt);
	sr_strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	s->warnings[s->nwarnings++] = (struct sr_early_warning){ .code = sr_strdup(code),
								 .text = sr_strbuf_take(&text),
								 .hint = sr_strdup_null(hint) };
}

const char *sr_nearest(struct sr_strlist *names, const char *want)
{
	size_t distance, allowed = strlen(want) / 3;

	if (names->n == 0 || !*want)
		return NULL;
	sr_strlist_nearest(names, want);
	/* What was cut short or went on too long is near however many letters that is. */
	for (size_t i = 0; strlen(want) >= 3 && i < names->n; i++)
		if (strncmp(names->items[i], want, strlen(want)) == 0)
			return names->items[i];
	distance = sr_edit_distance(names->items[0], want);
	return distance <= (allowed > 2 ? allowed : 2) && distance < strlen(want) ? names->items[0] : NULL;
}

char *sr_path_absolute(const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || !getcwd(cwd, sizeof cwd))
		return sr_strdup(path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return strcmp(path, ".") == 0 ? sr_strdup(cwd) : sr_path_join(cwd, path);
}

bool sr_duration_parse(const char *text, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "w", 604800000 }, { "d", 86400000 }, { "h", 3600000 },
		{ "min", 60000 },   { "m", 60000 },    { "s", 1000 },
	};
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || n < 0 || n > 1000000)
		return false;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < SR_COUNT(units); i++) {
		if (strcmp(end, units[i].name) == 0) {
			*ms = n * units[i].ms;
			return true;
		}
	}
	return false;
}

static bool invalid(struct sr_error *err, const char *origin, const char *value, const char *hint)
{
	sr_error_set(err, SR_ERR_USAGE, "invalid value \"%s\" for %s", value, origin);
	return sr_error_hint(err, "%s", hint);
}

static bool apply_bool(bool *field, const char *origin, const char *value, struct sr_error *err)
{
	static const char *const on[] = { "on", "true", "yes", "1" }, *const off[] = { "off", "false", "no",
										       "0" };

	if (!value) {
		*field = true;
		return true;
	}
	for (size_t i = 0; i < SR_COUNT(on); i++) {
		if (strcasecmp(value, on[i]) == 0 || strcasecmp(value, off[i]) == 0) {
			*field = strcasecmp(value, on[i]) == 0;
			return true;
		}
	}
	return invalid(err, origin, value, "It is on or off.");
}

static bool apply_int(int *field, const char *origin, const char *value, struct sr_error *err)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno || end == value || *end || n < 1 || n > 1000)
		return invalid(err, origin, value, "It is a whole number from 1 to 1000.");
	*field = (int)n;
	return true;
}

static bool apply_verify(unsigned *field, const char *origin, const char *value, struct sr_error *err)
{
	static const struct {
		const char *name;
		unsigned flag;
	} kinds[] = { { "counts", SR_VERIFY_COUNTS },
		      { "checksum", SR_VERIFY_CHECKSUM },
		      { "ddl", SR_VERIFY_DDL },
		      { "none", 0 } };
	const char *hint = "It is none, or a list with commas of: counts, checksum, ddl.";
	unsigned flags = 0, words = 0;
	bool none = false;

	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ","), i = 0;

		while (i < SR_COUNT(kinds) &&
		       (strlen(kinds[i].name) != n || strncmp(p, kinds[i].name, n) != 0))
			i++;
		if (i == SR_COUNT(kinds))
			return invalid(err, origin, value, hint);
		flags |= kinds[i].flag;
		none |= kinds[i].flag == 0;
		words++;
		p += n;
		if (!*p)
			break;
	}
	if (none && words > 1)
		return invalid(err, origin, value, "\"none\" stands alone.");
	*field = flags;
	return true;
}

/* The moment: a stronger layer's replaces the weaker's; both in one layer is caught once all is read. */
static bool apply_moment(struct sr_settings *s, const struct sr_option *o, const char *origin,
			 const char *value, struct sr_error *err)
{
	if (!*value)
		return invalid(err, origin, value,
			       o->kind == SR_KIND_PITR
				       ? "Give a time, for example '2024-01-28T14:30:00Z', or latest."
				       : "Give the name of a backup, a date, or latest.");
	if (o->kind == SR_KIND_PITR)
		sr_request_set_pitr(&s->request, value);
	else
		sr_request_set_snapshot(&s->request, value);
	return true;
}

static void replace(char **field, char *value)
{
	free(*field);
	*field = value;
}

bool sr_option_apply(struct sr_settings *s, const struct sr_option *o, enum sr_layer layer,
		     const char *origin, const char *value, struct sr_error *err)
{
	size_t n;
	unsigned char *held = &s->layers[o - sr_options(&n)];
	void *field = (char *)s + o->offset;
	bool ok = true;

	if (o->arg && !*value && o->kind != SR_KIND_PITR && o->kind != SR_KIND_SNAPSHOT &&
	    strcmp(o->name, "suffix") != 0)
		return sr_error_set(err, SR_ERR_USAGE, "%s has an empty value", origin);
	switch (o->kind) {
	case SR_KIND_BOOL:
		ok = apply_bool(field, origin, value, err);
		break;
	case SR_KIND_INT:
		ok = apply_int(field, origin, value, err);
		break;
	case SR_KIND_DURATION:
		ok = sr_duration_parse(value, field) ||
		     invalid(err, origin, value, "It is a number and a unit: 30min, 12h, 7d, 2w.");
		break;
	case SR_KIND_STRING:
		replace(field, sr_strdup(value));
		break;
	case SR_KIND_PATH:
		replace(field, sr_path_absolute(value));
		break;
	case SR_KIND_LIST:
	case SR_KIND_PATHS:
		if (*held < layer)
			sr_strlist_release(field);
		sr_strlist_take(field, o->kind == SR_KIND_PATHS ? sr_path_absolute(value) : sr_strdup(value));
		break;
	case SR_KIND_VERIFY:
		ok = apply_verify(field, origin, value, err);
		break;
	case SR_KIND_PITR:
	case SR_KIND_SNAPSHOT:
		ok = apply_moment(s, o, origin, value, err);
		break;
	}
	*held = (unsigned char)layer;
	return ok;
}

static bool is_connection_string(const char *text)
{
	return strchr(text, '=') || strncmp(text, "postgres://", 11) == 0 ||
	       strncmp(text, "postgresql://", 13) == 0;
}

bool sr_settings_layer_end(struct sr_settings *s, enum sr_layer layer, struct sr_error *err)
{
	struct sr_conninfo *ci = &s->request.conninfo;
	bool ok = true;

	if (s->dbname && is_connection_string(s->dbname)) {
		struct sr_conninfo own = SR_CONNINFO_INIT;

		ok = sr_conninfo_parse(&own, s->dbname, err);
		if (ok && sr_conninfo_get(&own, "password") && layer == SR_LAYER_OPTION)
			sr_settings_warn(s, "password-visible",
					 "Use ~/.pgpass, PGPASSWORD, a service file or -W instead.",
					 "the password in --dbname can be seen by everybody on this machine");
		if (ok)
			sr_conninfo_copy(ci, &own);
		sr_conninfo_release(&own);
	} else if (s->dbname) {
		sr_conninfo_set(ci, "dbname", s->dbname);
	}
	if (s->host)
		sr_conninfo_set(ci, "host", s->host);
	if (s->port)
		sr_conninfo_set(ci, "port", s->port);
	if (s->username)
		sr_conninfo_set(ci, "user", s->username);
	replace(&s->dbname, NULL);
	replace(&s->host, NULL);
	replace(&s->port, NULL);
	replace(&s->username, NULL);
	return ok;
}
