#include "recovery_fixture.h"

#include "recovery/wal.h"
#include "recovery/wal_reader.h"

static void fetch(const char *archive, const char *name, const char *dest)
{
	struct sr_error err = SR_ERROR_INIT;
	bool found;

	if (!sr_wal_fetch(archive, name, dest, &found, &err))
		no_error(&err);
	assert_true(found);
}

static void all_forms(void **state)
{
	static const char *const names[] = { "000000010000000000000007", "000000010000000000000008",
					     "000000010000000000000009", "00000002000000000000000C" };
	char *plain = sr_path_join(*state, "plain"), *again = sr_path_join(*state, "again");
	struct sr_strbuf a = SR_STRBUF_INIT, b = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_wal_header h;

	assert_true(sr_dir_make_all(plain, 0700, &err));
	for (size_t i = 0; i < SR_COUNT(names); i++) {
		char *dest = sr_path_join(plain, names[i]);

		fetch(WAL, names[i], dest);
		get(dest, &a);
		assert_int_equal(a.len, MB);
		assert_true(sr_wal_header_parse(a.data, a.len, &h));
		/* plain to plain, over what is there */
		fetch(plain, names[i], again);
		get(again, &b);
		assert_memory_equal(a.data, b.data, MB);
		free(dest);
	}
	fetch(WAL, "00000002.history", again);
	get(again, &a);
	get(WAL "/00000002.history", &b);
	assert_string_equal(a.data, b.data);
	fetch(WAL, "00000001000000000000000A.00000028.backup", again);
	get(again, &a);
	assert_non_null(strstr(a.data, "LABEL: tuesday"));
	sr_strbuf_release(&a);
	sr_strbuf_release(&b);
	free(again);
	free(plain);
}

static void not_there(void **state)
{
	char *dest = sr_path_join(*state, "dest");
	struct sr_error err = SR_ERROR_INIT;
	bool found = true;

	assert_true(sr_wal_fetch(WAL, "00000003.history", dest, &found, &err));
	assert_false(found);
	assert_false(sr_path_exists(dest));
	/* an archive that is not mounted is no end of WAL */
	assert_false(sr_wal_fetch("/nowhere/at/all", "00000003.history", dest, &found, &err));
	is_error(&err, SR_ERR_INSTANCE, "/nowhere/at/all");
	assert_false(sr_wal_fetch(WAL, "../README.md", dest, &found, &err));
	is_error(&err, SR_ERR_USAGE, "README.md");
	assert_false(sr_wal_fetch(WAL, "", dest, &found, &err));
	is_error(&err, SR_ERR_USAGE, "named");
	assert_false(sr_wal_fetch(WAL, "00000002.history", "/nowhere/at/all", &found, &err));
	is_error(&err, SR_ERR_INSTANCE, "cannot make");
	free(dest);
}

static void refuse(const char *dir, const char *name, const char *why)
{
	char *archive = sr_path_join(dir, "archive"), *out = sr_path_join(dir, "out");
	char *dest = sr_path_join(out, "dest");
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;
	bool found = true;

	put(out, "dest", "what was there");
	assert_false(sr_wal_fetch(archive, name, dest, &found, &err));
	assert_false(found);
	is_error(&err, SR_ERR_INSTANCE, why);
	assert_file(out, "dest", "what was there");
	assert_true(sr_dir_list(out, &names, &err));
	assert_int_equal(names.n, 1); /* nothing half-made stays */
	sr_strlist_release(&names);
	free(dest);
	free(out);
	free(archive);
}

/* What archive_command is still writing is not there yet. */
static void unfinished(void **state)
{
	char *archive = sr_path_join(*state, "archive"),
	     *path = sr_path_join(archive, "000000010000000000000007");
	char *dest = sr_path_join(*state, "dest"), *whole = sr_path_join(*state, "whole");
	struct sr_error err = SR_ERROR_INIT;
	struct sr_strbuf b = SR_STRBUF_INIT;
	struct sr_wal_archive a;
	bool found = true;

	fetch(WAL, "000000010000000000000007", whole);
	get(whole, &b);
	put_bytes(archive, "000000010000000000000006", b.data, b.len);
	put_bytes(archive, "000000010000000000000007", b.data, b.len / 2);
	age(path, 0);
	assert_true(sr_wal_fetch(archive, "000000010000000000000007", dest, &found, &err));
	assert_false(found);
	assert_false(sr_path_exists(dest));
	assert_true(sr_wal_archive_open(&a, archive, &err));
	assert_int_equal(a.nsegments, 1);
	sr_wal_archive_release(&a);
	put_bytes(archive, "000000010000000000000007", b.data, b.len);
	age(path, 0);
	assert_true(sr_wal_archive_open(&a, archive, &err));
	assert_int_equal(a.nsegments, 2);
	sr_wal_archive_release(&a);
	sr_strbuf_release(&b);
	free(whole);
	free(dest);
	free(path);
	free(archive);
}

static void damaged(void **state)
{
	char *whole = sr_path_join(*state, "whole"), *archive = sr_path_join(*state, "archive");
	struct sr_strbuf b = SR_STRBUF_INIT;

	fetch(WAL, "000000010000000000000007", whole);
	get(whole, &b);
	put_bytes(archive, "000000010000000000000007", b.data, MB - 1);
	refuse(*state, "000000010000000000000007", "cut short");
	put_bytes(archive, "000000010000000000000007", b.data, 0);
	refuse(*state, "000000010000000000000007", "empty");
	put_bytes(archive, "000000010000000000000008", b.data, MB);
	refuse(*state, "000000010000000000000008", "does not hold the WAL that its name says");
	put_bytes(archive, "000000020000000000000007", b.data, MB); /* what a branch begins with */
	sr_strbuf_add(&b, "x", 1);
	put_bytes(archive, "000000010000000000000007", b.data, MB + 1);
	refuse(*state, "000000010000000000000007", "too long");
	b.data[0] = 0;
	b.data[1] = 0;
	put_bytes(archive, "000000010000000000000007", b.data, MB);
	refuse(*state, "000000010000000000000007", "not a WAL segment");
	fetch(archive, "000000020000000000000007", whole);

	get(WAL "/00000001000000000000000A.gz", &b);
	put_bytes(archive, "00000001000000000000000A.gz", b.data, b.len / 2);
	refuse(*state, "00000001000000000000000A", "cut short");
	get(WAL "/00000002000000000000000C.lz4", &b);
	put_bytes(archive, "00000002000000000000000C.lz4", b.data, b.len / 2);
	refuse(*state, "00000002000000000000000C", "cut short");
	get(WAL "/000000010000000000000009.zst", &b);
	put_bytes(archive, "000000010000000000000009.zst", b.data, b.len / 2);
	refuse(*state, "000000010000000000000009", "cut short");
	sr_strbuf_release(&b);
	free(archive);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_forms, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unfinished, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
