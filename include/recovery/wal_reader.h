/*
 * Follows the pages and records of WAL and hands over the few records that tell
 * about time: commits, aborts, and the end of a base backup.
 *
 * Facts from PostgreSQL's access/xlog_internal.h (XLogPageHeaderData: magic,
 * flags, timeline, address, length of what continues; the first page of a
 * segment adds system identifier, segment and block size) and
 * access/xlogrecord.h (XLogRecord, 24 bytes: length, xid, address of the record
 * before, info, resource manager, CRC-32C over the body and then the header).
 * Records begin at multiples of 8 and go on over page and segment borders.
 * They are the same from 9.5 to 18.  Integers are little-endian: a machine
 * reads the WAL of its own kind only.
 *
 * Bytes are not trusted: reading ends where a page does not belong to its
 * place, or a record's link or CRC does not fit.  That is also how the used part
 * of a recycled segment ends.
 */
#ifndef SR_RECOVERY_WAL_READER_H
#define SR_RECOVERY_WAL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "recovery/backup.h"

#define SR_WAL_HEADER_SIZE 40 /* of a segment's first page */
#define SR_WAL_MIN_SEGMENT (1024 * 1024)
#define SR_WAL_MAX_SEGMENT (1024 * 1024 * 1024)

/* The first page of a segment. */
struct sr_wal_header {
	int major; /* 0: a magic this program does not know, newer than 18 perhaps */
	unsigned timeline;
	sr_lsn address;
	uint64_t system_identifier;
	uint32_t segment_size, block_size;
};
/* False when these are not the first bytes of a WAL segment. */
bool sr_wal_header_parse(const void *bytes, size_t n, struct sr_wal_header *out);

enum sr_wal_event_kind { SR_WAL_COMMIT, SR_WAL_ABORT, SR_WAL_BACKUP_END };
struct sr_wal_event {
	enum sr_wal_event_kind kind;
	sr_lsn lsn, end; /* of the record: where it begins, and the byte after it */
	sr_time time; /* commit and abort */
	sr_lsn backup_start; /* backup end: the START WAL LOCATION it belongs to */
};
/* False: enough, read no further. */
typedef bool sr_wal_event_fn(void *ctx, const struct sr_wal_event *event);

struct sr_wal_reader {
	uint32_t block_size;
	sr_lsn page; /* the address that the next page must have */
	sr_wal_event_fn *event;
	void *ctx;
	uint64_t skip; /* bytes of a record that began before we did */
	bool in_record;
	bool prev_known;
	sr_lsn start, prev; /* of the record being read; of the one before */
	uint64_t have; /* bytes of it read */
	uint32_t crc;
	unsigned char head[96]; /* the record's first bytes */
};
/* `address` is that of the first page; pages of block_size bytes follow one by one. */
void sr_wal_reader_init(struct sr_wal_reader *r, sr_lsn address, uint32_t block_size, sr_wal_event_fn *event,
			void *ctx);
/* Reads one page; false when nothing can follow (or the callback had enough). */
bool sr_wal_reader_page(struct sr_wal_reader *r, const void *page);

#endif
