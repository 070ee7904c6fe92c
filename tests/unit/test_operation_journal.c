#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "operation/journal.h"

static char base[] = "/tmp/test_operation_journal.XXXXXX";
static struct sr_error err;

static int make_base(void **state)
{
	(void)state;
	return mkdtemp(base) == NULL;
}

static int remove_base(void **state)
{
	(void)state;
	return !sr_tree_remove(base, &err);
}

static struct json_object *detail(const char *key, const char *value)
{
	struct json_object *obj = json_object_new_object();

	sr_json_add_string(obj, key, value);
	return obj;
}

static char *path_of(const char *id, const char *file)
{
	char *dir = sr_path_join(base, id), *path = sr_path_join(dir, file);

	free(dir);
	return path;
}

/* A new operation with one intent; closed again. */
static void make(const char *id)
{
	struct sr_journal *j = sr_journal_create(base, id, &err);
	int n;

	assert_non_null(j);
	assert_true(sr_journal_event(j, "start", detail("id", id), &err));
	assert_true(sr_journal_intend(j, "schema", detail("schema", "a_1"), &n, &err));
	assert_int_equal(n, 1);
	sr_journal_close(j);
}

static bool read_record(const char *id, struct sr_record *r)
{
	char *dir = sr_path_join(base, id);
	bool ok = sr_record_read(dir, r, &err);

	free(dir);
	return ok;
}

static void append_text(const char *id, const char *text)
{
	char *path = path_of(id, "journal.jsonl");
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_true(fd >= 0 && sr_write_all(fd, text, strlen(text)));
	close(fd);
	free(path);
}

static struct sr_journal *reopen(const char *id)
{
	char *dir = sr_path_join(base, id);
	struct sr_journal *j = sr_journal_reopen(dir, &err);

	free(dir);
	return j;
}

