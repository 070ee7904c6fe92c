#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"

char *sr_path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (n == 0)
		return sr_strdup(name);
	return sr_asprintf("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

const char *sr_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *sr_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return sr_strdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? sr_strdup("/") : sr_strndup(path, (size_t)(slash - path));
}

bool sr_path_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool sr_path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool make_one(const char *path, mode_t mode, struct sr_error *err)
{
	int saved;

	if (mkdir(path, mode) == 0)
		return true;
	saved = errno;
	/* On a read-only or protected parent mkdir may say so before it says that the directory exists. */
	if (sr_path_is_dir(path))
		return true;
	errno = saved;
	return sr_error_errno(err, SR_ERR_INTERNAL, "could not create the directory \"%s\"", path);
}

bool sr_dir_make_all(const char *path, mode_t mode, struct sr_error *err)
{
	char *copy = sr_strdup(path);
	bool ok = true;

	for (char *p = copy + strspn(copy, "/"); ok && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		ok = make_one(copy, mode, err);
		*p = '/';
	}
	if (ok)
		ok = make_one(copy, mode, err);
	free(copy);
	return ok;
}

bool sr_dir_make_private(const char *path, struct sr_error *err)
{
	if (mkdir(path, 0700) != 0)
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not create the directory \"%s\"", path);
	/* A umask may have taken bits away that we need. */
	if (chmod(path, 0700) != 0)
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not set the permissions of \"%s\"", path);
	return true;
}

/* Takes fd.  False with errno. */
static bool list_fd(int fd, struct sr_strlist *names)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int saved;

	if (!dir) {
		saved = errno;
		close(fd);
		errno = saved;
		return false;
	}
	while (errno = 0, (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			sr_strlist_add(names, entry->d_name);
	saved = errno;
	closedir(dir);
	errno = saved;
	return saved == 0;
}

bool sr_dir_list(const char *path, struct sr_strlist *names, struct sr_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !list_fd(fd, names))
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not read the directory \"%s\"", path);
	sr_strlist_sort(names);
	return true;
}

/*
 * A walk over a tree, children first.  It holds on to directories by descriptor
 * and never follows a symbolic link, so that somebody who swaps a directory for
 * a link on the way cannot lead it elsewhere.  Nor does it enter another file
 * system that is mounted inside the tree.
 */
struct walk {
	bool (*visit)(struct walk *w, int dirfd, const char *name, const struct stat *st);
	const char *doing; /* "remove": for the message */
	bool unlock; /* make directories of ours accessible */
	dev_t device;
	struct sr_strbuf path; /* where it is, for messages */
	bool failed;
	struct sr_error *err;
};

static void walk_failed(struct walk *w)
{
	if (!w->failed)
		sr_error_errno(w->err, SR_ERR_INTERNAL, "could not %s \"%s\"", w->doing,
			       sr_strbuf_str(&w->path));
	w->failed = true;
}

/* Opens a directory for reading; with `unlock` one of ours also when its permissions forbid it. */
static int open_dir(struct walk *w, int dirfd, const char *name, const struct stat *st)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	bool locked = (st->st_mode & 0700) != 0700 && (st->st_uid == geteuid() || geteuid() == 0);
	char proc[64];
	int fd;

	if (w->unlock && locked) {
		/* fchmodat() would follow a link; the descriptor cannot be swapped. */
		fd = openat(dirfd, name, O_PATH | flags);
		if (fd < 0)
			return -1;
		snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
		(void)chmod(proc, (st->st_mode & 07777) | 0700);
		close(fd);
	}
	return openat(dirfd, name, O_RDONLY | flags);
}

static void walk_at(struct walk *w, int dirfd, const char *name);

static void walk_children(struct walk *w, int dirfd, const char *name, const struct stat *st)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	size_t len = w->path.len;
	int fd = open_dir(w, dirfd, name, st), list;

	if (fd < 0) {
		walk_failed(w);
		return;
	}
	/* The names are read before anything is removed: readdir need not cope with both. */
	list = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (list < 0 || !list_fd(list, &names))
		walk_failed(w);
	for (size_t i = 0; i < names.n; i++) {
		sr_strbuf_addf(&w->path, "/%s", names.items[i]);
		walk_at(w, fd, names.items[i]);
		w->path.len = len;
		w->path.data[len] = '\0';
	}
	close(fd);
	sr_strlist_release(&names);
}

