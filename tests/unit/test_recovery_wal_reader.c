#include "recovery_fixture.h"

#include "recovery/crc32c.h"
#include "recovery/wal_reader.h"

#define PAGE  8192
#define PAGES 8
#define START (UINT64_C(5) * MB)
#define EPOCH (INT64_C(946684800) * SR_USEC_PER_SEC)

/* A small WAL writer: pages in a row, records over their borders. */
struct wal {
	unsigned char bytes[PAGES * PAGE];
	size_t at;
	sr_lsn prev;
};

static void page_header(struct wal *w, size_t page, uint16_t flags, uint32_t rest)
{
	unsigned char *p = w->bytes + page * PAGE;
	uint16_t magic = 0xD110;
	uint32_t timeline = 1, segment = MB, block = PAGE;
	uint64_t address = START + page * PAGE, id = CLUSTER;

	flags |= page == 0 ? 2 : 0;
	memcpy(p, &magic, 2);
	memcpy(p + 2, &flags, 2);
	memcpy(p + 4, &timeline, 4);
	memcpy(p + 8, &address, 8);
	memcpy(p + 16, &rest, 4);
	if (page != 0)
		return;
	memcpy(p + 24, &id, 8);
	memcpy(p + 32, &segment, 4);
	memcpy(p + 36, &block, 4);
}

static void begin(struct wal *w)
{
	memset(w, 0, sizeof *w);
	page_header(w, 0, 0, 0);
	w->at = 40;
}

static void write_bytes(struct wal *w, const unsigned char *p, size_t n)
{
	while (n > 0) {
		size_t room, m;

		if (w->at % PAGE == 0) {
			page_header(w, w->at / PAGE, 1, (uint32_t)n);
			w->at += 24;
		}
		room = PAGE - w->at % PAGE;
		m = n < room ? n : room;
		memcpy(w->bytes + w->at, p, m);
		w->at += m;
		p += m;
		n -= m;
	}
}

/* Returns where it begins. */
static sr_lsn record(struct wal *w, uint8_t rmid, uint8_t info, const void *body, size_t n)
{
	unsigned char *r = sr_calloc(1, 24 + n);
	uint32_t total = (uint32_t)(24 + n), crc;
	sr_lsn lsn;

	w->at = (w->at + 7) & ~(size_t)7;
	if (w->at % PAGE == 0) {
		page_header(w, w->at / PAGE, 0, 0);
		w->at += 24;
	}
	lsn = START + w->at;
	memcpy(r, &total, 4);
	memcpy(r + 8, &w->prev, 8);
	r[16] = info;
	r[17] = rmid;
	memcpy(r + 24, body, n);
	crc = sr_crc32c_final(sr_crc32c(sr_crc32c(SR_CRC32C_INIT, r + 24, n), r, 20));
	memcpy(r + 20, &crc, 4);
	write_bytes(w, r, total);
	free(r);
	w->prev = lsn;
	return lsn;
}

static sr_lsn commit(struct wal *w, uint8_t info, int64_t seconds)
{
	unsigned char body[10] = { 255, 8 };
	int64_t usec = seconds * SR_USEC_PER_SEC;

	memcpy(body + 2, &usec, 8);
	return record(w, 1, info, body, sizeof body);
}

static void filler(struct wal *w, size_t n)
{
	unsigned char *body = sr_calloc(1, n);
	uint32_t len = (uint32_t)n - 5;

	body[0] = 254;
	memcpy(body + 1, &len, 4);
	record(w, 10, 0, body, n);
	free(body);
}

struct seen {
	int n, limit;
	struct sr_wal_event events[64];
};

static bool see(void *ctx, const struct sr_wal_event *event)
{
	struct seen *s = ctx;

	s->events[s->n++] = *event;
	return s->n != s->limit;
}

/* Reads the pages from `first` on; the number that were read whole. */
static size_t read_from(const struct wal *w, size_t first, struct seen *s)
{
	struct sr_wal_reader r;
	size_t n = 0;

	s->n = 0;
	sr_wal_reader_init(&r, START + first * PAGE, PAGE, see, s);
	for (size_t i = first; i < PAGES; i++, n++) {
		/* a copy of its own, so that reading past the page's end is noticed */
		unsigned char *page = sr_malloc(PAGE);
		bool more;

		memcpy(page, w->bytes + i * PAGE, PAGE);
		more = sr_wal_reader_page(&r, page);
		free(page);
		if (!more)
			break;
	}
	return n;
}

