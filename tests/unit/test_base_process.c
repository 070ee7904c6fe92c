#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/strbuf.h"

#define SH(script)                                                                                           \
	(const char *const[])                                                                                \
	{                                                                                                    \
		"/bin/sh", "-c", script, NULL                                                                \
	}

static int run(const struct sr_process_spec *spec, struct sr_strbuf *out, struct sr_strbuf *errout)
{
	struct sr_error err = SR_ERROR_INIT;
	int status = -1;

	if (!sr_process_run(spec, out, errout, NULL, &status, &err))
		fail_msg("%s", err.message);
	return status;
}

static void test_output_and_status(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT, errout = SR_STRBUF_INIT, text = SR_STRBUF_INIT;
	int status =
		run(&(struct sr_process_spec){ .argv = SH("echo out; echo err >&2; exit 3") }, &out, &errout);

	(void)state;
	assert_string_equal(sr_strbuf_str(&out), "out\n");
	assert_string_equal(sr_strbuf_str(&errout), "err\n");
	sr_process_describe(status, &text);
	assert_string_equal(sr_strbuf_str(&text), "exited with code 3");
	sr_strbuf_clear(&text);
	status = run(&(struct sr_process_spec){ .argv = SH("kill -9 $$") }, NULL, NULL);
	sr_process_describe(status, &text);
	assert_string_equal(sr_strbuf_str(&text), "was ended by signal 9 (Killed)");
	sr_strbuf_release(&out);
	sr_strbuf_release(&errout);
	sr_strbuf_release(&text);
}

/* Far more than a pipe holds, on both: reading one after the other would wait for ever. */
static void test_much_output(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT, errout = SR_STRBUF_INIT;

	(void)state;
	run(&(struct sr_process_spec){ .argv = SH("head -c 3000000 /dev/zero >&2; head -c 2000000 /dev/zero; "
						  "head -c 1000000 /dev/zero >&2") },
	    &out, &errout);
	assert_int_equal(out.len, 2000000);
	assert_int_equal(errout.len, 4000000);
	sr_strbuf_release(&out);
	sr_strbuf_release(&errout);
}

static void test_environment_and_directory(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	const char *const env[] = { "SR_TEST_B=two=2", "SR_TEST_A", "SR_TEST_C=", NULL };

	(void)state;
	setenv("SR_TEST_A", "inherited", 1);
	setenv("SR_TEST_B", "inherited", 1);
	setenv("SR_TEST_D", "kept", 1);
	run(
		&(struct sr_process_spec){
			.argv = SH(
				"echo \"${SR_TEST_A-unset} $SR_TEST_B ${SR_TEST_C-unset} $SR_TEST_D\"; pwd"),
			.env = env,
			.cwd = "/usr" },
		&out, NULL);
	assert_string_equal(sr_strbuf_str(&out), "unset two=2  kept\n/usr\n");
	sr_strbuf_release(&out);
}

static void test_only_three_descriptors(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	int leak = open("/dev/null", O_RDONLY), high = fcntl(leak, F_DUPFD, 100);

	(void)state;
	run(&(struct sr_process_spec){ .argv = (const char *const[]){ "ls", "/proc/self/fd", NULL } }, &out,
	    NULL);
	/* 3 is the directory that ls reads. */
	assert_string_equal(sr_strbuf_str(&out), "0\n1\n2\n3\n");
	close(leak);
	close(high);
	sr_strbuf_release(&out);
}

