#include "recovery_fixture.h"

#include "recovery/wal.h"

static void parses(void **state)
{
	struct sr_timeline_history h;

	(void)state;
	assert_true(sr_timeline_history_parse("# a comment\n1\t0/C000A0\tno recovery target specified\n\n"
					      "3\t1/20\tbefore 2024-01-28 14:30:00+00\r\n",
					      4, &h));
	assert_int_equal(h.n, 3);
	assert_true(h.parts[0].timeline == 1 && h.parts[0].begin == 0 && h.parts[0].end == 0xC000A0);
	assert_true(h.parts[1].timeline == 3 && h.parts[1].begin == 0xC000A0);
	assert_true(h.parts[2].timeline == 4 && h.parts[2].begin == UINT64_C(0x100000020));
	assert_true(h.parts[2].end == UINT64_MAX);
	sr_timeline_history_release(&h);
	assert_true(sr_timeline_history_parse("", 1, &h));
	assert_int_equal(h.n, 1);
	sr_timeline_history_release(&h);
}

static void refuses(void **state)
{
	static const char *const bad[] = { "x", "1", "1\t0", "2\t0/10\n1\t0/20", "5\t0/10" };

	(void)state;
	for (size_t i = 0; i < SR_COUNT(bad); i++) {
		struct sr_timeline_history h;

		assert_false(sr_timeline_history_parse(bad[i], 4, &h));
		sr_timeline_history_release(&h);
	}
}

static void from_the_archive(void **state)
{
	struct sr_backup monday = { .start_lsn = 0x700028, .timeline = 1 };
	struct sr_backup tuesday = { .start_lsn = 0xA00028, .timeline = 1 };
	struct sr_backup other = { .start_lsn = 0xA00030, .timeline = 1 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_timeline_history h;
	struct sr_wal_archive a;
	sr_time time;
	sr_lsn stop;

	copy_archive(*state);
	put(*state, "00000009.history", "garbage");
	assert_true(sr_wal_archive_open(&a, *state, &err));
	assert_true(sr_timeline_history_read(&a, 2, &h, &err));
	assert_int_equal(h.n, 2);
	assert_true(h.parts[1].begin == 0xC000A0);
	sr_timeline_history_release(&h);
	assert_true(sr_timeline_history_read(&a, 7, &h, &err)); /* no such file */
	assert_int_equal(h.n, 1);
	sr_timeline_history_release(&h);
	assert_false(sr_timeline_history_read(&a, 9, &h, &err));
	is_error(&err, SR_ERR_REFUSED, "00000009.history");
	sr_timeline_history_release(&h);

	sr_wal_backup_history(&a, &monday, &stop, &time);
	assert_true(stop == 0x700168 && time == at(OF_DAY "18:17:29"));
	sr_wal_backup_history(&a, &tuesday, &stop, &time); /* compressed */
	assert_true(stop == 0xA001B8 && time == at(OF_DAY "18:17:32"));
	sr_wal_backup_history(&a, &other, &stop, &time);
	assert_true(stop == 0 && time == SR_TIME_NONE);
	sr_wal_archive_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test_setup_teardown(from_the_archive, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