static void all_kinds(void **state)
{
	struct seen s = { 0 };
	struct wal w;
	sr_lsn first, backup = 0x500028;
	unsigned char body[32] = { 255, 8 };

	(void)state;
	begin(&w);
	first = commit(&w, 0x80 | 0x00, 100); /* with XLOG_XACT_HAS_INFO */
	commit(&w, 0x20, 200); /* abort */
	commit(&w, 0x10, 300); /* prepare: no commit yet */
	commit(&w, 0x30, 400); /* commit prepared */
	commit(&w, 0x40, 500); /* abort prepared */
	commit(&w, 0x50, 600); /* assignment: nothing */
	memcpy(body + 2, &backup, 8);
	record(&w, 0, 0x50, body, 10);
	read_from(&w, 0, &s);
	assert_int_equal(s.n, 5);
	assert_true(s.events[0].lsn == first && s.events[0].end == first + 40);
	assert_int_equal(s.events[0].kind, SR_WAL_COMMIT);
	assert_true(s.events[0].time == EPOCH + 100 * SR_USEC_PER_SEC);
	assert_int_equal(s.events[1].kind, SR_WAL_ABORT);
	assert_int_equal(s.events[2].kind, SR_WAL_COMMIT);
	assert_int_equal(s.events[3].kind, SR_WAL_ABORT);
	assert_int_equal(s.events[4].kind, SR_WAL_BACKUP_END);
	assert_true(s.events[4].backup_start == backup);
	s.limit = 2;
	read_from(&w, 0, &s);
	assert_int_equal(s.n, 2);
}

static void headers_before_the_data(void **state)
{
	unsigned char body[64] = { 253, 1, 0, 252, 9, 0, 0, 0, 254, 8, 0, 0, 0 };
	int64_t usec = 77 * SR_USEC_PER_SEC;
	struct seen s = { 0 };
	struct wal w;

	(void)state;
	begin(&w);
	memcpy(body + 13, &usec, 8);
	record(&w, 1, 0, body, 21);
	body[0] = 0; /* a block reference: passed over */
	record(&w, 1, 0, body, 21);
	memset(body, 0, sizeof body);
	body[0] = 255;
	body[1] = 200; /* longer than the record */
	record(&w, 1, 0, body, 12);
	record(&w, 1, 0, body, 1); /* ends within the header */
	record(&w, 1, 0, body, 0);
	body[1] = 8; /* a time that cannot be */
	memset(body + 2, 0x7f, 8);
	record(&w, 1, 0, body, 10);
	commit(&w, 0, 78);
	read_from(&w, 0, &s);
	assert_int_equal(s.n, 2);
	assert_true(s.events[0].time == EPOCH + 77 * SR_USEC_PER_SEC);
	assert_true(s.events[1].time == EPOCH + 78 * SR_USEC_PER_SEC);
}

/* Commits at every offset that a border can cut a record at. */
static void over_page_borders(void **state)
{
	struct seen s = { 0 };
	struct wal w;

	(void)state;
	for (size_t before = 8; before <= 40; before += 8) {
		begin(&w);
		filler(&w, PAGE - 40 - 24 - before);
		commit(&w, 0, 1);
		filler(&w, 2 * PAGE + 5);
		commit(&w, 0, 2);
		read_from(&w, 0, &s);
		assert_int_equal(s.n, 2);
		assert_true(s.events[1].time == EPOCH + 2 * SR_USEC_PER_SEC);
		/* From the second page on: what began before is passed over. */
		read_from(&w, 1, &s);
		assert_true(s.n >= 1 && s.n <= 2);
		assert_true(s.events[s.n - 1].time == EPOCH + 2 * SR_USEC_PER_SEC);
		read_from(&w, 2, &s);
		assert_int_equal(s.n, 1);
	}
}

