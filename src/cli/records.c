#include "cli/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/render.h"
#include "cli/text.h"

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

const struct sr_operation_info *sr_records_find(const struct sr_operation_list *list, const char *id,
						struct sr_error *err)
{
	const struct sr_operation_info *found = NULL;
	struct sr_strlist ids = SR_STRLIST_INIT;
	size_t matches = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct sr_operation_info *o = &list->items[i];

		if (strcmp(o->id, id) == 0) {
			found = o;
			matches = 1;
			break;
		}
		if (*id && (strncmp(o->id, id, strlen(id)) == 0 || ends_with(o->id, id))) {
			found = o;
			matches++;
		}
		sr_strlist_add(&ids, o->id);
	}
	if (matches > 1) {
		sr_error_set(err, SR_ERR_USAGE, "%zu operations begin or end with \"%s\"", matches, id);
		sr_error_hint(err, "\"schemarestore list\" shows them all.");
	} else if (matches == 0) {
		sr_error_set(err, SR_ERR_USAGE, "there is no operation \"%s\" on record", id);
		sr_strlist_nearest(&ids, id);
		if (ids.n > 0)
			sr_error_hint(err, "\"schemarestore list\" shows them all; the nearest is %s.",
				      ids.items[0]);
		else
			sr_error_hint(err,
				      "None is on record at all in this state directory; see --state-dir.");
	}
	sr_strlist_release(&ids);
	return matches == 1 ? found : NULL;
}

static char *when(sr_time t, sr_time now)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_time_format(t / SR_USEC_PER_SEC * SR_USEC_PER_SEC, &out);
	sr_strbuf_adds(&out, " (");
	sr_time_format_relative(t, now, &out);
	sr_strbuf_addc(&out, ')');
	return sr_strbuf_take(&out);
}

static char *took(const struct sr_operation_info *o, sr_time now)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	bool running = strcmp(o->state, "running") == 0;

	if (o->started == SR_TIME_NONE || (o->ended == SR_TIME_NONE && !running))
		return sr_strdup("");
	sr_duration_format(((running ? now : o->ended) - o->started) / 1000, &out);
	return sr_strbuf_take(&out);
}

static const char *explain(const struct sr_operation_info *o)
{
	if (strcmp(o->state, "abandoned") == 0)
		return "abandoned: its process is gone and nothing was undone; run schemarestore cleanup";
	return o->state;
}

void sr_records_describe(const struct sr_operation_info *o, sr_time now, bool utf8, struct sr_strbuf *out)
{
	struct sr_text_pair pairs[32];
	char *started = o->started == SR_TIME_NONE ? sr_strdup("unknown") : when(o->started, now),
	     *time = took(o, now);
	char *state = o->pid > 0         ? sr_asprintf("%s, process %d", explain(o), o->pid)
		      : o->exit_code > 0 ? sr_asprintf("%s, exit code %d", explain(o), o->exit_code)
					 : sr_strdup(explain(o));
	const char *restored = strcmp(o->state, "done") == 0      ? "restored"
			       : strcmp(o->state, "running") == 0 ? "restoring"
								  : NULL;
	size_t n = 0;

	sr_text_indent(out, "", o->id, utf8);
	pairs[n++] = (struct sr_text_pair){ "state", state };
	if (o->what)
		pairs[n++] = (struct sr_text_pair){ "what", o->what };
	if (o->target)
		pairs[n++] = (struct sr_text_pair){ "target", o->target };
	pairs[n++] = (struct sr_text_pair){ "started", started };
	if (*time)
		pairs[n++] = (struct sr_text_pair){ o->ended == SR_TIME_NONE ? "running for" : "took", time };
	if (o->error)
		pairs[n++] = (struct sr_text_pair){ "error", o->error };
	/* What was undone is not there: it would mislead. */
	for (size_t i = 0; restored && i < o->schemas.n && i < 10; i++)
		pairs[n++] = (struct sr_text_pair){ restored, o->schemas.items[i] };
	for (size_t i = 0; i < o->held.n && i < 10; i++)
		pairs[n++] = (struct sr_text_pair){ "holds", o->held.items[i] };
	if (o->dir)
		pairs[n++] = (struct sr_text_pair){ "record", o->dir };
	sr_text_pairs(out, "  ", pairs, n, utf8);
	free(state);
	free(started);
	free(time);
}

void sr_records_table(const struct sr_operation_list *list, sr_time now, size_t width, bool utf8,
		      struct sr_strbuf *out)
{
	size_t widest = 9, used;

	for (size_t i = 0; i < list->n; i++)
		if (sr_text_width(list->items[i].id, utf8) > widest)
			widest = sr_text_width(list->items[i].id, utf8);
	sr_text_pad(out, "operation", widest, false, utf8);
	sr_strbuf_addf(out, "  %-11s  %4s  %-15s  %12s  %s\n", "state", "exit", "started", "took", "what");
	used = widest + 2 + 11 + 2 + 4 + 2 + 15 + 2 + 12 + 2;
	for (size_t i = 0; i < list->n; i++) {
		const struct sr_operation_info *o = &list->items[i];
		struct sr_strbuf started = SR_STRBUF_INIT, what = SR_STRBUF_INIT;
		char *time = took(o, now), code[16] = "";

		if (o->started != SR_TIME_NONE)
			sr_time_format_relative(o->started, now, &started);
		if (o->exit_code >= 0)
			snprintf(code, sizeof code, "%d", o->exit_code);
		sr_text_pad(out, o->id, widest, false, utf8);
		sr_strbuf_addf(out, "  %-11s  %4s  %-15s  %12s  ", o->state, code, sr_strbuf_str(&started),
			       time);
		if (o->held.n)
			sr_strbuf_addf(&what, "[holds %zu] ", o->held.n);
		sr_strbuf_adds(&what, o->what ? o->what : "");
		sr_text_fit(out, sr_strbuf_str(&what), width > used + 10 ? width - used : 0, utf8);
		sr_strbuf_addc(out, '\n');
		sr_strbuf_release(&what);
		sr_strbuf_release(&started);
		free(time);
	}
}

static void add_time(struct json_object *obj, const char *key, sr_time t)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (t == SR_TIME_NONE)
		return;
	sr_time_format_iso(t, &text);
	sr_json_add_string(obj, key, sr_strbuf_str(&text));
	sr_strbuf_release(&text);
}

static void add_list(struct json_object *obj, const char *key, const struct sr_strlist *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(array, json_object_new_string(list->items[i]));
	json_object_object_add(obj, key, array);
}

struct json_object *sr_records_json(const struct sr_operation_info *o)
{
	struct json_object *obj = sr_json_event("operation", sr_clock_now());

	sr_json_add_string(obj, "id", o->id);
	sr_json_add_string(obj, "state", o->state);
	if (o->exit_code >= 0)
		sr_json_add_int(obj, "exit_code", o->exit_code);
	add_time(obj, "started", o->started);
	add_time(obj, "ended", o->ended);
	sr_json_add_string(obj, "what", o->what);
	sr_json_add_string(obj, "target", o->target);
	sr_json_add_string(obj, "error", o->error);
	add_list(obj, "schemas", &o->schemas);
	add_list(obj, "holds", &o->held);
	if (o->pid > 0)
		sr_json_add_int(obj, "pid", o->pid);
	sr_json_add_string(obj, "record", o->dir);
	return obj;
}
