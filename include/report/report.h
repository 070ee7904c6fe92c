/*
 * What an operation tells while it runs: phases, progress, warnings, facts.
 *
 * The operation and its workers write here; the command line's renderers (a
 * terminal, plain lines, JSON) listen.  Warnings are kept for the summary.
 * Every function may be called by any thread; listeners are called one at a
 * time, under the report's lock, and must not call back.
 */
#ifndef SR_REPORT_REPORT_H
#define SR_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct json_object;
struct sr_log;
struct sr_report;

enum sr_phase {
	SR_PHASE_PREPARE,
	SR_PHASE_PROVISION,
	SR_PHASE_EXTRACT,
	SR_PHASE_COPY,
	SR_PHASE_FINISH,
	SR_PHASE_VERIFY,
	SR_PHASE_CLEANUP,
	SR_PHASE_COUNT
};
/* "prepare", "provision", ... */
const char *sr_phase_name(enum sr_phase phase);

enum sr_event_kind {
	SR_EVENT_PHASE_BEGIN, /* phase */
	SR_EVENT_PHASE_END, /* phase, ok, text (what was done, or NULL), ms */
	SR_EVENT_STATUS, /* text: what the running phase is doing now */
	SR_EVENT_PROGRESS, /* totals changed: read sr_report_progress() fields in `progress` */
	SR_EVENT_WORKER, /* worker, text (NULL: idle) */
	SR_EVENT_WARNING, /* code, object, text, hint */
	SR_EVENT_FACT, /* code (a key), data: for --json and the log, not for people */
};

struct sr_progress {
	int64_t bytes_total,
		bytes_done; /* of table data; bytes as COPY moved them are scaled to the estimate by the caller */
	int64_t rows_done;
	int64_t jobs_total, jobs_done;
	int workers;
};

struct sr_event {
	enum sr_event_kind kind;
	sr_time when;
	enum sr_phase phase;
	bool ok;
	int64_t ms;
	int worker;
	const char *code, *object, *text, *hint;
	struct json_object *data; /* borrowed */
	struct sr_progress progress;
};
typedef void sr_report_listener(void *ctx, const struct sr_event *event);

struct sr_warning {
	char *code; /* "dynamic-sql", "unlogged-table", ... stable, for scripts */
	char *object; /* "function a.f(integer), line 12"; or NULL */
	char *text;
	char *hint; /* what to do about it, or NULL */
};

struct sr_report *sr_report_new(struct sr_log *log); /* every event but progress is logged too */
void sr_report_free(struct sr_report *r);
void sr_report_listen(struct sr_report *r, sr_report_listener *listener, void *ctx); /* at most 4 */

void sr_report_phase_begin(struct sr_report *r, enum sr_phase phase);
/* text as printf's, or NULL. */
void sr_report_phase_end(struct sr_report *r, enum sr_phase phase, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void sr_report_status(struct sr_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sr_report_worker(struct sr_report *r, int worker, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))); /* fmt NULL: idle */
void sr_report_warning(struct sr_report *r, const char *code, const char *object, const char *hint,
		       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void sr_report_fact(struct sr_report *r, const char *code, struct json_object *data); /* takes data */

/* What is to be done from now on; bytes and jobs done begin at 0 again, rows go on. */
void sr_report_totals(struct sr_report *r, int64_t bytes_total, int64_t jobs_total, int workers);
/* Adds to what is done; cheap: listeners hear of it from sr_report_tick(). */
void sr_report_add(struct sr_report *r, int64_t bytes, int64_t rows, int64_t jobs);
/* Called regularly by the coordinating thread: emits SR_EVENT_PROGRESS. */
void sr_report_tick(struct sr_report *r);

struct sr_progress sr_report_progress(struct sr_report *r);
/* Milliseconds each phase took; 0 for one that did not run. */
int64_t sr_report_phase_ms(struct sr_report *r, enum sr_phase phase);
/* The phase that runs, or the last one that did. */
enum sr_phase sr_report_phase(struct sr_report *r);
/* Number of warnings; the i-th is borrowed until the report is freed. */
size_t sr_report_warnings(struct sr_report *r);
const struct sr_warning *sr_report_warning_at(struct sr_report *r, size_t i);

#endif
