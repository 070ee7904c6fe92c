#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"

static void collect(void *ctx, enum sr_log_level level, const char *line)
{
	sr_strbuf_addf(ctx, "%d:%s|", level, line);
}

static void test_sink(void **state)
{
	struct sr_strbuf seen = SR_STRBUF_INIT;
	struct sr_log *log = sr_log_new(SR_LOG_WARNING, collect, &seen);

	(void)state;
	sr_log_write(log, SR_LOG_ERROR, "bad %d", 1);
	sr_log_warning(log, "hm\nsecond\n");
	sr_log_info(log, "no");
	sr_log_debug(log, "no");
	sr_log_warning(log, "%s", "");
	assert_string_equal(sr_strbuf_str(&seen), "0:bad 1|1:hm second|1:|");
	sr_log_free(log);
	sr_log_free(NULL);
	sr_log_warning(NULL, "nothing");
	sr_strbuf_release(&seen);
}

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *log)
{
	for (int i = 0; i < LINES; i++)
		sr_log_debug(log, "a line that must stay whole, number %d.", i);
	return NULL;
}

static void test_file(void **state)
{
	char dir[] = "/tmp/schemarestore-test-XXXXXX", *path;
	struct sr_log *log = sr_log_new(SR_LOG_ERROR, NULL, NULL);
	struct sr_error err = SR_ERROR_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;
	pthread_t threads[THREADS];
	size_t lines = 0;
	struct stat st;
	char *line, *rest = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = sr_path_join(dir, "log");
	assert_false(sr_log_open_file(log, "/nonexistent/log", &err));
	sr_error_release(&err);
	assert_true(sr_log_open_file(log, path, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, log), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	sr_log_free(log);
	assert_true(sr_file_read(path, 0, &text, &err));
	for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), lines++) {
		assert_non_null(strstr(line, "] DEBUG: a line that must stay whole, number "));
		assert_int_equal(line[strlen(line) - 1], '.');
		assert_int_equal(line[10], 'T');
	}
	assert_int_equal(lines, THREADS * LINES);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	sr_strbuf_release(&text);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sink),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
