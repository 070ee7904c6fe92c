/* Events as lines and as JSON: src/cli/render_plain.c and render_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/render.h"

static const struct sr_event begin = { .kind = SR_EVENT_PHASE_BEGIN, .phase = SR_PHASE_COPY };
static const struct sr_event end = {
	.kind = SR_EVENT_PHASE_END, .phase = SR_PHASE_COPY, .ok = true, .ms = 1200, .text = "12 rows"
};
static const struct sr_event warning = { .kind = SR_EVENT_WARNING,
					 .phase = SR_PHASE_EXTRACT,
					 .code = "dynamic-sql",
					 .object = "function a.f\033[2J",
					 .text = "dynamic SQL",
					 .hint = "Look." };
static const struct sr_event status = { .kind = SR_EVENT_STATUS, .phase = SR_PHASE_COPY, .text = "busy" };

/* What the renderer prints for these; the caller frees. */
static char *plain(enum sr_plain_level level, const struct sr_event *const *events)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct sr_plain *p = sr_plain_new(out, level);

	for (; *events; events++)
		sr_plain_event(p, *events);
	sr_plain_free(p);
	fclose(out);
	return text;
}

static void test_plain(void **state)
{
	const struct sr_event *const events[] = { &begin, &status, &warning, &warning, &end, NULL };
	char *text = plain(SR_PLAIN_ALL, events);

	(void)state;
	assert_string_equal(text, "schemarestore: copy\n"
				  "schemarestore: warning: function a.f?[2J: dynamic SQL\n"
				  "HINT:  Look.\n"
				  "schemarestore: warning: function a.f?[2J: dynamic SQL\n"
				  "schemarestore: copy: done after 1.2 s: 12 rows\n");
	free(text);
	text = plain(SR_PLAIN_WARNINGS, events);
	assert_int_equal(strncmp(text, "schemarestore: warning: ", 24), 0);
	assert_null(strstr(text, "copy"));
	free(text);
	/* The log says the rest. */
	text = plain(SR_PLAIN_PROGRESS, events);
	assert_string_equal(text, "");
	free(text);
}

static void test_json_events(void **state)
{
	char *text = NULL, *line, *rest;
	size_t n = 0, lines = 0;
	FILE *out = open_memstream(&text, &n);
	struct sr_json_stream *j = sr_json_stream_new(out);
	struct sr_error err = SR_ERROR_INIT;
	struct json_object *obj;

	(void)state;
	sr_json_stream_event(j, &begin);
	sr_json_stream_event(j, &warning);
	sr_json_stream_event(j, &end);
	sr_json_stream_free(j);
	fclose(out);
	for (rest = text; (line = strsep(&rest, "\n")) && *line; lines++) {
		obj = sr_json_parse(line, strlen(line), 8, "an event", &err);
		assert_non_null(obj);
		assert_non_null(sr_json_string(obj, "time"));
		if (lines == 1) {
			assert_string_equal(sr_json_string(obj, "event"), "warning");
			assert_string_equal(sr_json_string(obj, "code"), "dynamic-sql");
			assert_string_equal(sr_json_string(obj, "message"), "dynamic SQL");
			assert_string_equal(sr_json_string(obj, "phase"), "extract");
		}
		if (lines == 2) {
			assert_string_equal(sr_json_string(obj, "event"), "phase-end");
			assert_true(sr_json_bool(obj, "ok", false));
			assert_int_equal(sr_json_int(obj, "ms", 0), 1200);
		}
		json_object_put(obj);
	}
	assert_int_equal(lines, 3);
	free(text);
}

static void test_json_progress_is_not_a_flood(void **state)
{
	struct sr_event progress = { .kind = SR_EVENT_PROGRESS, .progress = { .bytes_done = 1 } };
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	struct sr_json_stream *j = sr_json_stream_new(out);

	(void)state;
	for (int i = 0; i < 100; i++)
		sr_json_stream_event(j, &progress);
	sr_json_stream_free(j);
	fclose(out);
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
	assert_non_null(strstr(text, "\"bytes_done\":1"));
	free(text);
}

static void test_json_error(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct json_object *obj;

	(void)state;
	sr_error_set(&err, SR_ERR_REFUSED, "no such schema");
	sr_error_hint(&err, "Perhaps.");
	strcpy(err.sqlstate, "3F000");
	obj = sr_error_event(&err);
	assert_string_equal(sr_json_string(obj, "event"), "error");
	assert_string_equal(sr_json_string(obj, "class"), "refused");
	assert_string_equal(sr_json_string(obj, "sqlstate"), "3F000");
	assert_string_equal(sr_json_string(obj, "hint"), "Perhaps.");
	assert_int_equal(sr_json_int(obj, "exit_code", 0), 3);
	assert_null(sr_json_member(obj, "context"));
	json_object_put(obj);
	sr_error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_json_events),
		cmocka_unit_test(test_json_progress_is_not_a_flood),
		cmocka_unit_test(test_json_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
