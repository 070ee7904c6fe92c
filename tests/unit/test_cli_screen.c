#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/screen.h"
#include "cli/text.h"

static void test_pace(void **state)
{
	struct sr_pace pace = { 0 };

	(void)state;
	sr_pace_update(&pace, 1000, 0);
	assert_int_equal(sr_pace_left_ms(&pace, 0, 1000), -1);
	sr_pace_update(&pace, 1100, 900000); /* too soon to tell */
	assert_true(pace.rate < 1);
	sr_pace_update(&pace, 2000, 1000000);
	assert_true(pace.rate > 999999 && pace.rate < 1000001);
	assert_int_equal(sr_pace_left_ms(&pace, 1000000, 3000000), 2000);
	/* One slow second changes it by a tenth, ten slow ones wholly. */
	sr_pace_update(&pace, 3000, 1000000);
	assert_true(pace.rate > 899999 && pace.rate < 900001);
	sr_pace_update(&pace, 14000, 1000000);
	assert_true(pace.rate < 1);
	assert_int_equal(sr_pace_left_ms(&pace, 1000000, 3000000), -1);
	assert_int_equal(sr_pace_left_ms(&(struct sr_pace){ .rate = 100 }, 5, 5), -1);
}

static void progress_is(const struct sr_progress *p, double rate, size_t width, const char *expected)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_progress_format(p, &(struct sr_pace){ .rate = rate }, ", ", width, &out);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
}

static void test_progress(void **state)
{
	struct sr_progress p = { .bytes_total = 100 << 20, .bytes_done = 50 << 20 };

	(void)state;
	progress_is(&p, 10 << 20, 0, " 50%, 50.0 MB of 100 MB, 10.0 MB/s, 5 s left");
	progress_is(&p, 10 << 20, 38, " 50%, 50.0 MB of 100 MB, 10.0 MB/s");
	progress_is(&p, 10 << 20, 10, " 50%");
	progress_is(&p, 0, 0, " 50%, 50.0 MB of 100 MB");
	/* More came than was estimated, and indexes are still to be built. */
	p.bytes_done = 200 << 20;
	p.jobs_total = 10;
	p.jobs_done = 5;
	progress_is(&p, 10 << 20, 0, " 95%, 100 MB of 100 MB, 5 of 10 steps");
	p = (struct sr_progress){ .jobs_total = 4, .jobs_done = 1 };
	progress_is(&p, 0, 0, " 25%, 1 of 4 steps");
	assert_true(sr_progress_fraction(&(struct sr_progress){ 0 }) <= 0);
}

static struct sr_screen copying(void)
{
	struct sr_screen s = { .utf8 = true,
			       .width = 60,
			       .height = 24,
			       .running = true,
			       .phase = SR_PHASE_COPY,
			       .now_ms = 5500,
			       .phase_began_ms = 1000,
			       .progress = { .bytes_total = 1000, .bytes_done = 250 },
			       .warnings = 2 };

	s.status = sr_strdup("two schemas");
	sr_strlist_add(&s.workers, "a.orders, pages 0-17000");
	sr_strlist_add(&s.workers, "");
	sr_strlist_add(&s.workers, "\"Größe\".a_table_whose_name_is_long_enough_to_be_cut_at_sixty_columns");
	return s;
}

static void test_layout(void **state)
{
	struct sr_screen s = copying();
	struct sr_strlist lines = SR_STRLIST_INIT;

	(void)state;
	sr_screen_layout(&s, &lines);
	assert_int_equal(lines.n, 6);
	assert_string_equal(lines.items[0], "⠋ copy            4.0 s  two schemas");
	assert_string_equal(lines.items[1], "  ━━━━━━──────────────────   25%  250 bytes of 1000 bytes");
	assert_string_equal(lines.items[2], "   1  a.orders, pages 0-17000");
	assert_string_equal(lines.items[3], "   2  waiting");
	assert_non_null(strstr(lines.items[4], "…"));
	assert_string_equal(lines.items[5], "  2 warnings");
	for (size_t i = 0; i < lines.n; i++)
		assert_true(sr_text_width(lines.items[i], true) < 60);
	sr_strlist_release(&lines);
	sr_screen_release(&s);
}

static void test_layout_in_ascii_and_narrow(void **state)
{
	struct sr_screen s = copying();

	(void)state;
	s.utf8 = false;
	for (s.width = 1; s.width < 120; s.width++) {
		struct sr_strlist lines = SR_STRLIST_INIT;

		sr_screen_layout(&s, &lines);
		for (size_t i = 0; i < lines.n; i++) {
			for (const char *p = lines.items[i]; *p; p++)
				assert_in_range(*p, ' ', '~');
			assert_true(s.width < 30 || strlen(lines.items[i]) < s.width);
		}
		sr_strlist_release(&lines);
	}
	sr_screen_release(&s);
}

static void test_workers_that_do_not_fit(void **state)
{
	struct sr_screen s = copying();
	struct sr_strlist lines = SR_STRLIST_INIT;

	(void)state;
	for (int i = 0; i < 30; i++)
		sr_strlist_add(&s.workers, "a.t");
	s.height = 10;
	sr_screen_layout(&s, &lines);
	assert_true(lines.n < 10);
	assert_string_equal(lines.items[lines.n - 2], "      and 29 more");
	sr_strlist_release(&lines);
	sr_screen_release(&s);
}

static void test_idle_and_colors(void **state)
{
	struct sr_screen s = copying();
	struct sr_strlist lines = SR_STRLIST_INIT;
	struct sr_strbuf line = SR_STRBUF_INIT;

	(void)state;
	sr_screen_phase_line(&s, SR_PHASE_EXTRACT, true, 300, "312 objects", &line);
	assert_string_equal(sr_strbuf_str(&line), "✓ extract        300 ms  312 objects");
	sr_strbuf_clear(&line);
	s.utf8 = false;
	sr_screen_phase_line(&s, SR_PHASE_EXTRACT, false, 300, NULL, &line);
	assert_string_equal(sr_strbuf_str(&line), "! extract        300 ms");
	sr_strbuf_clear(&line);
	s.color = true;
	sr_screen_phase_line(&s, SR_PHASE_EXTRACT, false, 300, NULL, &line);
	assert_string_equal(sr_strbuf_str(&line), "\033[31m!\033[0m extract        300 ms");
	s.running = false;
	sr_screen_layout(&s, &lines);
	assert_int_equal(lines.n, 0);
	sr_strbuf_release(&line);
	sr_screen_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_layout_in_ascii_and_narrow),
		cmocka_unit_test(test_workers_that_do_not_fit),
		cmocka_unit_test(test_idle_and_colors),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
