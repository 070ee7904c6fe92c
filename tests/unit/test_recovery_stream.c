#include "recovery_fixture.h"

#include "recovery/stream.h"

static void suffixes(void **state)
{
	size_t n;

	(void)state;
	assert_string_equal(sr_compression_suffix("base.tar.gz", &n), ".gz");
	assert_int_equal(n, 8);
	assert_string_equal(sr_compression_suffix("x.lz4", NULL), ".lz4");
	assert_null(sr_compression_suffix("x.bz2", &n));
	assert_int_equal(n, 5);
	assert_null(sr_compression_suffix(".gz", &n));
}

static void locates(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	char *path;

	put(*state, "a.zst", "x");
	put(*state, "b", "x");
	put(*state, "b.gz", "x");
	path = sr_locate(*state, "a", &err);
	assert_string_equal(sr_path_base(path), "a.zst");
	free(path);
	path = sr_locate(*state, "b", &err);
	assert_string_equal(sr_path_base(path), "b");
	free(path);
	assert_null(sr_locate(*state, "c", &err));
	no_error(&err);
	assert_null(sr_locate("/nowhere/at/all", "c", &err));
	is_error(&err, SR_ERR_INSTANCE, "/nowhere/at/all");
}

static void reads(void **state)
{
	struct content files[] = { { "./a//x", "first" }, { "b/y", "second" } };
	char *path = sr_path_join(*state, "t.tar.zst"), *plain = sr_path_join(*state, "plain");
	struct sr_error err = SR_ERROR_INIT;
	struct sr_stream *s;
	char buffer[16];

	make_tar(*state, "t.tar.zst", files, 2);
	s = sr_stream_open_member(path, "y", &err);
	assert_non_null(s);
	assert_int_equal(sr_stream_read(s, buffer, 3, &err), 3);
	assert_int_equal(sr_stream_read(s, buffer, sizeof buffer, &err), 3);
	assert_memory_equal(buffer, "ond", 3);
	assert_int_equal(sr_stream_read(s, buffer, sizeof buffer, &err), 0);
	sr_stream_close(s);
	assert_null(sr_stream_open_member(path, "z", &err));
	is_error(&err, SR_ERR_INSTANCE, "does not hold z");
	put(*state, "plain", "text");
	s = sr_stream_open(plain, &err);
	assert_int_equal(sr_stream_read(s, buffer, sizeof buffer, &err), 4);
	sr_stream_close(s);
	assert_null(sr_stream_open("/nowhere/at/all.gz", &err));
	is_error(&err, SR_ERR_INSTANCE, "/nowhere/at/all.gz");
	put(*state, "t.tar.zst", "this is no archive");
	assert_null(sr_stream_open_member(path, "y", &err));
	is_error(&err, SR_ERR_INSTANCE, "t.tar.zst");
	sr_stream_close(NULL);
	free(plain);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suffixes),
		cmocka_unit_test_setup_teardown(locates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
