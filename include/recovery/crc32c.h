/*
 * CRC-32C (Castagnoli), the checksum of WAL records, pg_control and, by
 * default, backup_manifest.  Any thread may call.
 */
#ifndef SR_RECOVERY_CRC32C_H
#define SR_RECOVERY_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#define SR_CRC32C_INIT UINT32_C(0xFFFFFFFF)

/* Goes on from `crc` (SR_CRC32C_INIT at first) over n more bytes. */
uint32_t sr_crc32c(uint32_t crc, const void *bytes, size_t n);
/* The same without the processor's instruction: what machines without it use. */
uint32_t sr_crc32c_portable(uint32_t crc, const void *bytes, size_t n);
static inline uint32_t sr_crc32c_final(uint32_t crc)
{
	return crc ^ UINT32_C(0xFFFFFFFF);
}

#endif
