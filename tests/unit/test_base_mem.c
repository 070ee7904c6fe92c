#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

static void test_strings(void **state)
{
	char *s = sr_strndup("abcdef", 3);

	(void)state;
	assert_string_equal(s, "abc");
	free(s);
	s = sr_strndup("ab", 10);
	assert_string_equal(s, "ab");
	free(s);
	s = sr_asprintf("%s=%d", "n", 7);
	assert_string_equal(s, "n=7");
	free(s);
	assert_null(sr_strdup_null(NULL));
	s = sr_strdup_null("x");
	assert_string_equal(s, "x");
	free(s);
}

static void test_no_size(void **state)
{
	void *p = sr_malloc(0);

	(void)state;
	p = sr_realloc(p, 0);
	free(p);
	free(sr_calloc(0, 0));
}

static void test_array(void **state)
{
	int *items = NULL;
	size_t cap = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		SR_ARRAY_RESERVE(items, cap, (size_t)i + 1);
		items[i] = i;
	}
	assert_true(cap >= 1000 && cap < 2048);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

static void test_arena(void **state)
{
	struct sr_arena a = SR_ARENA_INIT;
	char *strings[2000], *big, *formatted;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		strings[i] = sr_arena_printf(&a, "string %d", i);
		assert_int_equal((uintptr_t)strings[i] % _Alignof(max_align_t), 0);
		if (i == 1000) {
			big = sr_arena_alloc(&a, 1000000);
			for (size_t j = 0; j < 1000000; j++)
				assert_int_equal(big[j], 0);
			memset(big, 'x', 1000000);
		}
	}
	assert_string_equal(strings[0], "string 0");
	assert_string_equal(strings[1000], "string 1000");
	assert_string_equal(strings[1001], "string 1001");
	assert_string_equal(strings[1999], "string 1999");
	assert_null(sr_arena_strdup(&a, NULL));
	assert_string_equal(sr_arena_strdup(&a, "dup"), "dup");
	assert_string_equal(sr_arena_strndup(&a, "dupes", 3), "dup");
	formatted = sr_arena_printf(&a, "%5000d", 1);
	assert_int_equal(strlen(formatted), 5000);
	assert_non_null(sr_arena_alloc(&a, 0));
	sr_arena_release(&a);
	assert_null(a.head);
	sr_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_no_size),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
