#include "pg/conninfo.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"

void sr_conninfo_release(struct sr_conninfo *ci)
{
	for (size_t i = 0; i < ci->n; i++) {
		/* It may have been a password. */
		explicit_bzero(ci->values[i], strlen(ci->values[i]));
		free(ci->keys[i]);
		free(ci->values[i]);
	}
	free(ci->keys);
	free(ci->values);
	*ci = SR_CONNINFO_INIT;
}

static size_t find(const struct sr_conninfo *ci, const char *key)
{
	size_t i = 0;

	while (i < ci->n && strcmp(ci->keys[i], key) != 0)
		i++;
	return i;
}

void sr_conninfo_set(struct sr_conninfo *ci, const char *key, const char *value)
{
	size_t i = find(ci, key);
	char *copy = sr_strdup_null(value);

	if (i < ci->n) {
		explicit_bzero(ci->values[i], strlen(ci->values[i]));
		free(ci->values[i]);
		ci->values[i] = copy;
		if (copy)
			return;
		free(ci->keys[i]);
		ci->n--;
		memmove(ci->keys + i, ci->keys + i + 1, (ci->n - i) * sizeof *ci->keys);
		memmove(ci->values + i, ci->values + i + 1, (ci->n - i) * sizeof *ci->values);
	} else if (copy) {
		size_t cap = ci->cap;

		SR_ARRAY_RESERVE(ci->keys, cap, ci->n + 1);
		SR_ARRAY_RESERVE(ci->values, ci->cap, ci->n + 1);
		ci->keys[ci->n] = sr_strdup(key);
		ci->values[ci->n++] = copy;
	}
}

const char *sr_conninfo_get(const struct sr_conninfo *ci, const char *key)
{
	size_t i = find(ci, key);

	return i < ci->n ? ci->values[i] : NULL;
}

void sr_conninfo_copy(struct sr_conninfo *dst, const struct sr_conninfo *src)
{
	if (dst == src)
		return;
	sr_conninfo_release(dst);
	for (size_t i = 0; i < src->n; i++)
		sr_conninfo_set(dst, src->keys[i], src->values[i]);
}

bool sr_conninfo_is_secret(const char *key)
{
	/* The later ones are PostgreSQL 18's. */
	static const char *const secrets[] = { "password", "sslpassword", "oauth_client_secret",
					       "scram_client_key", "scram_server_key" };

	for (size_t i = 0; i < SR_COUNT(secrets); i++)
		if (strcmp(key, secrets[i]) == 0)
			return true;
	return false;
}

static bool is_uri(const char *text)
{
	return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0;
}

/*
 * libpq quotes the piece of text it stumbled over, which may be part of a
 * password ("missing "=" after "secret""): where there may be one, nothing
 * quoted is shown.
 */
static bool parse_failed(const char *text, char *message, struct sr_error *err)
{
	bool hide = strcasestr(text, "pass") || strcasestr(text, "secret") || is_uri(text);
	struct sr_strbuf shown = SR_STRBUF_INIT;
	bool quoted = false;

	for (const char *p = message ? message : "out of memory"; *p; p++) {
		bool quote = *p == '"';

		if (!hide || !quoted || quote)
			sr_strbuf_addc(&shown, *p == '\n' ? ' ' : *p);
		if (quote) {
			quoted = !quoted;
			if (hide && quoted)
				sr_strbuf_adds(&shown, "...");
		}
	}
	sr_strbuf_rtrim(&shown);
	sr_error_set(err, SR_ERR_USAGE, "could not read the connection string: %s", sr_strbuf_str(&shown));
	sr_error_hint(err,
		      "It is a database name, \"host=... port=... dbname=... user=...\" or a URI "
		      "postgresql://user@host:port/dbname; a value with spaces stands in single quotes.");
	sr_strbuf_release(&shown);
	PQfreemem(message);
	return false;
}

bool sr_conninfo_parse(struct sr_conninfo *ci, const char *text, struct sr_error *err)
{
	PQconninfoOption *options;
	char *message = NULL;

	if (!is_uri(text) && !strchr(text, '=')) {
		sr_conninfo_set(ci, "dbname", text);
		return true;
	}
	options = PQconninfoParse(text, &message);
	if (!options)
		return parse_failed(text, message, err);
	for (const PQconninfoOption *o = options; o->keyword; o++)
		if (o->val)
			sr_conninfo_set(ci, o->keyword, o->val);
	PQconninfoFree(options);
	return true;
}

static void add_value(struct sr_strbuf *out, const char *value)
{
	bool plain = *value != '\0' && !value[strcspn(value, " \t\r\n\f\v'\\")];

	if (plain) {
		sr_strbuf_adds(out, value);
		return;
	}
	sr_strbuf_addc(out, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			sr_strbuf_addc(out, '\\');
		sr_strbuf_addc(out, *value);
	}
	sr_strbuf_addc(out, '\'');
}

void sr_conninfo_format(const struct sr_conninfo *ci, struct sr_strbuf *out)
{
	const char *between = "";

	for (size_t i = 0; i < ci->n; i++) {
		if (sr_conninfo_is_secret(ci->keys[i]))
			continue;
		sr_strbuf_addf(out, "%s%s=", between, ci->keys[i]);
		add_value(out, ci->values[i]);
		between = " ";
	}
}

struct json_object *sr_conninfo_to_json(const struct sr_conninfo *ci)
{
	struct json_object *obj = json_object_new_object();

	for (size_t i = 0; i < ci->n; i++)
		if (!sr_conninfo_is_secret(ci->keys[i]))
			sr_json_add_string(obj, ci->keys[i], ci->values[i]);
	return obj;
}

void sr_conninfo_from_json(struct sr_conninfo *ci, struct json_object *obj)
{
	if (!json_object_is_type(obj, json_type_object))
		return;
	json_object_object_foreach(obj, key, value)
	{
		if (json_object_is_type(value, json_type_string))
			sr_conninfo_set(ci, key, json_object_get_string(value));
	}
}
