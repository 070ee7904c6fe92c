#include "recovery/wal_reader.h"

#include <string.h>

#include "base/mem.h"
#include "recovery/crc32c.h"

#define PAGE_SHORT   24
#define RECORD_SIZE  24
#define RECORD_CRC   20 /* where the CRC is in the header; it covers what is before it */
#define RECORD_LIMIT (UINT32_C(1020) * 1024 * 1024 + 16 * 1024 * 1024)

#define FLAG_CONTINUES 0x0001
#define FLAG_LONG      0x0002
#define FLAG_KNOWN     0x000F

#define RM_XLOG         0
#define RM_XACT         1
#define XLOG_SWITCH     0x40
#define XLOG_BACKUP_END 0x50
#define XACT_OP         0x70
#define XACT_COMMIT     0x00
#define XACT_ABORT      0x20
#define XACT_COMMIT_2PC 0x30
#define XACT_ABORT_2PC  0x40

#define BLOCK_ID_LONG   254
#define BLOCK_ID_SHORT  255
#define BLOCK_ID_ORIGIN 253
#define BLOCK_ID_TOPXID 252

#define PG_EPOCH_SECONDS INT64_C(946684800) /* 2000-01-01 */

static uint16_t get16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t get64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* XLOG_PAGE_MAGIC of each release. */
static int magic_major(uint16_t magic)
{
	static const struct {
		uint16_t magic;
		int major;
	} known[] = {
		{ 0xD097, 10 }, { 0xD098, 11 }, { 0xD101, 12 }, { 0xD106, 13 }, { 0xD10D, 14 },
		{ 0xD110, 15 }, { 0xD113, 16 }, { 0xD116, 17 }, { 0xD118, 18 },
	};

	for (size_t i = 0; i < SR_COUNT(known); i++)
		if (known[i].magic == magic)
			return known[i].major;
	return 0;
}

static bool power_of_two(uint32_t v, uint32_t least, uint32_t most)
{
	return v >= least && v <= most && (v & (v - 1)) == 0;
}

bool sr_wal_header_parse(const void *bytes, size_t n, struct sr_wal_header *out)
{
	const unsigned char *p = bytes;
	uint16_t flags;

	if (n < SR_WAL_HEADER_SIZE)
		return false;
	flags = get16(p + 2);
	*out = (struct sr_wal_header){
		.major = magic_major(get16(p)),
		.timeline = get32(p + 4),
		.address = get64(p + 8),
		.system_identifier = get64(p + 24),
		.segment_size = get32(p + 32),
		.block_size = get32(p + 36),
	};
	/* All magics begin with 0xD0 or 0xD1: a newer one is still WAL. */
	return (p[1] == 0xD0 || p[1] == 0xD1) && (flags & FLAG_LONG) && !(flags & ~FLAG_KNOWN) &&
	       power_of_two(out->segment_size, SR_WAL_MIN_SEGMENT, SR_WAL_MAX_SEGMENT) &&
	       power_of_two(out->block_size, 1024, 65536) && out->address % out->segment_size == 0 &&
	       out->timeline > 0;
}

void sr_wal_reader_init(struct sr_wal_reader *r, sr_lsn address, uint32_t block_size, sr_wal_event_fn *event,
			void *ctx)
{
	*r = (struct sr_wal_reader){
		.page = address,
		.block_size = block_size,
		.event = event,
		.ctx = ctx,
	};
}

/*
 * Where the main data of the record begins in r->head, and how long it is.
 * Records that refer to blocks are passed over: those that we look for have none.
 */
static bool main_data(const struct sr_wal_reader *r, uint32_t total, size_t *at, uint32_t *len)
{
	size_t limit = total < sizeof r->head ? total : sizeof r->head;

	for (size_t p = RECORD_SIZE; p < limit;) {
		switch (r->head[p]) {
		case BLOCK_ID_ORIGIN:
			p += 1 + 2;
			break;
		case BLOCK_ID_TOPXID:
			p += 1 + 4;
			break;
		case BLOCK_ID_SHORT:
			*at = p + 2;
			*len = p + 2 <= limit ? r->head[p + 1] : 0;
			return *at <= limit && *len <= total - *at;
		case BLOCK_ID_LONG:
			*at = p + 5;
			*len = p + 5 <= limit ? get32(r->head + p + 1) : 0;
			return *at <= limit && *len <= total - *at;
		default:
			return false;
		}
	}
	return false;
}

static bool plausible_time(int64_t pg_usec)
{
	/* 2000 to 2200: what is outside is not a time. */
	return pg_usec > 0 && pg_usec < INT64_C(200) * 366 * 86400 * SR_USEC_PER_SEC;
}

