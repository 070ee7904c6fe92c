#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define T0 (INT64_C(1706452200) * SR_USEC_PER_SEC) /* 2024-01-28 14:30:00 UTC, by date(1) */

static const struct {
	const char *text;
	sr_time t;
} readable[] = {
	{ "2024-01-28T14:30:00Z", T0 },
	{ "2024-01-28t14:30:00z", T0 },
	{ "2024-01-28 14:30:00", T0 },
	{ "  2024-01-28   14:30:00  ", T0 },
	{ "2024-01-28 14:30", T0 },
	{ "2024-01-28T14:30Z", T0 },
	{ "20240128T143000Z", T0 },
	{ "20240128T1430", T0 },
	{ "20240128143000", T0 },
	{ "20240128 143000", T0 },
	{ "2024-01-28 14:30:00 UTC", T0 },
	{ "2024-01-28 14:30:00+00", T0 },
	{ "2024-01-28 14:30:00 +00", T0 },
	{ "2024-01-28 16:30:00+02", T0 },
	{ "2024-01-28 16:30:00+0200", T0 },
	{ "2024-01-28T17:00:00+02:30", T0 },
	{ "2024-01-28T14:20:28-00:09:32", T0 },
	{ "2024-01-28 06:30:00-08", T0 },
	{ "2024-01-29 00:15:00+09:45", T0 },
	{ "20240128T163000+0200", T0 },
	{ "2024-01-28 14:30:00.5", T0 + 500000 },
	{ "2024-01-28 14:30:00,5Z", T0 + 500000 },
	{ "2024-01-28 16:30:00.5+02", T0 + 500000 },
	{ "2024-01-28 14:30:00.000001Z", T0 + 1 },
	{ "2024-01-28 14:30:00.123456Z", T0 + 123456 },
	{ "20240128T143000.25Z", T0 + 250000 },
	{ "2024-01-28", INT64_C(1706400000) * SR_USEC_PER_SEC },
	{ "20240128", INT64_C(1706400000) * SR_USEC_PER_SEC },
	{ "2024-01-27 24:00:00", INT64_C(1706400000) * SR_USEC_PER_SEC },
	{ "2024-01-27 24:00", INT64_C(1706400000) * SR_USEC_PER_SEC },
	{ "2024-01-27 23:59:60", INT64_C(1706400000) * SR_USEC_PER_SEC },
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1969-12-31T23:59:59.999999Z", -1 },
	{ "2000-02-29", INT64_C(951782400) * SR_USEC_PER_SEC },
	{ "2024-02-29", INT64_C(1709164800) * SR_USEC_PER_SEC },
	{ "0001-01-01", INT64_C(-62135596800) * SR_USEC_PER_SEC },
	{ "9999-12-31 23:59:59", INT64_C(253402300799) * SR_USEC_PER_SEC },
};

static const char *const unreadable[] = {
	"",
	" ",
	"now",
	"yesterday",
	"latest",
	"infinity",
	"-infinity",
	"2024",
	"2024-01",
	"2024-1-28",
	"24-01-28",
	"2024-00-28",
	"2024-13-28",
	"2024-01-00",
	"2024-01-32",
	"2024-04-31",
	"2023-02-29",
	"1900-02-29",
	"2100-02-29",
	"0000-01-01",
	"2024-01-28T",
	"2024-01-28T14",
	"2024-01-28 14",
	"2024-01-28T25:00:00",
	"2024-01-28T24:00:01",
	"2024-01-28T24:01",
	"2024-01-28 24:00:00.1",
	"2024-01-28T14:60:00",
	"2024-01-28T14:30:61",
	"2024-01-28T14:30:60.5",
	"2024-01-28T14:30:0",
	"2024-01-28T14:3",
	"2024-01-28T1:30:00",
	"2024-01-28T14:30:00.",
	"2024-01-28T14:30:00.Z",
	"2024-01-28T14:30:00.1234567",
	"2024-01-28T14:30.5",
	"2024-01-28T14:30:00+2",
	"2024-01-28T14:30:00+16",
	"2024-01-28T14:30:00+02:60",
	"2024-01-28T14:30:00+02:3",
	"2024-01-28T14:30:00+",
	"2024-01-28T14:30:00Zx",
	"2024-01-28T14:30:00Z Z",
	"2024-01-28T14:30:00 PM",
	"2024-01-28T14:30:00 CET",
	"2024-01-28 x",
	"2024-01-28Z",
	"2024-01-28+02",
	"2024-01-2814:30:00",
	"2024/01/28",
	"28.01.2024",
	"20240128T14300",
	"2024012814300",
	"202401281430000",
	"2024-0128",
	"202401-28",
	"2024-01-28T14:3000",
	"2024-01-28 14:30:00 BC",
	"+2024-01-28",
	"-2024-01-28",
	"2024-01-28T-1:30:00",
	"1706452200",
	"2024-01-28T14:30:00\x01",
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < SR_COUNT(readable); i++) {
		sr_time t = 42;

		if (!sr_time_parse(readable[i].text, &t))
			fail_msg("\"%s\" is not read", readable[i].text);
		if (t != readable[i].t)
			fail_msg("\"%s\" is read as %lld", readable[i].text, (long long)t);
	}
}

