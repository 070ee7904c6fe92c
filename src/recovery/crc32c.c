#include "recovery/crc32c.h"

#include <pthread.h>
#include <string.h>

/* Written once, before its first use. */
static struct {
	pthread_once_t once;
	uint32_t at[8][256];
} tables = { .once = PTHREAD_ONCE_INIT };

static void make_tables(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? UINT32_C(0x82F63B78) : 0);
		tables.at[0][i] = c;
	}
	for (unsigned i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			tables.at[k][i] = tables.at[k - 1][i] >> 8 ^ tables.at[0][tables.at[k - 1][i] & 0xff];
}

/* Eight bytes a step, for machines without the instruction. */
uint32_t sr_crc32c_portable(uint32_t crc, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	pthread_once(&tables.once, make_tables);
	for (; n >= 8; p += 8, n -= 8)
		crc = tables.at[7][(crc ^ p[0]) & 0xff] ^ tables.at[6][(crc >> 8 ^ p[1]) & 0xff] ^
		      tables.at[5][(crc >> 16 ^ p[2]) & 0xff] ^ tables.at[4][crc >> 24 ^ p[3]] ^
		      tables.at[3][p[4]] ^ tables.at[2][p[5]] ^ tables.at[1][p[6]] ^ tables.at[0][p[7]];
	for (; n > 0; p++, n--)
		crc = crc >> 8 ^ tables.at[0][(crc ^ *p) & 0xff];
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *p,
								 size_t n)
{
	uint64_t c = crc;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		c = __builtin_ia32_crc32di(c, word);
	}
	crc = (uint32_t)c;
	for (; n > 0; p++, n--)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#endif

uint32_t sr_crc32c(uint32_t crc, const void *bytes, size_t n)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return by_instruction(crc, bytes, n);
#endif
	return sr_crc32c_portable(crc, bytes, n);
}
