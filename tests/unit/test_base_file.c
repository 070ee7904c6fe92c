#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* A directory for each test; removed by the test's end without the code under test. */
static int set_up(void **state)
{
	char *dir = sr_strdup("/tmp/schemarestore-test-XXXXXX");

	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	char *command = sr_asprintf("chmod -R u+rwx '%s' && rm -rf '%s'", (char *)*state, (char *)*state);
	int status = system(command);

	free(command);
	free(*state);
	return status;
}

static void put(const char *dir, const char *name, const char *text)
{
	char *path = sr_path_join(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_true(sr_write_all(fd, text, strlen(text)));
	close(fd);
	free(path);
}

static void make(const char *dir, const char *name, mode_t mode)
{
	char *path = sr_path_join(dir, name);

	assert_int_equal(mkdir(path, mode), 0);
	free(path);
}

static bool there(const char *dir, const char *name)
{
	char *path = sr_path_join(dir, name);
	struct stat st;
	bool is = lstat(path, &st) == 0;

	free(path);
	return is;
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *dir, *base;
	} cases[] = { { "a", ".", "a" },    { "/a", "/", "a" }, { "/a/b", "/a", "b" },
		      { "a//b", "a", "b" }, { "/", "/", "" },   { "//x", "/", "x" } };
	char *s;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		s = sr_path_dir(cases[i].path);
		assert_string_equal(s, cases[i].dir);
		free(s);
		assert_string_equal(sr_path_base(cases[i].path), cases[i].base);
	}
	s = sr_path_join("/a/", "b");
	assert_string_equal(s, "/a/b");
	free(s);
	s = sr_path_join("a", "b");
	assert_string_equal(s, "a/b");
	free(s);
	s = sr_path_join("", "b");
	assert_string_equal(s, "b");
	free(s);
	assert_true(sr_path_is_dir("/tmp"));
	assert_false(sr_path_is_dir("/dev/null"));
	assert_true(sr_path_exists("/dev/null"));
	assert_false(sr_path_exists("/dev/null/x"));
}

static void test_make_dirs(void **state)
{
	const char *dir = *state;
	struct sr_error err = SR_ERROR_INIT;
	char *deep = sr_path_join(dir, "a/b//c/"), *file = sr_path_join(dir, "file"),
	     *under = sr_path_join(dir, "file/x");
	struct stat st;

	assert_true(sr_dir_make_all(deep, 0700, &err));
	assert_true(sr_dir_make_all(deep, 0700, &err));
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	put(dir, "file", "");
	assert_false(sr_dir_make_all(file, 0700, &err));
	assert_non_null(strstr(err.message, "File exists"));
	sr_error_release(&err);
	assert_false(sr_dir_make_all(under, 0700, &err));
	sr_error_release(&err);
	free(file);
	file = sr_path_join(dir, "private");
	umask(0277);
	assert_true(sr_dir_make_private(file, &err));
	umask(022);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_false(sr_dir_make_private(file, &err));
	sr_error_release(&err);
	free(deep);
	free(file);
	free(under);
}

static void test_list(void **state)
{
	const char *dir = *state;
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;

	put(dir, "b", "");
	put(dir, "a", "");
	put(dir, ".hidden", "");
	assert_true(sr_dir_list(dir, &names, &err));
	assert_int_equal(names.n, 3);
	assert_string_equal(names.items[0], ".hidden");
	assert_string_equal(names.items[1], "a");
	assert_false(sr_dir_list("/dev/null", &names, &err));
	sr_error_release(&err);
	sr_strlist_release(&names);
}

