#include "recovery_fixture.h"

#include "recovery/backup.h"

static void find(struct sr_backup_list *l, const char *dir)
{
	struct sr_error err = SR_ERROR_INIT;

	if (!sr_backup_find(dir, l, &err))
		no_error(&err);
}

/* The only backup in dir is damaged for this reason. */
static void is_damaged(const char *dir, const char *why)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_backup_list l;

	find(&l, dir);
	assert_int_equal(l.n, 1);
	if (!l.items[0].damage || !strstr(l.items[0].damage, why)) {
		print_error("\"%s\" is not in: %s\n", why,
			    l.items[0].damage ? l.items[0].damage : "(no damage)");
		fail();
	}
	assert_false(sr_backup_check(&l.items[0], &err));
	is_error(&err, SR_ERR_REFUSED, why);
	sr_backup_list_release(&l);
}

static void plain(void **state)
{
	char *dir = make_monday(*state);
	struct sr_error err = SR_ERROR_INIT;
	struct sr_backup_list l;
	const struct sr_backup *b;
	struct stat st;

	make_manifest(dir, monday_files, SR_COUNT(monday_files), MONDAY_RANGE);
	find(&l, dir);
	assert_int_equal(l.n, 1);
	b = &l.items[0];
	assert_null(b->damage);
	assert_string_equal(b->path, dir);
	assert_string_equal(b->name, "mon");
	assert_string_equal(b->label, "monday");
	assert_int_equal(b->format, SR_BACKUP_PLAIN);
	assert_int_equal(b->major, 15);
	assert_int_equal(b->timeline, 1);
	assert_true(b->start_lsn == 0x700028 && b->checkpoint_lsn == 0x700060 && b->stop_lsn == 0x700168);
	assert_true(b->start_time == at(OF_DAY "18:17:29"));
	assert_true(b->system_identifier == CLUSTER);
	assert_int_equal(b->wal_segment_size, MB);
	assert_true(b->has_manifest);
	assert_int_equal(b->bytes, 3 + 3 + 16 + 22 + 512 + strlen(MONDAY));
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(b->owner, st.st_uid);
	assert_true(sr_backup_check(b, &err));
	put(dir, "postgresql.auto.conf", "changed since\n"); /* pg_verifybackup allows it too */
	assert_true(sr_backup_check(b, &err));
	put(dir, "base/1/1259", "rows of pg");
	assert_false(sr_backup_check(b, &err));
	is_error(&err, SR_ERR_REFUSED, "base/1/1259 is cut short");
	put(dir, "base/1/1259", "rows of pg_class and more");
	assert_false(sr_backup_check(b, &err));
	is_error(&err, SR_ERR_REFUSED, "base/1/1259 is too long");
	sr_backup_list_release(&l);
	free(dir);
}

static void missing_file(void **state)
{
	char *dir = make_monday(*state), *path = sr_path_join(dir, "base/1/1259");
	struct sr_error err = SR_ERROR_INIT;
	struct sr_backup_list l;

	make_manifest(dir, monday_files, SR_COUNT(monday_files), MONDAY_RANGE);
	unlink(path);
	find(&l, *state);
	assert_false(sr_backup_check(&l.items[0], &err));
	is_error(&err, SR_ERR_REFUSED, "base/1/1259 is missing");
	sr_backup_list_release(&l);
	free(path);
	free(dir);
}

static void damaged_plain(void **state)
{
	char *dir = make_monday(*state), *label = sr_path_join(dir, "backup_label");
	char *old = sr_path_join(dir, "backup_label.old"), *control = sr_path_join(dir, "global/pg_control");

	put(dir, "backup_manifest", "{}\n");
	is_damaged(dir, "backup_manifest");
	put(dir, "global/pg_control", "x");
	is_damaged(dir, "its global/pg_control is damaged");
	unlink(control);
	is_damaged(dir, "it has no global/pg_control");
	put(dir, "backup_label", "nonsense");
	is_damaged(dir, "its backup_label cannot be read");
	put(dir, "backup_label", MONDAY "INCREMENTAL FROM LSN: 0/5000028\n");
	is_damaged(dir, "incremental");
	unlink(label);
	is_damaged(dir, "it has no backup_label");
	put(dir, "postmaster.pid", "1");
	is_damaged(dir, "a server's data directory");
	put(dir, "backup_label.old", MONDAY);
	is_damaged(dir, "a server was started in it");
	free(control);
	free(old);
	free(label);
	free(dir);
}

static void plain_tablespaces(void **state)
{
	char *dir = make_monday(*state), *ssd = sr_path_join(*state, "ssd");
	char *link = sr_path_join(dir, "pg_tblspc/16384"), *map;
	struct sr_backup_list l;

	put(ssd, "PG_15_202209061/5/16390", "a table");
	put(dir, "pg_tblspc/16385/PG_15_202209061/5/16391", "copied in place");
	assert_int_equal(symlink(ssd, link), 0);
	find(&l, *state);
	assert_int_equal(l.n, 1);
	assert_null(l.items[0].damage);
	assert_int_equal(l.items[0].ntablespaces, 2);
	assert_int_equal(l.items[0].tablespaces[0].oid, 16384);
	assert_string_equal(l.items[0].tablespaces[0].data, ssd);
	assert_string_equal(l.items[0].tablespaces[1].data + strlen(dir), "/pg_tblspc/16385");
	assert_int_equal(l.items[0].bytes, 3 + 3 + 16 + 22 + 512 + (int)strlen(MONDAY) + 7 + 15);
	sr_backup_list_release(&l);

	/* The link that was copied as it was leads to the server's own tablespace. */
	map = sr_asprintf("16384 %s\n", ssd);
	put(dir, "tablespace_map", map);
	is_damaged(dir, "the server's own");
	put(dir, "tablespace_map", "16386 /srv/gone\n");
	is_damaged(dir, "tablespace 16386 is missing");
	unlink(link);
	assert_int_equal(symlink("/nowhere/at/all", link), 0);
	is_damaged(dir, "is not at /nowhere/at/all");
	free(map);
	free(link);
	free(ssd);
	free(dir);
}

