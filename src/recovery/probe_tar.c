#include "recovery/probe.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/label.h"
#include "recovery/stream.h"
#include "recovery/wal.h"
#include "recovery/wal_reader.h"

/* How far a compressed archive is read for what may come late, once the label was seen. */
#define LOOK_LIMIT (INT64_C(64) * 1024 * 1024)
#define FILE_LIMIT (1024 * 1024)

struct look {
	struct sr_backup *b;
	const char *path;
	bool compressed;
	bool label, control;
	sr_time label_mtime;
	int64_t bytes;
};

const char *sr_probe_archive(const struct sr_strlist *names, const char *stem)
{
	size_t n = strlen(stem);

	for (size_t i = 0; i < names->n; i++) {
		size_t base;

		sr_compression_suffix(names->items[i], &base);
		if (base == n + 4 && strncmp(names->items[i], stem, n) == 0 &&
		    strncmp(names->items[i] + n, ".tar", 4) == 0)
			return names->items[i];
	}
	return NULL;
}

/* The rest of the entry, small files only. */
static bool read_entry(struct archive *a, const char *path, struct sr_strbuf *out, struct sr_error *err)
{
	for (;;) {
		ssize_t got = sr_tar_read(a, path, sr_strbuf_reserve(out, 16384), 16384, err);

		if (got <= 0)
			return got == 0;
		out->len += (size_t)got;
		out->data[out->len] = '\0';
		if (out->len > FILE_LIMIT)
			return sr_error_set(err, SR_ERR_INSTANCE, "%s holds a backup_label that is too large",
					    path);
	}
}

static bool is_version_file(const char *name)
{
	const char *slash = strrchr(name, '/');

	/* Every database's directory has the same file, and one of them may come much earlier. */
	return strcmp(slash ? slash + 1 : name, "PG_VERSION") == 0;
}

static bool look_at_entry(struct look *l, struct archive *a, struct archive_entry *entry, const char *name,
			  struct sr_error *err)
{
	bool label = strcmp(name, "backup_label") == 0, map = strcmp(name, "tablespace_map") == 0;
	bool control = strcmp(name, "global/pg_control") == 0;
	bool version = l->b->major == 0 && is_version_file(name);
	struct sr_strbuf text = SR_STRBUF_INIT;
	bool ok = true;

	if (archive_entry_filetype(entry) != AE_IFREG)
		return true;
	l->bytes += archive_entry_size(entry);
	if (label || map || control || version)
		ok = read_entry(a, l->path, &text, err);
	if (ok && label) {
		l->label = true;
		l->label_mtime = (sr_time)archive_entry_mtime(entry) * SR_USEC_PER_SEC;
		sr_probe_label(l->b, sr_strbuf_str(&text));
	} else if (ok && map) {
		sr_tablespace_map_parse(sr_strbuf_str(&text), l->b);
	} else if (ok && control) {
		l->control = true;
		sr_probe_control(l->b, text.data, text.len);
	} else if (ok && version) {
		l->b->major = sr_probe_version(sr_strbuf_str(&text));
	}
	sr_strbuf_release(&text);
	return ok;
}

/*
 * A tar file that is not compressed is walked to its end: data is stepped over.
 * Of a compressed one no more is read than must be: the server writes
 * backup_label and tablespace_map first.
 */
static bool enough(const struct look *l, struct archive *a, const char *name)
{
	if (!l->compressed || !l->label || strcmp(name, "backup_label") == 0 ||
	    strcmp(name, "tablespace_map") == 0)
		return false;
	return l->b->major != 0 || archive_filter_bytes(a, 0) > LOOK_LIMIT;
}

