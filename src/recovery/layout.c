#include "recovery/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool sr_layout_skips(const char *name)
{
	static const char *const files[] = { "postmaster.pid",  "postmaster.opts", "standby.signal",
					     "recovery.signal", "recovery.conf",   "backup_manifest",
					     "tablespace_map" };
	/* Directories whose contents no server may find after a restore; pg_basebackup leaves them empty too. */
	static const char *const emptied[] = { "pg_replslot/", "pg_stat_tmp/",
					       "pg_dynshmem/", "pg_notify/",
					       "pg_serial/",   "pg_snapshots/",
					       "pg_subtrans/", "pg_wal/archive_status/" };
	const char *base = sr_path_base(name);

	for (size_t i = 0; i < SR_COUNT(files); i++)
		if (strcmp(name, files[i]) == 0)
			return true;
	for (size_t i = 0; i < SR_COUNT(emptied); i++)
		if (starts_with(name, emptied[i]))
			return true;
	if (strcmp(base, "pg_internal.init") == 0 || starts_with(base, "pg_internal.init."))
		return true;
	return starts_with(name, "pgsql_tmp") || strstr(name, "/pgsql_tmp");
}

char *sr_layout_target(const struct sr_layout *l, const char *name)
{
	if (starts_with(name, "pg_tblspc/")) {
		char *end;
		unsigned long oid = strtoul(name + 10, &end, 10);

		for (size_t i = 0; (*end == '/' || !*end) && i < l->backup->ntablespaces; i++)
			if (l->backup->tablespaces[i].oid == oid)
				return sr_asprintf("%s/%lu%s", l->options->tablespace_dir, oid, end);
	}
	return sr_path_join(l->options->data_dir, name);
}

bool sr_layout_write_error(const char *path, struct sr_error *err)
{
	int saved = errno;

	sr_error_errno(err, SR_ERR_INSTANCE, "cannot write %s", path);
	if (saved == ENOSPC || saved == EDQUOT)
		sr_error_hint(err, "Name a directory with more free space with --scratch-dir.");
	errno = saved;
	return false;
}

static const struct sr_run_as *owner(const struct sr_layout *l)
{
	return l->options->run_as && l->options->run_as->active ? l->options->run_as : NULL;
}

bool sr_layout_dir(struct sr_layout *l, const char *path, struct sr_error *err)
{
	const struct sr_run_as *as = owner(l);
	int rc = mkdir(path, 0700);

	if (rc != 0 && errno == ENOENT) {
		char *parent = sr_path_dir(path);
		bool ok = strcmp(parent, path) != 0 && sr_layout_dir(l, parent, err);

		free(parent);
		if (!ok)
			return false;
		rc = mkdir(path, 0700);
	}
	if (rc != 0)
		return errno == EEXIST || sr_layout_write_error(path, err);
	if (as && lchown(path, as->uid, as->gid) != 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot give %s to %s", path, as->name);
	return true;
}

bool sr_layout_progress(struct sr_layout *l, int64_t bytes, struct sr_error *err)
{
	const struct sr_restore_options *o = l->options;
	int64_t total = l->backup->bytes;

	l->done += bytes;
	if (o->progress)
		o->progress(o->ctx, total >= 0 && l->done > total ? total : l->done, total);
	if (o->stop && *o->stop) {
		sr_error_set(err, SR_ERR_SIGNAL, "restoring the base backup was stopped");
		err->signal = *o->stop;
		return false;
	}
	return true;
}

static bool open_new(const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *fd >= 0;
}

bool sr_layout_begin(struct sr_layout *l, struct sr_layout_file *f, const char *name, struct sr_error *err)
{
	const struct sr_run_as *as = owner(l);
	bool ok;

	*f = (struct sr_layout_file){ .fd = -1, .name = name, .path = sr_layout_target(l, name) };
	f->entry = sr_manifest_find(&l->manifest, name);
	if (f->entry && sr_manifest_ignores(name)) {
		f->entry->seen = true;
		f->entry = NULL;
	}
	if (!sr_checksum_begin(&f->sum, f->entry ? f->entry->kind : SR_SUM_NONE, err))
		return false;
	ok = open_new(f->path, &f->fd);
	if (!ok && errno == ENOENT) {
		char *parent = sr_path_dir(f->path);

		ok = sr_layout_dir(l, parent, err);
		free(parent);
		if (!ok)
			return false;
		ok = open_new(f->path, &f->fd);
	}
	if (!ok && errno == EEXIST) {
		sr_error_set(err, SR_ERR_INSTANCE, "the base backup %s holds the same file twice",
			     l->backup->name);
		return sr_error_detail(err, "The file is %s.", name);
	}
	if (!ok)
		return sr_layout_write_error(f->path, err);
	if (as && fchown(f->fd, as->uid, as->gid) != 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot give %s to %s", f->path, as->name);
	return true;
}

bool sr_layout_sums(const struct sr_layout_file *f)
{
	return f->sum.kind != SR_SUM_NONE;
}

bool sr_layout_write(struct sr_layout *l, struct sr_layout_file *f, const void *bytes, size_t n,
		     struct sr_error *err)
{
	if (!sr_write_all(f->fd, bytes, n))
		return sr_layout_write_error(f->path, err);
	sr_checksum_add(&f->sum, bytes, n);
	f->size += (int64_t)n;
	return sr_layout_progress(l, (int64_t)n, err);
}

static bool damaged(const struct sr_layout *l, const char *name, const char *what, struct sr_error *err)
{
	sr_error_set(err, SR_ERR_INSTANCE, "the base backup %s is damaged: %s %s", l->backup->name, name,
		     what);
	sr_error_detail(err, "The file is %s in %s.", name, l->backup->path);
	return sr_error_hint(err,
			     "Use another backup, or restore this file from where the backup was copied.");
}

static bool compare(const struct sr_layout *l, struct sr_layout_file *f, struct sr_error *err)
{
	uint8_t sum[SR_CHECKSUM_MAX];
	size_t n;

	f->entry->seen = true;
	if (f->size < f->entry->size)
		return damaged(l, f->name, "is cut short", err);
	if (f->size > f->entry->size)
		return damaged(l, f->name, "is too long", err);
	n = sr_checksum_finish(&f->sum, sum);
	if (memcmp(sum, f->entry->sum, n) != 0)
		return damaged(l, f->name, "has not the checksum that backup_manifest says", err);
	return true;
}

bool sr_layout_end(struct sr_layout *l, struct sr_layout_file *f, bool ok, struct sr_error *err)
{
	if (f->fd >= 0 && close(f->fd) != 0 && ok)
		ok = sr_layout_write_error(f->path, err);
	if (ok && f->entry)
		ok = compare(l, f, err);
	sr_checksum_drop(&f->sum);
	free(f->path);
	f->path = NULL;
	f->fd = -1;
	return ok;
}
