#include "operation/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

void sr_request_init(struct sr_request *r)
{
	memset(r, 0, sizeof *r);
	r->time = SR_TIME_NONE;
	r->verify = SR_VERIFY_COUNTS;
}

void sr_request_release(struct sr_request *r)
{
	sr_strlist_release(&r->schemas);
	sr_strlist_release(&r->exclude_schemas);
	sr_strlist_release(&r->schema_regexes);
	sr_strlist_release(&r->renames);
	sr_strlist_release(&r->role_maps);
	sr_strlist_release(&r->source_settings);
	sr_strlist_release(&r->pg_bindirs);
	free(r->suffix);
	free(r->target_text);
	free(r->snapshot);
	free(r->from);
	free(r->wal_archive);
	free(r->restore_command);
	free(r->source_dbname);
	free(r->source_user);
	free(r->run_as);
	free(r->state_dir);
	free(r->scratch_dir);
	sr_conninfo_release(&r->conninfo);
	sr_request_init(r);
}

static void set_target(struct sr_request *r, enum sr_target_kind kind, const char *text)
{
	char *copy = sr_strdup(text);

	free(r->target_text);
	free(r->snapshot);
	r->snapshot = NULL;
	r->time = SR_TIME_NONE;
	r->has_target = true;
	r->target = kind;
	r->target_text = copy;
}

void sr_request_set_pitr(struct sr_request *r, const char *text)
{
	bool latest = strcmp(text, "latest") == 0;

	set_target(r, latest ? SR_TARGET_LATEST : SR_TARGET_TIME, text);
	if (!latest && !sr_time_parse(r->target_text, &r->time))
		r->time = SR_TIME_NONE;
}

void sr_request_set_snapshot(struct sr_request *r, const char *id)
{
	set_target(r, SR_TARGET_SNAPSHOT, id);
	r->snapshot = sr_strdup(r->target_text);
}

static bool check_keys(struct json_object *obj, const char *path, struct sr_error *err)
{
	static const char *const known[] = { "database", "schemas", "restoreTime", "snapshotId" };

	json_object_object_foreach(obj, key, value)
	{
		struct sr_strlist names = SR_STRLIST_INIT;
		bool found = false;

		(void)value;
		for (size_t i = 0; i < SR_COUNT(known); i++) {
			found |= strcmp(key, known[i]) == 0;
			sr_strlist_add(&names, known[i]);
		}
		if (!found) {
			sr_strlist_nearest(&names, key);
			sr_error_set(err, SR_ERR_USAGE, "unknown key \"%s\" in \"%s\"", key, path);
			if (sr_edit_distance(names.items[0], key) <= 4)
				sr_error_hint(err, "Perhaps you meant \"%s\".", names.items[0]);
			else
				sr_error_hint(err,
					      "The keys are database, schemas, restoreTime and snapshotId.");
		}
		sr_strlist_release(&names);
		if (!found)
			return false;
	}
	return true;
}

/* *text stays NULL when the key is absent or null. */
static bool read_string(struct json_object *obj, const char *key, const char *path, const char **text,
			struct sr_error *err)
{
	struct json_object *value = sr_json_member(obj, key);

	if (!value)
		return true;
	*text = sr_json_string(obj, key);
	/* A NUL inside would cut the value short without a word. */
	if (!*text || !**text || strlen(*text) != (size_t)json_object_get_string_len(value))
		return sr_error_set(err, SR_ERR_USAGE,
				    "\"%s\" in \"%s\" has to be a string that is not empty", key, path);
	return true;
}

