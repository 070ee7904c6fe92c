#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/text.h"

void sr_pace_update(struct sr_pace *pace, int64_t now_ms, int64_t bytes)
{
	int64_t elapsed = now_ms - pace->at_ms;
	double rate, weight;

	if (!pace->begun) {
		*pace = (struct sr_pace){ .begun = true, .at_ms = now_ms, .bytes = bytes };
		return;
	}
	if (elapsed < 500)
		return;
	rate = (double)(bytes - pace->bytes) * 1000 / (double)elapsed;
	weight = elapsed >= 10000 ? 1 : (double)elapsed / 10000;
	pace->rate = pace->rate > 0 ? pace->rate * (1 - weight) + rate * weight : rate;
	if (pace->rate < 0)
		pace->rate = 0;
	pace->at_ms = now_ms;
	pace->bytes = bytes;
}

int64_t sr_pace_left_ms(const struct sr_pace *pace, int64_t bytes, int64_t total)
{
	double ms;

	if (pace->rate < 1 || total <= bytes)
		return -1;
	ms = (double)(total - bytes) / pace->rate * 1000;
	return ms < 1e12 ? (int64_t)ms : -1;
}

static int64_t clamp(int64_t done, int64_t total)
{
	return done < 0 ? 0 : done > total ? total : done;
}

double sr_progress_fraction(const struct sr_progress *p)
{
	double bytes = p->bytes_total > 0
			       ? (double)clamp(p->bytes_done, p->bytes_total) / (double)p->bytes_total
			       : 1;
	double jobs =
		p->jobs_total > 0 ? (double)clamp(p->jobs_done, p->jobs_total) / (double)p->jobs_total : 1;

	/* Until the last job is done it is not done, whatever the bytes say: indexes take their time. */
	if (p->bytes_total > 0)
		return p->jobs_total > 0 ? bytes * 0.9 + jobs * 0.1 : bytes;
	return p->jobs_total > 0 ? jobs : 0;
}

static void add_left(const struct sr_pace *pace, int64_t done, int64_t total, struct sr_strlist *parts)
{
	int64_t left = sr_pace_left_ms(pace, done, total);
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (left < 0)
		return;
	/* Tenths of a second would only flicker. */
	if (left < 59500)
		sr_strbuf_addf(&text, "%d s", (int)((left + 500) / 1000));
	else
		sr_duration_format((left + 500) / 1000 * 1000, &text);
	sr_strbuf_adds(&text, " left");
	sr_strlist_take(parts, sr_strbuf_take(&text));
}

void sr_progress_format(const struct sr_progress *p, const struct sr_pace *pace, const char *separator,
			size_t width, struct sr_strbuf *out)
{
	struct sr_strlist parts = SR_STRLIST_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;
	int64_t bytes = clamp(p->bytes_done, p->bytes_total);
	size_t begin = out->len;

	sr_strlist_take(&parts, sr_asprintf("%3d%%", (int)(sr_progress_fraction(p) * 100)));
	if (p->bytes_total > 0) {
		sr_bytes_format(bytes, &text);
		sr_strbuf_adds(&text, " of ");
		sr_bytes_format(p->bytes_total, &text);
		sr_strlist_take(&parts, sr_strbuf_take(&text));
	}
	if (p->bytes_total > 0 && bytes < p->bytes_total) {
		if (pace->rate >= 1) {
			sr_bytes_format((int64_t)pace->rate, &text);
			sr_strbuf_adds(&text, "/s");
			sr_strlist_take(&parts, sr_strbuf_take(&text));
		}
		add_left(pace, bytes, p->bytes_total, &parts);
	} else if (p->jobs_total > 0) {
		sr_strlist_take(&parts, sr_asprintf("%lld of %lld steps",
						    (long long)clamp(p->jobs_done, p->jobs_total),
						    (long long)p->jobs_total));
	}
	for (size_t i = 0; i < parts.n; i++) {
		size_t more = strlen(parts.items[i]) + (i ? strlen(separator) : 0);

		if (width && out->len - begin + more > width)
			break;
		if (i)
			sr_strbuf_adds(out, separator);
		sr_strbuf_adds(out, parts.items[i]);
	}
	sr_strbuf_release(&text);
	sr_strlist_release(&parts);
}

void sr_screen_release(struct sr_screen *s)
{
	free(s->status);
	sr_strlist_release(&s->workers);
	memset(s, 0, sizeof *s);
}

static void add_color(const struct sr_screen *s, struct sr_strbuf *out, const char *code)
{
	if (s->color)
		sr_strbuf_addf(out, "\033[%sm", code);
}

