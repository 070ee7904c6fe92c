#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "pg/ident.h"

static void test_quoting(void **state)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	(void)state;
	sr_ident_add_plain(&out, "orders");
	sr_strbuf_addc(&out, '.');
	sr_ident_add_plain(&out, "we\"ird\" \\x.\xc3\xbc");
	sr_ident_add_plain(&out, "");
	assert_string_equal(sr_strbuf_str(&out), "\"orders\".\"we\"\"ird\"\" \\x.\xc3\xbc\"\"\"");
	sr_strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_quoting) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
