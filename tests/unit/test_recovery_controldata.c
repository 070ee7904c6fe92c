#include "recovery_fixture.h"

#include "recovery/restore.h"

/* A program that prints what pg_controldata 15 prints, shortened. */
#define PROGRAM                                                                                              \
	"#!/bin/sh\n[ \"$LC_ALL\" = C ] || exit 9\ntest -n \"$1\" || exit 8\ncat <<E\n"                      \
	"pg_control version number:            1300\n"                                                       \
	"Database system identifier:           7710319478863002559\n"                                        \
	"wal_level setting:                    replica\n"                                                    \
	"max_connections setting:              250\n"                                                        \
	"max_worker_processes setting:         8\n"                                                          \
	"max_wal_senders setting:              10\n"                                                         \
	"max_prepared_xacts setting:           3\n"                                                          \
	"max_locks_per_xact setting:           64\n"                                                         \
	"Data page checksum version:           1\n"                                                          \
	"E\n"

static void program(const char *dir, const char *text)
{
	char *path = sr_path_join(dir, "pg_controldata");

	put(dir, "pg_controldata", text);
	assert_int_equal(chmod(path, 0755), 0);
	free(path);
}

static void reads(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_control c;

	program(*state, PROGRAM);
	if (!sr_control_read(*state, "/data", NULL, &c, &err))
		no_error(&err);
	assert_true(c.system_identifier == CLUSTER);
	assert_int_equal(c.max_connections, 250);
	assert_int_equal(c.max_worker_processes, 8);
	assert_int_equal(c.max_wal_senders, 10);
	assert_int_equal(c.max_prepared_xacts, 3);
	assert_int_equal(c.max_locks_per_xact, 64);
	assert_true(c.data_checksums);
}

static void fails(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_control c;

	program(*state, "#!/bin/sh\necho 'could not open file' >&2\nexit 1\n");
	assert_false(sr_control_read(*state, "/data", NULL, &c, &err));
	is_error(&err, SR_ERR_INSTANCE, "could not open file");
	program(*state, "#!/bin/sh\necho nothing\n");
	assert_false(sr_control_read(*state, "/data", NULL, &c, &err));
	is_error(&err, SR_ERR_INSTANCE, "system identifier");
	assert_false(sr_control_read("/nowhere/at/all", "/data", NULL, &c, &err));
	is_error(&err, SR_ERR_INSTANCE, "pg_controldata");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fails, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
