#include "recovery/control.h"

#include <string.h>

#include "base/mem.h"
#include "recovery/crc32c.h"

/* All layouts from 9.5 to 18 are between these; the struct ends with its CRC. */
#define SMALLEST 200
#define LARGEST  512

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static int catalog_major(uint32_t version)
{
	static const struct {
		uint32_t catalog;
		int major;
	} known[] = {
		{ 201707211, 10 }, { 201809051, 11 }, { 201909212, 12 }, { 202007201, 13 }, { 202107181, 14 },
		{ 202209061, 15 }, { 202307071, 16 }, { 202406281, 17 }, { 202506291, 18 },
	};

	for (size_t i = 0; i < SR_COUNT(known); i++)
		if (known[i].catalog == version)
			return known[i].major;
	return 0;
}

/* Where the CRC is depends on the version: the one place where it fits is it. */
static bool crc_fits(const unsigned char *p, size_t n)
{
	uint32_t crc = sr_crc32c(SR_CRC32C_INIT, p, SMALLEST);

	for (size_t at = SMALLEST; at + 4 <= n && at < LARGEST; at += 4) {
		if (sr_crc32c_final(crc) == get32(p + at))
			return true;
		crc = sr_crc32c(crc, p + at, 4);
	}
	return false;
}

bool sr_control_file_parse(const void *bytes, size_t n, struct sr_control_file *out)
{
	static const double float_format = 1234567.0; /* FLOATFORMAT_VALUE, followed by the sizes */
	const unsigned char *p = bytes;

	*out = (struct sr_control_file){ 0 };
	if (n < LARGEST || !crc_fits(p, n))
		return false;
	memcpy(&out->system_identifier, p, sizeof out->system_identifier);
	out->version = get32(p + 8);
	out->catalog_version = get32(p + 12);
	out->major = catalog_major(out->catalog_version);
	for (size_t at = 16; at + 24 <= LARGEST; at += 8) {
		if (memcmp(p + at, &float_format, sizeof float_format) != 0)
			continue;
		out->wal_block_size = get32(p + at + 16);
		out->wal_segment_size = get32(p + at + 20);
	}
	return out->wal_segment_size != 0;
}
