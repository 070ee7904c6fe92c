/*
 * Time.  A moment is microseconds since 1970-01-01 00:00:00 UTC (sr_time);
 * durations are in the unit their name says.  Any thread may call.
 */
#ifndef SR_BASE_CLOCK_H
#define SR_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct sr_strbuf;
typedef int64_t sr_time;
#define SR_TIME_NONE    INT64_MIN
#define SR_USEC_PER_SEC INT64_C(1000000)

sr_time sr_clock_now(void); /* wall clock */
int64_t sr_clock_monotonic_ms(void);
void sr_clock_sleep_ms(int64_t ms); /* may end early on a signal */

/*
 * Reads ISO 8601 and PostgreSQL's own output: "2024-01-28T14:30:00Z",
 * "2024-01-28 14:30:00.5+02", "20240128T143000Z", "2024-01-28" (midnight).
 * Without a zone it is UTC.  Returns false for anything else (words such as
 * "yesterday" are for the server to read) and for dates that do not exist.
 */
bool sr_time_parse(const char *text, sr_time *out);
/* "2024-01-28 14:30:00+00" or with ".123456" when there is a fraction: PostgreSQL reads it back exactly. */
void sr_time_format(sr_time t, struct sr_strbuf *out);
/* "2024-01-28T14:30:00Z", fraction as above. */
void sr_time_format_iso(sr_time t, struct sr_strbuf *out);
/* "20240128143000": whole seconds, UTC. */
void sr_time_format_compact(sr_time t, struct sr_strbuf *out);
/* "3 hours ago", "in 2 minutes", "now". */
void sr_time_format_relative(sr_time t, sr_time now, struct sr_strbuf *out);
/* "1.2 s", "3 min 4 s", "2 h 5 min". */
void sr_duration_format(int64_t ms, struct sr_strbuf *out);
/* "512 bytes", "1.4 GB": powers of 1024, as PostgreSQL's pg_size_pretty names them. */
void sr_bytes_format(int64_t bytes, struct sr_strbuf *out);
/* "1,234,567". */
void sr_count_format(int64_t n, struct sr_strbuf *out);

#endif
