#include "report/report.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"

enum { MAX_LISTENERS = 4 };

/*
 * One lock for everything but the counters of what is done: those are added to
 * by every worker for every buffer, so they are atomics.  What warnings hold
 * never changes once they are there, which is why they may be borrowed; the
 * pointers live in blocks of their own, so the array may grow meanwhile.
 */
struct sr_report {
	pthread_mutex_t lock;
	struct sr_log *log;
	struct {
		sr_report_listener *call;
		void *ctx;
	} listeners[MAX_LISTENERS];
	size_t n_listeners;

	enum sr_phase phase;
	int64_t began_ms[SR_PHASE_COUNT], took_ms[SR_PHASE_COUNT];
	bool running[SR_PHASE_COUNT];

	struct sr_warning **warnings;
	size_t n_warnings, cap_warnings;

	int64_t bytes_total, jobs_total;
	int workers;
	_Atomic int64_t bytes_done, rows_done, jobs_done;
};

const char *sr_phase_name(enum sr_phase phase)
{
	static const char *const names[SR_PHASE_COUNT] = { "prepare", "provision", "extract", "copy",
							   "finish",  "verify",    "cleanup" };

	return (unsigned)phase < SR_PHASE_COUNT ? names[phase] : "unknown";
}

struct sr_report *sr_report_new(struct sr_log *log)
{
	struct sr_report *r = sr_calloc(1, sizeof *r);

	pthread_mutex_init(&r->lock, NULL);
	r->log = log;
	return r;
}

void sr_report_free(struct sr_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_warnings; i++) {
		struct sr_warning *w = r->warnings[i];

		free(w->code);
		free(w->object);
		free(w->text);
		free(w->hint);
		free(w);
	}
	free(r->warnings);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void sr_report_listen(struct sr_report *r, sr_report_listener *listener, void *ctx)
{
	pthread_mutex_lock(&r->lock);
	if (r->n_listeners < MAX_LISTENERS) {
		r->listeners[r->n_listeners].call = listener;
		r->listeners[r->n_listeners++].ctx = ctx;
	}
	pthread_mutex_unlock(&r->lock);
}

static struct sr_progress progress_locked(struct sr_report *r)
{
	return (struct sr_progress){
		.bytes_total = r->bytes_total,
		.bytes_done = atomic_load_explicit(&r->bytes_done, memory_order_relaxed),
		.rows_done = atomic_load_explicit(&r->rows_done, memory_order_relaxed),
		.jobs_total = r->jobs_total,
		.jobs_done = atomic_load_explicit(&r->jobs_done, memory_order_relaxed),
		.workers = r->workers,
	};
}

static void emit_locked(struct sr_report *r, struct sr_event *event)
{
	event->when = sr_clock_now();
	event->progress = progress_locked(r);
	for (size_t i = 0; i < r->n_listeners; i++)
		r->listeners[i].call(r->listeners[i].ctx, event);
}

/* NULL when fmt is.  The caller frees. */
static char *format_or_null(const char *fmt, va_list ap)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (!fmt)
		return NULL;
	sr_strbuf_vaddf(&text, fmt, ap);
	return sr_strbuf_take(&text);
}

void sr_report_phase_begin(struct sr_report *r, enum sr_phase phase)
{
	struct sr_event event = { .kind = SR_EVENT_PHASE_BEGIN, .phase = phase, .ok = true };

	sr_log_info(r->log, "phase %s begins", sr_phase_name(phase));
	pthread_mutex_lock(&r->lock);
	r->phase = phase;
	r->began_ms[phase] = sr_clock_monotonic_ms();
	r->running[phase] = true;
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
}

void sr_report_phase_end(struct sr_report *r, enum sr_phase phase, bool ok, const char *fmt, ...)
{
	struct sr_event event = { .kind = SR_EVENT_PHASE_END, .phase = phase, .ok = ok };
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = format_or_null(fmt, ap);
	va_end(ap);
	event.text = text;
	pthread_mutex_lock(&r->lock);
	if (r->running[phase]) {
		event.ms = sr_clock_monotonic_ms() - r->began_ms[phase];
		/* A phase that runs a second time (cleanup after a failed one) adds up. */
		r->took_ms[phase] += event.ms;
		r->running[phase] = false;
	}
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
	sr_log_info(r->log, "phase %s %s after %lld ms%s%s", sr_phase_name(phase), ok ? "done" : "failed",
		    (long long)event.ms, text ? ": " : "", text ? text : "");
	free(text);
}

void sr_report_status(struct sr_report *r, const char *fmt, ...)
{
	struct sr_event event = { .kind = SR_EVENT_STATUS, .ok = true };
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = format_or_null(fmt, ap);
	va_end(ap);
	event.text = text;
	sr_log_info(r->log, "%s", text);
	pthread_mutex_lock(&r->lock);
	event.phase = r->phase;
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
	free(text);
}

