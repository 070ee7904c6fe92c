/*
 * The few fields of global/pg_control that are needed before any server runs
 * (catalog/pg_control.h; found without knowing the version's layout).
 */
#ifndef SR_RECOVERY_CONTROL_H
#define SR_RECOVERY_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sr_control_file {
	uint64_t system_identifier;
	uint32_t version, catalog_version;
	uint32_t wal_segment_size, wal_block_size;
	int major; /* by catalog version, 0 when that is not a release's */
};
/* False when it is too short, of another machine's byte order, or its CRC does not fit. */
bool sr_control_file_parse(const void *bytes, size_t n, struct sr_control_file *out);

#endif
