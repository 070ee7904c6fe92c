/*
 * An arena: many small allocations that end together.  Belongs to one thread at
 * a time.  Zero-initialise with SR_ARENA_INIT; release frees everything.
 */
#ifndef SR_BASE_ARENA_H
#define SR_BASE_ARENA_H

#include <stddef.h>

struct sr_arena_block;
struct sr_arena {
	struct sr_arena_block *head;
};
#define SR_ARENA_INIT ((struct sr_arena){ 0 })

void sr_arena_release(struct sr_arena *a);
void *sr_arena_alloc(struct sr_arena *a, size_t size); /* zeroed, max_align_t aligned */
char *sr_arena_strdup(struct sr_arena *a, const char *s); /* NULL stays NULL */
char *sr_arena_strndup(struct sr_arena *a, const char *s, size_t n);
char *sr_arena_printf(struct sr_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
