#include "recovery_fixture.h"

#include "recovery/wal.h"

static void names(void **state)
{
	char name[25];

	(void)state;
	sr_wal_segment_name(1, 5, 16 * MB, name);
	assert_string_equal(name, "000000010000000000000005");
	sr_wal_segment_name(0x1a, 4096 + 7, MB, name);
	assert_string_equal(name, "0000001A0000000100000007");
	assert_true(sr_wal_is_segment_name("0000001A0000000100000007", 24));
	assert_false(sr_wal_is_segment_name("0000001a0000000100000007", 24));
	assert_false(sr_wal_is_segment_name("00000002.history", 16));
	assert_false(sr_wal_is_segment_name("00000001000000000000000C.partial", 32));
}

static void lists(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_wal_archive a;

	copy_archive(*state);
	put(*state, "00000001000000000000000C.partial", "x");
	put(*state, "00000001000000000000000B.ready", "x");
	put(*state, "readme", "x");
	put(*state, "00000001000000000000000B.gz.tmp", "x");
	/* a copy that is being compressed: the plain one counts */
	put(*state, "00000001000000000000000B", "x");
	assert_true(sr_wal_archive_open(&a, *state, &err));
	assert_int_equal(a.nsegments, 7);
	assert_int_equal(a.segment_size, MB);
	assert_int_equal(a.major, 15);
	assert_true(a.system_identifier == CLUSTER);
	assert_int_equal(a.histories->n, 1);
	assert_string_equal(a.histories->items[0], "00000002.history");
	assert_int_equal(a.backups->n, 2);
	assert_true(sr_strlist_has(a.backups, "00000001000000000000000A.00000028.backup"));
	assert_string_equal(sr_path_base(sr_wal_archive_find(&a, 1, 0xB)->path), "00000001000000000000000B");
	assert_non_null(sr_wal_archive_find(&a, 2, 0xC));
	assert_null(sr_wal_archive_find(&a, 1, 0xC));
	sr_wal_archive_release(&a);
}

static void refuses(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_wal_archive a;

	assert_false(sr_wal_archive_open(&a, *state, &err));
	is_error(&err, SR_ERR_REFUSED, "no WAL segments");
	sr_wal_archive_release(&a);
	assert_false(sr_wal_archive_open(&a, "/nowhere/at/all", &err));
	is_error(&err, SR_ERR_REFUSED, "/nowhere/at/all");
	sr_wal_archive_release(&a);
	put(*state, "000000010000000000000001", "not WAL");
	assert_false(sr_wal_archive_open(&a, *state, &err));
	is_error(&err, SR_ERR_REFUSED, "not a WAL segment");
	sr_wal_archive_release(&a);
}

static void times(void **state)
{
	static const struct {
		unsigned timeline;
		uint64_t number;
		const char *first, *last;
	} known[] = {
		{ 1, 0x7, "18:17:29.368098", "18:17:29.368098" },
		{ 1, 0x8, "18:17:30.396909", "18:17:30.727113" },
		{ 1, 0x9, NULL, NULL },
		{ 1, 0xB, "18:17:33.331973", "18:17:33.332197" },
		{ 2, 0xC, "18:17:34.610229", "18:17:34.610229" },
	};
	struct sr_error err = SR_ERROR_INIT;
	struct sr_wal_archive a;

	(void)state;
	assert_true(sr_wal_archive_open(&a, WAL, &err));
	for (size_t i = 0; i < SR_COUNT(known); i++) {
		const struct sr_wal_segment *s = sr_wal_archive_find(&a, known[i].timeline, known[i].number);
		char text[48];
		sr_time first, last;

		assert_non_null(s);
		assert_true(sr_wal_segment_times(&a, s, &first, &last, &err));
		if (!known[i].first) {
			assert_true(first == SR_TIME_NONE && last == SR_TIME_NONE);
			continue;
		}
		snprintf(text, sizeof text, OF_DAY "%s", known[i].first);
		assert_true(first == at(text));
		snprintf(text, sizeof text, OF_DAY "%s", known[i].last);
		assert_true(last == at(text));
	}
	sr_wal_archive_release(&a);
}

static void damaged_segments(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_strbuf b = SR_STRBUF_INIT;
	struct sr_wal_archive a;
	sr_time first, last;

	copy_wal(*state, "00000001000000000000000B.gz");
	get(WAL "/000000010000000000000007.gz", &b);
	put_bytes(*state, "000000010000000000000009.gz", b.data, b.len);
	assert_true(sr_wal_archive_open(&a, *state, &err));
	assert_false(sr_wal_segment_times(&a, sr_wal_archive_find(&a, 1, 9), &first, &last, &err));
	is_error(&err, SR_ERR_REFUSED, "does not hold the WAL that its name says");
	unlink(sr_wal_archive_find(&a, 1, 9)->path);
	assert_false(sr_wal_segment_times(&a, sr_wal_archive_find(&a, 1, 9), &first, &last, &err));
	is_error(&err, SR_ERR_REFUSED, "000000010000000000000009.gz");
	sr_wal_archive_release(&a);
	sr_strbuf_release(&b);
}

static void backups_own_wal(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_wal_archive a = { 0 };
	struct sr_backup b = { .path = sr_path_join(*state, "b"), .name = NULL, .format = SR_BACKUP_PLAIN };
	char *wal = sr_path_join(b.path, "pg_wal");
	struct content files[] = { { "000000010000000000000008", "" } };
	sr_time first, last;
	bool found;

	put(wal, "archive_status/000000010000000000000007.done", "");
	char *dest = sr_path_join(wal, "000000010000000000000007");

	assert_true(sr_wal_fetch(WAL, "000000010000000000000007", dest, &found, &err));
	assert_true(sr_wal_archive_add_backup(&a, &b, &err));
	assert_int_equal(a.nsegments, 1);
	assert_int_equal(a.segment_size, MB);
	assert_true(a.segments[0].in_backup && a.segments[0].number == 7);

	/* A second one, tar: only as long as its WAL is asked for by name. */
	b.format = SR_BACKUP_TAR;
	make_tar(b.path, "pg_wal.tar.gz", files, 1);
	assert_true(sr_wal_archive_add_backup(&a, &b, &err));
	assert_int_equal(a.nsegments, 2);
	assert_false(sr_wal_segment_times(&a, sr_wal_archive_find(&a, 1, 8), &first, &last, &err));
	is_error(&err, SR_ERR_REFUSED, "not a WAL segment");
	sr_wal_archive_release(&a);
	free(dest);
	free(wal);
	free(b.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
		cmocka_unit_test(times),
		cmocka_unit_test_setup_teardown(damaged_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(backups_own_wal, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
