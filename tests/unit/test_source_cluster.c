#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "source/cluster.h"

static char base[] = "/tmp/test_source_cluster.XXXXXX";
static struct sr_error err;

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

/* ---- Paths ---- */

static void test_paths(void **state)
{
	char deep[120];
	struct sr_cluster c;
	struct sr_conninfo ci = SR_CONNINFO_INIT;

	(void)state;
	sr_cluster_init(&c, "/var/tmp", "restore-1", "/bin", 15, NULL);
	assert_string_equal(c.root, "/var/tmp/restore-1");
	assert_string_equal(c.data_dir, "/var/tmp/restore-1/data");
	assert_string_equal(c.tablespace_dir, "/var/tmp/restore-1/tblspc");
	assert_string_equal(c.log_path, "/var/tmp/restore-1/postgres.log");
	assert_string_equal(c.socket_dir, "/var/tmp/restore-1/s");
	assert_int_equal(c.pid, 0);
	sr_conninfo_set(&ci, "password", "x");
	sr_cluster_conninfo(&c, &ci);
	assert_string_equal(sr_conninfo_get(&ci, "host"), c.socket_dir);
	assert_string_equal(sr_conninfo_get(&ci, "port"), "5432");
	assert_null(sr_conninfo_get(&ci, "password"));
	sr_conninfo_release(&ci);
	sr_cluster_release(&c);

	/* A socket's path has 107 bytes: 14 for its name, 12 for "/restore-1/s". */
	memset(deep, 'd', sizeof deep);
	deep[0] = '/';
	deep[81] = '\0';
	sr_cluster_init(&c, deep, "restore-1", "/bin", 15, NULL);
	assert_int_equal(strlen(c.socket_dir) + strlen("/.s.PGSQL.5432"), 107);
	assert_true(strncmp(c.socket_dir, deep, 81) == 0);
	sr_cluster_release(&c);
	deep[81] = 'd';
	deep[82] = '\0';
	sr_cluster_init(&c, deep, "restore-1", "/bin", 15, NULL);
	assert_string_equal(c.socket_dir, "/tmp/restore-1");
	assert_int_equal(strlen(c.root), 82 + 10);
	sr_cluster_release(&c);

	/* A comma ends a directory, for the server and for libpq. */
	sr_cluster_init(&c, "/a,b", "restore-1", "/bin", 15, NULL);
	assert_string_equal(c.socket_dir, "/tmp/restore-1");
	assert_string_equal(c.root, "/a,b/restore-1");
	sr_cluster_release(&c);
}

/* ---- Configuration ---- */

/* The value of the last line "name = ...", unquoted as the server does; NULL when there is none. The caller frees. */
static char *value_of(const char *conf, const char *name)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	size_t n = strlen(name);
	const char *at = NULL;

	for (const char *line = conf; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, name, n) == 0 && strncmp(line + n, " = ", 3) == 0)
			at = line + n + 3;
	if (!at)
		return NULL;
	if (*at != '\'') {
		sr_strbuf_add(&out, at, strcspn(at, "\n"));
		return sr_strbuf_take(&out);
	}
	for (at++;; at++) {
		assert_true(*at && *at != '\n'); /* a string ends on its line */
		if (*at == '\'' && at[1] != '\'')
			break;
		if (*at == '\\' || *at == '\'')
			at++;
		sr_strbuf_addc(&out, at[-1] == '\\' && *at == 'n' ? '\n' : *at);
	}
	assert_int_equal(at[1], '\n');
	return sr_strbuf_take(&out);
}

static void assert_value(const char *conf, const char *name, const char *expected)
{
	char *value = value_of(conf, name);

	if (!value || strcmp(value, expected) != 0)
		print_error("%s is %s\n", name, value ? value : "not set");
	assert_non_null(value);
	assert_string_equal(value, expected);
	free(value);
}