static void test_create_and_read(void **state)
{
	struct json_object *start = detail("id", "restore-1"), *names = json_object_new_array(), *data, *end;
	struct sr_journal *j = sr_journal_create(base, "restore-1", &err);
	struct sr_record r;
	struct stat st;
	int cluster, first, second;

	(void)state;
	assert_non_null(j);
	assert_int_equal(stat(sr_journal_dir(j), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	sr_json_add_int(start, "pid", 4711);
	sr_json_add_string(start, "what", "a at noon");
	sr_json_add_string(start, "target", "database shop");
	assert_true(sr_journal_event(j, "start", start, &err));
	assert_true(sr_journal_intend(j, "cluster", detail("root", "/x\n\"y\""), &cluster, &err));
	assert_true(sr_journal_intend(j, "schema", NULL, &first, &err));
	assert_true(sr_journal_intend(j, "schema", detail("schema", "ä"), &second, &err));
	assert_int_equal(cluster, 1);
	assert_int_equal(first, 2);
	assert_int_equal(second, 3);
	json_object_array_add(names, json_object_new_string("a_1"));
	data = detail("what", "a, b at noon");
	json_object_object_add(data, "names", names);
	assert_true(sr_journal_event(j, "schemas", data, &err));
	assert_true(sr_journal_gone(j, cluster, &err));
	assert_true(sr_journal_kept(j, first, &err));

	assert_true(read_record("restore-1", &r));
	assert_true(r.running); /* we hold its lock */
	assert_string_equal(r.id, "restore-1");
	assert_string_equal(r.what, "a, b at noon");
	assert_string_equal(r.target, "database shop");
	assert_int_equal(r.pid, 4711);
	assert_int_not_equal(r.started, SR_TIME_NONE);
	assert_int_equal(r.ended, SR_TIME_NONE);
	assert_null(r.outcome);
	assert_int_equal(r.exit_code, -1);
	assert_int_equal(json_object_array_length(r.schemas), 1);
	assert_int_equal(r.n, 3);
	assert_string_equal(sr_json_string(r.intents[0].detail, "root"), "/x\n\"y\"");
	assert_false(r.intents[0].held);
	assert_false(r.intents[0].kept);
	assert_false(r.intents[1].held);
	assert_true(r.intents[1].kept);
	assert_true(r.intents[2].held);
	assert_string_equal(r.intents[2].kind, "schema");
	assert_string_equal(sr_json_string(r.intents[2].detail, "schema"), "ä");
	sr_record_release(&r);

	end = detail("outcome", "failed");
	sr_json_add_string(end, "error", "it broke");
	sr_json_add_int(end, "exit_code", 6);
	sr_json_add_bool(end, "kept", true);
	assert_true(sr_journal_event(j, "end", end, &err));
	sr_journal_close(j);
	assert_true(read_record("restore-1", &r));
	assert_false(r.running);
	assert_string_equal(r.outcome, "failed");
	assert_string_equal(r.error, "it broke");
	assert_int_equal(r.exit_code, 6);
	assert_true(r.kept);
	assert_int_not_equal(r.ended, SR_TIME_NONE);
	sr_record_release(&r);
}

static void test_create_twice(void **state)
{
	(void)state;
	make("restore-twice");
	assert_null(sr_journal_create(base, "restore-twice", &err));
	assert_int_not_equal(err.class, SR_ERR_NONE);
	assert_non_null(strstr(err.hint, "--state-dir"));
	sr_error_release(&err);
}

static void test_reopen_goes_on_counting(void **state)
{
	struct sr_journal *j;
	struct sr_record r;
	int n;

	(void)state;
	make("restore-reopen");
	assert_non_null(j = reopen("restore-reopen"));
	assert_true(sr_journal_intend(j, "schema", NULL, &n, &err));
	assert_int_equal(n, 2);
	assert_true(sr_journal_gone(j, 1, &err));
	sr_journal_close(j);
	assert_true(read_record("restore-reopen", &r));
	assert_int_equal(r.n, 2);
	assert_false(r.intents[0].held);
	assert_true(r.intents[1].held);
	sr_record_release(&r);
}

static void test_lock(void **state)
{
	struct sr_journal *j = sr_journal_create(base, "restore-lock", &err);
	struct sr_record r;
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(j);
	assert_null(reopen("restore-lock"));
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_non_null(strstr(err.message, "still running"));
	sr_error_release(&err);
	/* A child that lets go does not unlock it for its parent. */
	if ((pid = fork()) == 0) {
		sr_journal_forget(j);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read_record("restore-lock", &r));
	assert_true(r.running);
	sr_record_release(&r);
	sr_journal_close(j);
	assert_non_null(j = reopen("restore-lock"));
	sr_journal_close(j);
}

/* Many look at once, again and again: none may take another for the one that works. */
static void test_looking_is_not_working(void **state)
{
	struct sr_record r;
	int status;

	(void)state;
	make("restore-look");
	for (int i = 0; i < 6; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < 300; k++) {
			if (!read_record("restore-look", &r) || r.running)
				_exit(1);
			sr_record_release(&r);
		}
		_exit(0);
	}
	for (int i = 0; i < 6; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static void test_cut_last_line(void **state)
{
	struct sr_journal *j;
	struct sr_record r;
	int n;

	(void)state;
	make("restore-cut");
	append_text("restore-cut", "{\"time\":\"2024-01-28T14:30:00Z\",\"event\":\"gone\",\"n\":1");
	assert_true(read_record("restore-cut", &r));
	assert_int_equal(r.n, 1);
	assert_true(r.intents[0].held);
	sr_record_release(&r);
	/* What is written after the crash does not join the piece. */
	assert_non_null(j = reopen("restore-cut"));
	assert_true(sr_journal_intend(j, "cluster", NULL, &n, &err));
	assert_int_equal(n, 2);
	sr_journal_close(j);
	assert_true(read_record("restore-cut", &r));
	assert_int_equal(r.n, 2);
	assert_true(r.intents[0].held);
	assert_string_equal(r.intents[1].kind, "cluster");
	sr_record_release(&r);
}

/* Longer than what is read at once when the piece is looked for. */
static void test_cut_long_line(void **state)
{
	char piece[10001];
	struct sr_journal *j;
	struct sr_record r;

	(void)state;
	make("restore-long");
	memset(piece, 'x', sizeof piece - 1);
	piece[sizeof piece - 1] = '\0';
	append_text("restore-long", piece);
	assert_non_null(j = reopen("restore-long"));
	assert_true(sr_journal_gone(j, 1, &err));
	sr_journal_close(j);
	assert_true(read_record("restore-long", &r));
	assert_int_equal(r.n, 1);
	assert_false(r.intents[0].held);
	sr_record_release(&r);
}

static void test_nothing_but_a_piece(void **state)
{
	struct sr_journal *j = sr_journal_create(base, "restore-piece", &err);
	struct sr_record r;

	(void)state;
	assert_non_null(j);
	sr_journal_close(j);
	append_text("restore-piece", "{\"time\":");
	assert_true(read_record("restore-piece", &r));
	assert_int_equal(r.n, 0);
	sr_record_release(&r);
	assert_non_null(j = reopen("restore-piece"));
	assert_true(sr_journal_event(j, "start", detail("id", "restore-piece"), &err));
	sr_journal_close(j);
	assert_true(read_record("restore-piece", &r));
	assert_string_equal(r.id, "restore-piece");
	sr_record_release(&r);
}

static void test_corrupt_line(void **state)
{
	struct sr_record r;

	(void)state;
	make("restore-corrupt");
	append_text("restore-corrupt", "{\"time\":nonsense\n{\"event\":\"gone\",\"n\":1}\n");
	assert_false(read_record("restore-corrupt", &r));
	assert_non_null(strstr(err.context, "line 3 of "));
	assert_non_null(strstr(err.context, "journal.jsonl"));
	sr_record_release(&r);
	sr_error_release(&err);
	assert_null(reopen("restore-corrupt"));
	sr_error_release(&err);
	/* The failed attempt does not keep it locked. */
	assert_false(read_record("restore-corrupt", &r));
	assert_false(r.running);
	sr_record_release(&r);
	sr_error_release(&err);
}

static void test_unknown_events(void **state)
{
	struct sr_record r;

	(void)state;
	make("restore-unknown");
	append_text("restore-unknown",
		    "{\"time\":\"?\",\"event\":\"future\",\"n\":1}\n{\"no\":\"event\"}\n[1]\n"
		    "{\"event\":\"gone\",\"n\":99}\n{\"event\":\"gone\"}\n{\"event\":7}\n"
		    "{\"event\":\"start\"}\n{\"event\":\"intend\"}\n{\"event\":\"end\"}\n");
	assert_true(read_record("restore-unknown", &r));
	assert_int_equal(r.n, 2);
	assert_true(r.intents[0].held);
	assert_string_equal(r.intents[1].kind, "");
	sr_record_release(&r);
}

static void test_disk_full(void **state)
{
	char *path = path_of("restore-full", "journal.jsonl");
	struct sr_journal *j = sr_journal_create(base, "restore-full", &err);
	struct sr_record r;
	int n, status;
	pid_t pid;

	(void)state;
	assert_non_null(j);
	assert_true(sr_journal_intend(j, "cluster", NULL, &n, &err));
	/* In a child, whose limit on the size of files makes writes short, like a full disk. */
	if ((pid = fork()) == 0) {
		struct rlimit limit;
		struct stat st;

		signal(SIGXFSZ, SIG_IGN);
		if (stat(path, &st) != 0)
			_exit(1);
		limit.rlim_cur = limit.rlim_max = (rlim_t)st.st_size + 20;
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(2);
		_exit(sr_journal_intend(j, "schema", NULL, &n, &err) ? 3 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(sr_journal_gone(j, 1, &err));
	sr_journal_close(j);
	assert_true(read_record("restore-full", &r));
	assert_int_equal(r.n, 1);
	assert_false(r.intents[0].held);
	sr_record_release(&r);
	free(path);
}

static void *intend_many(void *arg)
{
	for (int i = 0; i < 50; i++) {
		struct sr_error mine = SR_ERROR_INIT;
		int n;

		if (!sr_journal_intend(arg, "schema", detail("schema", "some name of some length"), &n,
				       &mine) ||
		    !sr_journal_gone(arg, n, &mine))
			return arg;
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct sr_journal *j = sr_journal_create(base, "restore-threads", &err);
	pthread_t threads[4];
	struct sr_record r;
	void *failed;

	(void)state;
	assert_non_null(j);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, intend_many, j), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	sr_journal_close(j);
	assert_true(read_record("restore-threads", &r));
	assert_int_equal(r.n, 200);
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.intents[i].number, i + 1);
		assert_false(r.intents[i].held);
	}
	sr_record_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_and_read),
		cmocka_unit_test(test_create_twice),
		cmocka_unit_test(test_reopen_goes_on_counting),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_looking_is_not_working),
		cmocka_unit_test(test_cut_last_line),
		cmocka_unit_test(test_cut_long_line),
		cmocka_unit_test(test_nothing_but_a_piece),
		cmocka_unit_test(test_corrupt_line),
		cmocka_unit_test(test_unknown_events),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