static void test_read_and_write(void **state)
{
	const char *dir = *state;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_strbuf sb = SR_STRBUF_INIT;
	struct sr_strlist names = SR_STRLIST_INIT;
	char *path = sr_path_join(dir, "f"), *big = sr_calloc(1, 300000);
	struct stat st;

	memset(big, 'z', 300000);
	assert_true(sr_file_write_atomic(path, "old", 3, 0644, &err));
	assert_true(sr_file_write_atomic(path, big, 300000, 0600, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	sr_strbuf_adds(&sb, "before");
	assert_true(sr_file_read(path, 0, &sb, &err));
	assert_int_equal(sb.len, 300006);
	assert_memory_equal(sb.data + 6, big, 300000);
	assert_true(sr_file_read(path, 300000, &sb, &err));
	assert_false(sr_file_read(path, 299999, &sb, &err));
	assert_non_null(strstr(err.message, "larger than 299999 bytes"));
	sr_error_release(&err);
	sr_strbuf_clear(&sb);
	assert_true(sr_file_read("/dev/null", 0, &sb, &err));
	assert_string_equal(sr_strbuf_str(&sb), "");
	assert_false(sr_file_read(dir, 0, &sb, &err));
	assert_non_null(strstr(err.message, "directory"));
	sr_error_release(&err);
	/* A failure leaves neither a temporary file nor a changed one. */
	make(dir, "d", 0700);
	make(dir, "d/x", 0700);
	free(path);
	path = sr_path_join(dir, "d");
	assert_false(sr_file_write_atomic(path, "x", 1, 0600, &err));
	sr_error_release(&err);
	assert_true(sr_dir_list(dir, &names, &err));
	assert_int_equal(names.n, 2);
	sr_strlist_release(&names);
	sr_strbuf_release(&sb);
	free(path);
	free(big);
}

static void test_remove(void **state)
{
	const char *dir = *state;
	struct sr_error err = SR_ERROR_INIT;
	char *tree = sr_path_join(dir, "tree"), *slashed = sr_path_join(dir, "link/"),
	     *link = sr_path_join(dir, "link");
	char *inner = sr_path_join(dir, "tree/sub/to-keep"), *keep = sr_path_join(dir, "keep");

	make(dir, "keep", 0700);
	put(dir, "keep/data", "precious");
	make(dir, "tree", 0700);
	make(dir, "tree/sub", 0700);
	make(dir, "tree/sub/deep", 0700);
	put(dir, "tree/sub/deep/f", "x");
	assert_int_equal(symlink(keep, inner), 0);
	assert_int_equal(symlink(keep, link), 0);
	make(dir, "tree/locked", 0700);
	put(dir, "tree/locked/f", "x");
	free(inner);
	inner = sr_path_join(dir, "tree/locked");
	assert_int_equal(chmod(inner, 0), 0);

	assert_true(sr_tree_remove(tree, &err));
	assert_false(there(dir, "tree"));
	assert_true(there(dir, "keep/data"));
	/* The link goes, not what it points to: even with a slash at its end. */
	assert_true(sr_tree_remove(slashed, &err));
	assert_false(there(dir, "link"));
	assert_true(there(dir, "keep/data"));
	/* Gone already. */
	assert_true(sr_tree_remove(tree, &err));
	/* A file. */
	put(dir, "file", "");
	free(link);
	link = sr_path_join(dir, "file");
	assert_true(sr_tree_remove(link, &err));
	assert_false(there(dir, "file"));
	assert_int_equal(err.class, SR_ERR_NONE);
	free(tree);
	free(slashed);
	free(link);
	free(inner);
	free(keep);
}

static void test_remove_refuses(void **state)
{
	static const char *const paths[] = { "/", "//", "", ".", "..", "x/..", "/tmp/." };

	(void)state;
	for (size_t i = 0; i < SR_COUNT(paths); i++) {
		struct sr_error err = SR_ERROR_INIT;

		assert_false(sr_tree_remove(paths[i], &err));
		assert_non_null(strstr(err.message, "refusing"));
		sr_error_release(&err);
	}
}

static void test_disk_free(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	int64_t bytes = -1;

	assert_true(sr_disk_free(*state, &bytes, &err));
	assert_true(bytes > 0);
	assert_false(sr_disk_free("/nonexistent", &bytes, &err));
	sr_error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test_setup_teardown(test_make_dirs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_and_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remove, set_up, tear_down),
		cmocka_unit_test(test_remove_refuses),
		cmocka_unit_test_setup_teardown(test_disk_free, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