static void look_at_base(struct look *l)
{
	struct sr_error err = SR_ERROR_INIT;
	struct archive *a = sr_tar_open(l->path, &err);
	bool ok = a != NULL, done = false;

	while (ok && !done) {
		struct archive_entry *entry;
		char *name;

		ok = sr_tar_next(a, l->path, &entry, &name, &err);
		if (!ok)
			break;
		ok = !entry || look_at_entry(l, a, entry, name, &err);
		done = !entry || enough(l, a, name);
		free(name);
	}
	archive_read_free(a);
	if (!ok)
		sr_probe_damage_error(l->b, &err);
	else if (!l->label)
		sr_probe_damage(l->b, "its %s holds no backup_label", sr_path_base(l->path));
	else if (!l->compressed && !l->control)
		sr_probe_damage(l->b, "its %s holds no global/pg_control", sr_path_base(l->path));
}

/* The first segment of pg_wal.tar tells version and system identifier. */
static void look_at_wal(struct sr_backup *b, const char *path)
{
	struct sr_error err = SR_ERROR_INIT;
	struct archive *a = sr_tar_open(path, &err);
	bool done = a == NULL;

	while (!done) {
		struct archive_entry *entry;
		unsigned char page[SR_WAL_HEADER_SIZE];
		char *name;

		if (!sr_tar_next(a, path, &entry, &name, &err) || !entry)
			break;
		done = sr_wal_is_segment_name(sr_path_base(name), 24);
		if (done && sr_tar_read(a, path, page, sizeof page, &err) == (ssize_t)sizeof page)
			sr_probe_wal_page(b, page, sizeof page);
		free(name);
	}
	archive_read_free(a);
	/* What it lacks is found out when it is needed. */
	sr_error_release(&err);
}

/* "16384.tar.gz" */
static unsigned archive_oid(const char *name)
{
	char *end;
	unsigned long oid;
	size_t base;

	sr_compression_suffix(name, &base);
	if (!isdigit((unsigned char)name[0]))
		return 0;
	oid = strtoul(name, &end, 10);
	return (size_t)(end - name) + 4 == base && strncmp(end, ".tar", 4) == 0 && oid <= UINT32_MAX
		       ? (unsigned)oid
		       : 0;
}

static void find_tablespaces(struct sr_backup *b, const struct sr_strlist *names, int64_t *bytes)
{
	for (size_t i = 0; i < names->n; i++) {
		unsigned oid = archive_oid(names->items[i]);
		struct sr_backup_tablespace *t;
		struct stat st;

		if (oid == 0)
			continue;
		t = sr_backup_tablespace(b, oid);
		free(t->data);
		t->data = sr_path_join(b->path, names->items[i]);
		if (sr_compression_suffix(t->data, NULL) || stat(t->data, &st) != 0)
			*bytes = -1;
		else if (*bytes >= 0)
			*bytes += st.st_size;
	}
	for (size_t i = 0; i < b->ntablespaces; i++)
		if (!b->tablespaces[i].data)
			sr_probe_damage(b, "the archive of tablespace %u (%u.tar) is missing",
					b->tablespaces[i].oid, b->tablespaces[i].oid);
}

void sr_probe_tar(struct sr_backup *b, const struct sr_strlist *names)
{
	const char *base = sr_probe_archive(names, "base"), *wal = sr_probe_archive(names, "pg_wal");
	char *path = sr_path_join(b->path, base);
	struct look look = { .b = b, .path = path, .compressed = sr_compression_suffix(base, NULL) };
	struct stat st;

	look.label_mtime = SR_TIME_NONE;
	if (stat(path, &st) == 0)
		b->owner = st.st_uid;
	sr_probe_manifest(b);
	look_at_base(&look);
	if (look.compressed)
		look.bytes = -1;
	find_tablespaces(b, names, &look.bytes);
	if (!b->has_manifest)
		b->bytes = look.bytes;
	if (b->start_time == SR_TIME_NONE)
		b->start_time = look.label_mtime;
	free(path);
	if (wal) {
		path = sr_path_join(b->path, wal);
		look_at_wal(b, path);
		free(path);
	}
}
