/*
 * Threads: listeners are called under the report's lock; a small thread of our
 * own keeps the clock and the spinner going while nothing is told.  Both take
 * `lock`, and nothing is called with it held that could wait for the report.
 * The thread begins with the second phase: the operation forks its guardian in the
 * first, before there are threads.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/render.h"
#include "cli/screen.h"
#include "cli/text.h"

enum { FRAME_MS = 100, TICK_MS = 150 };

struct sr_terminal {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t ticker;
	bool ticking, stop;
	int fd;
	struct sr_screen screen;
	size_t drawn; /* lines of the live part on the terminal */
	int64_t drawn_ms;
};

bool sr_terminal_usable(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

size_t sr_terminal_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void measure(struct sr_terminal *t)
{
	struct winsize size;

	if (ioctl(t->fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
		size.ws_col = 80;
		size.ws_row = 24;
	}
	t->screen.width = size.ws_col;
	t->screen.height = size.ws_row;
}

/* Erases the live part, writes `above` (whole lines, which stay) and draws the live part anew: one write. */
static void draw(struct sr_terminal *t, const char *above, bool live)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_strlist lines = SR_STRLIST_INIT;

	measure(t);
	t->screen.now_ms = t->drawn_ms = sr_clock_monotonic_ms();
	t->screen.frame = (unsigned)(t->screen.now_ms / FRAME_MS);
	if (t->drawn > 0)
		sr_strbuf_addf(&out, "\r\033[%zuA", t->drawn);
	if (*above)
		sr_strbuf_addf(&out, "\033[J%s", above);
	if (live)
		sr_screen_layout(&t->screen, &lines);
	for (size_t i = 0; i < lines.n; i++)
		sr_strbuf_addf(&out, "%s\033[K\n", lines.items[i]);
	if (t->drawn > lines.n || !live)
		sr_strbuf_adds(&out, "\033[J");
	t->drawn = lines.n;
	/* A terminal that went away is no reason to stop a restore. */
	(void)sr_write_all(t->fd, sr_strbuf_str(&out), out.len);
	sr_strlist_release(&lines);
	sr_strbuf_release(&out);
}

static void *tick(void *arg)
{
	struct sr_terminal *t = arg;

	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000L;
		}
		if (pthread_cond_timedwait(&t->wake, &t->lock, &until) == ETIMEDOUT &&
		    sr_clock_monotonic_ms() - t->drawn_ms >= FRAME_MS)
			draw(t, "", true);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void start_ticking(struct sr_terminal *t)
{
	sigset_t all, old;

	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	t->ticking = pthread_create(&t->ticker, NULL, tick, t) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct sr_terminal *sr_terminal_new(int fd)
{
	struct sr_terminal *t = sr_calloc(1, sizeof *t);
	const char *no_color = getenv("NO_COLOR");

	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	t->fd = fd;
	t->screen.utf8 = sr_text_is_utf8();
	t->screen.color = !no_color || !*no_color;
	return t;
}

void sr_terminal_free(struct sr_terminal *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	if (t->ticking)
		pthread_join(t->ticker, NULL);
	if (t->drawn > 0)
		draw(t, "", false);
	sr_screen_release(&t->screen);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void set_worker(struct sr_screen *s, int worker, const char *text)
{
	if (worker < 0 || worker > 1000)
		return;
	while (s->workers.n <= (size_t)worker)
		sr_strlist_add(&s->workers, "");
	free(s->workers.items[worker]);
	s->workers.items[worker] = sr_strdup(text ? text : "");
}

static void begin_phase(struct sr_terminal *t, const struct sr_event *event)
{
	struct sr_screen *s = &t->screen;

	s->running = true;
	s->phase = event->phase;
	s->phase_began_ms = sr_clock_monotonic_ms();
	free(s->status);
	s->status = NULL;
	if (event->phase != SR_PHASE_FINISH)
		sr_strlist_release(&s->workers);
	if (event->phase > SR_PHASE_PREPARE && !t->ticking)
		start_ticking(t);
	draw(t, "", true);
}

static void end_phase(struct sr_terminal *t, const struct sr_event *event)
{
	struct sr_strbuf line = SR_STRBUF_INIT;

	measure(t);
	sr_screen_phase_line(&t->screen, event->phase, event->ok, event->ms, event->text, &line);
	sr_strbuf_addc(&line, '\n');
	if (t->screen.phase == event->phase)
		t->screen.running = false;
	draw(t, sr_strbuf_str(&line), true);
	sr_strbuf_release(&line);
}

static void take_event(struct sr_terminal *t, const struct sr_event *event)
{
	struct sr_screen *s = &t->screen;

	switch (event->kind) {
	case SR_EVENT_PHASE_BEGIN:
		begin_phase(t, event);
		return;
	case SR_EVENT_PHASE_END:
		end_phase(t, event);
		return;
	case SR_EVENT_STATUS:
		free(s->status);
		s->status = sr_strdup_null(event->text);
		break;
	case SR_EVENT_PROGRESS:
		s->progress = event->progress;
		sr_pace_update(&s->pace, sr_clock_monotonic_ms(), event->progress.bytes_done);
		break;
	case SR_EVENT_WORKER:
		set_worker(s, event->worker, event->text);
		break;
	case SR_EVENT_WARNING:
		s->warnings++;
		break;
	case SR_EVENT_FACT:
		return;
	}
	if (s->running && sr_clock_monotonic_ms() - t->drawn_ms >= FRAME_MS)
		draw(t, "", true);
}

void sr_terminal_event(void *terminal, const struct sr_event *event)
{
	struct sr_terminal *t = terminal;

	pthread_mutex_lock(&t->lock);
	take_event(t, event);
	pthread_mutex_unlock(&t->lock);
}
