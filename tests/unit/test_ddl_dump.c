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
#include "ddl/dump.h"

/* A pg_dump that notes its arguments and environment and gives out the archive of the fixtures. */
static const char good[] =
	"printf '%s\\n' \"$@\" >\"$(dirname \"$0\")/args\"\n"
	"env >\"$(dirname \"$0\")/env\"\n"
	"for a; do case $a in --file=*) cp fixtures/archives/app-1.14.dump \"${a#--file=}\";; esac; done\n";

struct fixture {
	char root[64];
	struct sr_programs programs;
	struct sr_conninfo source;
	struct sr_strlist schemas;
	struct sr_dump_options options;
};

static int setup(void **state)
{
	struct fixture *f = sr_calloc(1, sizeof *f);

	strcpy(f->root, "/tmp/test_ddl_dump.XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->programs = (struct sr_programs){ .major = 15, .bindir = f->root };
	sr_conninfo_set(&f->source, "host", "/run/x y");
	sr_conninfo_set(&f->source, "dbname", "shop");
	sr_conninfo_set(&f->source, "password", "hush-hush");
	sr_strlist_add(&f->schemas, "app");
	sr_strlist_add(&f->schemas, "We\"ird.*");
	f->options = (struct sr_dump_options){
		.programs = &f->programs, .source = &f->source, .schemas = &f->schemas, .directory = f->root
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_tree_remove(f->root, &err));
	sr_conninfo_release(&f->source);
	sr_strlist_release(&f->schemas);
	free(f);
	return 0;
}

static void set_program(struct fixture *f, const char *script)
{
	char *path = sr_path_join(f->root, "pg_dump");
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fprintf(out, "#!/bin/sh\n%s", script);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0700), 0);
	free(path);
}

static void read_note(struct fixture *f, const char *name, struct sr_strbuf *out)
{
	char *path = sr_path_join(f->root, name);
	struct sr_error err = SR_ERROR_INIT;

	sr_strbuf_clear(out);
	sr_strbuf_addc(out, '\n');
	assert_true(sr_file_read(path, 0, out, &err));
	free(path);
}

static void test_arguments(void **state)
{
	struct fixture *f = *state;
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	set_program(f, good);
	f->options.snapshot = "00000003-1B-1";
	setenv("PGCLIENTENCODING", "LATIN1", 1);
	if (!sr_dump_schemas(&f->options, &a, &err))
		fail_msg("%s", err.message);
	unsetenv("PGCLIENTENCODING");
	assert_int_equal(a.n, 117);
	sr_archive_release(&a);

	read_note(f, "args", &text);
	assert_non_null(strstr(text.data, "\n--format=custom\n"));
	assert_non_null(strstr(text.data, "\n--schema-only\n"));
	assert_non_null(strstr(text.data, "\n--no-password\n"));
	assert_non_null(strstr(text.data, "\n--schema=\"app\"\n"));
	assert_non_null(strstr(text.data, "\n--schema=\"We\"\"ird.*\"\n"));
	assert_non_null(strstr(text.data, "\n--snapshot=00000003-1B-1\n"));
	assert_non_null(strstr(text.data, "\n--dbname="));
	assert_non_null(strstr(text.data, "shop"));
	assert_null(strstr(text.data, "hush"));
	read_note(f, "env", &text);
	assert_non_null(strstr(text.data, "\nPGPASSWORD=hush-hush\n"));
	assert_null(strstr(text.data, "PGCLIENTENCODING"));
	sr_strbuf_release(&text);
}

static void expect_left(struct fixture *f, size_t n)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_dir_list(f->root, &names, &err));
	assert_int_equal(names.n, n);
	sr_strlist_release(&names);
}

static void test_archive_is_removed(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	set_program(f, good);
	assert_true(sr_dump_schemas(&f->options, &a, &err));
	sr_archive_release(&a);
	expect_left(f, 3); /* the program and its two notes */
}

static void test_failure(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	set_program(f, "for a; do case $a in --file=*) echo half >\"${a#--file=}\";; esac; done\n"
		       "echo 'pg_dump: error: no matching schemas' >&2; exit 1\n");
	assert_false(sr_dump_schemas(&f->options, &a, &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	assert_string_equal(err.message, "pg_dump could not extract the definitions: it exited with code 1");
	assert_string_equal(err.detail, "pg_dump: error: no matching schemas");
	sr_error_release(&err);
	sr_archive_release(&a);
	expect_left(f, 1);
}

static void test_damaged_archive(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	set_program(f, "for a; do case $a in --file=*) head -c 9000 fixtures/archives/app-1.14.dump "
		       ">\"${a#--file=}\";; esac; done\n");
	assert_false(sr_dump_schemas(&f->options, &a, &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	assert_non_null(strstr(err.message, "damaged"));
	sr_error_release(&err);
	sr_archive_release(&a);
	expect_left(f, 1);

	set_program(f, "exit 0\n"); /* and no archive */
	assert_false(sr_dump_schemas(&f->options, &a, &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	sr_error_release(&err);
	sr_archive_release(&a);
}

static void test_no_program(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	assert_false(sr_dump_schemas(&f->options, &a, &err));
	assert_int_equal(err.class, SR_ERR_DDL);
	sr_error_release(&err);
	sr_archive_release(&a);
}

static void test_stop(void **state)
{
	struct fixture *f = *state;
	struct sr_error err = SR_ERROR_INIT;
	volatile int stop = 1;
	struct sr_archive a;

	set_program(f, "exec sleep 60\n");
	f->options.stop = &stop;
	assert_false(sr_dump_schemas(&f->options, &a, &err));
	assert_string_equal(err.message, "pg_dump was stopped");
	sr_error_release(&err);
	sr_archive_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_archive_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_archive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_program, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