void sr_report_worker(struct sr_report *r, int worker, const char *fmt, ...)
{
	struct sr_event event = { .kind = SR_EVENT_WORKER, .worker = worker, .ok = true };
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = format_or_null(fmt, ap);
	va_end(ap);
	event.text = text;
	sr_log_debug(r->log, "worker %d: %s", worker, text ? text : "idle");
	pthread_mutex_lock(&r->lock);
	event.phase = r->phase;
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
	free(text);
}

void sr_report_warning(struct sr_report *r, const char *code, const char *object, const char *hint,
		       const char *fmt, ...)
{
	struct sr_event event = { .kind = SR_EVENT_WARNING, .ok = true };
	struct sr_warning *w = sr_calloc(1, sizeof *w);
	va_list ap;

	w->code = sr_strdup(code);
	w->object = sr_strdup_null(object);
	w->hint = sr_strdup_null(hint);
	va_start(ap, fmt);
	w->text = format_or_null(fmt, ap);
	va_end(ap);
	event.code = w->code;
	event.object = w->object;
	event.text = w->text;
	event.hint = w->hint;
	pthread_mutex_lock(&r->lock);
	SR_ARRAY_RESERVE(r->warnings, r->cap_warnings, r->n_warnings + 1);
	r->warnings[r->n_warnings++] = w;
	event.phase = r->phase;
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
	/* To the file: the terminal hears of it as an event, and as a log line it would hear of it twice. */
	sr_log_info(r->log, "warning [%s] %s%s%s%s%s", w->code, w->object ? w->object : "",
		    w->object ? ": " : "", w->text, w->hint ? " Hint: " : "", w->hint ? w->hint : "");
}

void sr_report_fact(struct sr_report *r, const char *code, struct json_object *data)
{
	struct sr_event event = { .kind = SR_EVENT_FACT, .code = code, .data = data, .ok = true };
	struct sr_strbuf line = SR_STRBUF_INIT;

	sr_json_line(data, &line);
	sr_log_info(r->log, "%s: %s", code, sr_strbuf_str(&line));
	sr_strbuf_release(&line);
	pthread_mutex_lock(&r->lock);
	event.phase = r->phase;
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
	json_object_put(data);
}

void sr_report_totals(struct sr_report *r, int64_t bytes_total, int64_t jobs_total, int workers)
{
	pthread_mutex_lock(&r->lock);
	r->bytes_total = bytes_total;
	r->jobs_total = jobs_total;
	r->workers = workers;
	atomic_store(&r->bytes_done, 0);
	atomic_store(&r->jobs_done, 0);
	pthread_mutex_unlock(&r->lock);
}

void sr_report_add(struct sr_report *r, int64_t bytes, int64_t rows, int64_t jobs)
{
	atomic_fetch_add_explicit(&r->bytes_done, bytes, memory_order_relaxed);
	atomic_fetch_add_explicit(&r->rows_done, rows, memory_order_relaxed);
	atomic_fetch_add_explicit(&r->jobs_done, jobs, memory_order_relaxed);
}

void sr_report_tick(struct sr_report *r)
{
	struct sr_event event = { .kind = SR_EVENT_PROGRESS, .ok = true };

	pthread_mutex_lock(&r->lock);
	event.phase = r->phase;
	emit_locked(r, &event);
	pthread_mutex_unlock(&r->lock);
}

struct sr_progress sr_report_progress(struct sr_report *r)
{
	struct sr_progress progress;

	pthread_mutex_lock(&r->lock);
	progress = progress_locked(r);
	pthread_mutex_unlock(&r->lock);
	return progress;
}

int64_t sr_report_phase_ms(struct sr_report *r, enum sr_phase phase)
{
	int64_t ms;

	pthread_mutex_lock(&r->lock);
	ms = r->took_ms[phase];
	if (r->running[phase])
		ms += sr_clock_monotonic_ms() - r->began_ms[phase];
	pthread_mutex_unlock(&r->lock);
	return ms;
}

enum sr_phase sr_report_phase(struct sr_report *r)
{
	enum sr_phase phase;

	pthread_mutex_lock(&r->lock);
	phase = r->phase;
	pthread_mutex_unlock(&r->lock);
	return phase;
}

size_t sr_report_warnings(struct sr_report *r)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->n_warnings;
	pthread_mutex_unlock(&r->lock);
	return n;
}

const struct sr_warning *sr_report_warning_at(struct sr_report *r, size_t i)
{
	const struct sr_warning *w;

	pthread_mutex_lock(&r->lock);
	w = i < r->n_warnings ? r->warnings[i] : NULL;
	pthread_mutex_unlock(&r->lock);
	return w;
}
