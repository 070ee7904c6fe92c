/*
 * What the terminal shows at one moment, and how that is laid out: pure
 * functions, so that tests see what a person sees.
 */
#ifndef SR_CLI_SCREEN_H
#define SR_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "report/report.h"

/* How fast bytes go, smoothed over about ten seconds. */
struct sr_pace {
	bool begun;
	int64_t at_ms, bytes;
	double rate; /* bytes a second; 0: not known yet */
};
void sr_pace_update(struct sr_pace *pace, int64_t now_ms, int64_t bytes);
/* Milliseconds until total at this rate; -1: not known. */
int64_t sr_pace_left_ms(const struct sr_pace *pace, int64_t bytes, int64_t total);
/* "48%, 640 MB of 1.3 GB, 85 MB/s, 8.0 s left", parts with `separator` between; as many parts, in this order, as fit in
 * `width` columns (0: all).  Without bytes to count: "12 of 30 steps". */
void sr_progress_format(const struct sr_progress *p, const struct sr_pace *pace, const char *separator,
			size_t width, struct sr_strbuf *out);
/* 0 to 1. */
double sr_progress_fraction(const struct sr_progress *p);

struct sr_screen {
	bool utf8, color;
	size_t width, height; /* of the terminal */
	int64_t now_ms;
	unsigned frame; /* of the spinner */

	bool running; /* a phase is */
	enum sr_phase phase;
	int64_t phase_began_ms;
	char *status; /* or NULL */
	struct sr_progress progress;
	struct sr_pace pace;
	struct sr_strlist workers; /* "" is idle */
	size_t warnings;
};
void sr_screen_release(struct sr_screen *s);
/* The live part: the running phase, the bar, the workers; one string a line, no longer than the width. */
void sr_screen_layout(const struct sr_screen *s, struct sr_strlist *lines);
/* The line that stays when a phase has ended. */
void sr_screen_phase_line(const struct sr_screen *s, enum sr_phase phase, bool ok, int64_t ms,
			  const char *text, struct sr_strbuf *out);

#endif
