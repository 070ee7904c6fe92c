#include "recovery_fixture.h"

#include "recovery/plan.h"

#define STOP_MONDAY  OF_DAY "18:17:29.368098" /* the commit inside it is of the second that STOP TIME names */
#define STOP_TUESDAY OF_DAY "18:17:32.291741"
#define LAST         OF_DAY "18:17:35.642392"

struct place {
	char *backups, *wal;
	struct sr_recovery_request q;
	struct sr_recovery_plan plan;
	struct sr_error err;
};

/* "mon" (plain) and "tue" (tar), and the whole archive. */
static struct place *make_place(const char *dir)
{
	struct place *p = sr_calloc(1, sizeof *p);

	p->backups = sr_path_join(dir, "backups");
	p->wal = sr_path_join(dir, "wal");
	free(make_monday(p->backups));
	free(make_tuesday(p->backups, ""));
	copy_archive(p->wal);
	p->q = (struct sr_recovery_request){ .backup_dir = p->backups, .wal_dir = p->wal };
	return p;
}

static void free_place(struct place *p)
{
	sr_recovery_plan_release(&p->plan);
	sr_error_release(&p->err);
	free(p->backups);
	free(p->wal);
	free(p);
}

static bool plan(struct place *p, enum sr_target_kind kind, const char *what)
{
	sr_recovery_plan_release(&p->plan);
	sr_error_release(&p->err);
	p->q.kind = kind;
	p->q.snapshot = kind == SR_TARGET_SNAPSHOT ? what : NULL;
	p->q.time = kind == SR_TARGET_TIME ? at(what) : SR_TIME_NONE;
	return sr_recovery_plan_make(&p->plan, &p->q, &p->err);
}

static void planned(struct place *p, const char *backup, unsigned timeline, uint64_t first, uint64_t last)
{
	no_error(&p->err);
	assert_string_equal(p->plan.backup->name, backup);
	assert_int_equal(p->plan.timeline, timeline);
	assert_int_equal(p->plan.first_segment, first);
	assert_int_equal(p->plan.last_segment, last);
}

static void drop(struct place *p, const char *name)
{
	char *path = sr_path_join(p->wal, name);

	assert_int_equal(unlink(path), 0);
	free(path);
}

static void for_a_time(void **state)
{
	struct place *p = make_place(*state);

	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:30.5"));
	planned(p, "mon", 2, 7, 8);
	assert_true(p->plan.has_wal);
	assert_true(p->plan.moment == at(OF_DAY "18:17:30.5"));
	assert_true(p->plan.earliest == at(STOP_MONDAY));
	assert_true(p->plan.latest == at(LAST));
	/* the first commit after it is in 0A, which has no commit before */
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:31"));
	planned(p, "mon", 2, 7, 0xA);
	/* the very end of a backup, and just before */
	assert_true(plan(p, SR_TARGET_TIME, STOP_TUESDAY));
	planned(p, "tue", 2, 0xA, 0xB);
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:32.291740"));
	planned(p, "mon", 2, 7, 0xA);
	/* over the promotion */
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:34"));
	planned(p, "tue", 2, 0xA, 0xC);
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:35.642391"));
	planned(p, "tue", 2, 0xA, 0xD);
	free_place(p);
}

static void outside_the_window(void **state)
{
	struct place *p = make_place(*state);

	assert_false(plan(p, SR_TARGET_TIME, "2024-01-28 14:30:00"));
	is_error(&p->err, SR_ERR_REFUSED, "before the end of the earliest base backup");
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:29.368097"));
	is_error(&p->err, SR_ERR_REFUSED, "A moment from " STOP_MONDAY "+00 to " LAST "+00 can be restored.");
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:36"));
	assert_string_equal(p->err.message,
			    "cannot restore to " OF_DAY "18:17:36+00: it is after the last commit in the "
			    "WAL archive");
	assert_non_null(strstr(p->err.hint, "pg_switch_wal()"));
	is_error(&p->err, SR_ERR_REFUSED,
		 " reaches to " LAST "+00. A moment from " STOP_MONDAY "+00 to " LAST "+00 can be restored.");
	/* the server needs a commit that is later */
	assert_false(plan(p, SR_TARGET_TIME, LAST));
	is_error(&p->err, SR_ERR_REFUSED, "it is the time of the last commit");
	free_place(p);
}

static void latest(void **state)
{
	struct place *p = make_place(*state);

	assert_true(plan(p, SR_TARGET_LATEST, NULL));
	planned(p, "tue", 2, 0xA, 0xD);
	assert_true(p->plan.moment == at(LAST));
	/* nothing since the backup */
	drop(p, "00000001000000000000000B.gz");
	drop(p, "00000002000000000000000C.lz4");
	drop(p, "00000002000000000000000D.gz");
	drop(p, "00000002.history");
	assert_true(plan(p, SR_TARGET_LATEST, NULL));
	planned(p, "tue", 1, 0xA, 0xA);
	assert_true(p->plan.moment == at(STOP_TUESDAY));
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:33"));
	is_error(&p->err, SR_ERR_REFUSED, "after the last commit");
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:31"));
	planned(p, "mon", 1, 7, 0xA);
	free_place(p);
}

