/*
 * What an operation tells, shown while it runs: on a terminal, as plain lines,
 * or as JSON.  Each renderer listens to a report (so one call at a time, under
 * its lock).
 */
#ifndef SR_CLI_RENDER_H
#define SR_CLI_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

struct json_object;
struct sr_error;

/* ---- Plain lines, on stderr: phases, progress every five seconds, warnings. ---- */
struct sr_plain;
enum sr_plain_level {
	SR_PLAIN_WARNINGS, /* --quiet */
	SR_PLAIN_PROGRESS, /* --verbose: the log, on stderr too, has the rest */
	SR_PLAIN_ALL
};
struct sr_plain *sr_plain_new(FILE *out, enum sr_plain_level level);
void sr_plain_free(struct sr_plain *p);
void sr_plain_event(void *plain, const struct sr_event *event);

/* ---- JSON, on stdout: every event (progress once a second). ---- */
struct sr_json_stream;
struct sr_json_stream *sr_json_stream_new(FILE *out);
void sr_json_stream_free(struct sr_json_stream *j);
void sr_json_stream_event(void *stream, const struct sr_event *event);
/* New objects, the caller's. */
struct json_object *sr_event_object(const struct sr_event *event);
struct json_object *sr_error_event(const struct sr_error *err);
/* {"time": now, "event": name} to add to. */
struct json_object *sr_json_event(const char *name, sr_time when);
/* Writes the line and releases the object. */
void sr_json_print(FILE *out, struct json_object *obj);

/* ---- A terminal: redrawn in place, see cli/screen.h. ---- */
struct sr_terminal;
/* True when fd is a terminal that can move its cursor. */
bool sr_terminal_usable(int fd);
/* Columns; 0 when fd is no terminal. */
size_t sr_terminal_width(int fd);
struct sr_terminal *sr_terminal_new(int fd);
/* Clears what is drawn; the finished phases stay above. */
void sr_terminal_free(struct sr_terminal *t);
void sr_terminal_event(void *terminal, const struct sr_event *event);

#endif
