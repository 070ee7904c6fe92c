#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

struct sr_log {
	pthread_mutex_t lock;
	enum sr_log_level sink_level;
	sr_log_sink *sink; /* or NULL */
	void *ctx;
	int fd; /* -1 until a file is open */
};

struct sr_log *sr_log_new(enum sr_log_level sink_level, sr_log_sink *sink, void *ctx)
{
	struct sr_log *log = sr_calloc(1, sizeof *log);

	pthread_mutex_init(&log->lock, NULL);
	log->sink_level = sink_level;
	log->sink = sink;
	log->ctx = ctx;
	log->fd = -1;
	return log;
}

void sr_log_free(struct sr_log *log)
{
	if (!log)
		return;
	if (log->fd >= 0)
		close(log->fd);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

bool sr_log_open_file(struct sr_log *log, const char *path, struct sr_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not open the log file \"%s\"", path);
	pthread_mutex_lock(&log->lock);
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	pthread_mutex_unlock(&log->lock);
	return true;
}

void sr_log_write(struct sr_log *log, enum sr_log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "ERROR", "WARNING", "INFO", "DEBUG" };
	struct sr_strbuf line = SR_STRBUF_INIT;
	int saved = errno;
	size_t text;
	va_list ap;

	if (!log)
		return;
	sr_time_format_iso(sr_clock_now(), &line);
	sr_strbuf_addf(&line, " [%d] %s: ", (int)getpid(), names[level]);
	text = line.len;
	va_start(ap, fmt);
	sr_strbuf_vaddf(&line, fmt, ap);
	va_end(ap);
	sr_strbuf_rtrim(&line);
	/* One entry, one line: what follows a newline must not look like an entry of its own. */
	for (size_t i = text; i < line.len; i++)
		if (line.data[i] == '\n' || line.data[i] == '\r')
			line.data[i] = ' ';

	pthread_mutex_lock(&log->lock);
	if (log->sink && level <= log->sink_level)
		log->sink(log->ctx, level, line.len > text ? line.data + text : "");
	if (log->fd >= 0) {
		sr_strbuf_addc(&line, '\n');
		/* A full disk must not stop a restore: the log is an aid. */
		(void)sr_write_all(log->fd, line.data, line.len);
	}
	pthread_mutex_unlock(&log->lock);
	sr_strbuf_release(&line);
	errno = saved;
}
