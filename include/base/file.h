/*
 * Files and directories.  Paths are UTF-8 or whatever the file system has;
 * errors carry errno's text and class SR_ERR_INTERNAL unless the caller
 * reclasses them.  Any thread may call.
 */
#ifndef SR_BASE_FILE_H
#define SR_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sr_error;
struct sr_strbuf;
struct sr_strlist;

char *sr_path_join(const char *dir, const char *name); /* caller frees */
const char *sr_path_base(const char *path); /* points into path */
char *sr_path_dir(const char *path); /* caller frees; "." when there is none */
bool sr_path_exists(const char *path); /* symbolic links are followed */
bool sr_path_is_dir(const char *path);

/* Makes the directory and its parents (mode applies to all that are made). Existing is fine. */
bool sr_dir_make_all(const char *path, mode_t mode, struct sr_error *err);
/* Makes exactly this directory, 0700; existing is an error. */
bool sr_dir_make_private(const char *path, struct sr_error *err);
/* Names in the directory, sorted, without . and .. */
bool sr_dir_list(const char *path, struct sr_strlist *names, struct sr_error *err);
/*
 * Removes a tree without ever following a symbolic link or leaving the file
 * system tree it began in.  Already gone is success.  Goes on after a failure
 * and reports the first.
 */
bool sr_tree_remove(const char *path, struct sr_error *err);

/* Reads a whole file of at most `limit` bytes (0: 64 MiB). */
bool sr_file_read(const char *path, size_t limit, struct sr_strbuf *out, struct sr_error *err);
/* Writes to a temporary name beside it, fsyncs, renames. */
bool sr_file_write_atomic(const char *path, const void *bytes, size_t n, mode_t mode, struct sr_error *err);
bool sr_write_all(int fd, const void *bytes, size_t n); /* false: errno */
/* Bytes free for an unprivileged user in the file system that holds path. */
bool sr_disk_free(const char *path, int64_t *bytes, struct sr_error *err);

#endif
