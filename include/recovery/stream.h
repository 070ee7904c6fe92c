/*
 * Reading files that may be compressed (.gz, .lz4, .zst) and tar archives that
 * may be, through libarchive.  Errors are SR_ERR_INSTANCE and name the file.
 * A stream belongs to one thread.
 */
#ifndef SR_RECOVERY_STREAM_H
#define SR_RECOVERY_STREAM_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sr_error;

/* ".gz", ".lz4", ".zst" at the end of name, or NULL; base_len (may be NULL) is the length without it. */
const char *sr_compression_suffix(const char *name, size_t *base_len);
/*
 * The file `name` in dir, or with one of the suffixes: its path (caller frees),
 * or NULL with *err untouched when there is none, NULL with *err set when
 * the directory cannot be looked into.
 */
char *sr_locate(const char *dir, const char *name, struct sr_error *err);

struct sr_stream;
struct sr_stream *sr_stream_open(const char *path, struct sr_error *err);
/* A file inside a tar archive, by the last part of its name. */
struct sr_stream *sr_stream_open_member(const char *tar, const char *member, struct sr_error *err);
void sr_stream_close(struct sr_stream *s); /* NULL is fine */
/* Fills the buffer unless the file ends before; the count, or -1. */
ssize_t sr_stream_read(struct sr_stream *s, void *buffer, size_t n, struct sr_error *err);

/* A tar archive: open, then sr_tar_next until it says that the end is reached. Free with archive_read_free(). */
struct archive *sr_tar_open(const char *path, struct sr_error *err);
/*
 * The next entry.  *entry is NULL at the end.  *name is its cleaned name
 * ("./" and doubled slashes are taken out, caller frees); a name that is absolute, empty or
 * has ".." in it is an error.
 */
bool sr_tar_next(struct archive *a, const char *path, struct archive_entry **entry, char **name,
		 struct sr_error *err);
/* Up to n bytes of the entry's data, 0 at its end, -1 after an error. */
ssize_t sr_tar_read(struct archive *a, const char *path, void *buffer, size_t n, struct sr_error *err);

#endif