/* Makes the cluster's configuration and reads it back into conf. */
static void configure(struct sr_cluster *c, const struct sr_cluster_recovery *recovery,
		      const struct sr_strlist *settings, struct sr_strbuf *conf)
{
	const struct sr_control control = { .max_prepared_xacts = 7,
					    .max_locks_per_xact = 5000,
					    .max_worker_processes = 3 };
	char *path = sr_path_join(c->data_dir, "postgresql.conf");

	if (!sr_path_exists(c->data_dir))
		assert_true(sr_dir_make_all(c->data_dir, 0700, &err));
	assert_true(sr_cluster_configure(c, recovery, &control, settings, 6, &err));
	sr_strbuf_clear(conf);
	assert_true(sr_file_read(path, 0, conf, &err));
	free(path);
}

static void test_configuration(void **state)
{
	struct sr_cluster_recovery recovery = { .kind = SR_TARGET_TIME,
						.restore_command = "cp '/w\\al/%f' \"%p\"\n#x" };
	struct sr_strlist settings = SR_STRLIST_INIT;
	struct sr_strbuf conf = SR_STRBUF_INIT, text = SR_STRBUF_INIT;
	struct sr_cluster c;
	struct stat st;
	char *path, *scratch = sr_path_join(base, "it's a \\ \"dir\" %f\n");

	(void)state;
	sr_cluster_init(&c, scratch, "restore-1", "/bin", 15, NULL);
	assert_true(sr_time_parse("2024-01-28T14:30:00.123456Z", &recovery.time));
	sr_strlist_add(&settings, "work_mem=1GB");
	sr_strlist_add(&settings, "app.x=it's=so");
	sr_strlist_add(&settings, "hot_standby_feedback=");
	configure(&c, &recovery, &settings, &conf);

	assert_value(conf.data, "unix_socket_directories", c.socket_dir);
	assert_value(conf.data, "restore_command", recovery.restore_command);
	assert_value(conf.data, "work_mem", "1GB");
	assert_value(conf.data, "app.x", "it's=so");
	assert_value(conf.data, "hot_standby_feedback", "");
	assert_value(conf.data, "listen_addresses", "");
	assert_value(conf.data, "archive_mode", "off");
	assert_value(conf.data, "primary_conninfo", "");
	assert_value(conf.data, "shared_preload_libraries", "");
	assert_value(conf.data, "hot_standby", "off");
	assert_value(conf.data, "fsync", "off");
	assert_value(conf.data, "recovery_target_time", "2024-01-28 14:30:00.123456+00");
	assert_value(conf.data, "recovery_target_timeline", "latest");
	assert_value(conf.data, "recovery_target_action", "promote");
	assert_null(value_of(conf.data, "recovery_target"));
	/* At least the primary's, where recovery needs it. */
	assert_value(conf.data, "max_prepared_transactions", "7");
	assert_value(conf.data, "max_locks_per_transaction", "5000");
	assert_value(conf.data, "max_worker_processes", "8");
	assert_value(conf.data, "max_connections", "16");
	assert_null(value_of(conf.data, "event_triggers")); /* 17 and later know it */

	path = sr_path_join(c.data_dir, "postgresql.conf");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(path);
	path = sr_path_join(c.data_dir, "recovery.signal");
	assert_true(sr_path_exists(path));
	free(path);
	path = sr_path_join(c.data_dir, "pg_hba.conf");
	assert_true(sr_file_read(path, 0, &text, &err));
	assert_string_equal(text.data, "local all all trust\n");
	free(path);

	sr_strlist_release(&settings);
	sr_strbuf_release(&conf);
	sr_strbuf_release(&text);
	sr_cluster_release(&c);
	free(scratch);
}

