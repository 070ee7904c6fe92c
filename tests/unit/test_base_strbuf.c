#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

static void test_empty(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;
	char *taken;

	(void)state;
	assert_string_equal(sr_strbuf_str(&sb), "");
	sr_strbuf_clear(&sb);
	sr_strbuf_rtrim(&sb);
	taken = sr_strbuf_take(&sb);
	assert_string_equal(taken, "");
	free(taken);
	sr_strbuf_add(&sb, NULL, 0);
	assert_int_equal(sb.len, 0);
	sr_strbuf_release(&sb);
	assert_null(sb.data);
}

static void test_add(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;
	char *taken;

	(void)state;
	sr_strbuf_adds(&sb, "one");
	sr_strbuf_addc(&sb, ' ');
	sr_strbuf_addf(&sb, "%d-%s", 2, "three");
	assert_string_equal(sr_strbuf_str(&sb), "one 2-three");
	sr_strbuf_add(&sb, "a\0b", 3);
	assert_int_equal(sb.len, 14);
	assert_memory_equal(sb.data + 11, "a\0b", 4);
	taken = sr_strbuf_take(&sb);
	assert_null(sb.data);
	assert_string_equal(taken, "one 2-threea");
	free(taken);
}

static void test_grow(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;
	char *long_text = sr_malloc(10001);

	(void)state;
	memset(long_text, 'x', 10000);
	long_text[10000] = '\0';
	sr_strbuf_addf(&sb, "<%s>", long_text);
	assert_int_equal(sb.len, 10002);
	for (int i = 0; i < 100000; i++)
		sr_strbuf_addc(&sb, 'y');
	assert_int_equal(strlen(sr_strbuf_str(&sb)), 110002);
	memcpy(sr_strbuf_reserve(&sb, 3), "abc", 3);
	sb.len += 3;
	assert_memory_equal(sb.data + 110002, "abc", 3);
	free(long_text);
	sr_strbuf_release(&sb);
}

static void test_rtrim(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	sr_strbuf_adds(&sb, " a b \n\t ");
	sr_strbuf_rtrim(&sb);
	assert_string_equal(sr_strbuf_str(&sb), " a b");
	sr_strbuf_clear(&sb);
	sr_strbuf_adds(&sb, " \n");
	sr_strbuf_rtrim(&sb);
	assert_string_equal(sr_strbuf_str(&sb), "");
	sr_strbuf_release(&sb);
}

static void join_is(const struct sr_strlist *l, size_t max, const char *expected)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	sr_strlist_join(l, max, &sb);
	assert_string_equal(sr_strbuf_str(&sb), expected);
	sr_strbuf_release(&sb);
}

static void test_join(void **state)
{
	struct sr_strlist l = SR_STRLIST_INIT;

	(void)state;
	join_is(&l, 0, "");
	sr_strlist_add(&l, "a");
	join_is(&l, 0, "a");
	sr_strlist_add(&l, "b");
	join_is(&l, 0, "a and b");
	sr_strlist_take(&l, sr_strdup("c"));
	join_is(&l, 0, "a, b and c");
	join_is(&l, 3, "a, b and c");
	join_is(&l, 5, "a, b and c");
	join_is(&l, 2, "a, b and 1 more");
	join_is(&l, 1, "a and 2 more");
	assert_true(sr_strlist_has(&l, "b"));
	assert_false(sr_strlist_has(&l, "B"));
	sr_strlist_release(&l);
	assert_int_equal(l.n, 0);
}

static void test_sort_and_nearest(void **state)
{
	static const char *const names[] = { "orders", "customer_b", "customer_a1", "custom", "a" };
	struct sr_strlist l = SR_STRLIST_INIT;

	(void)state;
	sr_strlist_sort(&l);
	sr_strlist_nearest(&l, "x");
	for (size_t i = 0; i < SR_COUNT(names); i++)
		sr_strlist_add(&l, names[i]);
	sr_strlist_sort(&l);
	assert_string_equal(l.items[0], "a");
	assert_string_equal(l.items[4], "orders");
	sr_strlist_nearest(&l, "customer_a");
	assert_string_equal(l.items[0], "customer_a1");
	assert_string_equal(l.items[1], "customer_b");
	assert_string_equal(l.items[2], "custom");
	sr_strlist_release(&l);
}

static void test_edit_distance(void **state)
{
	(void)state;
	assert_int_equal(sr_edit_distance("", ""), 0);
	assert_int_equal(sr_edit_distance("abc", ""), 3);
	assert_int_equal(sr_edit_distance("", "ab"), 2);
	assert_int_equal(sr_edit_distance("kitten", "sitting"), 3);
	assert_int_equal(sr_edit_distance("flaw", "lawn"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),         cmocka_unit_test(test_add),
		cmocka_unit_test(test_grow),          cmocka_unit_test(test_rtrim),
		cmocka_unit_test(test_join),          cmocka_unit_test(test_sort_and_nearest),
		cmocka_unit_test(test_edit_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
