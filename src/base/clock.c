#include "base/clock.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/strbuf.h"

static const int64_t SECS_PER_DAY = 86400;

sr_time sr_clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (sr_time)ts.tv_sec * SR_USEC_PER_SEC + ts.tv_nsec / 1000;
}

int64_t sr_clock_monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void sr_clock_sleep_ms(int64_t ms)
{
	struct timespec ts;

	if (ms <= 0)
		return;
	ts = (struct timespec){ .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };
	nanosleep(&ts, NULL);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Leap days before the first of January of this year, counted from year 0 (proleptic Gregorian). */
static int64_t leap_days_before(int64_t year)
{
	int64_t y = year - 1;

	return y / 4 - y / 100 + y / 400;
}

static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t days = 365 * ((int64_t)year - 1970) + leap_days_before(year) - leap_days_before(1970);

	for (int m = 1; m < month; m++)
		days += days_in_month(year, m);
	return days + day - 1;
}

/* Exactly n digits. */
static bool read_digits(const char **p, int n, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++) {
		if (**p < '0' || **p > '9')
			return false;
		*value = *value * 10 + (*(*p)++ - '0');
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_spaces(const char **p)
{
	*p += strspn(*p, " \t\r\n");
}

static bool read_date(const char **p, bool *compact, int64_t *days)
{
	int year, month, day;

	if (!read_digits(p, 4, &year))
		return false;
	*compact = **p != '-';
	if (!*compact)
		(*p)++;
	if (!read_digits(p, 2, &month))
		return false;
	if (!*compact && *(*p)++ != '-')
		return false;
	if (!read_digits(p, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*days = days_since_epoch(year, month, day);
	return true;
}

/* ".5" or ",123456": more digits than a moment can hold are refused, not rounded. */
static bool read_fraction(const char **p, int *usec)
{
	int digits = 0;

	*usec = 0;
	if (**p != '.' && **p != ',')
		return true;
	(*p)++;
	for (; is_digit(**p); (*p)++, digits++) {
		if (digits == 6)
			return false;
		*usec = *usec * 10 + (**p - '0');
	}
	if (digits == 0)
		return false;
	for (; digits < 6; digits++)
		*usec *= 10;
	return true;
}

/* HH:MM, HH:MM:SS, HHMM, HHMMSS, the latter of each with a fraction. */
static bool read_clock(const char **p, int64_t *secs, int *usec)
{
	int hour, minute, second = 0;
	bool colons, has_seconds;

	*usec = 0;
	if (!read_digits(p, 2, &hour))
		return false;
	colons = **p == ':';
	if (colons)
		(*p)++;
	if (!read_digits(p, 2, &minute))
		return false;
	has_seconds = colons ? **p == ':' : is_digit(**p);
	if (has_seconds) {
		if (colons)
			(*p)++;
		if (!read_digits(p, 2, &second) || !read_fraction(p, usec))
			return false;
	}
	/* As in PostgreSQL, 24:00 is the next midnight and second 60 the next minute. */
	if (minute > 59 || second > 60 || (second == 60 && *usec))
		return false;
	*secs = hour * 3600 + minute * 60 + second;
	return hour < 24 || (hour == 24 && minute == 0 && second == 0 && *usec == 0);
}

/* Nothing (UTC), Z, UTC, GMT, or an offset: +02, +0230, +02:30, +02:30:15. */
static bool read_zone(const char **p, int64_t *offset)
{
	int sign, hours, minutes = 0, seconds = 0;

	*offset = 0;
	if (**p == 'Z' || **p == 'z') {
		(*p)++;
		return true;
	}
	if (strncasecmp(*p, "UTC", 3) == 0 || strncasecmp(*p, "GMT", 3) == 0) {
		*p += 3;
		return true;
	}
	if (**p != '+' && **p != '-')
		return true;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!read_digits(p, 2, &hours))
		return false;
	if (is_digit(**p)) {
		if (!read_digits(p, 2, &minutes))
			return false;
	} else if (**p == ':') {
		(*p)++;
		if (!read_digits(p, 2, &minutes))
			return false;
		if (**p == ':') {
			(*p)++;
			if (!read_digits(p, 2, &seconds))
				return false;
		}
	}
	*offset = sign * (hours * 3600 + minutes * 60 + seconds);
	/* PostgreSQL's own limit: less than 16 hours. */
	return hours < 16 && minutes < 60 && seconds < 60;
}

/* The clock and the zone that follow a date. */
static bool read_rest(const char **p, bool compact, int64_t *secs, int *usec, int64_t *offset)
{
	if (**p == 'T' || **p == 't')
		(*p)++;
	else if (**p == ' ')
		skip_spaces(p);
	else if (!compact)
		return false;
	if (!read_clock(p, secs, usec))
		return false;
	skip_spaces(p);
	return read_zone(p, offset);
}

bool sr_time_parse(const char *text, sr_time *out)
{
	const char *p = text, *end;
	int64_t days, secs = 0, offset = 0;
	int usec = 0;
	bool compact;

	skip_spaces(&p);
	if (!read_date(&p, &compact, &days))
		return false;
	end = p;
	skip_spaces(&end);
	if (*end != '\0') {
		if (!read_rest(&p, compact, &secs, &usec, &offset))
			return false;
		skip_spaces(&p);
		if (*p != '\0')
			return false;
	}
	*out = (days * SECS_PER_DAY + secs - offset) * SR_USEC_PER_SEC + usec;
	return true;
}

struct broken_down {
	int64_t year;
	int month, day, hour, minute, second, usec;
};

static struct broken_down break_down(sr_time t)
{
	struct broken_down b = { 0 };
	int64_t secs = t / SR_USEC_PER_SEC, days, rest;
	int64_t usec = t % SR_USEC_PER_SEC;

	if (usec < 0) {
		usec += SR_USEC_PER_SEC;
		secs--;
	}
	days = secs / SECS_PER_DAY;
	rest = secs % SECS_PER_DAY;
	if (rest < 0) {
		rest += SECS_PER_DAY;
		days--;
	}
	b.usec = (int)usec;
	b.hour = (int)(rest / 3600);
	b.minute = (int)(rest / 60 % 60);
	b.second = (int)(rest % 60);

	/* 400 years are always 146097 days: only within them do years have to be counted. */
	b.year = 1970 + days / 146097 * 400;
	days %= 146097;
	if (days < 0) {
		days += 146097;
		b.year -= 400;
	}
	while (days >= 365 + is_leap((int)b.year)) {
		days -= 365 + is_leap((int)b.year);
		b.year++;
	}
	b.month = 1;
	while (days >= days_in_month((int)b.year, b.month)) {
		days -= days_in_month((int)b.year, b.month);
		b.month++;
	}
	b.day = (int)days + 1;
	return b;
}

static void format_with(sr_time t, char between, const char *zone, struct sr_strbuf *out)
{
	struct broken_down b;

	if (t == SR_TIME_NONE) {
		sr_strbuf_adds(out, "unknown");
		return;
	}
	b = break_down(t);
	sr_strbuf_addf(out, "%04lld-%02d-%02d%c%02d:%02d:%02d", (long long)b.year, b.month, b.day, between,
		       b.hour, b.minute, b.second);
	if (b.usec) {
		sr_strbuf_addf(out, ".%06d", b.usec);
		/* PostgreSQL prints no trailing zeros either. */
		while (out->data[out->len - 1] == '0')
			out->data[--out->len] = '\0';
	}
	sr_strbuf_adds(out, zone);
}

void sr_time_format(sr_time t, struct sr_strbuf *out)
{
	format_with(t, ' ', "+00", out);
}

void sr_time_format_iso(sr_time t, struct sr_strbuf *out)
{
	format_with(t, 'T', "Z", out);
}

void sr_time_format_compact(sr_time t, struct sr_strbuf *out)
{
	struct broken_down b = break_down(t);

	sr_strbuf_addf(out, "%04lld%02d%02d%02d%02d%02d", (long long)b.year, b.month, b.day, b.hour, b.minute,
		       b.second);
}

void sr_time_format_relative(sr_time t, sr_time now, struct sr_strbuf *out)
{
	/* A unit is used from two of it on: "90 minutes ago" says more than "1 hour ago". */
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{ "year", 31557600 }, { "month", 2629800 }, { "day", 86400 },
		{ "hour", 3600 },     { "minute", 60 },     { "second", 1 },
	};
	bool past = t <= now;
	int64_t secs = past ? now / SR_USEC_PER_SEC - t / SR_USEC_PER_SEC
			    : t / SR_USEC_PER_SEC - now / SR_USEC_PER_SEC;
	size_t i = 0;
	int64_t n;

	if (t == SR_TIME_NONE) {
		sr_strbuf_adds(out, "unknown");
		return;
	}
	if (secs == 0) {
		sr_strbuf_adds(out, "now");
		return;
	}
	while (units[i].seconds > 1 && secs < 2 * units[i].seconds)
		i++;
	n = secs / units[i].seconds;
	sr_strbuf_addf(out, "%s%lld %s%s%s", past ? "" : "in ", (long long)n, units[i].name,
		       n == 1 ? "" : "s", past ? " ago" : "");
}

void sr_duration_format(int64_t ms, struct sr_strbuf *out)
{
	int64_t secs;

	if (ms < 0)
		ms = 0;
	if (ms < 1000) {
		sr_strbuf_addf(out, "%lld ms", (long long)ms);
		return;
	}
	if (ms < 59950) {
		int64_t tenths = (ms + 50) / 100;

		sr_strbuf_addf(out, "%lld.%lld s", (long long)(tenths / 10), (long long)(tenths % 10));
		return;
	}
	secs = (ms + 500) / 1000;
	if (secs < 3600)
		sr_strbuf_addf(out, "%lld min %lld s", (long long)(secs / 60), (long long)(secs % 60));
	else
		sr_strbuf_addf(out, "%lld h %lld min", (long long)(secs / 3600), (long long)(secs / 60 % 60));
}

void sr_bytes_format(int64_t bytes, struct sr_strbuf *out)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes, size = bytes < 0 ? -value : value;
	size_t i = 0;

	if (size < 1024) {
		sr_strbuf_addf(out, "%lld bytes", (long long)bytes);
		return;
	}
	/* 1023.6 kB would print as "1024 kB": it is 1.0 MB. */
	while (size >= 1023.5 && i + 1 < sizeof units / sizeof *units) {
		size /= 1024;
		value /= 1024;
		i++;
	}
	sr_strbuf_addf(out, "%.*f %s", size < 99.95 ? 1 : 0, value, units[i]);
}

void sr_count_format(int64_t n, struct sr_strbuf *out)
{
	char digits[32];
	uint64_t rest = n < 0 ? UINT64_C(0) - (uint64_t)n : (uint64_t)n;
	size_t at = sizeof digits, since = 0;

	do {
		if (since && since % 3 == 0)
			digits[--at] = ',';
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
		since++;
	} while (rest);
	if (n < 0)
		digits[--at] = '-';
	sr_strbuf_add(out, digits + at, sizeof digits - at);
}