/* "✓ provision     12.4 s  text": `mark` takes one column, or as many as its ASCII has. */
static void add_phase(const struct sr_screen *s, const char *color, const char *mark, enum sr_phase phase,
		      int64_t ms, const char *text, struct sr_strbuf *out)
{
	struct sr_strbuf time = SR_STRBUF_INIT;
	size_t used = 2 + 10 + 1 + 10 + 2;

	if (ms > 0)
		sr_duration_format(ms, &time);
	else
		sr_strbuf_adds(&time, "0 s");
	add_color(s, out, color);
	sr_strbuf_adds(out, mark);
	add_color(s, out, "0");
	sr_strbuf_addc(out, ' ');
	sr_text_pad(out, sr_phase_name(phase), 10, false, s->utf8);
	sr_strbuf_addc(out, ' ');
	sr_text_pad(out, sr_strbuf_str(&time), 10, true, s->utf8);
	if (text && *text && s->width > used + 8) {
		sr_strbuf_adds(out, "  ");
		sr_text_fit(out, text, s->width - 1 - used, s->utf8);
	}
	sr_strbuf_release(&time);
}

void sr_screen_phase_line(const struct sr_screen *s, enum sr_phase phase, bool ok, int64_t ms,
			  const char *text, struct sr_strbuf *out)
{
	const char *mark = s->utf8 ? (ok ? "\xE2\x9C\x93" : "\xE2\x9C\x97") : (ok ? "+" : "!");

	add_phase(s, ok ? "32" : "31", mark, phase, ms, text, out);
}

static void layout_bar(const struct sr_screen *s, struct sr_strlist *lines)
{
	struct sr_strbuf text = SR_STRBUF_INIT, line = SR_STRBUF_INIT;
	size_t room = s->width > 5 ? s->width - 5 : 0, bar, full;

	/* Ten columns of bar at least, forty at most; the words take the rest. */
	sr_progress_format(&s->progress, &s->pace, "  ", room > 13 ? room - 13 : 4, &text);
	bar = room > text.len + 2 ? room - text.len - 2 : 0;
	if (bar > 40)
		bar = 40;
	full = (size_t)((double)bar * sr_progress_fraction(&s->progress));
	sr_strbuf_adds(&line, "  ");
	add_color(s, &line, "36");
	for (size_t i = 0; i < bar; i++)
		sr_strbuf_adds(&line, i < full ? (s->utf8 ? "\xE2\x94\x81" : "#")
					       : (s->utf8 ? "\xE2\x94\x80" : "."));
	add_color(s, &line, "0");
	sr_strbuf_addf(&line, "%s%s", bar ? "  " : "", sr_strbuf_str(&text));
	sr_strlist_take(lines, sr_strbuf_take(&line));
	sr_strbuf_release(&text);
}

static void layout_workers(const struct sr_screen *s, struct sr_strlist *lines)
{
	size_t room = s->height > lines->n + 3 ? s->height - lines->n - 3 : 1, shown = s->workers.n;

	/* More workers than lines: the last line counts the others. (Three more: warnings, the cursor's, one to spare.) */
	if (shown > room)
		shown = room - 1;
	for (size_t i = 0; i < shown; i++) {
		const char *what = s->workers.items[i];
		struct sr_strbuf line = SR_STRBUF_INIT;

		sr_strbuf_addf(&line, "  %2zu  ", i + 1);
		if (!*what)
			add_color(s, &line, "2");
		if (s->width > 12)
			sr_text_fit(&line, *what ? what : "waiting", s->width - 1 - 6, s->utf8);
		if (!*what)
			add_color(s, &line, "0");
		sr_strlist_take(lines, sr_strbuf_take(&line));
	}
	if (shown < s->workers.n)
		sr_strlist_take(lines, sr_asprintf("      and %zu more", s->workers.n - shown));
}

void sr_screen_layout(const struct sr_screen *s, struct sr_strlist *lines)
{
	static const char *const dots[] = { "\xE2\xA0\x8B", "\xE2\xA0\x99", "\xE2\xA0\xB9", "\xE2\xA0\xB8",
					    "\xE2\xA0\xBC", "\xE2\xA0\xB4", "\xE2\xA0\xA6", "\xE2\xA0\xA7",
					    "\xE2\xA0\x87", "\xE2\xA0\x8F" };
	static const char *const bars[] = { "|", "/", "-", "\\" };
	struct sr_strbuf line = SR_STRBUF_INIT;

	if (!s->running)
		return;
	add_phase(s, "36", s->utf8 ? dots[s->frame % SR_COUNT(dots)] : bars[s->frame % SR_COUNT(bars)],
		  s->phase, (s->now_ms - s->phase_began_ms) / 1000 * 1000, s->status, &line);
	sr_strlist_take(lines, sr_strbuf_take(&line));
	if ((s->phase == SR_PHASE_COPY || s->phase == SR_PHASE_FINISH) &&
	    (s->progress.bytes_total > 0 || s->progress.jobs_total > 0))
		layout_bar(s, lines);
	if (s->phase == SR_PHASE_COPY || s->phase == SR_PHASE_FINISH)
		layout_workers(s, lines);
	if (s->warnings > 0) {
		sr_strbuf_adds(&line, "  ");
		add_color(s, &line, "33");
		sr_strbuf_addf(&line, "%zu warning%s", s->warnings, s->warnings == 1 ? "" : "s");
		add_color(s, &line, "0");
		sr_strlist_take(lines, sr_strbuf_take(&line));
	}
}
