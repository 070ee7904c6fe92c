#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cli/options.h"

struct fixture {
	struct sr_settings s;
	struct sr_error err;
};

static int set_up(void **state)
{
	struct fixture *f = sr_calloc(1, sizeof *f);

	sr_settings_init(&f->s);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sr_settings_release(&f->s);
	sr_error_release(&f->err);
	free(f);
	return 0;
}

static bool apply(struct fixture *f, enum sr_layer layer, const char *name, const char *value)
{
	const struct sr_option *o = sr_option_find(name, strlen(name));

	assert_non_null(o);
	sr_error_release(&f->err);
	return sr_option_apply(&f->s, o, layer, name, value, &f->err);
}

static void test_kinds(void **state)
{
	struct fixture *f = *state;
	char cwd[4096], *path;

	assert_true(apply(f, SR_LAYER_OPTION, "jobs", "4"));
	assert_int_equal(f->s.request.jobs, 4);
	assert_true(apply(f, SR_LAYER_OPTION, "verify", "counts,checksum"));
	assert_int_equal(f->s.request.verify, SR_VERIFY_COUNTS | SR_VERIFY_CHECKSUM);
	assert_true(apply(f, SR_LAYER_OPTION, "verify", "ddl,counts"));
	assert_int_equal(f->s.request.verify, SR_VERIFY_COUNTS | SR_VERIFY_DDL);
	assert_true(apply(f, SR_LAYER_OPTION, "verify", "none"));
	assert_int_equal(f->s.request.verify, 0);
	assert_true(apply(f, SR_LAYER_OPTION, "keep", NULL));
	assert_true(f->s.request.keep);
	assert_true(apply(f, SR_LAYER_OPTION, "keep", "Off"));
	assert_false(f->s.request.keep);
	assert_true(apply(f, SR_LAYER_OPTION, "older-than", "7d"));
	assert_int_equal(f->s.older_than_ms, INT64_C(604800000));
	assert_true(apply(f, SR_LAYER_OPTION, "state-dir", "x/y"));
	assert_non_null(getcwd(cwd, sizeof cwd));
	path = sr_asprintf("%s/x/y", cwd);
	assert_string_equal(f->s.request.state_dir, path);
	free(path);
}

static void test_bad_values(void **state)
{
	static const char *const cases[][2] = {
		{ "jobs", "x" },       { "jobs", "0" },
		{ "jobs", "4x" },      { "jobs", "99999" },
		{ "keep", "perhaps" }, { "verify", "counts," },
		{ "verify", "no" },    { "verify", "none,counts" },
		{ "older-than", "7" }, { "older-than", "7 apples" },
		{ "pitr", "" },        { "snapshot", "" },
		{ "from", "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		assert_false(apply(f, SR_LAYER_OPTION, cases[i][0], cases[i][1]));
		assert_int_equal(f->err.class, SR_ERR_USAGE);
		assert_non_null(strstr(f->err.message, cases[i][0]));
	}
}

static void test_lists_by_layer(void **state)
{
	struct fixture *f = *state;

	assert_true(apply(f, SR_LAYER_SYSTEM, "source-setting", "a=1"));
	assert_true(apply(f, SR_LAYER_SYSTEM, "source-setting", "b=2"));
	assert_int_equal(f->s.request.source_settings.n, 2);
	/* The stronger layer's replace them all, then grow. */
	assert_true(apply(f, SR_LAYER_OPTION, "source-setting", "c=3"));
	assert_true(apply(f, SR_LAYER_OPTION, "source-setting", "d=4"));
	assert_int_equal(f->s.request.source_settings.n, 2);
	assert_string_equal(f->s.request.source_settings.items[0], "c=3");
	assert_int_equal(sr_option_layer(&f->s, "source-setting"), SR_LAYER_OPTION);
	assert_int_equal(sr_option_layer(&f->s, "jobs"), SR_LAYER_NONE);
}

static void test_moment(void **state)
{
	struct fixture *f = *state;

	assert_true(apply(f, SR_LAYER_REQUEST, "snapshot", "20240128"));
	assert_true(apply(f, SR_LAYER_OPTION, "pitr", "2024-01-28T14:30:00Z"));
	assert_int_equal(f->s.request.target, SR_TARGET_TIME);
	assert_null(f->s.request.snapshot);
	assert_int_equal(f->s.request.time, INT64_C(1706452200) * SR_USEC_PER_SEC);
	assert_true(apply(f, SR_LAYER_OPTION, "pitr", "yesterday"));
	assert_true(f->s.request.has_target);
	assert_int_equal(f->s.request.time, SR_TIME_NONE);
	assert_string_equal(f->s.request.target_text, "yesterday");
	assert_true(apply(f, SR_LAYER_OPTION, "pitr", "latest"));
	assert_int_equal(f->s.request.target, SR_TARGET_LATEST);
}

static void test_connection_layers(void **state)
{
	struct fixture *f = *state;
	struct sr_conninfo *ci = &f->s.request.conninfo;

	assert_true(apply(f, SR_LAYER_SYSTEM, "dbname", "host=db1 port=5433 dbname=shop"));
	assert_true(sr_settings_layer_end(&f->s, SR_LAYER_SYSTEM, &f->err));
	/* A bare name changes the database alone. */
	assert_true(apply(f, SR_LAYER_ENV, "dbname", "other"));
	assert_true(sr_settings_layer_end(&f->s, SR_LAYER_ENV, &f->err));
	assert_string_equal(sr_conninfo_get(ci, "host"), "db1");
	assert_string_equal(sr_conninfo_get(ci, "dbname"), "other");
	/* A whole one replaces everything; -h wins over it, whichever comes first. */
	assert_true(apply(f, SR_LAYER_OPTION, "host", "db3"));
	assert_true(apply(f, SR_LAYER_OPTION, "dbname", "postgresql://u@db2/app"));
	assert_true(sr_settings_layer_end(&f->s, SR_LAYER_OPTION, &f->err));
	assert_string_equal(sr_conninfo_get(ci, "host"), "db3");
	assert_string_equal(sr_conninfo_get(ci, "user"), "u");
	assert_string_equal(sr_conninfo_get(ci, "dbname"), "app");
	assert_null(sr_conninfo_get(ci, "port"));
	assert_int_equal(f->s.nwarnings, 0);
}

static void test_visible_password(void **state)
{
	struct fixture *f = *state;

	assert_true(apply(f, SR_LAYER_OPTION, "dbname", "dbname=x password=secret"));
	assert_true(sr_settings_layer_end(&f->s, SR_LAYER_OPTION, &f->err));
	assert_int_equal(f->s.nwarnings, 1);
	assert_string_equal(f->s.warnings[0].code, "password-visible");
	assert_null(strstr(f->s.warnings[0].text, "secret"));
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = { { "30s", 30000 },
		     { "5min", 300000 },
		     { "12 h", 43200000 },
		     { "7d", 604800000 },
		     { "2w", 1209600000 } };
	static const char *const bad[] = { "", "7", "d", "-1d", "1.5h", "7dd", "99999999d" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(good); i++) {
		assert_true(sr_duration_parse(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < SR_COUNT(bad); i++)
		assert_false(sr_duration_parse(bad[i], &ms));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_kinds),     TEST(test_bad_values),        TEST(test_lists_by_layer),
		TEST(test_moment),    TEST(test_connection_layers), TEST(test_visible_password),
		TEST(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
