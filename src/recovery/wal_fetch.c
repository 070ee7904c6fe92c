/* The server runs this once a segment, so it opens, copies and renames, and looks at no other file. */
#include "recovery/wal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "recovery/stream.h"

#define BLOCK (1024 * 1024)

/* What the name asks for must be what the first page says. */
static bool check_first_page(const char *path, const char *name, const struct sr_wal_header *h,
			     struct sr_error *err)
{
	char real[25], at[18];

	sr_wal_segment_name(h->timeline, h->address / h->segment_size, h->segment_size, real);
	/* The first segment of a timeline begins with the pages of the one before. */
	if (strcmp(real + 8, name + 8) == 0 && strncmp(real, name, 8) <= 0)
		return true;
	sr_lsn_format(h->address, at);
	sr_error_set(err, SR_ERR_INSTANCE, "%s does not hold the WAL that its name says", path);
	return sr_error_detail(err, "Its first page is that of position %s on timeline %u.", at, h->timeline);
}

static bool wrong_size(const char *path, int64_t size, uint32_t segment, struct sr_error *err)
{
	if (size < segment)
		sr_error_set(err, SR_ERR_INSTANCE, "the WAL segment %s is cut short", path);
	else
		sr_error_set(err, SR_ERR_INSTANCE, "the WAL segment %s is too long", path);
	sr_error_detail(err, "A segment of this cluster has %u bytes, this one %lld%s.", segment,
			(long long)size, size > segment ? " or more" : "");
	return sr_error_hint(err,
			     "Look for another copy of it; the archive command may still be writing it.");
}

static bool copy_segment(struct sr_stream *in, const char *path, const char *name, int out, const char *dest,
			 struct sr_error *err)
{
	unsigned char *buffer = sr_malloc(BLOCK);
	struct sr_wal_header h = { 0 };
	int64_t size = 0;
	ssize_t got = BLOCK;
	bool ok = true;

	while (ok && got == BLOCK && size <= SR_WAL_MAX_SEGMENT) {
		got = sr_stream_read(in, buffer, BLOCK, err);
		ok = got >= 0;
		if (ok && size == 0) {
			if (!sr_wal_header_parse(buffer, (size_t)got, &h))
				ok = sr_error_set(err, SR_ERR_INSTANCE, "%s is %s", path,
						  got == 0 ? "empty" : "not a WAL segment of PostgreSQL");
			else
				ok = check_first_page(path, name, &h, err);
		}
		if (ok && !sr_write_all(out, buffer, (size_t)got))
			ok = sr_error_errno(err, SR_ERR_INSTANCE, "cannot write %s", dest);
		size += ok ? got : 0;
		if (ok && size > h.segment_size)
			break;
	}
	if (ok && size != h.segment_size)
		ok = wrong_size(path, size, h.segment_size, err);
	free(buffer);
	return ok;
}

static bool copy_whole(struct sr_stream *in, int out, const char *dest, struct sr_error *err)
{
	unsigned char *buffer = sr_malloc(BLOCK);
	ssize_t got;
	bool ok = true;

	do {
		got = sr_stream_read(in, buffer, BLOCK, err);
		ok = got >= 0;
		if (ok && !sr_write_all(out, buffer, (size_t)got))
			ok = sr_error_errno(err, SR_ERR_INSTANCE, "cannot write %s", dest);
	} while (ok && got == BLOCK);
	free(buffer);
	return ok;
}

/* Whatever is at dest is whole: it is written under another name first. */
static bool fetch_file(const char *path, const char *name, const char *dest, struct sr_error *err)
{
	char *temporary = sr_asprintf("%s.%ld.part", dest, (long)getpid());
	struct sr_stream *in = sr_stream_open(path, err);
	int out = -1;
	bool ok = in != NULL;

	if (ok) {
		out = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
		ok = out >= 0 || sr_error_errno(err, SR_ERR_INSTANCE, "cannot make %s", temporary);
	}
	if (ok)
		ok = sr_wal_is_segment_name(name, strlen(name))
			     ? copy_segment(in, path, name, out, temporary, err)
			     : copy_whole(in, out, temporary, err);
	if (out >= 0 && close(out) != 0 && ok)
		ok = sr_error_errno(err, SR_ERR_INSTANCE, "cannot write %s", temporary);
	if (ok && rename(temporary, dest) != 0)
		ok = sr_error_errno(err, SR_ERR_INSTANCE, "cannot rename %s to %s", temporary, dest);
	if (!ok && out >= 0)
		unlink(temporary);
	sr_stream_close(in);
	free(temporary);
	return ok;
}

bool sr_wal_fetch(const char *dir, const char *name, const char *dest, bool *found, struct sr_error *err)
{
	char *path;
	bool ok;

	*found = false;
	/* The server asks for segments, histories and backup labels: nothing else is handed out. */
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && (*p != '.' || p == name))
			return sr_error_set(err, SR_ERR_USAGE, "\"%s\" is not the name of a WAL file", name);
	if (!*name)
		return sr_error_set(err, SR_ERR_USAGE, "a WAL file to fetch must be named");
	path = sr_locate(dir, name, err);
	if (!path)
		return err->class == SR_ERR_NONE;
	ok = fetch_file(path, name, dest, err);
	*found = ok;
	if (!ok && sr_wal_is_segment_name(name, strlen(name)) && sr_wal_file_is_unfinished(path)) {
		sr_error_release(err);
		ok = true;
	}
	free(path);
	return ok || sr_error_context(err, "fetching %s from %s", name, dir);
}
