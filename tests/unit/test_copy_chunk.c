#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "copy/plan.h"

#define MB (INT64_C(1) << 20)

enum { PAGE = 8192, V13 = 130012, V15 = 150004 };

static struct sr_copy_table table(const char *name, int64_t heap, int64_t toast)
{
	return (struct sr_copy_table){
		.schema = "a", .name = name, .bytes = heap + toast, .heap_pages = heap / PAGE, .heap = true
	};
}

static void cut(struct sr_copy_plan *plan, struct sr_copy_table *tables, size_t n, int workers,
		int64_t chunk_bytes, int version)
{
	const struct sr_copy_options options = { .workers = workers, .chunk_bytes = chunk_bytes };

	*plan = (struct sr_copy_plan){ .tables = tables, .ntables = n };
	for (size_t i = 0; i < n; i++)
		plan->bytes += tables[i].bytes;
	sr_copy_plan_cut(plan, &options, version);
}

/* Together the chunks of a table are all its pages, once, the last one open. */
static void check_covers(const struct sr_copy_plan *plan, const struct sr_copy_table *t)
{
	int64_t next = 0;
	size_t found = 0;

	for (size_t k = 0; k < t->nchunks; k++)
		for (size_t i = 0; i < plan->nchunks; i++) {
			const struct sr_copy_chunk *c = &plan->chunks[i];

			if (c->table != t || c->first_page != next || (found > 0 && next == 0))
				continue;
			found++;
			assert_int_equal(c->whole, t->nchunks == 1);
			assert_true(c->end_page == -1 || c->end_page > c->first_page);
			next = c->end_page;
			break;
		}
	assert_int_equal(found, t->nchunks);
	assert_int_equal(next, -1);
}

static void test_small_tables_stay_whole(void **state)
{
	struct sr_copy_table t[] = { table("empty", 0, 0), table("small", PAGE, 0),
				     table("mid", 80 * MB, 0) };
	struct sr_copy_plan plan;

	(void)state;
	cut(&plan, t, 3, 8, 0, V15);
	assert_int_equal(plan.nchunks, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(plan.chunks[i].whole);
		check_covers(&plan, &t[i]);
	}
	assert_ptr_equal(plan.chunks[0].table, &t[2]);
	sr_copy_plan_release(&plan);
}

static void test_large_tables_are_cut(void **state)
{
	struct sr_copy_table t[] = { table("large", 310 * MB, 0), table("huge", 4000 * MB, 12 * PAGE) };
	struct sr_copy_plan plan;

	(void)state;
	cut(&plan, t, 2, 2, 0, V15);
	/* 4310 MB for 2 workers: pieces of 539 MB. */
	assert_int_equal(t[0].nchunks, 1);
	assert_int_equal(t[1].nchunks, 7);
	check_covers(&plan, &t[0]);
	check_covers(&plan, &t[1]);
	for (size_t i = 1; i < plan.nchunks; i++)
		assert_true(plan.chunks[i - 1].bytes >= plan.chunks[i].bytes);
	sr_copy_plan_release(&plan);
}

static void test_bounds(void **state)
{
	struct sr_copy_table t[] = { table("t", 640 * MB, 0) }, vast[] = { table("v", 100000 * MB, 0) };
	struct sr_copy_plan plan;

	(void)state;
	cut(&plan, t, 1, 64, 0, V15);
	assert_int_equal(t[0].nchunks, 10); /* never below 64 MiB */
	sr_copy_plan_release(&plan);
	cut(&plan, vast, 1, 2, 0, V15);
	assert_in_range(vast[0].nchunks, 97, 98); /* never above 1 GiB */
	check_covers(&plan, &vast[0]);
	sr_copy_plan_release(&plan);
	cut(&plan, t, 1, 0, 10 * MB, V15);
	assert_int_equal(t[0].nchunks, 64);
	check_covers(&plan, &t[0]);
	sr_copy_plan_release(&plan);
}

/* A few pages with all their bytes out of line: no more pieces than pages. */
static void test_toast_counts(void **state)
{
	struct sr_copy_table t[] = { table("t", 3 * PAGE, 900 * MB) };
	struct sr_copy_plan plan;

	(void)state;
	cut(&plan, t, 1, 4, 0, V15);
	assert_int_equal(t[0].nchunks, 3);
	check_covers(&plan, &t[0]);
	sr_copy_plan_release(&plan);
}

static void test_no_tid_ranges(void **state)
{
	struct sr_copy_table t[] = { table("t", 900 * MB, 0) };
	struct sr_copy_plan plan;

	(void)state;
	cut(&plan, t, 1, 4, 0, V13);
	assert_int_equal(t[0].nchunks, 1);
	sr_copy_plan_release(&plan);
	t[0].heap = false;
	cut(&plan, t, 1, 4, 0, V15);
	assert_int_equal(t[0].nchunks, 1);
	sr_copy_plan_release(&plan);
}

static void test_describe(void **state)
{
	struct sr_copy_table t = table("Weird name", 34000 * (int64_t)PAGE, 0);
	struct sr_copy_chunk chunk = { .table = &t, .first_page = 17000, .end_page = 20000 };
	struct sr_strbuf text = SR_STRBUF_INIT;

	(void)state;
	sr_copy_chunk_describe(&chunk, &text);
	assert_string_equal(sr_strbuf_str(&text), "a.\"Weird name\", pages 17000-20000 of 34000");
	sr_strbuf_clear(&text);
	chunk.end_page = -1;
	sr_copy_chunk_describe(&chunk, &text);
	assert_string_equal(sr_strbuf_str(&text), "a.\"Weird name\", pages 17000-34000 of 34000");
	sr_strbuf_clear(&text);
	chunk.whole = true;
	sr_copy_chunk_describe(&chunk, &text);
	assert_string_equal(sr_strbuf_str(&text), "a.\"Weird name\"");
	sr_strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_tables_stay_whole),
		cmocka_unit_test(test_large_tables_are_cut),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_toast_counts),
		cmocka_unit_test(test_no_tid_ranges),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
