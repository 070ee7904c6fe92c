#include "recovery/layout.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/probe.h"
#include "recovery/stream.h"

static bool extract_file(struct sr_layout *l, struct archive *a, const char *path, const char *name,
			 struct sr_error *err)
{
	struct sr_layout_file f;
	bool ok = sr_layout_begin(l, &f, name, err);

	while (ok) {
		ssize_t n = sr_tar_read(a, path, l->buffer, SR_LAYOUT_BLOCK, err);

		ok = n >= 0 && (n == 0 || sr_layout_write(l, &f, l->buffer, (size_t)n, err));
		if (n <= 0)
			break;
	}
	if (!ok)
		sr_error_context(err, "extracting %s from %s", name, path);
	return sr_layout_end(l, &f, ok, err);
}

/* pg_tblspc/OID: the server's own link, which we make anew. */
static bool is_tablespace_link(const char *name)
{
	return strncmp(name, "pg_tblspc/", 10) == 0 && name[10] &&
	       strspn(name + 10, "0123456789") == strlen(name + 10);
}

static bool extract_entry(struct sr_layout *l, struct archive *a, struct archive_entry *entry,
			  const char *path, const char *name, struct sr_error *err)
{
	bool ok;
	char *target;

	if (sr_layout_skips(name))
		return true;
	if (archive_entry_hardlink(entry) ||
	    (archive_entry_filetype(entry) == AE_IFLNK && !is_tablespace_link(name))) {
		sr_error_set(err, SR_ERR_INSTANCE, "%s holds a link that no base backup has", path);
		return sr_error_detail(err, "The link is %s.", name);
	}
	if (archive_entry_filetype(entry) == AE_IFREG)
		return extract_file(l, a, path, name, err);
	if (archive_entry_filetype(entry) != AE_IFDIR)
		return true;
	target = sr_layout_target(l, name);
	ok = sr_layout_dir(l, target, err);
	free(target);
	return ok;
}

/* `prefix` is where the names in this archive are, seen from the data directory. */
static bool extract(struct sr_layout *l, const char *path, const char *prefix, struct sr_error *err)
{
	struct archive *a = sr_tar_open(path, err);
	bool ok = a != NULL;

	while (ok) {
		struct archive_entry *entry;
		char *name, *full;

		ok = sr_tar_next(a, path, &entry, &name, err);
		if (!ok || !entry)
			break;
		full = *prefix ? sr_path_join(prefix, name) : sr_strdup(name);
		ok = extract_entry(l, a, entry, path, full, err);
		free(full);
		free(name);
	}
	archive_read_free(a);
	return ok;
}

bool sr_layout_tar(struct sr_layout *l, struct sr_error *err)
{
	static const char *const stems[] = { "base", "pg_wal" };
	const struct sr_backup *b = l->backup;
	struct sr_strlist names = SR_STRLIST_INIT;
	bool ok = sr_dir_list(b->path, &names, err) || sr_error_reclass(err, SR_ERR_INSTANCE);

	for (size_t i = 0; ok && i < SR_COUNT(stems); i++) {
		const char *archive = sr_probe_archive(&names, stems[i]);
		char *path = archive ? sr_path_join(b->path, archive) : NULL;

		ok = !path || extract(l, path, i == 0 ? "" : "pg_wal", err);
		free(path);
	}
	for (size_t i = 0; ok && i < b->ntablespaces; i++) {
		char name[32];

		snprintf(name, sizeof name, "pg_tblspc/%u", b->tablespaces[i].oid);
		ok = extract(l, b->tablespaces[i].data, name, err);
	}
	sr_strlist_release(&names);
	return ok;
}
