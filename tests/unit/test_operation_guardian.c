#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "operation/guardian.h"
#include "operation/journal.h"
#include "operation/undo.h"

/* A "main process" is a child of ours; what it makes is a file, which its driver's undo removes. */

static char base[] = "/tmp/test_operation_guardian.XXXXXX";
static struct sr_error err;
static const char *dir; /* of the operation */

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(base) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	return !sr_tree_remove(base, &err);
}

static bool owns(const char *kind)
{
	return strcmp(kind, "file") == 0;
}

static bool undo(const char *kind, struct json_object *detail, struct sr_log *log, struct sr_error *e)
{
	const char *path = sr_json_string(detail, "path");

	(void)kind;
	sr_log_info(log, "removing %s", path);
	return unlink(path) == 0 || sr_error_errno(e, SR_ERR_LEFTOVER, "could not remove \"%s\"", path);
}

static void describe(const char *kind, struct json_object *detail, struct sr_strbuf *out)
{
	sr_strbuf_addf(out, "%s %s", kind, sr_json_string(detail, "path"));
}

static const struct sr_source_driver driver = {
	.name = "file", .owns = owns, .undo = undo, .describe = describe
};
static const struct sr_source_driver *const drivers[] = { &driver, NULL };

enum how { KILLED, EXITS, DISMISSES, ENDED_BEFORE, HANDED_OVER };

static void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		_exit(2);
	close(fd);
}

static void __attribute__((noreturn))
main_process(const char *id, const char *path, const char *undoes, enum how how)
{
	struct sr_undo what = { .drivers = drivers };
	struct json_object *detail = json_object_new_object(), *data = json_object_new_object();
	struct sr_journal *j = sr_journal_create(base, id, &err);
	struct sr_guardian g;
	int n;

	if (!j || !sr_guardian_start(&g, j, &what, &err))
		_exit(3);
	sr_json_add_string(detail, "path", undoes);
	if (!sr_journal_intend(j, "file", detail, &n, &err))
		_exit(4);
	make_file(path);
	sr_json_add_string(data, "outcome", "done");
	if (how == ENDED_BEFORE && !sr_journal_event(j, "end", data, &err))
		_exit(5);
	if (how == HANDED_OVER &&
	    (!sr_journal_intend(j, "schema", NULL, &n, &err) || !sr_journal_kept(j, n, &err)))
		_exit(6);
	if (how == KILLED)
		kill(getpid(), SIGKILL);
	if (how == DISMISSES)
		sr_guardian_dismiss(&g);
	_exit(0);
}

/* Runs a main process to its end. */
static void run_main(const char *id, const char *path, const char *undoes, enum how how)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		main_process(id, path, undoes, how);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (how == KILLED)
		assert_true(WIFSIGNALED(status));
	else
		assert_int_equal(status, 0);
}

static bool read_ended(struct sr_record *r)
{
	assert_true(sr_record_read(dir, r, &err));
	if (!r->running && r->outcome)
		return true;
	sr_record_release(r);
	return false;
}

static void wait_ended(struct sr_record *r)
{
	for (int i = 0; i < 1000; i++) {
		if (read_ended(r))
			return;
		sr_clock_sleep_ms(10);
	}
	fail_msg("the guardian did not end the operation");
}

static void dies(const char *id, enum how how)
{
	char *path = sr_path_join(base, "made"), *log;
	struct sr_record r;

	dir = sr_path_join(base, id);
	log = sr_path_join(dir, "log");
	run_main(id, path, path, how);
	wait_ended(&r);
	assert_false(sr_path_exists(path));
	assert_string_equal(r.outcome, "interrupted");
	assert_int_equal(r.exit_code, 128 + SIGKILL);
	assert_non_null(strstr(r.error, "guardian"));
	assert_int_equal(r.n, 1);
	assert_false(r.intents[0].held);
	assert_true(sr_path_exists(log));
	sr_record_release(&r);
	free(log);
	free(path);
	free((char *)dir);
}

static void test_killed(void **state)
{
	(void)state;
	dies("restore-killed", KILLED);
}

static void test_exits_without_a_word(void **state)
{
	(void)state;
	dies("restore-exits", EXITS);
}