static void gaps(void **state)
{
	struct place *p = make_place(*state);

	drop(p, "000000010000000000000009.zst");
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:31"));
	assert_string_equal(p->err.message, "the WAL segment 000000010000000000000009 is missing");
	is_error(&p->err, SR_ERR_REFUSED, "A moment from " STOP_MONDAY "+00 to " OF_DAY "18:17:30.727113+00");
	/* not on the way */
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:30.5"));
	assert_true(plan(p, SR_TARGET_LATEST, NULL));
	planned(p, "tue", 2, 0xA, 0xD);
	drop(p, "00000001000000000000000B.gz");
	drop(p, "00000002000000000000000C.lz4");
	assert_false(plan(p, SR_TARGET_LATEST, NULL));
	assert_non_null(strstr(p->err.detail, "1 more are missing"));
	is_error(&p->err, SR_ERR_REFUSED, "00000001000000000000000B is missing");
	/* Of the segment where timeline 2 begins, timeline 2's is wanted. */
	copy_wal(p->wal, "00000001000000000000000B.gz");
	assert_false(plan(p, SR_TARGET_LATEST, NULL));
	is_error(&p->err, SR_ERR_REFUSED, "00000002000000000000000C is missing");
	/* The backup's own first segment. */
	drop(p, "00000001000000000000000A.gz");
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "tue"));
	is_error(&p->err, SR_ERR_REFUSED, "00000001000000000000000A is missing");
	free_place(p);
}

static void damaged_segments(void **state)
{
	struct place *p = make_place(*state);

	drop(p, "000000010000000000000009.zst");
	put(p->wal, "000000010000000000000009", "cut");
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:31"));
	is_error(&p->err, SR_ERR_REFUSED, "000000010000000000000009");
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:30.5"));
	put(p->wal, "00000002000000000000000D.gz", "cut");
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:35"));
	is_error(&p->err, SR_ERR_REFUSED, "Part of it could not be read");
	free_place(p);
}

static void abandoned_branch(void **state)
{
	struct place *p = make_place(*state);
	struct content files[] = {
		/* taken on timeline 1 after timeline 2 had left it */
		{ "backup_label", "START WAL LOCATION: 0/D00028 (file 00000001000000000000000D)\n"
				  "START TIME: 2026-11-20 18:17:33 UTC\nLABEL: lost\n" },
		{ "PG_VERSION", "15\n" },
		{ "global/pg_control", NULL },
	};
	char *dir = sr_path_join(p->backups, "lost");

	make_plain(dir, files, SR_COUNT(files));
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:35"));
	planned(p, "tue", 2, 0xA, 0xD);
	assert_true(plan(p, SR_TARGET_LATEST, NULL));
	planned(p, "tue", 2, 0xA, 0xD);
	/* without its history, timeline 2 leads nowhere */
	drop(p, "00000002.history");
	assert_false(plan(p, SR_TARGET_TIME, OF_DAY "18:17:34"));
	is_error(&p->err, SR_ERR_REFUSED, "Timeline 2 is in the archive too");
	free(dir);
	free_place(p);
}

static void snapshots(void **state)
{
	struct place *p = make_place(*state);
	char *path = sr_path_join(p->backups, "mon");
	static const struct {
		const char *id, *name;
	} good[] = {
		{ "mon", "mon" },        { "tuesday", "tue" }, { "latest", "tue" },
		{ "2026-11-20", "tue" }, { NULL, "mon" },
	};

	for (size_t i = 0; i < SR_COUNT(good); i++) {
		assert_true(plan(p, SR_TARGET_SNAPSHOT, good[i].id ? good[i].id : path));
		assert_string_equal(p->plan.backup->name, good[i].name);
	}
	planned(p, "mon", 2, 7, 7);
	assert_true(p->plan.moment == at(STOP_MONDAY));
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "2026-11-21"));
	is_error(&p->err, SR_ERR_REFUSED, "there is no base backup \"2026-11-21\"");
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "mun"));
	is_error(&p->err, SR_ERR_REFUSED, "There are mon and tue.");
	put(p->backups, "tue2/backup_label", TUESDAY);
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "tuesday"));
	is_error(&p->err, SR_ERR_REFUSED, "name or label of 2 base backups");
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "tue2"));
	is_error(&p->err, SR_ERR_REFUSED, "it has no PG_VERSION");
	free(path);
	free_place(p);
}

