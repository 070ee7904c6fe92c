/*
 * The checksums that backup_manifest may hold: CRC-32C, and SHA-2 by OpenSSL.
 */
#ifndef SR_RECOVERY_CHECKSUM_H
#define SR_RECOVERY_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sr_error;

enum sr_checksum_kind {
	SR_SUM_NONE,
	SR_SUM_CRC32C,
	SR_SUM_SHA224,
	SR_SUM_SHA256,
	SR_SUM_SHA384,
	SR_SUM_SHA512
};
#define SR_CHECKSUM_MAX 64

/* By the manifest's name for it, "CRC32C"; SR_SUM_NONE when it is not known. */
enum sr_checksum_kind sr_checksum_kind_of(const char *name);
size_t sr_checksum_size(enum sr_checksum_kind kind); /* in bytes */

/* A running checksum of one kind.  Belongs to one thread; finish or drop it exactly once. */
struct sr_checksum {
	enum sr_checksum_kind kind;
	uint32_t crc;
	void *evp;
};
bool sr_checksum_begin(struct sr_checksum *c, enum sr_checksum_kind kind, struct sr_error *err);
void sr_checksum_add(struct sr_checksum *c, const void *bytes, size_t n);
size_t sr_checksum_finish(struct sr_checksum *c, uint8_t out[SR_CHECKSUM_MAX]); /* the length */
void sr_checksum_drop(struct sr_checksum *c);

#endif
