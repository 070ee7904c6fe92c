#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "report/report.h"

static const char *or_dash(const char *s)
{
	return s ? s : "-";
}

/* Writes each event as one short line. */
static void collect(void *ctx, const struct sr_event *e)
{
	struct sr_strbuf *sb = ctx;

	assert_true(e->when > 0);
	switch (e->kind) {
	case SR_EVENT_PHASE_BEGIN:
		sr_strbuf_addf(sb, "begin %s|", sr_phase_name(e->phase));
		break;
	case SR_EVENT_PHASE_END:
		sr_strbuf_addf(sb, "end %s %d %s|", sr_phase_name(e->phase), e->ok, or_dash(e->text));
		break;
	case SR_EVENT_STATUS:
		sr_strbuf_addf(sb, "status %s: %s|", sr_phase_name(e->phase), e->text);
		break;
	case SR_EVENT_PROGRESS:
		sr_strbuf_addf(sb, "progress %lld/%lld %lld/%lld %d|", (long long)e->progress.bytes_done,
			       (long long)e->progress.bytes_total, (long long)e->progress.jobs_done,
			       (long long)e->progress.jobs_total, e->progress.workers);
		break;
	case SR_EVENT_WORKER:
		sr_strbuf_addf(sb, "worker %d %s|", e->worker, or_dash(e->text));
		break;
	case SR_EVENT_WARNING:
		sr_strbuf_addf(sb, "warning %s %s %s %s|", e->code, or_dash(e->object), e->text,
			       or_dash(e->hint));
		break;
	case SR_EVENT_FACT:
		sr_strbuf_addf(sb, "fact %s ", e->code);
		sr_json_line(e->data, sb);
		sr_strbuf_addc(sb, '|');
		break;
	}
}

static void log_line(void *ctx, enum sr_log_level level, const char *line)
{
	(void)level;
	sr_strbuf_addf(ctx, "%s|", line);
}

static void test_events(void **state)
{
	struct sr_strbuf seen = SR_STRBUF_INIT, also = SR_STRBUF_INIT, logged = SR_STRBUF_INIT;
	struct sr_log *log = sr_log_new(SR_LOG_DEBUG, log_line, &logged);
	struct sr_report *r = sr_report_new(log);
	struct json_object *fact = json_object_new_object();
	const char *const none = NULL;

	(void)state;
	sr_report_listen(r, collect, &seen);
	sr_report_listen(r, collect, &also);
	sr_report_phase_begin(r, SR_PHASE_COPY);
	sr_report_totals(r, 1000, 10, 4);
	sr_report_status(r, "copying %s", "a.t");
	sr_report_worker(r, 2, "a.t, pages %d", 7);
	sr_report_worker(r, 2, none);
	sr_report_add(r, 100, 5, 1);
	sr_report_tick(r);
	sr_json_add_int(fact, "n", 1);
	sr_report_fact(r, "plan", fact);
	sr_report_warning(r, "dynamic-sql", "function a.f()", "Look at it.", "left %s", "alone");
	sr_report_warning(r, "plain", NULL, NULL, "text");
	sr_report_phase_end(r, SR_PHASE_COPY, false, none);
	sr_report_phase_end(r, SR_PHASE_CLEANUP, true, "removed %d", 3);
	assert_string_equal(
		sr_strbuf_str(&seen),
		"begin copy|status copy: copying a.t|worker 2 a.t, pages 7|worker 2 -|"
		"progress 100/1000 1/10 4|fact plan {\"n\":1}|"
		"warning dynamic-sql function a.f() left alone Look at it.|warning plain - text -|"
		"end copy 0 -|end cleanup 1 removed 3|");
	assert_string_equal(sr_strbuf_str(&also), sr_strbuf_str(&seen));
	assert_non_null(strstr(sr_strbuf_str(&logged), "|plan: {\"n\":1}|"));
	assert_non_null(strstr(sr_strbuf_str(&logged),
			       "|warning [dynamic-sql] function a.f(): left alone Hint: Look at it.|"));
	assert_null(strstr(sr_strbuf_str(&logged), "1000"));
	sr_report_free(r);
	sr_log_free(log);
	sr_strbuf_release(&seen);
	sr_strbuf_release(&also);
	sr_strbuf_release(&logged);
}

static void test_warnings_are_kept(void **state)
{
	struct sr_report *r = sr_report_new(NULL);
	const struct sr_warning *first;

	(void)state;
	assert_int_equal(sr_report_warnings(r), 0);
	assert_null(sr_report_warning_at(r, 0));
	sr_report_warning(r, "a", "o", "h", "first");
	first = sr_report_warning_at(r, 0);
	for (int i = 0; i < 100; i++)
		sr_report_warning(r, "b", NULL, NULL, "number %d", i);
	assert_int_equal(sr_report_warnings(r), 101);
	/* Borrowed until the end, however many follow. */
	assert_ptr_equal(first, sr_report_warning_at(r, 0));
	assert_string_equal(first->text, "first");
	assert_string_equal(first->object, "o");
	assert_string_equal(sr_report_warning_at(r, 100)->text, "number 99");
	assert_null(sr_report_warning_at(r, 100)->hint);
	sr_report_free(r);
	sr_report_free(NULL);
}

static void test_phases(void **state)
{
	struct sr_report *r = sr_report_new(NULL);

	(void)state;
	assert_string_equal(sr_phase_name(SR_PHASE_PREPARE), "prepare");
	assert_string_equal(sr_phase_name(SR_PHASE_CLEANUP), "cleanup");
	assert_int_equal(sr_report_phase_ms(r, SR_PHASE_COPY), 0);
	sr_report_phase_begin(r, SR_PHASE_COPY);
	assert_int_equal(sr_report_phase(r), SR_PHASE_COPY);
	sr_clock_sleep_ms(30);
	assert_true(sr_report_phase_ms(r, SR_PHASE_COPY) >= 29);
	sr_report_phase_end(r, SR_PHASE_COPY, true, "done");
	assert_int_equal(sr_report_phase(r), SR_PHASE_COPY);
	assert_in_range(sr_report_phase_ms(r, SR_PHASE_COPY), 29, 20000);
	assert_int_equal(sr_report_phase_ms(r, SR_PHASE_VERIFY), 0);
	sr_report_free(r);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *work(void *ctx)
{
	struct sr_report *r = ctx;

	for (int i = 0; i < ROUNDS; i++) {
		sr_report_add(r, 3, 2, 1);
		if (i % 100 == 0) {
			sr_report_worker(r, 1, "round %d", i);
			sr_report_warning(r, "w", NULL, NULL, "round %d", i);
			sr_report_tick(r);
			(void)sr_report_warning_at(r, 0)->text;
		}
	}
	return NULL;
}

static void count_events(void *ctx, const struct sr_event *e)
{
	(void)e;
	/* Plain on purpose: listeners are called one at a time. */
	++*(int *)ctx;
}

static void test_threads(void **state)
{
	struct sr_report *r = sr_report_new(NULL);
	pthread_t threads[THREADS];
	struct sr_progress p;
	int events = 0;

	(void)state;
	sr_report_listen(r, count_events, &events);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, r), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	p = sr_report_progress(r);
	assert_int_equal(p.bytes_done, 3 * THREADS * ROUNDS);
	assert_int_equal(p.rows_done, 2 * THREADS * ROUNDS);
	assert_int_equal(p.jobs_done, THREADS * ROUNDS);
	assert_int_equal(events, 3 * THREADS * (ROUNDS / 100));
	assert_int_equal(sr_report_warnings(r), THREADS * (ROUNDS / 100));
	sr_report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_warnings_are_kept),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
