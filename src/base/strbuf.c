#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sr_strbuf_release(struct sr_strbuf *sb)
{
	free(sb->data);
	*sb = SR_STRBUF_INIT;
}

void sr_strbuf_clear(struct sr_strbuf *sb)
{
	sb->len = 0;
	if (sb->data)
		sb->data[0] = '\0';
}

const char *sr_strbuf_str(const struct sr_strbuf *sb)
{
	return sb->data ? sb->data : "";
}

char *sr_strbuf_take(struct sr_strbuf *sb)
{
	char *s = sb->data ? sb->data : sr_strdup("");

	*sb = SR_STRBUF_INIT;
	return s;
}

char *sr_strbuf_reserve(struct sr_strbuf *sb, size_t n)
{
	/* An overflowing sum becomes a size that no allocation can satisfy. */
	size_t need = n < SIZE_MAX - sb->len - 1 ? sb->len + n + 1 : SIZE_MAX;

	if (need > sb->cap) {
		if (sb->cap == 0 && need < 64)
			need = 64;
		sr_array_reserve(&sb->data, &sb->cap, need, 1);
		sb->data[sb->len] = '\0';
	}
	return sb->data + sb->len;
}

void sr_strbuf_add(struct sr_strbuf *sb, const void *bytes, size_t n)
{
	char *at = sr_strbuf_reserve(sb, n);

	if (n)
		memcpy(at, bytes, n);
	sb->len += n;
	sb->data[sb->len] = '\0';
}

void sr_strbuf_adds(struct sr_strbuf *sb, const char *s)
{
	sr_strbuf_add(sb, s, strlen(s));
}

void sr_strbuf_addc(struct sr_strbuf *sb, char c)
{
	sr_strbuf_add(sb, &c, 1);
}

void sr_strbuf_addf(struct sr_strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sr_strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

void sr_strbuf_vaddf(struct sr_strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	sr_strbuf_reserve(sb, 0);
	room = sb->cap - sb->len;
	va_copy(again, ap);
	n = vsnprintf(sb->data + sb->len, room, fmt, ap);
	if (n >= 0 && (size_t)n >= room) {
		sr_strbuf_reserve(sb, (size_t)n);
		n = vsnprintf(sb->data + sb->len, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	if (n > 0)
		sb->len += (size_t)n;
	sb->data[sb->len] = '\0';
}

void sr_strbuf_rtrim(struct sr_strbuf *sb)
{
	while (sb->len > 0 && strchr(" \t\r\n\f\v", sb->data[sb->len - 1]) && sb->data[sb->len - 1])
		sb->data[--sb->len] = '\0';
}

void sr_strlist_release(struct sr_strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i]);
	free(l->items);
	*l = SR_STRLIST_INIT;
}

void sr_strlist_add(struct sr_strlist *l, const char *s)
{
	sr_strlist_take(l, sr_strdup(s));
}

void sr_strlist_take(struct sr_strlist *l, char *s)
{
	SR_ARRAY_RESERVE(l->items, l->cap, l->n + 1);
	l->items[l->n++] = s;
}

bool sr_strlist_has(const struct sr_strlist *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i], s) == 0)
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void sr_strlist_sort(struct sr_strlist *l)
{
	if (l->n > 1)
		qsort(l->items, l->n, sizeof *l->items, compare_strings);
}

void sr_strlist_join(const struct sr_strlist *l, size_t max, struct sr_strbuf *out)
{
	size_t shown = max && max < l->n ? max : l->n;

	for (size_t i = 0; i < shown; i++) {
		if (i > 0)
			sr_strbuf_adds(out, i + 1 == l->n ? " and " : ", ");
		sr_strbuf_adds(out, l->items[i]);
	}
	if (shown < l->n)
		sr_strbuf_addf(out, " and %zu more", l->n - shown);
}

size_t sr_edit_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), result;
	size_t *row = sr_malloc((nb + 1) * sizeof *row);

	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	result = row[nb];
	free(row);
	return result;
}

struct ranked {
	size_t distance;
	char *name;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return strcmp(x->name, y->name);
}

void sr_strlist_nearest(struct sr_strlist *l, const char *want)
{
	struct ranked *ranked;

	if (l->n < 2)
		return;
	ranked = sr_calloc(l->n, sizeof *ranked);
	for (size_t i = 0; i < l->n; i++)
		ranked[i] = (struct ranked){ sr_edit_distance(l->items[i], want), l->items[i] };
	qsort(ranked, l->n, sizeof *ranked, compare_ranked);
	for (size_t i = 0; i < l->n; i++)
		l->items[i] = ranked[i].name;
	free(ranked);
}