/* JSON has names as in the catalog, not patterns: what a pattern would fold or take apart is quoted. */
static void add_schema(struct sr_strlist *out, const char *name)
{
	struct sr_strbuf quoted = SR_STRBUF_INIT;

	if (strcmp(name, "%") == 0) {
		sr_strlist_add(out, "*");
		return;
	}
	if (strpbrk(name, "*?") || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_$")] == '\0') {
		sr_strlist_add(out, name);
		return;
	}
	sr_strbuf_addc(&quoted, '"');
	for (; *name; name++) {
		if (*name == '"')
			sr_strbuf_addc(&quoted, '"');
		sr_strbuf_addc(&quoted, *name);
	}
	sr_strbuf_addc(&quoted, '"');
	sr_strlist_take(out, sr_strbuf_take(&quoted));
}

static bool read_schemas(struct json_object *obj, const char *path, struct sr_strlist *out,
			 struct sr_error *err)
{
	struct json_object *array = sr_json_member(obj, "schemas");

	if (!array)
		return true;
	if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) == 0) {
		sr_error_set(err, SR_ERR_USAGE, "\"schemas\" in \"%s\" has to be a list of names", path);
		return sr_error_hint(
			err, "For example: \"schemas\": [\"a\", \"b\"]; \"%%\" stands for all user schemas.");
	}
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		const char *name =
			json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";

		if (!*name || strlen(name) != (size_t)json_object_get_string_len(item))
			return sr_error_set(err, SR_ERR_USAGE,
					    "element %zu of \"schemas\" in \"%s\" is not a name: a string "
					    "that is not empty",
					    i + 1, path);
		add_schema(out, name);
	}
	return true;
}

static bool take(struct sr_request *r, struct json_object *obj, const char *path, struct sr_error *err)
{
	const char *database = NULL, *time = NULL, *snapshot = NULL;
	struct sr_strlist schemas = SR_STRLIST_INIT;
	bool ok = false;

	if (!read_string(obj, "database", path, &database, err) ||
	    !read_string(obj, "restoreTime", path, &time, err) ||
	    !read_string(obj, "snapshotId", path, &snapshot, err) || !read_schemas(obj, path, &schemas, err))
		goto out;
	if (time && snapshot) {
		sr_error_set(err, SR_ERR_USAGE, "\"%s\" has both \"restoreTime\" and \"snapshotId\"", path);
		sr_error_hint(err, "Keep the one that is meant.");
		goto out;
	}
	if (database && !sr_conninfo_get(&r->conninfo, "dbname"))
		sr_conninfo_set(&r->conninfo, "dbname", database);
	if (!r->has_target && time)
		sr_request_set_pitr(r, time);
	if (!r->has_target && snapshot)
		sr_request_set_snapshot(r, snapshot);
	if (r->schemas.n == 0 && r->schema_regexes.n == 0) {
		struct sr_strlist empty = r->schemas;

		r->schemas = schemas;
		schemas = empty;
	}
	ok = true;
out:
	sr_strlist_release(&schemas);
	return ok;
}

bool sr_request_read(struct sr_request *r, const char *path, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT, what = SR_STRBUF_INIT;
	struct json_object *obj = NULL;
	bool ok = false;

	if (!sr_file_read(path, 1 << 20, &text, err)) {
		sr_error_reclass(err, SR_ERR_USAGE);
		sr_error_context(err, "reading the request");
		goto out;
	}
	sr_strbuf_addf(&what, "the request \"%s\"", path);
	obj = sr_json_parse(sr_strbuf_str(&text), text.len, 8, sr_strbuf_str(&what), err);
	if (!obj)
		goto out;
	if (!json_object_is_type(obj, json_type_object)) {
		sr_error_set(err, SR_ERR_USAGE, "%s has to be one JSON object", sr_strbuf_str(&what));
		sr_error_hint(err, "For example: {\"database\": \"shop\", \"schemas\": [\"a\"], "
				   "\"restoreTime\": \"2024-01-28T14:30:00Z\"}");
		goto out;
	}
	ok = check_keys(obj, path, err) && take(r, obj, path, err);
out:
	json_object_put(obj);
	sr_strbuf_release(&what);
	sr_strbuf_release(&text);
	return ok;
}
