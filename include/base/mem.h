/*
 * Memory.  Allocation failure ends the process with a message: the guardian
 * (operation/guardian.h) then undoes what was made.  Any thread may call.
 */
#ifndef SR_BASE_MEM_H
#define SR_BASE_MEM_H

#include <stddef.h>

void *sr_malloc(size_t size) __attribute__((returns_nonnull, malloc));
void *sr_calloc(size_t n, size_t size) __attribute__((returns_nonnull));
void *sr_realloc(void *p, size_t size) __attribute__((returns_nonnull));
char *sr_strdup(const char *s) __attribute__((returns_nonnull));
char *sr_strndup(const char *s, size_t n) __attribute__((returns_nonnull));
char *sr_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* NULL stays NULL. */
char *sr_strdup_null(const char *s);

/* Grows *items (element size `size`) so that `need` elements fit; doubles. */
void sr_array_reserve(void *items_ptr, size_t *cap, size_t need, size_t size);
#define SR_ARRAY_RESERVE(items, cap, need) sr_array_reserve(&(items), &(cap), (need), sizeof *(items))

#define SR_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