static void ends_at_damage(void **state)
{
	struct seen s = { 0 };
	struct wal w, good;
	sr_lsn second;

	(void)state;
	begin(&good);
	commit(&good, 0, 1);
	second = commit(&good, 0, 2);
	filler(&good, PAGE);
	commit(&good, 0, 3);
	assert_true(read_from(&good, 0, &s) == 1 && s.n == 3);
	w = good;
	w.bytes[second - START + 30] ^= 1; /* its CRC */
	assert_true(read_from(&w, 0, &s) == 0 && s.n == 1);
	w = good;
	w.bytes[second - START + 8] ^= 8; /* the link to the record before */
	assert_true(read_from(&w, 0, &s) == 0 && s.n == 1);
	w = good;
	memset(w.bytes + (second - START), 0xff, 4); /* its length */
	assert_true(read_from(&w, 0, &s) == 0 && s.n == 1);
	w = good;
	w.bytes[PAGE + 8] ^= 0x10; /* a page of another place: a recycled segment */
	assert_true(read_from(&w, 0, &s) == 1 && s.n == 2);
	w = good;
	w.bytes[PAGE + 16] ^= 1; /* how much of the record goes on */
	assert_true(read_from(&w, 0, &s) == 1 && s.n == 2);
}

static void switch_ends_the_segment(void **state)
{
	struct seen s = { 0 };
	struct wal w;

	(void)state;
	begin(&w);
	commit(&w, 0, 1);
	record(&w, 0, 0x40, "", 0);
	commit(&w, 0, 2);
	read_from(&w, 0, &s);
	assert_int_equal(s.n, 1);
}

/* After a crash the server leaves half a record and goes on with the next page. */
static void given_up_record(void **state)
{
	struct seen s = { 0 };
	struct wal w;

	(void)state;
	begin(&w);
	commit(&w, 0, 1);
	filler(&w, PAGE);
	memset(w.bytes + PAGE, 0, PAGE);
	page_header(&w, 1, 8, 0);
	w.at = PAGE + 24;
	commit(&w, 0, 2);
	read_from(&w, 0, &s);
	assert_int_equal(s.n, 2);
	assert_true(s.events[1].time == EPOCH + 2 * SR_USEC_PER_SEC);
}

static void first_page_header(void **state)
{
	struct sr_wal_header h;
	struct wal w;

	(void)state;
	begin(&w);
	assert_true(sr_wal_header_parse(w.bytes, 40, &h));
	assert_int_equal(h.major, 15);
	assert_int_equal(h.timeline, 1);
	assert_true(h.address == START && h.system_identifier == CLUSTER);
	assert_true(h.segment_size == MB && h.block_size == PAGE);
	assert_false(sr_wal_header_parse(w.bytes, 39, &h));
	w.bytes[34] = 0x11; /* not a power of two */
	assert_false(sr_wal_header_parse(w.bytes, 40, &h));
	begin(&w);
	w.bytes[0] = 0xF0; /* a version to come */
	assert_true(sr_wal_header_parse(w.bytes, 40, &h));
	assert_int_equal(h.major, 0);
	memset(w.bytes, 0, 40);
	assert_false(sr_wal_header_parse(w.bytes, 40, &h));
}

/* Whatever the bytes are, it ends, and reads nothing outside the page. */
static void noise(void **state)
{
	unsigned seed = 1;
	struct seen s = { .limit = 60 };
	struct wal good, w;

	(void)state;
	begin(&good);
	for (int i = 0; i < 40; i++) {
		commit(&good, 0, i + 1);
		filler(&good, 700);
	}
	for (int round = 0; round < 2000; round++) {
		w = good;
		for (int i = 0; i < 6; i++) {
			seed = seed * 1103515245 + 12345;
			w.bytes[(seed >> 4) % (4 * PAGE)] = (unsigned char)(seed >> 16);
		}
		read_from(&w, (size_t)round % 2, &s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),         cmocka_unit_test(headers_before_the_data),
		cmocka_unit_test(over_page_borders), cmocka_unit_test(ends_at_damage),
		cmocka_unit_test(given_up_record),   cmocka_unit_test(switch_ends_the_segment),
		cmocka_unit_test(first_page_header), cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