static void test_dismissed(void **state)
{
	char *path = sr_path_join(base, "result");
	struct sr_record r;

	(void)state;
	dir = sr_path_join(base, "restore-dismissed");
	/* Dismissing waits for the guardian, so nothing can come later. */
	run_main("restore-dismissed", path, path, DISMISSES);
	assert_true(sr_path_exists(path));
	assert_true(sr_record_read(dir, &r, &err));
	assert_null(r.outcome);
	assert_true(r.intents[0].held);
	sr_record_release(&r);
	unlink(path);
	free(path);
	free((char *)dir);
}

/* What cannot be undone now stays for "cleanup", which looks for operations without an end. */
static void test_cannot_undo(void **state)
{
	char *path = sr_path_join(base, "made"), *log;
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_record r;

	(void)state;
	dir = sr_path_join(base, "restore-stuck");
	log = sr_path_join(dir, "log");
	run_main("restore-stuck", path, "/nowhere/at/all", KILLED);
	for (int i = 0; i < 1000; i++) {
		sr_strbuf_clear(&text);
		if (sr_path_exists(log) && sr_file_read(log, 0, &text, &err) &&
		    strstr(sr_strbuf_str(&text), "could not be removed"))
			break;
		sr_clock_sleep_ms(10);
	}
	assert_non_null(strstr(sr_strbuf_str(&text), "/nowhere/at/all"));
	assert_true(sr_record_read(dir, &r, &err));
	assert_null(r.outcome);
	assert_true(r.intents[0].held);
	sr_record_release(&r);
	sr_strbuf_release(&text);
	unlink(path);
	free(log);
	free(path);
	free((char *)dir);
}

/* The main process's own last word stands. */
static void test_died_after_its_end(void **state)
{
	char *path = sr_path_join(base, "made");
	struct sr_record r;

	(void)state;
	dir = sr_path_join(base, "restore-ended");
	run_main("restore-ended", path, path, ENDED_BEFORE);
	for (int i = 0; i < 1000 && sr_path_exists(path); i++)
		sr_clock_sleep_ms(10);
	assert_false(sr_path_exists(path));
	wait_ended(&r);
	assert_string_equal(r.outcome, "done");
	sr_record_release(&r);
	free(path);
	free((char *)dir);
}

/* What was handed over to the user stays, and the record says that it is there. */
static void test_died_after_handing_over(void **state)
{
	char *path = sr_path_join(base, "made");
	struct sr_record r;

	(void)state;
	dir = sr_path_join(base, "restore-handed");
	run_main("restore-handed", path, path, HANDED_OVER);
	wait_ended(&r);
	assert_false(sr_path_exists(path));
	assert_string_equal(r.outcome, "done");
	assert_true(r.intents[1].kept);
	sr_record_release(&r);
	free(path);
	free((char *)dir);
}

/* A script that reads our output until its end must not wait for the guardian, nor a signal to our group reach it. */
static void test_holds_nothing(void **state)
{
	int ends[2], status;
	pid_t pid, guardian;
	char byte;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1),
			 0); /* the guardian becomes our child when its parent dies */
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct sr_undo what = { .drivers = drivers };
		struct sr_journal *j = sr_journal_create(base, "restore-holds", &err);
		struct sr_guardian g;

		prctl(PR_SET_PDEATHSIG, SIGKILL); /* when an assertion fails */
		close(ends[0]);
		dup2(ends[1], 1);
		dup2(ends[1], 200);
		dup2(ends[1], 1000);
		if (!j || !sr_guardian_start(&g, j, &what, &err))
			_exit(3);
		if (write(ends[1], &g.pid, sizeof g.pid) != sizeof g.pid)
			_exit(4);
		close(ends[1]);
		close(1);
		close(200);
		close(1000);
		pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &guardian, sizeof guardian), sizeof guardian);
	/* The end of the file comes while both live. */
	assert_int_equal(read(ends[0], &byte, 1), 0);
	assert_int_equal(kill(guardian, 0), 0);
	assert_int_equal(getsid(guardian), guardian);
	kill(guardian, SIGINT);
	kill(guardian, SIGTERM);
	kill(guardian, SIGHUP);
	sr_clock_sleep_ms(50);
	assert_int_equal(kill(guardian, 0), 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ends[0]);
	/* Nothing was made; it ends by itself. */
	assert_int_equal(waitpid(guardian, &status, 0), guardian);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_exits_without_a_word),
		cmocka_unit_test(test_dismissed),
		cmocka_unit_test(test_cannot_undo),
		cmocka_unit_test(test_died_after_its_end),
		cmocka_unit_test(test_died_after_handing_over),
		cmocka_unit_test(test_holds_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
