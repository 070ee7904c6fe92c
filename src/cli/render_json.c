#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/render.h"

enum { PROGRESS_MS = 1000 };

struct sr_json_stream {
	FILE *out;
	int64_t told_ms;
};

struct sr_json_stream *sr_json_stream_new(FILE *out)
{
	struct sr_json_stream *j = sr_calloc(1, sizeof *j);

	j->out = out;
	return j;
}

void sr_json_stream_free(struct sr_json_stream *j)
{
	free(j);
}

struct json_object *sr_json_event(const char *name, sr_time when)
{
	struct json_object *obj = json_object_new_object();
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_time_format_iso(when, &text);
	sr_json_add_string(obj, "time", sr_strbuf_str(&text));
	sr_json_add_string(obj, "event", name);
	sr_strbuf_release(&text);
	return obj;
}

void sr_json_print(FILE *out, struct json_object *obj)
{
	struct sr_strbuf line = SR_STRBUF_INIT;

	sr_json_line(obj, &line);
	json_object_put(obj);
	sr_strbuf_addc(&line, '\n');
	fputs(sr_strbuf_str(&line), out);
	fflush(out);
	sr_strbuf_release(&line);
}

static void add_progress(struct json_object *obj, const struct sr_progress *p)
{
	sr_json_add_int(obj, "bytes_done", p->bytes_done);
	sr_json_add_int(obj, "bytes_total", p->bytes_total);
	sr_json_add_int(obj, "rows_done", p->rows_done);
	sr_json_add_int(obj, "jobs_done", p->jobs_done);
	sr_json_add_int(obj, "jobs_total", p->jobs_total);
	sr_json_add_int(obj, "workers", p->workers);
}

struct json_object *sr_event_object(const struct sr_event *e)
{
	static const char *const names[] = { "phase-begin", "phase-end", "status", "progress",
					     "worker",      "warning",   "fact" };
	struct json_object *obj = sr_json_event(names[e->kind], e->when);

	sr_json_add_string(obj, "phase", sr_phase_name(e->phase));
	switch (e->kind) {
	case SR_EVENT_PHASE_BEGIN:
		break;
	case SR_EVENT_PHASE_END:
		sr_json_add_bool(obj, "ok", e->ok);
		sr_json_add_int(obj, "ms", e->ms);
		sr_json_add_string(obj, "text", e->text);
		break;
	case SR_EVENT_STATUS:
		sr_json_add_string(obj, "text", e->text);
		break;
	case SR_EVENT_PROGRESS:
		add_progress(obj, &e->progress);
		break;
	case SR_EVENT_WORKER:
		sr_json_add_int(obj, "worker", e->worker);
		sr_json_add_string(obj, "text", e->text);
		break;
	case SR_EVENT_WARNING:
		sr_json_add_string(obj, "code", e->code);
		sr_json_add_string(obj, "object", e->object);
		sr_json_add_string(obj, "message", e->text);
		sr_json_add_string(obj, "hint", e->hint);
		break;
	case SR_EVENT_FACT:
		sr_json_add_string(obj, "code", e->code);
		if (e->data)
			json_object_object_add(obj, "data", json_object_get(e->data));
		break;
	}
	return obj;
}

struct json_object *sr_error_event(const struct sr_error *err)
{
	static const struct {
		enum sr_error_class class;
		const char *name;
	} classes[] = {
		{ SR_ERR_INTERNAL, "internal" },
		{ SR_ERR_USAGE, "usage" },
		{ SR_ERR_REFUSED, "refused" },
		{ SR_ERR_INSTANCE, "instance" },
		{ SR_ERR_DDL, "ddl" },
		{ SR_ERR_COPY, "copy" },
		{ SR_ERR_POST_DATA, "post-data" },
		{ SR_ERR_VERIFY, "verification" },
		{ SR_ERR_LEFTOVER, "leftover" },
		{ SR_ERR_SIGNAL, "signal" },
	};
	struct json_object *obj = sr_json_event("error", sr_clock_now());

	for (size_t i = 0; i < SR_COUNT(classes); i++)
		if (classes[i].class == err->class)
			sr_json_add_string(obj, "class", classes[i].name);
	sr_json_add_int(obj, "exit_code", sr_error_exit_code(err));
	sr_json_add_string(obj, "sqlstate", err->sqlstate[0] ? err->sqlstate : NULL);
	sr_json_add_string(obj, "message", err->message);
	sr_json_add_string(obj, "detail", err->detail);
	sr_json_add_string(obj, "hint", err->hint);
	sr_json_add_string(obj, "context", err->context);
	return obj;
}

void sr_json_stream_event(void *stream, const struct sr_event *event)
{
	struct sr_json_stream *j = stream;
	int64_t now = sr_clock_monotonic_ms();

	if (event->kind == SR_EVENT_PROGRESS) {
		if (j->told_ms && now - j->told_ms < PROGRESS_MS)
			return;
		j->told_ms = now;
	}
	sr_json_print(j->out, sr_event_object(event));
}
