#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "recovery/crc32c.h"

/* The check value of the algorithm, and RFC 3720, B.4. */
static void known_values(void **state)
{
	unsigned char b[32];

	(void)state;
	assert_int_equal(sr_crc32c_final(sr_crc32c(SR_CRC32C_INIT, "123456789", 9)), 0xE3069283);
	memset(b, 0, sizeof b);
	assert_int_equal(sr_crc32c_final(sr_crc32c(SR_CRC32C_INIT, b, sizeof b)), 0x8A9136AA);
	for (unsigned i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)i;
	assert_int_equal(sr_crc32c_final(sr_crc32c(SR_CRC32C_INIT, b, sizeof b)), 0x46DD794E);
	assert_int_equal(sr_crc32c_final(sr_crc32c(SR_CRC32C_INIT, b, 0)), 0);
}

static void both_ways_agree(void **state)
{
	unsigned char b[300];

	(void)state;
	for (unsigned i = 0; i < sizeof b; i++)
		b[i] = (unsigned char)(i * 37 + i / 7);
	for (size_t from = 0; from < 9; from++)
		for (size_t n = 0; n + from <= sizeof b; n += 13) {
			uint32_t whole = sr_crc32c(SR_CRC32C_INIT, b + from, n);
			uint32_t parts = sr_crc32c(sr_crc32c(SR_CRC32C_INIT, b + from, n / 3),
						   b + from + n / 3, n - n / 3);

			assert_int_equal(whole, sr_crc32c_portable(SR_CRC32C_INIT, b + from, n));
			assert_int_equal(whole, parts);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(both_ways_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
