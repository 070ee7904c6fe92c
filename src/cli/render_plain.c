#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/render.h"
#include "cli/screen.h"
#include "cli/text.h"

enum { PROGRESS_MS = 5000 };

struct sr_plain {
	FILE *out;
	enum sr_plain_level level;
	struct sr_pace pace;
	int64_t told_ms;
	bool utf8;
	char *hint; /* of the last warning */
};

struct sr_plain *sr_plain_new(FILE *out, enum sr_plain_level level)
{
	struct sr_plain *p = sr_calloc(1, sizeof *p);

	p->out = out;
	p->level = level;
	p->utf8 = sr_text_is_utf8();
	p->told_ms = sr_clock_monotonic_ms();
	return p;
}

void sr_plain_free(struct sr_plain *p)
{
	if (p)
		free(p->hint);
	free(p);
}

static void print_warning(struct sr_plain *p, const struct sr_event *e)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_strbuf_adds(&out, "schemarestore: warning: ");
	if (e->object) {
		sr_text_fit(&out, e->object, 0, p->utf8);
		sr_strbuf_adds(&out, ": ");
	}
	sr_text_indent(&out, "", e->text ? e->text : e->code, p->utf8);
	/* Many of one kind come in a row: what to do about them is said once. */
	if (e->hint && !(p->hint && strcmp(p->hint, e->hint) == 0)) {
		sr_strbuf_adds(&out, "HINT:  ");
		sr_text_indent(&out, "", e->hint, p->utf8);
	}
	free(p->hint);
	p->hint = sr_strdup_null(e->hint);
	fputs(sr_strbuf_str(&out), p->out);
	sr_strbuf_release(&out);
}

static void print_end(struct sr_plain *p, const struct sr_event *e)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_strbuf_addf(&out, "schemarestore: %s: %s after ", sr_phase_name(e->phase),
		       e->ok ? "done" : "failed");
	sr_duration_format(e->ms, &out);
	if (e->text && *e->text) {
		sr_strbuf_adds(&out, ": ");
		sr_text_fit(&out, e->text, 0, p->utf8);
	}
	fprintf(p->out, "%s\n", sr_strbuf_str(&out));
	sr_strbuf_release(&out);
}

static void print_progress(struct sr_plain *p, const struct sr_event *e)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	int64_t now = sr_clock_monotonic_ms();

	sr_pace_update(&p->pace, now, e->progress.bytes_done);
	if (now - p->told_ms < PROGRESS_MS || (e->progress.bytes_total <= 0 && e->progress.jobs_total <= 0))
		return;
	p->told_ms = now;
	sr_progress_format(&e->progress, &p->pace, ", ", 0, &out);
	fprintf(p->out, "schemarestore: %s: %s\n", sr_phase_name(e->phase), sr_strbuf_str(&out));
	sr_strbuf_release(&out);
}

void sr_plain_event(void *plain, const struct sr_event *event)
{
	struct sr_plain *p = plain;

	if (event->kind == SR_EVENT_WARNING && p->level != SR_PLAIN_PROGRESS)
		print_warning(p, event);
	if (event->kind == SR_EVENT_PROGRESS && p->level != SR_PLAIN_WARNINGS)
		print_progress(p, event);
	if (p->level != SR_PLAIN_ALL)
		return;
	if (event->kind == SR_EVENT_PHASE_BEGIN)
		fprintf(p->out, "schemarestore: %s\n", sr_phase_name(event->phase));
	if (event->kind == SR_EVENT_PHASE_END)
		print_end(p, event);
}
