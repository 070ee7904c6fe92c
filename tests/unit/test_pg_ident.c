#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/ident.h"

static void test_pretty(void **state)
{
	static const struct {
		const char *name, *pretty;
	} cases[] = { { "orders", "orders" },     { "_a$1", "_a$1" },
		      { "1a", "\"1a\"" },         { "Orders", "\"Orders\"" },
		      { "we ird", "\"we ird\"" }, { "a.b", "\"a.b\"" },
		      { "a\"b", "\"a\"\"b\"" },   { "", "\"\"" },
		      { "$a", "\"$a\"" },         { "kund\xc3\xa4", "kund\xc3\xa4" } };
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		sr_strbuf_clear(&sb);
		sr_ident_pretty(&sb, cases[i].name);
		assert_string_equal(sr_strbuf_str(&sb), cases[i].pretty);
	}
	sr_strbuf_release(&sb);
}

/* Without a connection the same rules hold as with one. */
static void test_quoted(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	sr_ident_add(&sb, NULL, "a\"b");
	sr_strbuf_addc(&sb, ' ');
	sr_ident_add_qualified(&sb, NULL, "A", "b.c");
	sr_strbuf_addc(&sb, ' ');
	sr_literal_add(&sb, NULL, "it's");
	assert_string_equal(sr_strbuf_str(&sb), "\"a\"\"b\" \"A\".\"b.c\" 'it''s'");
	sr_strbuf_release(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