static void test_parse_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < SR_COUNT(unreadable); i++) {
		sr_time t;

		if (sr_time_parse(unreadable[i], &t))
			fail_msg("\"%s\" is read as %lld", unreadable[i], (long long)t);
	}
}

static void is(struct sr_strbuf *sb, const char *expected)
{
	assert_string_equal(sr_strbuf_str(sb), expected);
	sr_strbuf_clear(sb);
}

static void test_format(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	sr_time_format(T0, &sb);
	is(&sb, "2024-01-28 14:30:00+00");
	sr_time_format(T0 + 123456, &sb);
	is(&sb, "2024-01-28 14:30:00.123456+00");
	sr_time_format(T0 + 500000, &sb);
	is(&sb, "2024-01-28 14:30:00.5+00");
	sr_time_format(T0 + 1, &sb);
	is(&sb, "2024-01-28 14:30:00.000001+00");
	sr_time_format_iso(T0, &sb);
	is(&sb, "2024-01-28T14:30:00Z");
	sr_time_format_iso(-1, &sb);
	is(&sb, "1969-12-31T23:59:59.999999Z");
	sr_time_format_compact(T0 + 999999, &sb);
	is(&sb, "20240128143000");
	sr_time_format(SR_TIME_NONE, &sb);
	is(&sb, "unknown");
	sr_strbuf_release(&sb);
}

/* Every day of 800 years, and the moments around midnight, against the C library. */
static void test_round_trip(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	for (int64_t day = -146097; day < 146097; day++) {
		sr_time t = day * 86400 * SR_USEC_PER_SEC + (day % 2 ? 86399999999 : 0), back;
		time_t secs = (time_t)(day * 86400);
		struct tm tm;
		char date[32];

		sr_strbuf_clear(&sb);
		sr_time_format(t, &sb);
		gmtime_r(&secs, &tm);
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
		if (strncmp(sr_strbuf_str(&sb), date, 10) != 0)
			fail_msg("%s is shown as %s", date, sr_strbuf_str(&sb));
		assert_true(sr_time_parse(sr_strbuf_str(&sb), &back));
		if (back != t)
			fail_msg("%s does not come back", sr_strbuf_str(&sb));
	}
	sr_strbuf_release(&sb);
}

static void relative_is(int64_t seconds_ago, const char *expected)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	sr_time_format_relative(T0 - seconds_ago * SR_USEC_PER_SEC, T0, &sb);
	is(&sb, expected);
	sr_strbuf_release(&sb);
}

static void test_relative(void **state)
{
	(void)state;
	relative_is(0, "now");
	relative_is(1, "1 second ago");
	relative_is(119, "119 seconds ago");
	relative_is(120, "2 minutes ago");
	relative_is(-120, "in 2 minutes");
	relative_is(5400, "90 minutes ago");
	relative_is(3 * 3600 + 59, "3 hours ago");
	relative_is(48 * 3600, "2 days ago");
	relative_is(-90 * 86400, "in 2 months");
	relative_is(3 * 366 * 86400, "3 years ago");
}

static void test_duration(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = { { -5, "0 ms" },          { 0, "0 ms" },           { 999, "999 ms" },
		      { 1000, "1.0 s" },       { 1249, "1.2 s" },       { 59949, "59.9 s" },
		      { 59950, "1 min 0 s" },  { 184000, "3 min 4 s" }, { 3599600, "1 h 0 min" },
		      { 7500000, "2 h 5 min" } };
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		sr_duration_format(cases[i].ms, &sb);
		is(&sb, cases[i].text);
	}
	sr_strbuf_release(&sb);
}

static void test_sizes(void **state)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	sr_bytes_format(512, &sb);
	is(&sb, "512 bytes");
	sr_bytes_format(1024, &sb);
	is(&sb, "1.0 kB");
	sr_bytes_format(1048575, &sb);
	is(&sb, "1.0 MB");
	sr_bytes_format(INT64_C(1503238554), &sb);
	is(&sb, "1.4 GB");
	sr_bytes_format(500 * 1024 * 1024, &sb);
	is(&sb, "500 MB");
	sr_bytes_format(INT64_MAX, &sb);
	is(&sb, "8.0 EB");
	sr_count_format(0, &sb);
	is(&sb, "0");
	sr_count_format(999, &sb);
	is(&sb, "999");
	sr_count_format(1234567, &sb);
	is(&sb, "1,234,567");
	sr_count_format(-1000, &sb);
	is(&sb, "-1,000");
	sr_count_format(INT64_MIN, &sb);
	is(&sb, "-9,223,372,036,854,775,808");
	sr_strbuf_release(&sb);
}

static void test_clocks(void **state)
{
	int64_t before = sr_clock_monotonic_ms();

	(void)state;
	sr_clock_sleep_ms(20);
	assert_true(sr_clock_monotonic_ms() - before >= 19);
	assert_in_range(sr_clock_now() / SR_USEC_PER_SEC, time(NULL) - 2, time(NULL) + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),    cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_format),   cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_relative), cmocka_unit_test(test_duration),
		cmocka_unit_test(test_sizes),    cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
