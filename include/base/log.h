/*
 * The log: what a person needs when something went wrong.  Lines go to the
 * operation's log file (all levels) and, from the chosen level on, to a sink
 * (the terminal).  Nothing here knows passwords; callers pass redacted text.
 * Any thread may write; a line is written whole.
 */
#ifndef SR_BASE_LOG_H
#define SR_BASE_LOG_H

#include <stdbool.h>

struct sr_error;
struct sr_log;

enum sr_log_level { SR_LOG_ERROR, SR_LOG_WARNING, SR_LOG_INFO, SR_LOG_DEBUG };

/* Receives each line of the chosen levels, without newline.  Called under the log's lock. */
typedef void sr_log_sink(void *ctx, enum sr_log_level level, const char *line);

struct sr_log *sr_log_new(enum sr_log_level sink_level, sr_log_sink *sink, void *ctx);
void sr_log_free(struct sr_log *log); /* NULL is fine */
/* From now on all lines also go to this file (made 0600, appended to). */
bool sr_log_open_file(struct sr_log *log, const char *path, struct sr_error *err);
void sr_log_write(struct sr_log *log, enum sr_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))); /* log may be NULL: nothing happens */

#define sr_log_warning(log, ...) sr_log_write((log), SR_LOG_WARNING, __VA_ARGS__)
#define sr_log_info(log, ...)    sr_log_write((log), SR_LOG_INFO, __VA_ARGS__)
#define sr_log_debug(log, ...)   sr_log_write((log), SR_LOG_DEBUG, __VA_ARGS__)

#endif
