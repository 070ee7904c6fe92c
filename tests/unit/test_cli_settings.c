/* Layers, files, environment, and the checks of form: src/cli/settings.c, config.c and check.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/parse.h"
#include "cli/settings.h"

struct fixture {
	char dir[64], system[128], user[128], other[128];
	struct sr_command_line line;
	struct sr_settings s;
	struct sr_error err;
};

static int set_up(void **state)
{
	struct fixture *f = sr_calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/test_cli_settings.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->system, sizeof f->system, "%s/system.conf", f->dir);
	snprintf(f->user, sizeof f->user, "%s/schemarestore.conf", f->dir);
	snprintf(f->other, sizeof f->other, "%s/other", f->dir);
	setenv("XDG_CONFIG_HOME", f->dir, 1);
	sr_settings_init(&f->s);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "FROM",   "STATE_DIR", "JOBS", "PROFILE",
					     "CONFIG", "PG_BINDIR", "PITR" };
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;

	for (size_t i = 0; i < SR_COUNT(names); i++) {
		char *name = sr_asprintf("SCHEMARESTORE_%s", names[i]);

		unsetenv(name);
		free(name);
	}
	assert_true(sr_tree_remove(f->dir, &err));
	sr_command_line_release(&f->line);
	sr_settings_release(&f->s);
	sr_error_release(&f->err);
	free(f);
	return 0;
}

static void put(const char *path, const char *text)
{
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_file_write_atomic(path, text, strlen(text), 0600, &err));
}

/* Starts over with these words. */
#define MERGE(f, ...) merge(f, (char *[]){ (char *)"/usr/bin/schemarestore", __VA_ARGS__, NULL })

static bool merge(struct fixture *f, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	sr_command_line_release(&f->line);
	sr_settings_release(&f->s);
	sr_error_release(&f->err);
	sr_settings_init(&f->s);
	if (!sr_command_line_parse(&f->line, argc, argv, &f->err) ||
	    !sr_settings_merge(&f->s, &f->line, argv, f->system, &f->err))
		return false;
	sr_settings_defaults(&f->s);
	return true;
}

static void test_precedence(void **state)
{
	struct fixture *f = *state;

	put(f->system, "jobs = 1\nfrom = basebackup:/system\nwal-archive = /wal\nstate_dir = /state\n");
	put(f->user, "jobs = 2\nfrom = basebackup:/user\n");
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.request.jobs, 2);
	assert_string_equal(f->s.request.from, "basebackup:/user");
	assert_string_equal(f->s.request.wal_archive, "/wal");
	assert_string_equal(f->s.request.state_dir, "/state");
	setenv("SCHEMARESTORE_JOBS", "3", 1);
	setenv("SCHEMARESTORE_FROM", "", 1); /* empty: as if it were not there */
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.request.jobs, 3);
	assert_string_equal(f->s.request.from, "basebackup:/user");
	assert_true(MERGE(f, "-j4"));
	assert_int_equal(f->s.request.jobs, 4);
	/* --config stands for both files; it has to be there. */
	put(f->other, "jobs = 9\n");
	unsetenv("SCHEMARESTORE_JOBS");
	assert_true(MERGE(f, "--config", f->other));
	assert_int_equal(f->s.request.jobs, 9);
	assert_null(f->s.request.from);
	assert_false(MERGE(f, "--config", "/nowhere/x"));
	assert_int_equal(f->err.class, SR_ERR_USAGE);
}

static void test_profiles(void **state)
{
	struct fixture *f = *state;

	put(f->system, "jobs = 1\n[shop]\njobs = 5\nfrom = basebackup:/shop\n[empty]\n[crm]\njobs = 6\n");
	assert_true(MERGE(f, "--profile", "shop"));
	assert_int_equal(f->s.request.jobs, 5);
	assert_string_equal(f->s.request.from, "basebackup:/shop");
	setenv("SCHEMARESTORE_PROFILE", "crm", 1);
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.request.jobs, 6);
	assert_null(f->s.request.from);
	assert_true(MERGE(f, "--profile", "empty"));
	assert_int_equal(f->s.request.jobs, 1);
	/* The section is stronger, also in what cannot both be given. */
	put(f->system, "wal-archive = /wal\npg-bindir = /a\ndbname = host=db1 dbname=shop\n"
		       "[crm]\nrestore-command = x\npg-bindir = /b\ndbname = crm\n");
	assert_true(MERGE(f, "-q"));
	assert_null(f->s.request.wal_archive);
	assert_string_equal(f->s.request.restore_command, "x");
	assert_int_equal(f->s.request.pg_bindirs.n, 1);
	assert_string_equal(sr_conninfo_get(&f->s.request.conninfo, "host"), "db1");
	assert_string_equal(sr_conninfo_get(&f->s.request.conninfo, "dbname"), "crm");
	assert_false(MERGE(f, "--profile", "shp"));
	assert_string_equal(f->err.message, "there is no profile \"shp\"");
}

