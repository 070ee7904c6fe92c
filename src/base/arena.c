#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK_SIZE = 16 * 1024 };

struct sr_arena_block {
	struct sr_arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

void sr_arena_release(struct sr_arena *a)
{
	struct sr_arena_block *b = a->head;

	while (b) {
		struct sr_arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->head = NULL;
}

static struct sr_arena_block *block_new(size_t size)
{
	struct sr_arena_block *b = sr_calloc(1, sizeof *b + size);

	b->size = size;
	return b;
}

void *sr_arena_alloc(struct sr_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct sr_arena_block *b = a->head;
	void *p;

	/* Too large for any allocator: let calloc say so rather than wrap around. */
	if (size > SIZE_MAX / 2)
		return sr_calloc(1, SIZE_MAX);
	size = size ? (size + align - 1) / align * align : align;
	if (!b || b->size - b->used < size) {
		b = block_new(size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);
		/* A block made for one large piece goes behind the head, whose rest is still of use. */
		if (a->head && b->size == size) {
			b->next = a->head->next;
			a->head->next = b;
		} else {
			b->next = a->head;
			a->head = b;
		}
	}
	p = b->data + b->used;
	b->used += size;
	return p;
}

char *sr_arena_strdup(struct sr_arena *a, const char *s)
{
	return s ? sr_arena_strndup(a, s, strlen(s)) : NULL;
}

char *sr_arena_strndup(struct sr_arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = sr_arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *sr_arena_printf(struct sr_arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = sr_arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
	if (n > 0)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}
