#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/programs.h"

/* Directories with programs of versions that no machine has, so that what is installed does not matter. */
struct fixture {
	char root[64];
	struct sr_strlist bindirs;
	char *path; /* PATH as it was */
};

static char *make_dir(struct fixture *f, const char *name)
{
	char *dir = sr_path_join(f->root, name);
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_dir_make_all(dir, 0700, &err));
	return dir;
}

static void make_program(struct fixture *f, const char *dir_name, const char *program, const char *says)
{
	char *dir = make_dir(f, dir_name), *path = sr_path_join(dir, program);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fprintf(out, "#!/bin/sh\n[ \"$1\" = --version ] || exit 3\n%s\n", says);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0700), 0);
	free(path);
	free(dir);
}

static void add_bindir(struct fixture *f, const char *name)
{
	sr_strlist_take(&f->bindirs, make_dir(f, name));
}

static int setup(void **state)
{
	struct fixture *f = sr_calloc(1, sizeof *f);

	strcpy(f->root, "/tmp/test_pg_programs.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->path = sr_strdup(getenv("PATH"));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;

	setenv("PATH", f->path, 1);
	assert_true(sr_tree_remove(f->root, &err));
	sr_strlist_release(&f->bindirs);
	free(f->path);
	free(f);
	return 0;
}

static void expect(const struct fixture *f, const struct sr_programs *p, int major, const char *dir)
{
	char *path = sr_path_join(f->root, dir);

	assert_int_equal(p->major, major);
	assert_string_equal(p->bindir, path);
	free(path);
}

static void test_server_by_version(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_programs p;

	make_program(f, "a", "postgres", "echo 'postgres (PostgreSQL) 91.2 (Debian 91.2-1)'");
	make_program(f, "a", "pg_controldata", "exit 1");
	make_program(f, "b", "postgres", "echo 'postgres (PostgreSQL) 92beta1'");
	make_program(f, "b", "pg_controldata", "exit 1");
	add_bindir(f, "a");
	add_bindir(f, "b");
	assert_true(sr_programs_server(&f->bindirs, 92, &p, &err));
	expect(f, &p, 92, "b");
	sr_programs_release(&p);
	assert_null(p.bindir);
	assert_true(sr_programs_server(&f->bindirs, 91, &p, &err));
	expect(f, &p, 91, "a");
	sr_programs_release(&p);
}

static void test_directory_name_tells(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_programs p;

	/* These would fail if they were asked. */
	make_program(f, "lib/postgresql/93/bin", "postgres", "exit 1");
	make_program(f, "lib/postgresql/93/bin", "pg_controldata", "exit 1");
	make_program(f, "pgsql-94/bin", "pg_dump", "exit 1");
	add_bindir(f, "lib/postgresql/93/bin");
	add_bindir(f, "pgsql-94/bin");
	assert_true(sr_programs_server(&f->bindirs, 93, &p, &err));
	expect(f, &p, 93, "lib/postgresql/93/bin");
	sr_programs_release(&p);
	assert_true(sr_programs_dump(&f->bindirs, 94, &p, &err));
	expect(f, &p, 94, "pgsql-94/bin");
	sr_programs_release(&p);
}

static void test_named_directory_comes_first(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_programs p;
	char *path = sr_asprintf("%s/onpath:%s", f->root, f->path);

	make_program(f, "onpath", "pg_dump", "echo 'pg_dump (PostgreSQL) 95.1'");
	setenv("PATH", path, 1);
	assert_true(sr_programs_dump(NULL, 95, &p, &err));
	expect(f, &p, 95, "onpath");
	sr_programs_release(&p);
	make_program(f, "named", "pg_dump", "echo 'pg_dump (PostgreSQL) 95.0'");
	add_bindir(f, "named");
	assert_true(sr_programs_dump(&f->bindirs, 95, &p, &err));
	expect(f, &p, 95, "named");
	sr_programs_release(&p);
	free(path);
}

static void test_newest_dump(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_programs p;

	make_program(f, "a", "pg_dump", "echo 'pg_dump (PostgreSQL) 91.2'");
	make_program(f, "b", "pg_dump", "echo 'pg_dump (PostgreSQL) 96.1'");
	make_program(f, "c", "pg_dump", "echo 'pg_dump (PostgreSQL) 95.1'");
	add_bindir(f, "a");
	add_bindir(f, "b");
	add_bindir(f, "c");
	assert_true(sr_programs_dump(&f->bindirs, 91, &p, &err));
	expect(f, &p, 96, "b");
	sr_programs_release(&p);
}

static void test_unusable_programs(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_programs p;
	char *file;

	make_program(f, "broken", "pg_dump", "exit 127");
	make_program(f, "other", "pg_dump", "echo 'pg_dump (SomethingElse) 98'");
	make_program(f, "pg_wrapper.d", "pg_wrapper", "echo 'pg_dump (PostgreSQL) 98.1'");
	file = sr_asprintf("%s/pg_wrapper.d/pg_dump", f->root);
	assert_int_equal(symlink("pg_wrapper", file), 0);
	make_program(f, "noexec", "pg_dump", "echo 'pg_dump (PostgreSQL) 98.1'");
	free(file);
	file = sr_asprintf("%s/noexec/pg_dump", f->root);
	assert_int_equal(chmod(file, 0600), 0);
	free(file);
	add_bindir(f, "broken");
	add_bindir(f, "other");
	add_bindir(f, "pg_wrapper.d");
	add_bindir(f, "noexec");
	add_bindir(f, "directory/pg_dump");
	sr_strlist_take(&f->bindirs, sr_path_join(f->root, "directory"));
	assert_false(sr_programs_dump(&f->bindirs, 98, &p, &err));
	assert_int_equal(err.class, SR_ERR_REFUSED);
	sr_error_release(&err);
	assert_null(p.bindir);
}

static void test_errors_name_what_was_found(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_programs p;
	char *found = sr_asprintf("version 91 in %s/a", f->root);

	make_program(f, "a", "postgres", "echo 'postgres (PostgreSQL) 91.2'");
	make_program(f, "a", "pg_dump", "echo 'pg_dump (PostgreSQL) 91.2'");
	add_bindir(f, "a");
	assert_false(sr_programs_server(&f->bindirs, 99, &p, &err));
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_string_equal(err.message,
			    "server programs (postgres, pg_controldata) for PostgreSQL 99 not found");
	assert_non_null(strstr(err.detail, found));
	assert_non_null(strstr(err.detail, "Looked in "));
	assert_non_null(strstr(err.hint, "postgresql-99"));
	assert_non_null(strstr(err.hint, "--pg-bindir"));
	sr_error_release(&err);
	/* Without pg_controldata it is not what was asked for. */
	assert_false(sr_programs_server(&f->bindirs, 91, &p, &err));
	sr_error_release(&err);
	assert_false(sr_programs_dump(&f->bindirs, 99, &p, &err));
	assert_non_null(strstr(err.detail, found));
	assert_non_null(strstr(err.hint, "postgresql-client-99"));
	sr_error_release(&err);
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_server_by_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_directory_name_tells, setup, teardown),
		cmocka_unit_test_setup_teardown(test_named_directory_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newest_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unusable_programs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors_name_what_was_found, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
