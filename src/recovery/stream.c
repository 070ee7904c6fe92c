#include "recovery/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define READ_BLOCK (128 * 1024)

static const char *const suffixes[] = { ".gz", ".lz4", ".zst" };

struct sr_stream {
	char *path;
	int fd; /* a plain file */
	struct archive *a; /* or one that is decompressed */
	bool ended;
};

const char *sr_compression_suffix(const char *name, size_t *base_len)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < SR_COUNT(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && strcmp(name + len - n, suffixes[i]) == 0) {
			if (base_len)
				*base_len = len - n;
			return suffixes[i];
		}
	}
	if (base_len)
		*base_len = len;
	return NULL;
}

char *sr_locate(const char *dir, const char *name, struct sr_error *err)
{
	for (size_t i = 0; i <= SR_COUNT(suffixes); i++) {
		char *path = sr_asprintf("%s/%s%s", dir, name, i == 0 ? "" : suffixes[i - 1]);

		if (access(path, F_OK) == 0)
			return path;
		if (errno != ENOENT) {
			sr_error_errno(err, SR_ERR_INSTANCE, "cannot look for %s", path);
			free(path);
			return NULL;
		}
		free(path);
	}
	/* A directory that is gone (not mounted) must not look like a file that is not there. */
	if (access(dir, R_OK | X_OK) != 0)
		sr_error_errno(err, SR_ERR_INSTANCE, "cannot read the directory %s", dir);
	return NULL;
}

static bool archive_failed(struct archive *a, const char *path, struct sr_error *err)
{
	const char *text = archive_error_string(a);

	if (archive_errno(a) == ENOMEM || archive_errno(a) == EACCES || archive_errno(a) == ENOENT ||
	    archive_errno(a) == EIO) {
		errno = archive_errno(a);
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", path);
	}
	sr_error_set(err, SR_ERR_INSTANCE, "cannot read %s: it is damaged or cut short", path);
	return sr_error_detail(err, "%s.", text ? text : "The archive library gave no reason");
}

static struct archive *open_archive(const char *path, bool tar, struct sr_error *err)
{
	struct archive *a = archive_read_new();

	if (!a) {
		errno = ENOMEM;
		sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", path);
		return NULL;
	}
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_zstd(a);
	if (tar)
		archive_read_support_format_tar(a);
	else
		archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, READ_BLOCK) != ARCHIVE_OK) {
		archive_failed(a, path, err);
		archive_read_free(a);
		return NULL;
	}
	return a;
}

struct sr_stream *sr_stream_open(const char *path, struct sr_error *err)
{
	struct sr_stream *s = sr_calloc(1, sizeof *s);
	struct archive_entry *entry;

	s->path = sr_strdup(path);
	s->fd = -1;
	if (!sr_compression_suffix(path, NULL)) {
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (s->fd >= 0)
			return s;
		sr_error_errno(err, SR_ERR_INSTANCE, "cannot open %s", path);
	} else {
		int rc;

		s->a = open_archive(path, false, err);
		rc = s->a ? archive_read_next_header(s->a, &entry) : ARCHIVE_FATAL;
		s->ended = rc == ARCHIVE_EOF;
		if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN || rc == ARCHIVE_EOF)
			return s;
		if (s->a)
			archive_failed(s->a, path, err);
	}
	sr_stream_close(s);
	return NULL;
}

struct sr_stream *sr_stream_open_member(const char *tar, const char *member, struct sr_error *err)
{
	struct sr_stream *s = sr_calloc(1, sizeof *s);
	struct archive_entry *entry = NULL;

	s->path = sr_asprintf("%s (%s)", tar, member);
	s->fd = -1;
	s->a = sr_tar_open(tar, err);
	while (s->a) {
		char *name;
		bool same;

		if (!sr_tar_next(s->a, tar, &entry, &name, err))
			break;
		if (!entry) {
			sr_error_set(err, SR_ERR_INSTANCE, "%s does not hold %s", tar, member);
			break;
		}
		same = strcmp(sr_path_base(name), member) == 0;
		free(name);
		if (same)
			return s;
	}
	sr_stream_close(s);
	return NULL;
}

void sr_stream_close(struct sr_stream *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	archive_read_free(s->a);
	free(s->path);
	free(s);
}

ssize_t sr_stream_read(struct sr_stream *s, void *buffer, size_t n, struct sr_error *err)
{
	size_t have = 0;

	while (have < n && !s->ended) {
		char *at = (char *)buffer + have;
		ssize_t got = s->a ? archive_read_data(s->a, at, n - have) : read(s->fd, at, n - have);

		if (got < 0 && !s->a && errno == EINTR)
			continue;
		if (got < 0) {
			if (s->a)
				archive_failed(s->a, s->path, err);
			else
				sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", s->path);
			return -1;
		}
		s->ended = got == 0;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

struct archive *sr_tar_open(const char *path, struct sr_error *err)
{
	return open_archive(path, true, err);
}

/* NULL: a name that leads out of the directory. "" stands for the directory itself. */
static char *clean_name(const char *name)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	if (name[0] == '/')
		return NULL;
	while (*name) {
		size_t n = strcspn(name, "/");

		if (n == 2 && name[0] == '.' && name[1] == '.') {
			sr_strbuf_release(&out);
			return NULL;
		}
		if (n > 0 && !(n == 1 && name[0] == '.')) {
			if (out.len > 0)
				sr_strbuf_addc(&out, '/');
			sr_strbuf_add(&out, name, n);
		}
		name += n + strspn(name + n, "/");
	}
	return sr_strbuf_take(&out);
}

bool sr_tar_next(struct archive *a, const char *path, struct archive_entry **entry, char **name,
		 struct sr_error *err)
{
	for (;;) {
		const char *raw;
		int rc = archive_read_next_header(a, entry);

		*name = NULL;
		if (rc == ARCHIVE_EOF) {
			*entry = NULL;
			return true;
		}
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return archive_failed(a, path, err);
		raw = archive_entry_pathname(*entry);
		*name = raw ? clean_name(raw) : NULL;
		if (!*name) {
			sr_error_set(err, SR_ERR_INSTANCE,
				     "%s holds a file with a name that is not safe: \"%s\"", path,
				     raw ? raw : "(unreadable)");
			sr_error_hint(err, "Names in a backup are relative and stay inside it. "
					   "Make sure that this archive is a PostgreSQL base backup.");
			return false;
		}
		if (**name)
			return true;
		free(*name);
	}
}

ssize_t sr_tar_read(struct archive *a, const char *path, void *buffer, size_t n, struct sr_error *err)
{
	ssize_t got = archive_read_data(a, buffer, n);

	if (got < 0) {
		archive_failed(a, path, err);
		return -1;
	}
	return got;
}
