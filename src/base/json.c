#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"

static size_t line_of(const char *text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static bool only_spaces(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0' || !strchr(" \t\r\n", text[i]))
			return false;
	return true;
}

struct json_object *sr_json_parse(const char *text, size_t n, int depth, const char *what,
				  struct sr_error *err)
{
	struct json_tokener *tok;
	struct json_object *obj;
	enum json_tokener_error status;
	size_t end;

	if (n > INT_MAX - 1) {
		sr_error_set(err, SR_ERR_USAGE, "%s is too large to be read as JSON", what);
		return NULL;
	}
	tok = json_tokener_new_ex(depth);
	if (!tok) {
		sr_error_set(err, SR_ERR_INTERNAL, "could not make a JSON parser");
		return NULL;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
					    JSON_TOKENER_VALIDATE_UTF8);
	obj = json_tokener_parse_ex(tok, text, (int)n);
	status = json_tokener_get_error(tok);
	/* A number at the very end may go on: only a further byte ends it. */
	if (status == json_tokener_continue && !obj) {
		obj = json_tokener_parse_ex(tok, " ", 1);
		status = json_tokener_get_error(tok);
		end = status == json_tokener_success ? n : json_tokener_get_parse_end(tok);
		if (status != json_tokener_success)
			end = n;
	} else {
		end = json_tokener_get_parse_end(tok);
	}
	json_tokener_free(tok);
	if (status == json_tokener_continue) {
		sr_error_set(err, SR_ERR_USAGE, "%s is not complete JSON", what);
	} else if (status != json_tokener_success) {
		sr_error_set(err, SR_ERR_USAGE, "%s is not valid JSON: line %zu: %s", what,
			     line_of(text, end), json_tokener_error_desc(status));
	} else if (!only_spaces(text + end, n - end)) {
		sr_error_set(err, SR_ERR_USAGE, "%s is not valid JSON: line %zu: something follows the value",
			     what, line_of(text, end));
	} else if (!obj) {
		sr_error_set(err, SR_ERR_USAGE, "%s is null", what);
	} else {
		return obj;
	}
	json_object_put(obj);
	return NULL;
}

struct json_object *sr_json_member(struct json_object *obj, const char *key)
{
	struct json_object *value = NULL;

	if (!obj || !json_object_is_type(obj, json_type_object))
		return NULL;
	return json_object_object_get_ex(obj, key, &value) ? value : NULL;
}

const char *sr_json_string(struct json_object *obj, const char *key)
{
	struct json_object *value = sr_json_member(obj, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

int64_t sr_json_int(struct json_object *obj, const char *key, int64_t absent)
{
	struct json_object *value = sr_json_member(obj, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : absent;
}

bool sr_json_bool(struct json_object *obj, const char *key, bool absent)
{
	struct json_object *value = sr_json_member(obj, key);

	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value) : absent;
}

void sr_json_add_string(struct json_object *obj, const char *key, const char *value)
{
	if (value)
		json_object_object_add(obj, key, json_object_new_string(value));
}

void sr_json_add_int(struct json_object *obj, const char *key, int64_t value)
{
	json_object_object_add(obj, key, json_object_new_int64(value));
}

void sr_json_add_bool(struct json_object *obj, const char *key, bool value)
{
	json_object_object_add(obj, key, json_object_new_boolean(value));
}

void sr_json_add_double(struct json_object *obj, const char *key, double value)
{
	char text[512];

	/* JSON has no infinity and no NaN. */
	if (!(value > -1e300 && value < 1e300)) {
		json_object_object_add(obj, key, NULL);
		return;
	}
	snprintf(text, sizeof text, "%.3f", value);
	json_object_object_add(obj, key, json_object_new_double_s(value, text));
}

void sr_json_line(struct json_object *obj, struct sr_strbuf *out)
{
	sr_strbuf_adds(out, json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
									JSON_C_TO_STRING_NOSLASHESCAPE));
}
