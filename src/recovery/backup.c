#include "recovery/backup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/manifest.h"
#include "recovery/probe.h"

#define DEEPEST 2 /* levels below the directory that the user named */

static void backup_release(struct sr_backup *b)
{
	free(b->path);
	free(b->name);
	free(b->label);
	free(b->damage);
	for (size_t i = 0; i < b->ntablespaces; i++) {
		free(b->tablespaces[i].location);
		free(b->tablespaces[i].data);
	}
	free(b->tablespaces);
}

void sr_backup_list_release(struct sr_backup_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		backup_release(&l->items[i]);
	free(l->items);
	*l = (struct sr_backup_list){ 0 };
}

static bool is_plain(const struct sr_strlist *names)
{
	/* A database's own directory has a PG_VERSION too. */
	return sr_strlist_has(names, "backup_label") ||
	       (sr_strlist_has(names, "PG_VERSION") &&
		(sr_strlist_has(names, "global") || sr_strlist_has(names, "base")));
}

static void add_backup(struct sr_backup_list *l, const char *path, enum sr_backup_format format,
		       const struct sr_strlist *names)
{
	struct sr_backup *b;

	SR_ARRAY_RESERVE(l->items, l->cap, l->n + 1);
	b = &l->items[l->n++];
	*b = (struct sr_backup){
		.path = sr_strdup(path),
		.name = sr_strdup(sr_path_base(path)),
		.format = format,
		.bytes = -1,
		.start_time = SR_TIME_NONE,
		.stop_time = SR_TIME_NONE,
	};
	if (format == SR_BACKUP_TAR)
		sr_probe_tar(b, names);
	else
		sr_probe_plain(b, names);
}

static bool find_in(const char *dir, int depth, struct sr_backup_list *out, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	bool ok = sr_dir_list(dir, &names, err);

	if (ok && is_plain(&names)) {
		add_backup(out, dir, SR_BACKUP_PLAIN, &names);
	} else if (ok && sr_probe_archive(&names, "base")) {
		add_backup(out, dir, SR_BACKUP_TAR, &names);
	} else if (ok && depth < DEEPEST) {
		for (size_t i = 0; i < names.n; i++) {
			struct sr_error ignored = SR_ERROR_INIT;
			char *path = sr_path_join(dir, names.items[i]);

			/* One that we may not read (lost+found) is no backup that we could use. */
			if (sr_path_is_dir(path) && !find_in(path, depth + 1, out, &ignored))
				sr_error_release(&ignored);
			free(path);
		}
	}
	sr_strlist_release(&names);
	return ok;
}

static int by_start(const void *a, const void *b)
{
	const struct sr_backup *x = a, *y = b;

	if (x->start_time != y->start_time)
		return x->start_time < y->start_time ? -1 : 1;
	if (x->start_lsn != y->start_lsn)
		return x->start_lsn < y->start_lsn ? -1 : 1;
	return strcmp(x->path, y->path);
}

bool sr_backup_find(const char *dir, struct sr_backup_list *out, struct sr_error *err)
{
	char *clean = sr_strdup(dir);

	*out = (struct sr_backup_list){ 0 };
	for (size_t n = strlen(clean); n > 1 && clean[n - 1] == '/'; n--)
		clean[n - 1] = '\0';
	if (!find_in(clean, 0, out, err)) {
		sr_error_reclass(err, SR_ERR_REFUSED);
		sr_error_context(err, "looking for base backups in %s", clean);
	} else if (out->n == 0) {
		sr_error_set(err, SR_ERR_REFUSED, "there is no base backup in %s", clean);
		sr_error_detail(
			err,
			"Looked for directories with backup_label and global/pg_control, or with base.tar "
			"(also .gz, .lz4, .zst), here and up to two levels below.");
		sr_error_hint(err,
			      "Make one with pg_basebackup -D %s/NAME -c fast, "
			      "or name the directory that holds yours.",
			      clean);
	} else {
		qsort(out->items, out->n, sizeof *out->items, by_start);
	}
	free(clean);
	return out->n > 0;
}

/* pg_tblspc/OID/... is looked for where the tablespace's copy is. */
static char *file_path(const struct sr_backup *b, const char *name)
{
	if (strncmp(name, "pg_tblspc/", 10) == 0) {
		char *end;
		unsigned long oid = strtoul(name + 10, &end, 10);

		for (size_t i = 0; *end == '/' && i < b->ntablespaces; i++)
			if (b->tablespaces[i].oid == oid && b->tablespaces[i].data)
				return sr_path_join(b->tablespaces[i].data, end + 1);
	}
	return sr_path_join(b->path, name);
}

static bool check_file(void *ctx, const struct sr_manifest_file *f, struct sr_error *err)
{
	const struct sr_backup *b = ctx;
	struct stat st;
	bool ok = true;
	char *path;

	if (sr_manifest_ignores(f->path))
		return true;
	path = file_path(b, f->path);
	if (lstat(path, &st) != 0) {
		ok = errno == ENOENT ? sr_error_set(err, SR_ERR_REFUSED,
						    "the base backup %s is not complete: %s is missing",
						    b->name, path)
				     : sr_error_errno(err, SR_ERR_REFUSED, "cannot look at %s", path);
	} else if (!S_ISREG(st.st_mode) || st.st_size != f->size) {
		ok = sr_error_set(err, SR_ERR_REFUSED, "the base backup %s is damaged: %s is %s", b->name,
				  path,
				  !S_ISREG(st.st_mode)   ? "not a file"
				  : st.st_size < f->size ? "cut short"
							 : "too long");
		sr_error_detail(err, "It has %lld bytes; backup_manifest says %lld.", (long long)st.st_size,
				(long long)f->size);
	}
	if (!ok)
		sr_error_hint(err,
			      "Use another backup, or restore this file from where the backup was copied.");
	free(path);
	return ok;
}

bool sr_backup_check(const struct sr_backup *b, struct sr_error *err)
{
	char *path;
	struct sr_manifest_info info;
	bool ok;

	if (b->damage) {
		sr_error_set(err, SR_ERR_REFUSED, "the base backup %s cannot be used: %s", b->path,
			     b->damage);
		return sr_error_hint(err, "Use another backup.");
	}
	if (!b->has_manifest)
		return true;
	path = sr_path_join(b->path, "backup_manifest");
	ok = sr_manifest_read(path, b->format == SR_BACKUP_PLAIN ? check_file : NULL, (void *)b, &info, err);
	free(path);
	return ok;
}