static void tar(void **state)
{
	static const char *const suffixes[] = { "", ".gz", ".lz4", ".zst" };

	for (size_t i = 0; i < SR_COUNT(suffixes); i++) {
		char *parent = sr_asprintf("%s/%zu", (char *)*state, i),
		     *dir = make_tuesday(parent, suffixes[i]);
		struct sr_backup_list l;
		const struct sr_backup *b;

		find(&l, parent);
		assert_int_equal(l.n, 1);
		b = &l.items[0];
		assert_null(b->damage);
		assert_int_equal(b->format, SR_BACKUP_TAR);
		assert_string_equal(b->label, "tuesday");
		assert_int_equal(b->major, 15);
		assert_true(b->start_lsn == 0xA00028 && b->stop_lsn == 0);
		assert_true(b->start_time == at(OF_DAY "18:17:32"));
		assert_int_equal(b->ntablespaces, 1);
		assert_string_equal(b->tablespaces[0].location, "/srv/ssd\\1");
		assert_true(strstr(b->tablespaces[0].data, "16384.tar") != NULL);
		/* Only what is not compressed is read to its end. */
		assert_true(b->system_identifier == (i ? 0 : CLUSTER));
		assert_true(i ? b->bytes == -1 : b->bytes > 512);
		sr_backup_list_release(&l);
		free(dir);
		free(parent);
	}
}

/* Without reading far: PG_VERSION's checksum in the manifest tells the version, the label's time there the time. */
static void tar_with_manifest(void **state)
{
	static const struct content files[] = {
		{ "backup_label", "START WAL LOCATION: 0/700028 (file 000000010000000000000007)\n"
				  "START TIME: 2026-11-20 19:17:29 CET\n" },
		{ "base/1/1259", "rows" },
		{ "global/pg_control", NULL },
		{ "PG_VERSION", "16\n" },
	};
	struct sr_backup_list l;

	make_tar(*state, "base.tar.gz", files, SR_COUNT(files));
	make_manifest(*state, files, SR_COUNT(files), MONDAY_RANGE);
	find(&l, *state);
	assert_null(l.items[0].damage);
	assert_int_equal(l.items[0].major, 16);
	assert_true(l.items[0].stop_lsn == 0x700168);
	assert_true(l.items[0].start_time == at(OF_DAY "18:17:31"));
	assert_int_equal(l.items[0].bytes, strlen(files[0].text) + 4 + 512 + 3);
	sr_backup_list_release(&l);
}

static void damaged_tar(void **state)
{
	char *dir = make_tuesday(*state, ""), *base = sr_path_join(dir, "base.tar");
	char *ssd = sr_path_join(dir, "16384.tar");
	struct content evil[] = { { "../backup_label", TUESDAY } };

	unlink(ssd);
	is_damaged(dir, "the archive of tablespace 16384 (16384.tar) is missing");
	assert_int_equal(truncate(base, 4000), 0);
	is_damaged(dir, "damaged or cut short");
	make_tar(dir, "base.tar", tuesday_files + 3, SR_COUNT(tuesday_files) - 3);
	is_damaged(dir, "holds no backup_label");
	make_tar(dir, "base.tar", tuesday_files, 2);
	is_damaged(dir, "holds no global/pg_control");
	make_tar(dir, "base.tar", evil, 1);
	is_damaged(dir, "not safe");
	free(ssd);
	free(base);
	free(dir);
}

static void several(void **state)
{
	char *deep = sr_path_join(*state, "host/2026"), *too_deep = sr_path_join(*state, "a/b/c");
	char *tue = make_tuesday(deep, ".gz"), *mon = make_monday(*state), *none = make_monday(too_deep);
	struct sr_error err = SR_ERROR_INIT;
	struct sr_backup_list l;
	char *slash;

	/* host/2026/tue is three levels down */
	find(&l, *state);
	assert_int_equal(l.n, 1);
	sr_backup_list_release(&l);
	slash = sr_asprintf("%s/host//", (char *)*state);
	find(&l, slash);
	assert_int_equal(l.n, 1);
	sr_backup_list_release(&l);
	free(slash);
	slash = sr_asprintf("%s/2026", (char *)*state);
	free(tue);
	tue = make_tuesday(slash, "");
	find(&l, *state);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.items[0].name, "mon"); /* by time, not by name */
	assert_string_equal(l.items[1].name, "tue");
	sr_backup_list_release(&l);

	put(*state, "empty/file", "x");
	free(slash);
	slash = sr_path_join(*state, "empty");
	assert_false(sr_backup_find(slash, &l, &err));
	is_error(&err, SR_ERR_REFUSED, "no base backup in");
	sr_backup_list_release(&l);
	assert_false(sr_backup_find("/nowhere/at/all", &l, &err));
	is_error(&err, SR_ERR_REFUSED, "/nowhere/at/all");
	sr_backup_list_release(&l);
	free(slash);
	free(none);
	free(mon);
	free(tue);
	free(too_deep);
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plain_tablespaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tar_with_manifest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_tar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
