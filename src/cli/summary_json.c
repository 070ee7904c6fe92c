#include "base/error.h"
#include "base/json.h"
#include "cli/render.h"
#include "cli/summary.h"

static struct json_object *schemas(const struct sr_outcome *o)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < o->nschemas; i++) {
		struct json_object *item = json_object_new_object();

		sr_json_add_string(item, "schema", o->schemas[i].from);
		sr_json_add_string(item, "restored_as", o->schemas[i].to);
		sr_json_add_int(item, "tables", o->schemas[i].tables);
		sr_json_add_int(item, "rows", o->schemas[i].rows);
		sr_json_add_int(item, "bytes", o->schemas[i].bytes);
		json_object_array_add(array, item);
	}
	return array;
}

static struct json_object *failures(const struct sr_outcome *o)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < o->nfailures; i++) {
		struct json_object *item = json_object_new_object();

		sr_json_add_string(item, "object", o->failures[i].object);
		sr_json_add_string(item, "message", o->failures[i].message);
		json_object_array_add(array, item);
	}
	return array;
}

static struct json_object *plan(const struct sr_outcome *o)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < o->nplan; i++) {
		struct json_object *item = json_object_new_object();

		sr_json_add_string(item, "key", o->plan[i].key);
		sr_json_add_string(item, "value", o->plan[i].value);
		json_object_array_add(array, item);
	}
	return array;
}

static struct json_object *warnings(struct sr_report *report)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < sr_report_warnings(report); i++) {
		const struct sr_warning *w = sr_report_warning_at(report, i);
		struct json_object *item = json_object_new_object();

		sr_json_add_string(item, "code", w->code);
		sr_json_add_string(item, "object", w->object);
		sr_json_add_string(item, "message", w->text);
		sr_json_add_string(item, "hint", w->hint);
		json_object_array_add(array, item);
	}
	return array;
}

static struct json_object *phases(struct sr_report *report)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < SR_PHASE_COUNT; i++)
		if (sr_report_phase_ms(report, (enum sr_phase)i) > 0)
			sr_json_add_int(obj, sr_phase_name((enum sr_phase)i),
					sr_report_phase_ms(report, (enum sr_phase)i));
	return obj;
}

static struct json_object *names(const struct sr_strlist *list)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(array, json_object_new_string(list->items[i]));
	return array;
}

struct json_object *sr_summary_json(const struct sr_summary *s)
{
	const struct sr_outcome *o = s->outcome;
	struct json_object *obj = sr_json_event("summary", s->now);

	sr_json_add_bool(obj, "succeeded", s->succeeded);
	sr_json_add_bool(obj, "dry_run", s->settings->request.dry_run);
	sr_json_add_int(obj, "exit_code", sr_error_exit_code(s->err));
	sr_json_add_string(obj, "id", o->id[0] ? o->id : NULL);
	sr_json_add_string(obj, "record", o->dir);
	if (o->moment != SR_TIME_NONE) {
		struct sr_strbuf moment = SR_STRBUF_INIT;

		sr_time_format_iso(o->moment, &moment);
		sr_json_add_string(obj, "moment", sr_strbuf_str(&moment));
		sr_strbuf_release(&moment);
	}
	sr_json_add_string(obj, "target", o->target);
	json_object_object_add(obj, "schemas", schemas(o));
	sr_json_add_int(obj, "objects", o->objects);
	sr_json_add_int(obj, "tables", o->tables);
	sr_json_add_int(obj, "rows", o->rows);
	sr_json_add_int(obj, "bytes", o->bytes);
	sr_json_add_int(obj, "ms", o->ms);
	json_object_object_add(obj, "phases_ms", phases(s->report));
	sr_json_add_bool(obj, "verified", o->verified);
	sr_json_add_int(obj, "verified_tables", o->verified_tables);
	sr_json_add_int(obj, "differences", o->differences);
	if (o->ddl_verified) {
		sr_json_add_int(obj, "definitions_equal", o->ddl_equal);
		sr_json_add_int(obj, "definition_differences", o->ddl_differences);
	}
	json_object_object_add(obj, "failures", failures(o));
	json_object_object_add(obj, "warnings", warnings(s->report));
	json_object_object_add(obj, "leftovers", names(&o->leftovers));
	json_object_object_add(obj, "plan", plan(o));
	sr_json_add_bool(obj, "undone", o->undone);
	sr_json_add_bool(obj, "kept", o->kept);
	return obj;
}
