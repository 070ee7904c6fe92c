#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No stdio: it may itself want memory. */
static void __attribute__((noreturn)) out_of_memory(void)
{
	static const char text[] = "schemarestore: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);

	(void)ignored;
	_exit(1);
}

void *sr_malloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *sr_calloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *sr_realloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *sr_strdup(const char *s)
{
	return sr_strndup(s, strlen(s));
}

char *sr_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = sr_malloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *sr_strdup_null(const char *s)
{
	return s ? sr_strdup(s) : NULL;
}

char *sr_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	return s;
}

void sr_array_reserve(void *items_ptr, size_t *cap, size_t need, size_t size)
{
	void *items;
	size_t n = *cap;

	if (need <= n)
		return;
	while (n < need) {
		if (n > SIZE_MAX / 2 / size)
			out_of_memory();
		n = n ? n * 2 : 8;
	}
	/* items_ptr is the address of a pointer of any object type: memcpy reads it without breaking aliasing. */
	memcpy(&items, items_ptr, sizeof items);
	items = sr_realloc(items, n * size);
	memcpy(items_ptr, &items, sizeof items);
	*cap = n;
}
