#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "base/mem.h"
#include "cli/text.h"

static void fits(const char *text, size_t width, bool utf8, const char *expected)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_text_fit(&out, text, width, utf8);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
}

static void test_fit(void **state)
{
	(void)state;
	fits("orders", 6, true, "orders");
	fits("orders", 5, true, "orde…");
	fits("orders", 5, false, "or...");
	fits("orders", 2, false, "or");
	fits("Größe", 5, true, "Größe");
	fits("Größe", 4, true, "Grö…");
	fits("Größe", 0, false, "Gr??e");
	fits("", 5, true, "");
}

static void test_nothing_controls_the_terminal(void **state)
{
	(void)state;
	fits("a\033[2Jb\r\nc\177", 0, true, "a?[2Jb??c?");
	fits("a\tb", 0, true, "a    b");
	/* C1 as UTF-8 (CSI), a right-to-left override, bytes that are no UTF-8, an overlong slash. */
	fits("x\xC2\x9By", 0, true, "x?y");
	fits("x\xE2\x80\xAEy", 0, true, "x?y");
	fits("x\xFFy\xC3", 0, true, "x?y?");
	fits("\xC0\xAF", 0, true, "??");
}

static void test_pad_and_indent(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	sr_text_pad(&out, "Größe", 7, false, true);
	sr_text_pad(&out, "12", 4, true, true);
	assert_string_equal(sr_strbuf_str(&out), "Größe    12");
	sr_strbuf_clear(&out);
	sr_text_indent(&out, "  ", "one\ntwo\n", true);
	assert_string_equal(sr_strbuf_str(&out), "  one\n  two\n");
	sr_strbuf_clear(&out);
	sr_text_sql_name(&out, "we\"ird");
	assert_string_equal(sr_strbuf_str(&out), "\"we\"\"ird\"");
	sr_strbuf_release(&out);
}

static void test_wrap(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	sr_text_wrap(&out, "  - ", "    ", "eins zwei drei vier fünf sechs sieben\nacht", 30, true);
	assert_string_equal(sr_strbuf_str(&out), "  - eins zwei drei vier fünf\n"
						 "    sechs sieben\n"
						 "    acht\n");
	sr_strbuf_clear(&out);
	/* No space to break at; no width to keep to; nothing. */
	sr_text_wrap(&out, "", " ", "einszweidreivierfünfsechssieben acht", 25, true);
	sr_text_wrap(&out, "", " ", "eins zwei drei vier fünf sechs sieben", 0, true);
	sr_text_wrap(&out, "-", " ", "", 30, true);
	assert_string_equal(sr_strbuf_str(&out), "einszweidreivierfünfsechssieben\n acht\n"
						 "eins zwei drei vier fünf sechs sieben\n"
						 "-\n");
	sr_strbuf_release(&out);
}

static void test_pairs(void **state)
{
	const struct sr_text_pair pairs[] = { { "schema", "a -> b" },
					      { "schema", "c -> d" },
					      { "space", "1 GB\nof 2 GB" },
					      { "base backup", "x" } };
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	sr_text_pairs(&out, "  ", pairs, SR_COUNT(pairs), true);
	assert_string_equal(sr_strbuf_str(&out), "  schema       a -> b\n"
						 "               c -> d\n"
						 "  space        1 GB\n"
						 "               of 2 GB\n"
						 "  base backup  x\n");
	sr_strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_nothing_controls_the_terminal),
		cmocka_unit_test(test_pad_and_indent),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_pairs),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
