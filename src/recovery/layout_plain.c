#include "recovery/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define DEEPEST     32
#define RANGE_BLOCK ((size_t)16 * 1024 * 1024)

/* The kernel copies; *can false: not between these two files, nothing was copied. */
static bool copy_range(struct sr_layout *l, int in, struct sr_layout_file *f, bool *can, struct sr_error *err)
{
	for (;;) {
		ssize_t n = copy_file_range(in, NULL, f->fd, NULL, RANGE_BLOCK, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && f->size == 0 && errno != ENOSPC && errno != EDQUOT && errno != EIO) {
			*can = false;
			return true;
		}
		if (n < 0)
			return sr_layout_write_error(f->path, err);
		/* Some file systems say 0 at once for files that they cannot copy. */
		if (n == 0 && f->size == 0)
			*can = false;
		if (n == 0)
			return true;
		f->size += n;
		if (!sr_layout_progress(l, n, err))
			return false;
	}
}

static bool copy_bytes(struct sr_layout *l, int in, const char *source, struct sr_layout_file *f, bool cloned,
		       struct sr_error *err)
{
	for (;;) {
		ssize_t n = read(in, l->buffer, SR_LAYOUT_BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", source);
		if (n == 0)
			return true;
		if (!cloned) {
			if (!sr_layout_write(l, f, l->buffer, (size_t)n, err))
				return false;
			continue;
		}
		sr_checksum_add(&f->sum, l->buffer, (size_t)n);
		f->size += n;
		if (!sr_layout_progress(l, n, err))
			return false;
	}
}

static bool copy_contents(struct sr_layout *l, int in, const char *source, struct sr_layout_file *f,
			  struct sr_error *err)
{
	bool cloned = ioctl(f->fd, FICLONE, in) == 0, can = true;
	struct stat st;

	if (cloned && !sr_layout_sums(f)) {
		if (fstat(in, &st) != 0)
			return sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", source);
		f->size = st.st_size;
		return sr_layout_progress(l, st.st_size, err);
	}
	if (!cloned && !sr_layout_sums(f)) {
		if (!copy_range(l, in, f, &can, err))
			return false;
		if (can)
			return true;
	}
	return copy_bytes(l, in, source, f, cloned, err);
}

static bool copy_file(struct sr_layout *l, const char *source, const char *name, struct sr_error *err)
{
	int in = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct sr_layout_file f;
	bool ok;

	if (in < 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", source);
	ok = sr_layout_begin(l, &f, name, err) && copy_contents(l, in, source, &f, err);
	ok = sr_layout_end(l, &f, ok, err);
	close(in);
	return ok;
}

/*
 * Links of the data directory that somebody made.  pg_wal's is followed; one to
 * a file beside the data (configuration, certificates) is not needed; data that
 * is elsewhere cannot be left out silently.
 */
static bool link_ok(const char *source, const char *name, bool *follow, struct sr_error *err)
{
	static const char *const unwanted[] = { "log", "pg_log", "pg_stat_tmp" };
	struct stat st;

	*follow = strcmp(name, "pg_wal") == 0;
	if (*follow)
		return true;
	for (size_t i = 0; i < SR_COUNT(unwanted); i++)
		if (strcmp(name, unwanted[i]) == 0)
			return true;
	if (!strchr(name, '/') && (stat(source, &st) != 0 || !S_ISDIR(st.st_mode)))
		return true;
	sr_error_set(err, SR_ERR_INSTANCE, "%s is a symbolic link", source);
	return sr_error_hint(err, "pg_basebackup does not follow such links either: "
				  "the backup lacks what is behind it.");
}

static bool copy_tree(struct sr_layout *l, const char *dir, const char *prefix, int depth,
		      struct sr_error *err);

static bool copy_one(struct sr_layout *l, const char *source, const char *name, int depth,
		     struct sr_error *err)
{
	struct stat st;
	bool follow = false;

	if (lstat(source, &st) != 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot read %s", source);
	if (S_ISLNK(st.st_mode) && !link_ok(source, name, &follow, err))
		return false;
	if (S_ISDIR(st.st_mode) || follow)
		return copy_tree(l, source, name, depth + 1, err);
	return !S_ISREG(st.st_mode) || copy_file(l, source, name, err);
}

static bool copy_entries(struct sr_layout *l, DIR *d, const char *dir, const char *prefix, int depth,
			 struct sr_error *err)
{
	bool ok = true;
	struct dirent *e;

	/* Tablespaces are copied one by one, from where their links lead. */
	if (strcmp(prefix, "pg_tblspc") == 0)
		return true;
	while (ok && (errno = 0, e = readdir(d))) {
		char *name, *source;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		name = *prefix ? sr_path_join(prefix, e->d_name) : sr_strdup(e->d_name);
		source = sr_path_join(dir, e->d_name);
		if (!sr_layout_skips(name))
			ok = copy_one(l, source, name, depth, err);
		free(name);
		free(source);
	}
	if (ok && errno != 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot read the directory %s", dir);
	return ok;
}

static bool copy_tree(struct sr_layout *l, const char *dir, const char *prefix, int depth,
		      struct sr_error *err)
{
	char *target = sr_layout_target(l, prefix);
	bool ok = sr_layout_dir(l, target, err);
	DIR *d = NULL;

	free(target);
	if (ok && depth > DEEPEST)
		ok = sr_error_set(err, SR_ERR_INSTANCE, "the directories below %s are nested too deeply",
				  dir);
	if (ok) {
		d = opendir(dir);
		ok = d || sr_error_errno(err, SR_ERR_INSTANCE, "cannot read the directory %s", dir);
	}
	if (ok)
		ok = copy_entries(l, d, dir, prefix, depth, err);
	if (d)
		closedir(d);
	return ok;
}

bool sr_layout_plain(struct sr_layout *l, struct sr_error *err)
{
	const struct sr_backup *b = l->backup;
	bool ok = copy_tree(l, b->path, "", 0, err);

	for (size_t i = 0; ok && i < b->ntablespaces; i++) {
		char name[32];

		snprintf(name, sizeof name, "pg_tblspc/%u", b->tablespaces[i].oid);
		ok = copy_tree(l, b->tablespaces[i].data, name, 0, err);
	}
	return ok;
}
