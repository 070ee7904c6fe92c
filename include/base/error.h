/*
 * Errors are values.
 *
 * A function that can fail takes a caller-owned `struct sr_error *err` as its
 * last argument and returns false (or NULL).  It fills err at most once; the
 * callers above add detail, hint and context.  Nobody but main prints an error
 * or ends the process.
 *
 *     if (!read_label(path, &label, err))
 *         return sr_error_context(err, "reading the base backup %s", path);
 *
 * The setters all return false, so that they can be returned.  All strings are
 * owned by the struct; release it once, by whoever declared it.  A struct
 * belongs to one thread at a time.
 */
#ifndef SR_BASE_ERROR_H
#define SR_BASE_ERROR_H

#include <stdbool.h>

struct sr_strbuf;

/* The class decides the exit code; the numbers are the documented exit codes. */
enum sr_error_class {
	SR_ERR_NONE = 0,
	SR_ERR_INTERNAL = 1, /* a bug, or the machine failed us */
	SR_ERR_USAGE = 2, /* the command line, the configuration or the request */
	SR_ERR_REFUSED = 3, /* refused by the checks; nothing was created */
	SR_ERR_INSTANCE = 4, /* the temporary instance */
	SR_ERR_DDL = 5, /* extracting or applying pre-data */
	SR_ERR_COPY = 6, /* copying rows */
	SR_ERR_POST_DATA = 7, /* data complete, some post-data failed */
	SR_ERR_VERIFY = 8, /* verification found a difference */
	SR_ERR_LEFTOVER = 9, /* done, but something temporary could not be removed */
	SR_ERR_SIGNAL = 128, /* stopped by a signal; the number is in `signal` */
};

struct sr_error {
	enum sr_error_class class;
	bool retry; /* trying again may help (lost connection, throttling) */
	int signal; /* with SR_ERR_SIGNAL */
	char sqlstate[6]; /* empty when the error did not come from a server */
	char *message; /* one sentence, no full stop, no newline */
	char *detail; /* or NULL; may have several lines */
	char *hint; /* or NULL: what the user can do */
	char *context; /* or NULL: innermost first, one line each */
};

#define SR_ERROR_INIT ((struct sr_error){ .class = SR_ERR_NONE })

void sr_error_release(struct sr_error *err);

/* Replaces whatever err held. */
bool sr_error_set(struct sr_error *err, enum sr_error_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* As sr_error_set, with ": " and the text of errno appended; keeps errno. */
bool sr_error_errno(struct sr_error *err, enum sr_error_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Replace the detail or the hint of an error that is set. */
bool sr_error_detail(struct sr_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool sr_error_hint(struct sr_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends one line of context: what was being done, "copying a.orders, pages 0-17000". */
bool sr_error_context(struct sr_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Gives the error another class: the caller knows which phase it belongs to. */
bool sr_error_reclass(struct sr_error *err, enum sr_error_class class);

/* Moves src into dst (what dst held is released) and leaves src empty. */
void sr_error_move(struct sr_error *dst, struct sr_error *src);
/* Deep copy; what dst held is released. */
void sr_error_copy(struct sr_error *dst, const struct sr_error *src);

/* message, then DETAIL:, HINT:, CONTEXT: lines, as PostgreSQL's tools print them. */
void sr_error_format(const struct sr_error *err, struct sr_strbuf *out);
/* The exit code that stands for this error; 0 when none is set. */
int sr_error_exit_code(const struct sr_error *err);

#endif
