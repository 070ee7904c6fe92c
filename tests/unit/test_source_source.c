#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/source.h"

static const struct sr_source_driver base = { .name = "base" }, basebackup = { .name = "basebackup" };
static const struct sr_source_driver *const drivers[] = { &base, &basebackup, NULL };

static void assert_found(const char *from, const struct sr_source_driver *driver, const char *place)
{
	const char *found = NULL;

	assert_ptr_equal(sr_source_find(drivers, from, &found), driver);
	if (driver)
		assert_string_equal(found, place);
	else
		assert_null(found);
}

static void test_find(void **state)
{
	(void)state;
	assert_found("base:/x", &base, "/x");
	assert_found("basebackup:/x", &basebackup, "/x");
	assert_found("basebackup:postgres://u@h:5432/d", &basebackup, "postgres://u@h:5432/d");
	assert_found("basebackup:", &basebackup, "");
	assert_found("basebackup", &basebackup, "");
	assert_found("baseback:/x", NULL, NULL);
	assert_found("basebackups:/x", NULL, NULL);
	assert_found("Base:/x", NULL, NULL);
	assert_found(":/x", NULL, NULL);
	assert_found("", NULL, NULL);
}

/* The sources that exist keep to the driver's rules. */
static void test_drivers(void **state)
{
	static const struct sr_source_driver *const real[] = { &sr_source_basebackup, &sr_source_existing };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct sr_source_driver *d = real[i];

		assert_non_null(d->name);
		assert_true(d->create && d->check && d->moment && d->provision && d->connect && d->teardown &&
			    d->destroy && d->owns);
		/* What owns a kind must be able to undo and to describe it. */
		assert_true((d->undo && d->describe) || !d->owns("cluster"));
		/* Kinds of the operation itself. */
		assert_false(d->owns("schema"));
		assert_false(d->owns("rename"));
		d->destroy(NULL);
	}
	assert_true(sr_source_basebackup.throwaway);
	assert_true(sr_source_basebackup.has_moments);
	assert_false(sr_source_existing.throwaway);
	assert_false(sr_source_existing.has_moments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_drivers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
