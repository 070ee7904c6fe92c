#include "recovery/restore.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "recovery/layout.h"

/* Directories that the server expects; tools that leave out their contents may leave them out too. */
static const char *const wanted_dirs[] = {
	"pg_commit_ts", "pg_dynshmem",           "pg_logical/mappings", "pg_logical/snapshots",
	"pg_notify",    "pg_replslot",           "pg_serial",           "pg_snapshots",
	"pg_stat",      "pg_stat_tmp",           "pg_subtrans",         "pg_tblspc",
	"pg_twophase",  "pg_wal/archive_status",
};

static bool make_dirs(struct sr_layout *l, struct sr_error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < SR_COUNT(wanted_dirs); i++) {
		char *path = sr_path_join(l->options->data_dir, wanted_dirs[i]);

		ok = sr_layout_dir(l, path, err);
		free(path);
	}
	return ok;
}

static bool link_one(struct sr_layout *l, unsigned oid, const char *dir, struct sr_error *err)
{
	const struct sr_run_as *as = l->options->run_as;
	char *link = sr_asprintf("%s/pg_tblspc/%u", l->options->data_dir, oid);
	char *target = sr_asprintf("%s/%u", dir, oid);
	bool ok = sr_layout_dir(l, target, err);

	if (ok && symlink(target, link) != 0)
		ok = sr_layout_write_error(link, err);
	if (ok && as && as->active && lchown(link, as->uid, as->gid) != 0)
		ok = sr_error_errno(err, SR_ERR_INSTANCE, "cannot give %s to %s", link, as->name);
	free(link);
	free(target);
	return ok;
}

static bool link_tablespaces(struct sr_layout *l, struct sr_error *err)
{
	const struct sr_backup *b = l->backup;
	char *dir;
	bool ok = true;

	if (b->ntablespaces == 0)
		return true;
	dir = realpath(l->options->tablespace_dir, NULL);
	if (!dir)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot find %s", l->options->tablespace_dir);
	for (size_t i = 0; ok && i < b->ntablespaces; i++)
		ok = link_one(l, b->tablespaces[i].oid, dir, err);
	free(dir);
	return ok;
}

static bool incomplete(const struct sr_layout *l, const char *name, struct sr_error *err)
{
	sr_error_set(err, SR_ERR_INSTANCE, "the base backup %s is not complete: %s is missing",
		     l->backup->name, name);
	sr_error_detail(err, "The backup is %s.", l->backup->path);
	return sr_error_hint(err, "Use another backup.");
}

/* Everything that the manifest names was met; without one, what no server starts without. */
static bool check_complete(struct sr_layout *l, struct sr_error *err)
{
	static const char *const needed[] = { "backup_label", "PG_VERSION", "global/pg_control" };

	for (size_t i = 0; i < SR_COUNT(needed); i++) {
		char *path = sr_path_join(l->options->data_dir, needed[i]);
		bool there = sr_path_exists(path);

		free(path);
		if (!there)
			return incomplete(l, needed[i], err);
	}
	for (size_t i = 0; i < l->manifest.n; i++) {
		const struct sr_manifest_entry *e = &l->manifest.entries[i];

		if (!e->seen && !sr_manifest_ignores(e->path) && !sr_layout_skips(e->path))
			return incomplete(l, e->path, err);
	}
	return true;
}

static bool load_manifest(struct sr_layout *l, struct sr_error *err)
{
	char *path = sr_path_join(l->backup->path, "backup_manifest");
	bool ok = sr_manifest_load(&l->manifest, path, err);

	free(path);
	return ok || sr_error_reclass(err, SR_ERR_INSTANCE);
}

static bool make_top(struct sr_layout *l, struct sr_error *err)
{
	const struct sr_restore_options *o = l->options;

	if (!sr_dir_make_private(o->data_dir, err))
		return sr_error_reclass(err, SR_ERR_INSTANCE);
	if (o->run_as && o->run_as->active && chown(o->data_dir, o->run_as->uid, o->run_as->gid) != 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "cannot give %s to %s", o->data_dir,
				      o->run_as->name);
	return l->backup->ntablespaces == 0 || sr_layout_dir(l, o->tablespace_dir, err);
}

bool sr_restore_backup(const struct sr_backup *b, const struct sr_restore_options *options,
		       struct sr_error *err)
{
	struct sr_layout l = { .backup = b, .options = options };
	bool ok;

	if (b->ntablespaces > 0 && !options->tablespace_dir)
		return sr_error_set(err, SR_ERR_INTERNAL,
				    "the base backup %s has tablespaces and no place for them", b->name);
	l.buffer = sr_malloc(SR_LAYOUT_BLOCK);
	ok = (!b->has_manifest || load_manifest(&l, err)) && make_top(&l, err);
	if (ok)
		ok = b->format == SR_BACKUP_TAR ? sr_layout_tar(&l, err) : sr_layout_plain(&l, err);
	ok = ok && make_dirs(&l, err) && link_tablespaces(&l, err) && check_complete(&l, err);
	sr_manifest_release(&l.manifest);
	free(l.buffer);
	return ok || sr_error_context(err, "restoring the base backup %s to %s", b->path, options->data_dir);
}