static void walk_at(struct walk *w, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			walk_failed(w);
		return;
	}
	if (S_ISDIR(st.st_mode) && st.st_dev != w->device) {
		errno = EXDEV;
		walk_failed(w);
		return;
	}
	if (S_ISDIR(st.st_mode))
		walk_children(w, dirfd, name, &st);
	if (!w->visit(w, dirfd, name, &st))
		walk_failed(w);
}

static bool walk_tree(struct walk *w, const char *path)
{
	struct stat st;
	size_t n = strlen(path);

	/* With a slash at the end the kernel would follow a link that stands there. */
	while (n > 1 && path[n - 1] == '/')
		n--;
	sr_strbuf_add(&w->path, path, n);
	if (lstat(sr_strbuf_str(&w->path), &st) == 0) {
		char *top = sr_strdup(sr_strbuf_str(&w->path));

		w->device = st.st_dev;
		walk_at(w, AT_FDCWD, top);
		free(top);
	} else if (errno != ENOENT) {
		walk_failed(w);
	}
	sr_strbuf_release(&w->path);
	return !w->failed;
}

static bool visit_remove(struct walk *w, int dirfd, const char *name, const struct stat *st)
{
	(void)w;
	return unlinkat(dirfd, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT;
}

bool sr_tree_remove(const char *path, struct sr_error *err)
{
	struct walk w = { .visit = visit_remove, .doing = "remove", .unlock = true, .err = err };
	const char *base = sr_path_base(path);

	/* Nobody means the root of the file system, or "the directory that holds this one". */
	if (path[strspn(path, "/")] == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return sr_error_set(err, SR_ERR_INTERNAL, "refusing to remove \"%s\"", path);
	return walk_tree(&w, path);
}

bool sr_file_read(const char *path, size_t limit, struct sr_strbuf *out, struct sr_error *err)
{
	const size_t most = limit ? limit : (size_t)64 * 1024 * 1024;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t began = out->len;
	ssize_t n = 0;

	if (fd < 0)
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not open \"%s\"", path);
	sr_strbuf_reserve(out, 0);
	while (out->len - began <= most) {
		char *at = sr_strbuf_reserve(out, 64 * 1024);

		n = read(fd, at, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	out->data[out->len] = '\0';
	if (n < 0)
		sr_error_errno(err, SR_ERR_INTERNAL, "could not read \"%s\"", path);
	close(fd);
	if (n < 0)
		return false;
	if (out->len - began > most)
		return sr_error_set(err, SR_ERR_INTERNAL, "\"%s\" is larger than %zu bytes", path, most);
	return true;
}

bool sr_write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* After a rename the directory holds the new name only once it was synced too.  False with errno. */
static bool sync_dir_of(const char *path)
{
	char *dir = sr_path_dir(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
	int saved = errno;

	if (fd >= 0)
		close(fd);
	free(dir);
	errno = saved;
	return ok;
}

bool sr_file_write_atomic(const char *path, const void *bytes, size_t n, mode_t mode, struct sr_error *err)
{
	char *temporary = sr_asprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool ok = fd >= 0 && fchmod(fd, mode) == 0 && sr_write_all(fd, bytes, n) && fsync(fd) == 0;
	int saved = errno;

	if (fd >= 0 && close(fd) != 0 && ok) {
		ok = false;
		saved = errno;
	}
	if (ok && (rename(temporary, path) != 0 || !sync_dir_of(path))) {
		ok = false;
		saved = errno;
	}
	if (!ok) {
		if (fd >= 0)
			unlink(temporary);
		errno = saved;
		sr_error_errno(err, SR_ERR_INTERNAL, "could not write \"%s\"", path);
	}
	free(temporary);
	return ok;
}

bool sr_disk_free(const char *path, int64_t *bytes, struct sr_error *err)
{
	struct statvfs vfs;

	if (statvfs(path, &vfs) != 0)
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not find out the free space of \"%s\"",
				      path);
	*bytes = (int64_t)vfs.f_bavail * (int64_t)vfs.f_frsize;
	return true;
}
