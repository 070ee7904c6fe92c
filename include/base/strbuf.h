/*
 * A growing string, and a list of strings.
 *
 * `data` is always NUL-terminated once anything was added; use sr_strbuf_str()
 * to read it, which gives "" for an empty one.  Bytes may contain NUL: `len`
 * counts.  A value belongs to one thread at a time.
 */
#ifndef SR_BASE_STRBUF_H
#define SR_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct sr_strbuf {
	char *data;
	size_t len, cap;
};
#define SR_STRBUF_INIT ((struct sr_strbuf){ 0 })

void sr_strbuf_release(struct sr_strbuf *sb);
void sr_strbuf_clear(struct sr_strbuf *sb);
const char *sr_strbuf_str(const struct sr_strbuf *sb);
/* Hands the string to the caller (never NULL; free with free()) and leaves sb empty. */
char *sr_strbuf_take(struct sr_strbuf *sb);
void sr_strbuf_add(struct sr_strbuf *sb, const void *bytes, size_t n);
void sr_strbuf_adds(struct sr_strbuf *sb, const char *s);
void sr_strbuf_addc(struct sr_strbuf *sb, char c);
void sr_strbuf_addf(struct sr_strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sr_strbuf_vaddf(struct sr_strbuf *sb, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Makes room for n more bytes and returns where they go; the caller then adds to len. */
char *sr_strbuf_reserve(struct sr_strbuf *sb, size_t n);
/* Removes white space at the end. */
void sr_strbuf_rtrim(struct sr_strbuf *sb);

struct sr_strlist {
	char **items;
	size_t n, cap;
};
#define SR_STRLIST_INIT ((struct sr_strlist){ 0 })

void sr_strlist_release(struct sr_strlist *l);
void sr_strlist_add(struct sr_strlist *l, const char *s);
void sr_strlist_take(struct sr_strlist *l, char *s); /* takes ownership of s */
bool sr_strlist_has(const struct sr_strlist *l, const char *s);
void sr_strlist_sort(struct sr_strlist *l);
/* "a, b and c"; with at most `max` names, then "and 7 more" (0: all). */
void sr_strlist_join(const struct sr_strlist *l, size_t max, struct sr_strbuf *out);
/* Sorts by edit distance to `want`, nearest first. */
void sr_strlist_nearest(struct sr_strlist *l, const char *want);
/* Levenshtein distance in bytes. */
size_t sr_edit_distance(const char *a, const char *b);

#endif