static void test_bad_files(void **state)
{
	struct fixture *f = *state;
	char message[256], *text;

	put(f->system, "# what\n\n[other]\nwal_archvie = /wal\n");
	assert_false(MERGE(f, "-q"));
	snprintf(message, sizeof message, "%s:4: unknown key \"wal_archvie\"", f->system);
	assert_string_equal(f->err.message, message);
	assert_string_equal(f->err.hint, "Perhaps you meant \"wal-archive\".");
	put(f->system, "pitr = latest\n");
	assert_false(MERGE(f, "-q"));
	assert_non_null(strstr(f->err.message, "cannot stand in a configuration file"));
	put(f->system, "jobs\n");
	assert_false(MERGE(f, "-q"));
	assert_non_null(strstr(f->err.message, ":1: "));
	put(f->system, "\njobs = many\n");
	assert_false(MERGE(f, "-q"));
	assert_non_null(strstr(f->err.message, "system.conf:2"));
	/* The library would cut it in two. */
	text = sr_asprintf("jobs = 2\nrestore-command = %0300d\n", 0);
	put(f->system, text);
	free(text);
	assert_false(MERGE(f, "-q"));
	assert_non_null(strstr(f->err.message, ":2: the line is longer than"));
}

static void test_lists_and_long_values(void **state)
{
	struct fixture *f = *state;

	put(f->system, "pg-bindir = /a\npg-bindir = /b\nrestore-command = fetch %f\n    into %p\n");
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.request.pg_bindirs.n, 2);
	assert_string_equal(f->s.request.restore_command, "fetch %f into %p");
	setenv("SCHEMARESTORE_PG_BINDIR", "/c\n/d\n", 1);
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.request.pg_bindirs.n, 2);
	assert_string_equal(f->s.request.pg_bindirs.items[1], "/d");
	assert_true(MERGE(f, "--pg-bindir", "/e"));
	assert_int_equal(f->s.request.pg_bindirs.n, 1);
	/* Two ways to the same WAL: the stronger layer's. */
	assert_true(MERGE(f, "--wal-archive", "/wal"));
	assert_null(f->s.request.restore_command);
	assert_string_equal(f->s.request.wal_archive, "/wal");
}

static void test_readable_password(void **state)
{
	struct fixture *f = *state;

	put(f->system, "dbname = host=db1 password=secret dbname=shop\n");
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.nwarnings, 0);
	assert_int_equal(chmod(f->system, 0644), 0);
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.nwarnings, 1);
	assert_string_equal(f->s.warnings[0].code, "config-readable");
	put(f->system, "dbname = host=db1 dbname=shop\n");
	assert_int_equal(chmod(f->system, 0644), 0);
	assert_true(MERGE(f, "-q"));
	assert_int_equal(f->s.nwarnings, 0);
}

static void test_environment_is_for_what_may_stand_there(void **state)
{
	struct fixture *f = *state;

	setenv("SCHEMARESTORE_PITR", "latest", 1);
	setenv("SCHEMARESTORE_STATE_DIR", "/s", 1);
	assert_true(MERGE(f, "-q"));
	assert_false(f->s.request.has_target);
	assert_string_equal(f->s.request.state_dir, "/s");
	setenv("SCHEMARESTORE_JOBS", "x", 1);
	assert_false(MERGE(f, "-q"));
	assert_non_null(strstr(f->err.message, "SCHEMARESTORE_JOBS"));
}

static void test_request_file(void **state)
{
	struct fixture *f = *state;

	put(f->system, "dbname = host=db1 dbname=shop\n");
	put(f->other, "{\"database\": \"crm\", \"schemas\": [\"a\"], \"snapshotId\": \"s1\"}");
	assert_true(MERGE(f, "--request", f->other));
	/* It is stronger than the configuration ... */
	assert_string_equal(sr_conninfo_get(&f->s.request.conninfo, "dbname"), "crm");
	assert_string_equal(sr_conninfo_get(&f->s.request.conninfo, "host"), "db1");
	assert_int_equal(f->s.request.target, SR_TARGET_SNAPSHOT);
	/* ... and weaker than options. */
	assert_true(MERGE(f, "--request", f->other, "-d", "x", "-n", "b", "--pitr", "latest"));
	assert_string_equal(sr_conninfo_get(&f->s.request.conninfo, "dbname"), "x");
	assert_int_equal(f->s.request.schemas.n, 1);
	assert_string_equal(f->s.request.schemas.items[0], "b");
	assert_int_equal(f->s.request.target, SR_TARGET_LATEST);
	put(f->other, "{\"schemas\": [\"a\"]}");
	assert_true(MERGE(f, "--request", f->other));
	assert_string_equal(sr_conninfo_get(&f->s.request.conninfo, "dbname"), "shop");
}

