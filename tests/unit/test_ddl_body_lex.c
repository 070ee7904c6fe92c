/* Tokens of SQL text: where they begin and end, and what they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"

#include "../../src/ddl/body_lex.h"

/* The tokens' texts, with a bar between them. */
static void cut(const char *text, const char *want)
{
	struct sr_strbuf got = SR_STRBUF_INIT;
	struct sr_toks t;

	sr_toks_scan(&t, text, strlen(text));
	for (size_t i = 0; i < t.n; i++) {
		if (i > 0)
			sr_strbuf_addc(&got, '|');
		sr_strbuf_add(&got, text + t.items[i].start, t.items[i].end - t.items[i].start);
	}
	assert_string_equal(sr_strbuf_str(&got), want);
	sr_toks_release(&t);
	sr_strbuf_release(&got);
}

static void cuts_as_the_server_does(void **state)
{
	(void)state;
	cut("", "");
	cut("select a.t", "select|a|.|t");
	cut("a--x\nb/* /* y */ z */c", "a|b|c");
	cut("1..10 1.5e-3 .5 a.5 2e", "1|..|10|1.5e-3|.5|a|.|5|2|e");
	cut("'it''s' E'\\'' 'a\\' N'x' b'01' U&'!0061' UESCAPE '!'",
	    "'it''s'|E'\\''|'a\\'|N'x'|b'01'|U&'!0061' UESCAPE '!'");
	cut("$$a$x$b$$ $x$ $$ $x$ $1 a$b$c", "$$a$x$b$$|$x$ $$ $x$|$1|a$b$c");
	cut("x=-1 a||-b c@-d e*/**/f g--", "x|=|-|1|a|||-|b|c|@-|d|e|*|f|g");
	cut("a::b x:=1 <<l>> t%rowtype y[1:2]", "a|::|b|x|:=|1|<<|l|>>|t|%|rowtype|y|[|1|:|2|]");
	cut("\"a\"\"b\".\"c", "\"a\"\"b\"|.|\"c");
	cut("'open", "'open");
	cut("$$open", "$$open");
	cut("/* open", "");
	cut("\xc3\xa9t\xc3\xa9.x", "\xc3\xa9t\xc3\xa9|.|x");
}

static void value(const char *text, const char *want)
{
	struct sr_toks t;

	sr_toks_scan(&t, text, strlen(text));
	assert_int_equal(t.n, 1);
	assert_true(sr_tok_is_name(&t, 0));
	assert_string_equal(t.items[0].value, want);
	sr_toks_release(&t);
}

static void identifiers_are_folded_and_decoded(void **state)
{
	(void)state;
	value("AbC_1$", "abc_1$");
	value("\"A\"\"b\"", "A\"b");
	value("\xc3\x89T", "\xc3\x89t"); /* only ASCII is folded */
	value("U&\"d\\0061t\\+000061\"", "data");
	value("U&\"!00E9!!\" uescape '!'", "\xc3\xa9!");
	value("U&\"\\D83D\\DE00\"", "\xf0\x9f\x98\x80");
	value("a23456789b23456789c23456789d23456789e23456789f23456789g23456789h",
	      "a23456789b23456789c23456789d23456789e23456789f23456789g23456789");
	/* 62 bytes and a letter of two: cut before it */
	value("a23456789b23456789c23456789d23456789e23456789f23456789g2345678\xc3\xa9",
	      "a23456789b23456789c23456789d23456789e23456789f23456789g2345678");
}

static void string_value(const char *text, const char *want)
{
	struct sr_strbuf got = SR_STRBUF_INIT;
	struct sr_toks t;

	sr_toks_scan(&t, text, strlen(text));
	assert_int_equal(t.n, 1);
	sr_tok_string(&t, 0, &got);
	assert_string_equal(sr_strbuf_str(&got), want);
	sr_strbuf_release(&got);
	sr_toks_release(&t);
}

static void strings_are_decoded(void **state)
{
	(void)state;
	string_value("'it''s \\n'", "it's \\n");
	string_value("E'a\\n\\'\\x41\\101\\u00e9\\\\'''", "a\n'AA\xc3\xa9\\'");
	string_value("$x$a''b$x$", "a''b");
	string_value("$$$$", "");
	string_value("U&'\\0061\\\\'", "a\\");
	string_value("U&'!0061''' UESCAPE '!'", "a'");
	string_value("n'x'", "x");
}

static void finds_tokens_and_lines(void **state)
{
	struct sr_toks t;

	(void)state;
	sr_toks_scan(&t, "a\n\n b\nc", 7);
	assert_int_equal(sr_tok_at(&t, 4), 1);
	assert_int_equal(sr_tok_at(&t, 5), t.n);
	assert_int_equal(sr_tok_at(&t, 100), t.n);
	assert_int_equal(sr_tok_line(&t, 0), 1);
	assert_int_equal(sr_tok_line(&t, 1), 3);
	assert_int_equal(sr_tok_line(&t, 2), 4);
	assert_true(sr_tok_is_word(&t, 1, "b"));
	assert_false(sr_tok_is_word(&t, 3, "b"));
	sr_toks_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_as_the_server_does),
		cmocka_unit_test(identifiers_are_folded_and_decoded),
		cmocka_unit_test(strings_are_decoded),
		cmocka_unit_test(finds_tokens_and_lines),
	};

	return cmocka_run_group_tests_name("ddl_body_lex", tests, NULL, NULL);
}