static void test_other_targets(void **state)
{
	struct sr_cluster_recovery recovery = { .kind = SR_TARGET_SNAPSHOT, .timeline = 3 };
	struct sr_strbuf conf = SR_STRBUF_INIT;
	struct sr_cluster c;

	(void)state;
	sr_cluster_init(&c, base, "restore-2", "/bin", 17, NULL);
	configure(&c, &recovery, NULL, &conf);
	assert_value(conf.data, "recovery_target", "immediate");
	assert_value(conf.data, "recovery_target_timeline", "3");
	assert_value(conf.data, "restore_command", "/bin/false");
	assert_value(conf.data, "event_triggers", "off");
	assert_null(value_of(conf.data, "recovery_target_time"));

	recovery.kind = SR_TARGET_LATEST;
	recovery.timeline = 0; /* unknown */
	recovery.restore_command = "cp /w/%f %p";
	configure(&c, &recovery, NULL, &conf);
	assert_value(conf.data, "recovery_target_timeline", "latest");
	assert_null(value_of(conf.data, "recovery_target"));
	assert_null(value_of(conf.data, "recovery_target_time"));
	sr_strbuf_release(&conf);
	sr_cluster_release(&c);
}

/* Production's files may be links to where its configuration really is. */
static void test_links_are_not_written_through(void **state)
{
	static const char *const names[] = { "postgresql.conf", "postgresql.auto.conf", "pg_hba.conf",
					     "pg_ident.conf", "recovery.signal" };
	struct sr_cluster_recovery recovery = { .kind = SR_TARGET_LATEST };
	struct sr_strbuf conf = SR_STRBUF_INIT;
	char *production = sr_path_join(base, "production.conf");
	struct sr_cluster c;

	(void)state;
	sr_cluster_init(&c, base, "restore-3", "/bin", 15, NULL);
	assert_true(sr_dir_make_all(c.data_dir, 0700, &err));
	assert_true(sr_file_write_atomic(production, "theirs", 6, 0600, &err));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = sr_path_join(c.data_dir, names[i]);

		assert_int_equal(symlink(production, path), 0);
		free(path);
	}
	configure(&c, &recovery, NULL, &conf);
	sr_strbuf_clear(&conf);
	assert_true(sr_file_read(production, 0, &conf, &err));
	assert_string_equal(conf.data, "theirs");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = sr_path_join(c.data_dir, names[i]);
		struct stat st;

		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISREG(st.st_mode));
		free(path);
	}
	sr_strbuf_release(&conf);
	sr_cluster_release(&c);
	free(production);
}

/* ---- A server that is a shell script ---- */

static void make_server(struct sr_cluster *c, const char *name, const char *script)
{
	char *bindir = sr_path_join(base, "programs"), *path = sr_path_join(bindir, "postgres");
	char *text = NULL;
	int n = asprintf(&text, "#!/bin/sh\n%s\n", script);

	assert_true(n > 0);
	assert_true(sr_dir_make_all(bindir, 0700, &err));
	assert_true(sr_file_write_atomic(path, text, (size_t)n, 0700, &err));
	sr_cluster_init(c, base, name, bindir, 15, NULL);
	assert_true(sr_cluster_make(c, &err));
	assert_true(sr_dir_make_all(c->data_dir, 0700, &err));
	assert_true(sr_cluster_start(c, &err));
	free(text);
	free(path);
	free(bindir);
}

#define RUNS "trap 'exit 0' QUIT; while :; do sleep 0.02; done"

static void end_server(struct sr_cluster *c)
{
	assert_true(sr_cluster_stop(c, &err));
	assert_int_equal(c->pid, 0);
	assert_true(sr_cluster_stop(c, &err)); /* again: harmless */
	assert_true(sr_cluster_destroy(c->root, c->socket_dir, &err));
	assert_false(sr_path_exists(c->root));
	sr_error_release(&err);
	sr_cluster_release(c);
}

