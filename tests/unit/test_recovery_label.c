#include "recovery_fixture.h"

#include "recovery/label.h"

static void positions(void **state)
{
	sr_lsn lsn;
	char text[18];

	(void)state;
	assert_true(sr_lsn_parse("16/B374D848", &lsn));
	assert_true(lsn == UINT64_C(0x16B374D848));
	sr_lsn_format(lsn, text);
	assert_string_equal(text, "16/B374D848");
	sr_lsn_format(UINT64_MAX, text);
	assert_string_equal(text, "FFFFFFFF/FFFFFFFF");
	assert_false(sr_lsn_parse("16", &lsn));
	assert_false(sr_lsn_parse("16/", &lsn));
	assert_false(sr_lsn_parse("/16", &lsn));
	assert_false(sr_lsn_parse("1/2 x", &lsn));
	assert_false(sr_lsn_parse("123456789/0", &lsn));
}

static void label(void **state)
{
	struct sr_backup_label l;

	(void)state;
	assert_true(sr_backup_label_parse(MONDAY
					  "STOP WAL LOCATION: 0/700168 (file 000000010000000000000007)\n"
					  "STOP TIME: 2026-11-20 18:17:31 +0330\n",
					  &l));
	assert_true(l.start == 0x700028 && l.checkpoint == 0x700060 && l.stop == 0x700168);
	assert_int_equal(l.timeline, 1);
	assert_true(l.start_time == at("2026-11-20 18:17:29"));
	assert_true(l.stop_time == at("2026-11-20 14:47:31"));
	assert_string_equal(l.label, "monday");
	assert_false(l.from_standby || l.incremental);
	sr_backup_label_release(&l);
}

static void old_and_odd_labels(void **state)
{
	struct sr_backup_label l;

	(void)state;
	/* before 11: the timeline is only in the segment's name; a zone that means several things; no newline at the end */
	assert_true(sr_backup_label_parse("START WAL LOCATION: 2/28 (file 0000000300000002000000FF)\r\n"
					  "BACKUP FROM: standby\nSTART TIME: 2026-11-20 18:17:29 CST\n"
					  "LABEL: a: b",
					  &l));
	assert_int_equal(l.timeline, 3);
	assert_true(l.from_standby);
	assert_true(l.start_time == SR_TIME_NONE);
	assert_string_equal(l.label, "a: b");
	sr_backup_label_release(&l);
	assert_true(
		sr_backup_label_parse("START WAL LOCATION: 2/28 (file 0)\nINCREMENTAL FROM LSN: 1/0\n", &l));
	assert_true(l.incremental);
	sr_backup_label_release(&l);
	assert_false(sr_backup_label_parse("", &l));
	sr_backup_label_release(&l);
	assert_false(sr_backup_label_parse("LABEL: x\nSTART WAL LOCATION: what\n", &l));
	sr_backup_label_release(&l);
}

static void zones(void **state)
{
	sr_time t;

	(void)state;
	assert_true(sr_label_time_parse("2026-11-20 18:17:29 GMT", &t) && t == at("2026-11-20 18:17:29"));
	assert_true(sr_label_time_parse("2026-11-20 18:17:29 +03", &t) && t == at("2026-11-20 15:17:29"));
	assert_true(sr_label_time_parse("2026-11-20 18:17:29 -0330", &t) && t == at("2026-11-20 21:47:29"));
	assert_false(sr_label_time_parse("2026-11-20 18:17:29 CET", &t));
	assert_false(sr_label_time_parse("2026-11-20 18:17:29", &t));
	assert_false(sr_label_time_parse("", &t));
}

static void tablespace_map(void **state)
{
	struct sr_backup b = { 0 };

	(void)state;
	sr_tablespace_map_parse(
		"16384 /srv/two words\n16385 /srv/a\\\nb\\\\c\nnonsense\n0 /x\n16384 /srv/again", &b);
	assert_int_equal(b.ntablespaces, 2);
	assert_string_equal(sr_backup_tablespace(&b, 16384)->location, "/srv/again");
	assert_string_equal(sr_backup_tablespace(&b, 16385)->location, "/srv/a\nb\\c");
	for (size_t i = 0; i < b.ntablespaces; i++)
		free(b.tablespaces[i].location);
	free(b.tablespaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions),          cmocka_unit_test(label),
		cmocka_unit_test(old_and_odd_labels), cmocka_unit_test(zones),
		cmocka_unit_test(tablespace_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