/* A whole record is there and its CRC is right: false when the reading is to end. */
static bool record_done(struct sr_wal_reader *r, uint32_t total, sr_lsn end)
{
	struct sr_wal_event event = { .lsn = r->start, .end = end, .time = SR_TIME_NONE };
	unsigned info = r->head[16], rmid = r->head[17];
	uint32_t len;
	size_t at;

	if (rmid == RM_XLOG && (info & 0xF0) == XLOG_SWITCH)
		return false; /* zeros to the end of the segment */
	if (rmid != RM_XACT && !(rmid == RM_XLOG && (info & 0xF0) == XLOG_BACKUP_END))
		return true;
	if (!main_data(r, total, &at, &len) || len < 8 || at + 8 > sizeof r->head)
		return true;
	if (rmid == RM_XLOG) {
		event.kind = SR_WAL_BACKUP_END;
		event.backup_start = get64(r->head + at);
		return r->event(r->ctx, &event);
	}
	switch (info & XACT_OP) {
	case XACT_COMMIT:
	case XACT_COMMIT_2PC:
		event.kind = SR_WAL_COMMIT;
		break;
	case XACT_ABORT:
	case XACT_ABORT_2PC:
		event.kind = SR_WAL_ABORT;
		break;
	default:
		return true;
	}
	if (!plausible_time((int64_t)get64(r->head + at)))
		return true;
	event.time = (int64_t)get64(r->head + at) + PG_EPOCH_SECONDS * SR_USEC_PER_SEC;
	return r->event(r->ctx, &event);
}

/* The CRC goes over the body first, then over the header: bodies are summed up as they come. */
static void take_bytes(struct sr_wal_reader *r, const unsigned char *p, size_t n)
{
	if (r->have < sizeof r->head) {
		size_t room = sizeof r->head - (size_t)r->have;

		memcpy(r->head + r->have, p, n < room ? n : room);
	}
	if (r->have < RECORD_SIZE) {
		size_t header = RECORD_SIZE - (size_t)r->have;

		header = n < header ? n : header;
		r->have += header;
		p += header;
		n -= header;
	}
	r->crc = sr_crc32c(r->crc, p, n);
	r->have += n;
}

/* False: the bytes are no record that follows the one before. */
static bool header_fits(const struct sr_wal_reader *r)
{
	uint32_t total = get32(r->head);
	sr_lsn prev = get64(r->head + 8);

	return total >= RECORD_SIZE && total <= RECORD_LIMIT &&
	       (r->prev_known ? prev == r->prev : prev < r->start);
}

/* Goes on with the record being read, from *off of the page. False: end. */
static bool read_record(struct sr_wal_reader *r, const unsigned char *page, size_t *off)
{
	size_t room = r->block_size - *off, n;
	uint32_t total;

	if (r->have < RECORD_SIZE) {
		n = RECORD_SIZE - (size_t)r->have;
		n = n < room ? n : room;
		take_bytes(r, page + *off, n);
		*off += n;
		room -= n;
		if (r->have < RECORD_SIZE)
			return true;
		if (!header_fits(r))
			return false;
	}
	total = get32(r->head);
	n = total - r->have < room ? (size_t)(total - r->have) : room;
	take_bytes(r, page + *off, n);
	*off += n;
	if (r->have < total)
		return true;

	r->in_record = false;
	r->prev = r->start;
	r->prev_known = true;
	if (sr_crc32c_final(sr_crc32c(r->crc, r->head, RECORD_CRC)) != get32(r->head + RECORD_CRC))
		return false;
	return record_done(r, total, r->page + ((*off + 7) & ~(size_t)7));
}

/* What the page's header says about a record that goes on here. False: the page does not fit. */
static bool begin_page(struct sr_wal_reader *r, const unsigned char *page, size_t *off)
{
	uint16_t flags = get16(page + 2);
	uint32_t rest = get32(page + 16);
	bool continues = flags & FLAG_CONTINUES;

	if ((page[1] != 0xD0 && page[1] != 0xD1) || (flags & ~FLAG_KNOWN) || get64(page + 8) != r->page)
		return false;
	*off = flags & FLAG_LONG ? SR_WAL_HEADER_SIZE : PAGE_SHORT;
	/* A record that the server gave up after a crash is followed by another one, on a new page. */
	if (r->in_record && !continues) {
		r->in_record = false;
		r->prev_known = false;
	}
	if (!continues)
		r->skip = 0;
	if (r->in_record && r->have >= RECORD_SIZE && rest != get32(r->head) - r->have)
		return false;
	if (!r->in_record && r->skip == 0 && continues)
		r->skip = rest;
	return true;
}

bool sr_wal_reader_page(struct sr_wal_reader *r, const void *bytes)
{
	const unsigned char *page = bytes;
	size_t off;

	if (!begin_page(r, page, &off))
		return false;
	while (off < r->block_size) {
		if (r->skip > 0) {
			size_t room = r->block_size - off;
			size_t n = r->skip < room ? (size_t)r->skip : room;

			r->skip -= n;
			off += n;
		} else {
			if (!r->in_record) {
				if (get32(page + off) == 0)
					return false; /* nothing was written here */
				r->in_record = true;
				r->start = r->page + off;
				r->have = 0;
				r->crc = SR_CRC32C_INIT;
			}
			if (!read_record(r, page, &off))
				return false;
		}
		off = (off + 7) & ~(size_t)7;
	}
	r->page += r->block_size;
	return true;
}
