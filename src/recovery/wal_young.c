/* A segment that archive_command is still writing; see sr_wal_file_is_unfinished(). */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/mem.h"
#include "recovery/stream.h"
#include "recovery/wal.h"

#define YOUNG_S 60
#define BLOCK   (1024 * 1024)

static bool is_young(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && time(NULL) - st.st_mtime < YOUNG_S;
}

static bool is_whole(const char *path)
{
	struct sr_wal_header h = { 0 };
	struct sr_error ignored = SR_ERROR_INIT;
	struct sr_stream *in = sr_stream_open(path, &ignored);
	unsigned char *buffer = sr_malloc(BLOCK);
	int64_t size = 0;
	ssize_t got = in ? BLOCK : -1;

	while (got == BLOCK && size <= SR_WAL_MAX_SEGMENT) {
		got = sr_stream_read(in, buffer, BLOCK, &ignored);
		if (got <= 0 || (size == 0 && !sr_wal_header_parse(buffer, (size_t)got, &h)))
			break;
		size += got;
	}
	free(buffer);
	sr_stream_close(in);
	sr_error_release(&ignored);
	return got >= 0 && size > 0 && size == h.segment_size;
}

bool sr_wal_file_is_unfinished(const char *path)
{
	return is_young(path) && !is_whole(path);
}

void sr_wal_archive_drop_unfinished(struct sr_wal_archive *a)
{
	struct sr_wal_segment *last = a->nsegments ? &a->segments[a->nsegments - 1] : NULL;

	if (!last || !sr_wal_file_is_unfinished(last->path))
		return;
	free(last->path);
	a->nsegments--;
}