static void test_signals_are_default(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	unsigned long long blocked, ignored;
	sigset_t set, old;

	(void)state;
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	run(&(struct sr_process_spec){ .argv = (const char *const[]){ "grep", "-E", "Sig(Blk|Ign)",
								      "/proc/self/status", NULL } },
	    &out, NULL);
	/* 32 and 33 are glibc's own: make leaves them ignored, and no program can change that. */
	assert_int_equal(sscanf(sr_strbuf_str(&out), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & ~0x180000000ull, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	sr_strbuf_release(&out);
}

static void start_fails(const struct sr_process_spec *spec, const char *message)
{
	struct sr_error err = SR_ERROR_INIT;
	pid_t pid;

	assert_false(sr_process_start(spec, &pid, &err));
	assert_string_equal(err.message, message);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to be waited for */
	assert_int_equal(errno, ECHILD);
	sr_error_release(&err);
}

static void test_cannot_start(void **state)
{
	(void)state;
	start_fails(&(struct sr_process_spec){ .argv = (const char *const[]){ "/nonexistent/x", NULL },
					       .out_fd = -1,
					       .err_fd = -1 },
		    "could not run \"/nonexistent/x\": No such file or directory");
	start_fails(&(struct sr_process_spec){ .argv = (const char *const[]){ "no-such-program-here", NULL },
					       .out_fd = -1,
					       .err_fd = -1 },
		    "could not run \"no-such-program-here\": No such file or directory");
	start_fails(
		&(struct sr_process_spec){
			.argv = SH("true"), .cwd = "/nonexistent", .out_fd = -1, .err_fd = -1 },
		"could not run \"/bin/sh\" in the directory \"/nonexistent\": No such file or directory");
}

static void test_wait(void **state)
{
	struct sr_process_spec spec = { .argv = SH("sleep 0.3; exit 2"), .out_fd = -1, .err_fd = -1 };
	struct sr_error err = SR_ERROR_INIT;
	bool ended = true;
	int status;
	pid_t pid;

	(void)state;
	assert_true(sr_process_start(&spec, &pid, &err));
	assert_true(sr_process_wait(pid, 0, &ended, &status, &err));
	assert_false(ended);
	assert_true(sr_process_wait(pid, 20, &ended, &status, &err));
	assert_false(ended);
	assert_true(sr_process_wait(pid, 10000, &ended, &status, &err));
	assert_true(ended);
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_false(sr_process_wait(pid, -1, &ended, &status, &err));
	sr_error_release(&err);
	assert_true(sr_process_start(&spec, &pid, &err));
	assert_true(sr_process_wait(pid, -1, &ended, &status, &err));
	assert_true(ended);
}

/* What the child leaves behind holds the pipe open; the run ends all the same. */
static void test_does_not_wait_for_grandchildren(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	int64_t began = sr_clock_monotonic_ms();
	pid_t left;

	(void)state;
	run(&(struct sr_process_spec){ .argv = SH("sleep 30 & echo $!") }, &out, NULL);
	assert_true(sr_clock_monotonic_ms() - began < 10000);
	left = atoi(sr_strbuf_str(&out));
	assert_true(left > 1);
	kill(left, SIGKILL);
	sr_strbuf_release(&out);
}

static volatile int stop_flag;

static void *set_stop(void *ctx)
{
	(void)ctx;
	sr_clock_sleep_ms(200);
	__atomic_store_n(&stop_flag, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void test_stop(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	int64_t began = sr_clock_monotonic_ms();
	pthread_t thread;
	int status;

	(void)state;
	stop_flag = 0;
	assert_int_equal(pthread_create(&thread, NULL, set_stop, NULL), 0);
	assert_true(sr_process_run(&(struct sr_process_spec){ .argv = SH("echo begun; sleep 30; echo never"),
							      .new_session = true },
				   &out, NULL, &stop_flag, &status, &err));
	pthread_join(thread, NULL);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_string_equal(sr_strbuf_str(&out), "begun\n");
	assert_true(sr_clock_monotonic_ms() - began < 5000);
	sr_strbuf_release(&out);
}

static void test_die_with_parent(void **state)
{
	int ends[2];
	char c;
	pid_t middle;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	middle = fork();
	if (middle == 0) {
		struct sr_error err = SR_ERROR_INIT;
		pid_t pid;

		/* The grandchild alone holds the pipe's other end then. */
		_exit(sr_process_start(&(struct sr_process_spec){ .argv = SH("exec sleep 60"),
								  .out_fd = ends[1],
								  .err_fd = -1,
								  .die_signal = SIGKILL },
				       &pid, &err)
			      ? 0
			      : 1);
	}
	close(ends[1]);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	alarm(20);
	assert_int_equal(read(ends[0], &c, 1), 0);
	alarm(0);
	close(ends[0]);
}

static void test_run_as(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT, expected = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_run_as run_as;
	struct passwd *nobody = getpwnam("nobody");

	(void)state;
	assert_false(sr_run_as_user(&run_as, "no-such-user-here", &err));
	assert_int_equal(err.class, SR_ERR_USAGE);
	sr_error_release(&err);
	assert_false(sr_run_as_uid(&run_as, 4123456789u, &err));
	assert_int_equal(err.class, SR_ERR_USAGE);
	sr_error_release(&err);
	assert_true(sr_run_as_uid(&run_as, geteuid(), &err));
	assert_false(run_as.active);
	assert_true(run_as.name[0] != '\0');
	if (geteuid() != 0) {
		assert_false(sr_run_as_uid(&run_as, 0, &err));
		assert_int_equal(err.class, SR_ERR_USAGE);
		sr_error_release(&err);
		skip();
	}
	if (!nobody)
		skip();
	sr_strbuf_addf(&expected, "%u %u nobody %s /\n%u\n", (unsigned)nobody->pw_uid,
		       (unsigned)nobody->pw_gid, nobody->pw_dir, (unsigned)nobody->pw_gid);
	assert_true(sr_run_as_user(&run_as, "nobody", &err));
	assert_true(run_as.active);
	run(&(struct sr_process_spec){ .argv = SH("echo \"$(id -u) $(id -g) $USER $HOME $(pwd)\"; id -G"),
				       .run_as = &run_as,
				       .die_signal = SIGTERM },
	    &out, NULL);
	assert_string_equal(sr_strbuf_str(&out), sr_strbuf_str(&expected));
	sr_strbuf_release(&out);
	sr_strbuf_release(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_much_output),
		cmocka_unit_test(test_environment_and_directory),
		cmocka_unit_test(test_only_three_descriptors),
		cmocka_unit_test(test_signals_are_default),
		cmocka_unit_test(test_cannot_start),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_does_not_wait_for_grandchildren),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_die_with_parent),
		cmocka_unit_test(test_run_as),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
