#include "recovery/checksum.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "recovery/crc32c.h"

static const struct {
	const char *name;
	size_t size;
} kinds[] = {
	[SR_SUM_NONE] = { "NONE", 0 },      [SR_SUM_CRC32C] = { "CRC32C", 4 },
	[SR_SUM_SHA224] = { "SHA224", 28 }, [SR_SUM_SHA256] = { "SHA256", 32 },
	[SR_SUM_SHA384] = { "SHA384", 48 }, [SR_SUM_SHA512] = { "SHA512", 64 },
};

enum sr_checksum_kind sr_checksum_kind_of(const char *name)
{
	for (size_t i = 1; i < SR_COUNT(kinds); i++)
		if (strcasecmp(kinds[i].name, name) == 0)
			return (enum sr_checksum_kind)i;
	return SR_SUM_NONE;
}

size_t sr_checksum_size(enum sr_checksum_kind kind)
{
	return kinds[kind].size;
}

bool sr_checksum_begin(struct sr_checksum *c, enum sr_checksum_kind kind, struct sr_error *err)
{
	const EVP_MD *md;

	*c = (struct sr_checksum){ .kind = kind, .crc = SR_CRC32C_INIT };
	if (kind == SR_SUM_NONE || kind == SR_SUM_CRC32C)
		return true;
	md = EVP_get_digestbyname(kinds[kind].name);
	c->evp = EVP_MD_CTX_new();
	if (!md || !c->evp || EVP_DigestInit_ex(c->evp, md, NULL) != 1)
		return sr_error_set(err, SR_ERR_INTERNAL, "OpenSSL has no %s", kinds[kind].name);
	return true;
}

void sr_checksum_add(struct sr_checksum *c, const void *bytes, size_t n)
{
	if (c->kind == SR_SUM_CRC32C)
		c->crc = sr_crc32c(c->crc, bytes, n);
	else if (c->evp)
		EVP_DigestUpdate(c->evp, bytes, n);
}

size_t sr_checksum_finish(struct sr_checksum *c, uint8_t out[SR_CHECKSUM_MAX])
{
	size_t size = kinds[c->kind].size;

	if (c->kind == SR_SUM_CRC32C) {
		uint32_t crc = sr_crc32c_final(c->crc);

		/* The server prints the four bytes as they lie in memory. */
		memcpy(out, &crc, sizeof crc);
	} else if (c->evp) {
		EVP_DigestFinal_ex(c->evp, out, NULL);
	}
	sr_checksum_drop(c);
	return size;
}

void sr_checksum_drop(struct sr_checksum *c)
{
	EVP_MD_CTX_free(c->evp);
	c->evp = NULL;
}