static void without_an_archive(void **state)
{
	struct place *p = make_place(*state);
	struct sr_error err = SR_ERROR_INIT;
	char *dest = sr_path_join(p->backups, "mon/pg_wal/000000010000000000000007");
	bool found;

	p->q.wal_dir = NULL;
	assert_false(plan(p, SR_TARGET_LATEST, NULL));
	is_error(&p->err, SR_ERR_REFUSED, "only with the WAL archive");
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "mon"));
	is_error(&p->err, SR_ERR_REFUSED, "holds no WAL");
	put(p->backups, "mon/pg_wal/archive_status/x", "");
	assert_true(sr_wal_fetch(WAL, "000000010000000000000007", dest, &found, &err));
	assert_true(plan(p, SR_TARGET_SNAPSHOT, "mon"));
	planned(p, "mon", 1, 7, 7);
	assert_true(p->plan.has_wal);
	/* a restore command may have anything */
	p->q.restore_command = "cp /wal/%f %p";
	assert_true(plan(p, SR_TARGET_TIME, "2030-01-01"));
	assert_string_equal(p->plan.backup->name, "tue");
	assert_false(p->plan.has_wal);
	assert_int_equal(p->plan.timeline, 0);
	assert_true(plan(p, SR_TARGET_LATEST, NULL));
	assert_true(p->plan.moment == SR_TIME_NONE);
	assert_false(plan(p, SR_TARGET_TIME, "2020-01-01"));
	is_error(&p->err, SR_ERR_REFUSED, "before the end of the earliest");
	free(dest);
	free_place(p);
}

/* Where a backup ended: manifest, backup history file, or the record in the WAL. */
static void ends(void **state)
{
	struct place *p = make_place(*state);
	char *dir = sr_path_join(p->backups, "mon");

	drop(p, "000000010000000000000007.00000028.backup");
	assert_true(plan(p, SR_TARGET_SNAPSHOT, "mon"));
	assert_true(p->plan.backup->stop_lsn == 0x700168);
	assert_true(p->plan.moment == at(STOP_MONDAY));
	make_manifest(dir, monday_files, SR_COUNT(monday_files),
		      "\"Start-LSN\": \"0/700028\", \"End-LSN\": \"0/800090\"");
	assert_true(plan(p, SR_TARGET_SNAPSHOT, "mon"));
	planned(p, "mon", 2, 7, 8);
	assert_true(p->plan.moment == at(OF_DAY "18:17:30.396909")); /* the commit before 0/800090 */
	/* STOP TIME alone is cut off at the second: the next one is safe */
	copy_wal(p->wal, "000000010000000000000007.00000028.backup");
	drop(p, "000000010000000000000008.lz4");
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:33"));
	assert_true(p->plan.earliest == at(OF_DAY "18:17:30"));
	free(dir);
	free_place(p);
}

static void own_wal_closes_the_gap(void **state)
{
	struct place *p = make_place(*state);
	struct sr_error err = SR_ERROR_INIT;
	char *dest = sr_path_join(p->backups, "mon/pg_wal/000000010000000000000007");
	bool found;

	put(p->backups, "mon/pg_wal/archive_status/x", "");
	assert_true(sr_wal_fetch(WAL, "000000010000000000000007", dest, &found, &err));
	drop(p, "000000010000000000000007.gz");
	assert_true(plan(p, SR_TARGET_TIME, OF_DAY "18:17:30.5"));
	planned(p, "mon", 2, 7, 8);
	free(dest);
	free_place(p);
}

static void unusable_backups(void **state)
{
	struct place *p = make_place(*state);
	char *path = sr_path_join(p->backups, "tue/16384.tar");

	unlink(path);
	/* the older one does it */
	assert_true(plan(p, SR_TARGET_LATEST, NULL));
	planned(p, "mon", 2, 7, 0xD);
	put(p->backups, "mon/global/pg_control", "x");
	assert_false(plan(p, SR_TARGET_LATEST, NULL));
	assert_non_null(strstr(p->err.detail, "pg_control is damaged"));
	is_error(&p->err, SR_ERR_REFUSED, "16384.tar");
	assert_false(plan(p, SR_TARGET_SNAPSHOT, "latest"));
	is_error(&p->err, SR_ERR_REFUSED, "cannot be used");
	free(path);
	free_place(p);
}

static void another_cluster(void **state)
{
	struct place *p = make_place(*state);
	struct sr_strbuf b = SR_STRBUF_INIT;
	char *plain = sr_path_join(p->wal, "00000003000000000000000E");
	struct sr_error err = SR_ERROR_INIT;
	bool found;

	/* the newest segment is of another cluster: only its header matters here */
	assert_true(sr_wal_fetch(WAL, "00000002000000000000000D", plain, &found, &err));
	get(plain, &b);
	b.data[24] ^= 1;
	b.data[10] = (char)0xE0;
	put_bytes(p->wal, "00000003000000000000000E", b.data, b.len);
	assert_false(plan(p, SR_TARGET_LATEST, NULL));
	is_error(&p->err, SR_ERR_REFUSED, "another cluster");
	sr_strbuf_release(&b);
	free(plain);
	free_place(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(for_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(outside_the_window, set_up, tear_down),
		cmocka_unit_test_setup_teardown(latest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gaps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(abandoned_branch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(snapshots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_an_archive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(own_wal_closes_the_gap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unusable_backups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_cluster, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