static void test_command_line_is_kept_without_dry_run(void **state)
{
	struct fixture *f = *state;
	struct sr_strbuf text = SR_STRBUF_INIT;

	assert_true(MERGE(f, "-n", "a b", "--dry", "--pitr=latest"));
	for (size_t i = 0; i < f->s.command_line.n; i++)
		sr_strbuf_addf(&text, "%s ", f->s.command_line.items[i]);
	assert_string_equal(sr_strbuf_str(&text), "schemarestore -n 'a b' --pitr=latest ");
	assert_true(f->s.request.dry_run);
	assert_true(MERGE(f, "-d", "dbname=x password=secret"));
	assert_int_equal(f->s.command_line.n, 0);
	sr_strbuf_release(&text);
}

static void refused(struct fixture *f, bool merged, const char *message, const char *hint)
{
	assert_true(merged);
	assert_false(sr_settings_check_restore(&f->s, &f->err));
	assert_int_equal(f->err.class, SR_ERR_USAGE);
	assert_non_null(strstr(f->err.message, message));
	assert_non_null(f->err.hint);
	assert_non_null(strstr(f->err.hint, hint));
}

static void test_form(void **state)
{
	struct fixture *f = *state;

	refused(f, MERGE(f, "--pitr", "latest"), "no schema", "--schema a");
	refused(f, MERGE(f, "-n", "a", "--pitr", "latest"), "no source", "/etc/schemarestore.conf");
	refused(f, MERGE(f, "-n", "a", "--from", "basebackup:/b"), "moment", "--pitr");
	refused(f, MERGE(f, "-n", "a", "--from", "basebakcup:/b"), "unknown source", "basebackup:");
	refused(f, MERGE(f, "-n", "a", "--from", "/b"), "does not say", "basebackup:/b");
	refused(f, MERGE(f, "-n", "a", "--from", "rds:x"), "not supported by this version", "basebackup:");
	refused(f, MERGE(f, "-n", "a", "--from", "basebackup:"), "lacks its directory",
		"basebackup:/backups");
	refused(f, MERGE(f, "-n", "a", "--from", "existing:dbname=x", "--pitr", "latest"), "--pitr",
		"Leave it out");
	refused(f, MERGE(f, "-n", "a", "--from", "existing:dbname=x", "--snapshot", "s"), "--snapshot",
		"Leave it out");
	refused(f, MERGE(f, "-n", "a", "--from", "basebackup:/b", "--pitr", "latest", "--rename", "a"),
		"--rename", "OLD=NEW");
	refused(f, MERGE(f, "-n", "a", "--from", "basebackup:/b", "--pitr", "latest", "--map-role", "=a"),
		"--map-role", "OLD=NEW");
	refused(f, MERGE(f, "-n", "a", "--from", "basebackup:/b", "--pitr", "latest", "--suffix="), "suffix",
		"name");
	refused(f, MERGE(f, "-n", "a", "--from", "basebackup:/b", "--pitr", "latest", "-wW"), "--no-password",
		"--help");
	assert_false(MERGE(f, "-n", "a", "--pitr", "latest", "--snapshot", "x"));
	assert_string_equal(f->err.message, "--pitr and --snapshot cannot both be given");
	assert_true(MERGE(f, "-n", "a", "--from", "existing:dbname=x"));
	assert_true(sr_settings_check_restore(&f->s, &f->err));
	assert_true(
		MERGE(f, "-n", "a", "--from", "basebackup:b", "--pitr", "2024-01-28", "--suffix", "_before"));
	assert_true(sr_settings_check_restore(&f->s, &f->err));
	assert_true(strncmp(f->s.request.from, "basebackup:/", 12) == 0);
	assert_string_equal(f->s.request.scratch_dir, "/var/tmp");
	assert_non_null(f->s.request.state_dir);
}

static void test_secret_is_not_in_the_error(void **state)
{
	struct fixture *f = *state;

	refused(f, MERGE(f, "-n", "a", "--from", "password=secret"), "unknown source", "existing:");
	assert_null(strstr(f->err.message, "secret"));
}

static void test_options_of_other_commands(void **state)
{
	struct fixture *f = *state;

	assert_true(MERGE(f, "status", "--jobs", "2"));
	assert_false(sr_settings_check_options(&f->line, sr_command_find("status"), &f->err));
	assert_string_equal(f->err.message, "the command \"status\" does not take --jobs");
	assert_true(sr_settings_check_options(&f->line, sr_command_find("restore"), &f->err));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_precedence),
		TEST(test_profiles),
		TEST(test_bad_files),
		TEST(test_lists_and_long_values),
		TEST(test_readable_password),
		TEST(test_environment_is_for_what_may_stand_there),
		TEST(test_request_file),
		TEST(test_command_line_is_kept_without_dry_run),
		TEST(test_form),
		TEST(test_secret_is_not_in_the_error),
		TEST(test_options_of_other_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
