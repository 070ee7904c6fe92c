#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

void sr_error_release(struct sr_error *err)
{
	free(err->message);
	free(err->detail);
	free(err->hint);
	free(err->context);
	*err = SR_ERROR_INIT;
}

/* The arguments may be strings of the error that is being replaced: format before releasing. */
static void set_message(struct sr_error *err, enum sr_error_class class, struct sr_strbuf *text)
{
	sr_error_release(err);
	err->class = class;
	err->message = sr_strbuf_take(text);
}

bool sr_error_set(struct sr_error *err, enum sr_error_class class, const char *fmt, ...)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	set_message(err, class, &text);
	return false;
}

bool sr_error_errno(struct sr_error *err, enum sr_error_class class, const char *fmt, ...)
{
	int saved = errno;
	struct sr_strbuf text = SR_STRBUF_INIT;
	char reason[128];
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	/* GNU's strerror_r: the text may or may not be in the buffer. */
	sr_strbuf_addf(&text, ": %s", strerror_r(saved, reason, sizeof reason));
	set_message(err, class, &text);
	errno = saved;
	return false;
}

static void replace(char **field, const char *fmt, va_list ap)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_strbuf_vaddf(&text, fmt, ap);
	free(*field);
	*field = sr_strbuf_take(&text);
}

bool sr_error_detail(struct sr_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&err->detail, fmt, ap);
	va_end(ap);
	return false;
}

bool sr_error_hint(struct sr_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&err->hint, fmt, ap);
	va_end(ap);
	return false;
}

bool sr_error_context(struct sr_error *err, const char *fmt, ...)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	va_list ap;

	if (err->context)
		sr_strbuf_addf(&text, "%s\n", err->context);
	va_start(ap, fmt);
	sr_strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	free(err->context);
	err->context = sr_strbuf_take(&text);
	return false;
}

bool sr_error_reclass(struct sr_error *err, enum sr_error_class class)
{
	err->class = class;
	return false;
}

void sr_error_move(struct sr_error *dst, struct sr_error *src)
{
	if (dst == src)
		return;
	sr_error_release(dst);
	*dst = *src;
	*src = SR_ERROR_INIT;
}

void sr_error_copy(struct sr_error *dst, const struct sr_error *src)
{
	if (dst == src)
		return;
	sr_error_release(dst);
	*dst = *src;
	dst->message = sr_strdup_null(src->message);
	dst->detail = sr_strdup_null(src->detail);
	dst->hint = sr_strdup_null(src->hint);
	dst->context = sr_strdup_null(src->context);
}

/* "LABEL:  first line", further lines indented, as psql and pg_dump print them. */
static void add_field(struct sr_strbuf *out, const char *label, const char *text)
{
	const char *line = text;

	if (!text)
		return;
	sr_strbuf_addf(out, "\n%s:  ", label);
	for (;;) {
		size_t n = strcspn(line, "\n");

		sr_strbuf_add(out, line, n);
		if (line[n] == '\0' || line[n + 1] == '\0')
			break;
		line += n + 1;
		sr_strbuf_adds(out, "\n\t");
	}
}

void sr_error_format(const struct sr_error *err, struct sr_strbuf *out)
{
	sr_strbuf_adds(out, err->message ? err->message : "no error");
	add_field(out, "DETAIL", err->detail);
	add_field(out, "HINT", err->hint);
	add_field(out, "CONTEXT", err->context);
}

int sr_error_exit_code(const struct sr_error *err)
{
	if (err->class == SR_ERR_SIGNAL)
		return SR_ERR_SIGNAL + err->signal;
	return (int)err->class;
}