static void test_make(void **state)
{
	struct sr_cluster c;
	char *copy;
	struct stat st;

	(void)state;
	make_server(&c, "restore-make", RUNS);
	assert_int_equal(stat(c.root, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(c.socket_dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	copy = sr_path_join(c.root, "bin/schemarestore");
	assert_int_equal(access(copy, X_OK), 0);
	free(copy);
	assert_false(sr_cluster_make(&c, &err)); /* never into a directory that somebody else made */
	assert_int_equal(err.class, SR_ERR_INSTANCE);
	assert_true(sr_cluster_alive(&c, &err));
	end_server(&c);
}

static void test_ends_before_the_moment(void **state)
{
	struct sr_cluster c;

	(void)state;
	make_server(&c, "restore-early",
		    "echo '[1] LOG:  last completed transaction was at log time 2024-01-28 14:00:00+00'; "
		    "echo '[1] FATAL:  "
		    "recovery ended before configured recovery target was reached'; exit 1");
	assert_false(sr_cluster_wait(&c, NULL, NULL, NULL, &err));
	assert_int_equal(err.class, SR_ERR_INSTANCE);
	assert_non_null(strstr(err.message, "recovery ended before configured recovery target was reached"));
	assert_non_null(strstr(err.detail, "committed at 2024-01-28 14:00:00+00."));
	assert_non_null(strstr(err.hint, "--pitr latest"));
	assert_int_equal(c.pid, 0);
	end_server(&c);
}

static void test_ends_with_its_own_words(void **state)
{
	struct sr_cluster c;

	(void)state;
	make_server(&c, "restore-fatal",
		    "echo 'LOG:  starting'; echo 'FATAL:  data directory is odd'; exit 1");
	assert_false(sr_cluster_wait(&c, NULL, NULL, NULL, &err));
	assert_string_equal(err.message,
			    "the temporary instance could not be recovered: data directory is odd");
	assert_non_null(strstr(err.detail, "LOG:  starting\n"));
	end_server(&c);

	make_server(&c, "restore-silent", "exit 3");
	assert_false(sr_cluster_wait(&c, NULL, NULL, NULL, &err));
	assert_string_equal(err.message, "the temporary instance ended: it exited with code 3");
	end_server(&c);
}

static void test_dies_in_use(void **state)
{
	struct sr_cluster c;

	(void)state;
	make_server(&c, "restore-dies", "echo 'LOG:  ready'; kill -9 $$");
	for (int i = 0; i < 200 && sr_cluster_alive(&c, &err); i++)
		sr_clock_sleep_ms(5);
	assert_int_equal(err.class, SR_ERR_INSTANCE);
	assert_non_null(strstr(err.message, "ended while it was needed: it was ended by signal 9"));
	assert_string_equal(err.detail, "The end of its log:\nLOG:  ready");
	assert_true(sr_cluster_alive(&c, &err)); /* told once; nothing runs */
	end_server(&c);
}

static volatile int stop;
static char replayed[64];

static void on_replayed(void *ctx, const char *file)
{
	assert_ptr_equal(ctx, replayed);
	snprintf(replayed, sizeof replayed, "%s", file);
	stop = SIGTERM;
}

static void test_status_and_stop(void **state)
{
	struct sr_cluster c;

	(void)state;
	make_server(&c, "restore-status",
		    "echo 'LOG:  restored log file \"000000010000000000000030\" from archive';"
		    "echo 'LOG:  restored log file \"000000010000000000000031\" from archive'; " RUNS);
	assert_false(sr_cluster_wait(&c, on_replayed, replayed, &stop, &err));
	assert_string_equal(replayed, "000000010000000000000031");
	assert_int_equal(err.class, SR_ERR_SIGNAL);
	assert_int_equal(err.signal, SIGTERM);
	end_server(&c);
}

/* ---- From the outside ---- */

static void test_destroy_nothing(void **state)
{
	char *root = sr_path_join(base, "restore-none"), *s = sr_path_join(root, "s");

	(void)state;
	assert_true(sr_cluster_destroy(root, s, &err));
	assert_true(sr_dir_make_all(root, 0700, &err)); /* killed before there was more */
	assert_true(sr_cluster_destroy(root, s, &err));
	assert_false(sr_path_exists(root));
	free(root);
	free(s);
}

static void write_pid_file(const char *data_dir, pid_t pid, int shm_id, int key)
{
	char *path = sr_path_join(data_dir, "postmaster.pid"), text[200];
	int n = snprintf(text, sizeof text, "%d\n%s\n1706452200\n5432\n/s\n\n%9d %9d\nready   \n", (int)pid,
			 "x", key, shm_id);

	assert_true(sr_file_write_atomic(path, text, (size_t)n, 0600, &err));
	free(path);
}

static void test_destroy_what_runs(void **state)
{
	char *root = sr_path_join(base, "restore-runs"), *data = sr_path_join(root, "data");
	char *s = sr_path_join(base, "socket");
	int status, ready[2], key = 0x53524d00 + (getpid() & 0xff), shm_id;
	pid_t inside, outside;
	struct shmid_ds segment;
	char byte;

	(void)state;
	assert_true(sr_dir_make_all(data, 0700, &err));
	assert_true(sr_dir_make_all(s, 0700, &err));
	assert_int_equal(pipe(ready), 0);
	inside = fork();
	if (inside == 0) {
		if (chdir(data) != 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
	}
	outside = fork();
	if (outside == 0)
		pause();
	assert_int_equal(read(ready[0], &byte, 1), 1);
	shm_id = shmget(key, 56, IPC_CREAT | IPC_EXCL | 0600);
	assert_true(shm_id >= 0);

	/* The pid in the file is another's by now: only who works in the directory is ended. */
	write_pid_file(data, outside, shm_id, key);
	signal(SIGCHLD, SIG_IGN); /* as if they were not our children: no zombies */
	assert_true(sr_cluster_destroy(root, s, &err));
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(kill(inside, 0), -1);
	assert_int_equal(kill(outside, 0), 0);
	kill(outside, SIGKILL);
	waitpid(outside, &status, 0);
	assert_false(sr_path_exists(root));
	assert_false(sr_path_exists(s));
	assert_int_equal(shmctl(shm_id, IPC_STAT, &segment), -1);
	close(ready[0]);
	close(ready[1]);
	free(root);
	free(data);
	free(s);
}

/* A segment that somebody holds, or that is not the one the file tells, is not ours to remove. */
static void test_destroy_leaves_foreign_segments(void **state)
{
	char *root = sr_path_join(base, "restore-shm"), *data = sr_path_join(root, "data");
	int key = 0x53524e00 + (getpid() & 0xff), shm_id = shmget(key, 56, IPC_CREAT | IPC_EXCL | 0600);
	struct shmid_ds segment;
	void *at;

	(void)state;
	assert_true(shm_id >= 0);
	at = shmat(shm_id, NULL, 0);
	assert_true(at != (void *)-1);
	assert_true(sr_dir_make_all(data, 0700, &err));
	write_pid_file(data, 0, shm_id, key);
	assert_true(sr_cluster_destroy(root, root, &err));
	assert_int_equal(shmctl(shm_id, IPC_STAT, &segment), 0);
	shmdt(at);
	assert_true(sr_dir_make_all(data, 0700, &err));
	write_pid_file(data, 0, shm_id, key + 1);
	assert_true(sr_cluster_destroy(root, root, &err));
	assert_int_equal(shmctl(shm_id, IPC_STAT, &segment), 0);
	shmctl(shm_id, IPC_RMID, NULL);
	free(root);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_other_targets),
		cmocka_unit_test(test_links_are_not_written_through),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_ends_before_the_moment),
		cmocka_unit_test(test_ends_with_its_own_words),
		cmocka_unit_test(test_dies_in_use),
		cmocka_unit_test(test_status_and_stop),
		cmocka_unit_test(test_destroy_nothing),
		cmocka_unit_test(test_destroy_what_runs),
		cmocka_unit_test(test_destroy_leaves_foreign_segments),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
