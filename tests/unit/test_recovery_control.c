#include "recovery_fixture.h"

#include "recovery/control.h"

static void fields(void **state)
{
	struct sr_strbuf b = SR_STRBUF_INIT;
	struct sr_control_file c;

	(void)state;
	get("fixtures/recovery/pg_control", &b);
	assert_true(sr_control_file_parse(b.data, b.len, &c));
	assert_true(c.system_identifier == CLUSTER);
	assert_int_equal(c.version, 1300);
	assert_int_equal(c.major, 15);
	assert_int_equal(c.wal_segment_size, MB);
	assert_int_equal(c.wal_block_size, 8192);
	sr_strbuf_release(&b);
}

static void damage(void **state)
{
	struct sr_strbuf b = SR_STRBUF_INIT;
	struct sr_control_file c;

	(void)state;
	get("fixtures/recovery/pg_control", &b);
	assert_false(sr_control_file_parse(b.data, b.len - 1, &c));
	b.data[100] ^= 1;
	assert_false(sr_control_file_parse(b.data, b.len, &c));
	memset(b.data, 0, b.len);
	assert_false(sr_control_file_parse(b.data, b.len, &c));
	sr_strbuf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
