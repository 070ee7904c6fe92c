#include "source/source.h"

#include <string.h>

const struct sr_source_driver *sr_source_find(const struct sr_source_driver *const *drivers, const char *from,
					      const char **place)
{
	const char *colon = strchr(from, ':');
	size_t n = colon ? (size_t)(colon - from) : strlen(from);

	for (; *drivers; drivers++) {
		if (strlen((*drivers)->name) == n && memcmp((*drivers)->name, from, n) == 0) {
			*place = colon ? colon + 1 : from + n;
			return *drivers;
		}
	}
	return NULL;
}
