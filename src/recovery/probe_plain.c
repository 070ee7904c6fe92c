#include "recovery/probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/label.h"

/* A small file of the backup; false when it is not there or cannot be read. */
static bool read_small(const struct sr_backup *b, const char *name, struct sr_strbuf *out)
{
	struct sr_error err = SR_ERROR_INIT;
	char *path = sr_path_join(b->path, name);
	bool ok = sr_file_read(path, 1024 * 1024, out, &err);

	sr_error_release(&err);
	free(path);
	return ok;
}

static void read_label(struct sr_backup *b, const struct sr_strlist *names)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (!sr_strlist_has(names, "backup_label")) {
		if (sr_strlist_has(names, "backup_label.old"))
			sr_probe_damage(b, "a server was started in it already (backup_label is now "
					   "backup_label.old)");
		else if (sr_strlist_has(names, "postmaster.pid"))
			sr_probe_damage(b, "it is a server's data directory, not a backup "
					   "(postmaster.pid, and no backup_label)");
		else
			sr_probe_damage(b, "it has no backup_label");
	} else if (!read_small(b, "backup_label", &text)) {
		sr_probe_damage(b, "its backup_label cannot be read");
	} else {
		sr_probe_label(b, sr_strbuf_str(&text));
	}
	sr_strbuf_release(&text);
}

static void read_control(struct sr_backup *b)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (!read_small(b, "PG_VERSION", &text))
		sr_probe_damage(b, "it has no PG_VERSION");
	else
		b->major = sr_probe_version(sr_strbuf_str(&text));
	sr_strbuf_clear(&text);
	if (!read_small(b, "global/pg_control", &text))
		sr_probe_damage(b, "it has no global/pg_control");
	else
		sr_probe_control(b, text.data, text.len);
	sr_strbuf_release(&text);
}

/* Where pg_tblspc/OID leads to: a copy that belongs to the backup, never the server's own directory. */
static void add_tablespace(struct sr_backup *b, const char *link_path, unsigned oid)
{
	struct sr_backup_tablespace *t = sr_backup_tablespace(b, oid);
	char target[PATH_MAX], *full;
	struct stat st;
	ssize_t n;

	if (lstat(link_path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		t->data = sr_strdup(link_path);
		return;
	}
	n = readlink(link_path, target, sizeof target - 1);
	if (n <= 0) {
		sr_probe_damage(b, "its pg_tblspc/%u is neither a directory nor a link", oid);
		return;
	}
	target[n] = '\0';
	full = target[0] == '/' ? sr_strdup(target) : sr_asprintf("%s/pg_tblspc/%s", b->path, target);
	/* pg_basebackup leaves no tablespace_map in a plain backup: this one was copied with the links as they were. */
	if (t->location && strcmp(t->location, full) == 0)
		sr_probe_damage(b, "its pg_tblspc/%u leads to the server's own %s, not to a copy", oid, full);
	else if (!sr_path_is_dir(full))
		sr_probe_damage(b, "its tablespace %u is not at %s, where pg_tblspc/%u leads", oid, full,
				oid);
	if (!t->location)
		t->location = sr_strdup(full);
	t->data = full;
}

static void find_tablespaces(struct sr_backup *b)
{
	char *dir = sr_path_join(b->path, "pg_tblspc");
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_strbuf map = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;

	if (read_small(b, "tablespace_map", &map))
		sr_tablespace_map_parse(sr_strbuf_str(&map), b);
	if (sr_dir_list(dir, &names, &err)) {
		for (size_t i = 0; i < names.n; i++) {
			char *path, *end;
			unsigned long oid = strtoul(names.items[i], &end, 10);

			if (*end != '\0' || oid == 0 || oid > UINT32_MAX)
				continue;
			path = sr_path_join(dir, names.items[i]);
			add_tablespace(b, path, (unsigned)oid);
			free(path);
		}
	}
	for (size_t i = 0; i < b->ntablespaces; i++)
		if (!b->tablespaces[i].data)
			sr_probe_damage(b,
					"its tablespace %u is missing: tablespace_map names it, "
					"pg_tblspc has nothing of it",
					b->tablespaces[i].oid);
	sr_error_release(&err);
	sr_strbuf_release(&map);
	sr_strlist_release(&names);
	free(dir);
}

/* The bytes of all files below; links are not followed. -1: something cannot be read. */
static int64_t tree_bytes(const char *path)
{
	DIR *dir = opendir(path);
	int64_t sum = 0;
	struct dirent *e;

	if (!dir)
		return -1;
	while (sum >= 0 && (e = readdir(dir))) {
		struct stat st;
		char *child;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(st.st_mode))
			sum += st.st_size;
		if (!S_ISDIR(st.st_mode))
			continue;
		child = sr_path_join(path, e->d_name);
		st.st_size = tree_bytes(child);
		sum = st.st_size < 0 ? -1 : sum + st.st_size;
		free(child);
	}
	closedir(dir);
	return sum;
}

static void count_bytes(struct sr_backup *b)
{
	b->bytes = tree_bytes(b->path);
	for (size_t i = 0; b->bytes >= 0 && i < b->ntablespaces; i++) {
		int64_t more;

		if (!b->tablespaces[i].data || strncmp(b->tablespaces[i].data, b->path, strlen(b->path)) == 0)
			continue;
		more = tree_bytes(b->tablespaces[i].data);
		b->bytes = more < 0 ? -1 : b->bytes + more;
	}
}

void sr_probe_plain(struct sr_backup *b, const struct sr_strlist *names)
{
	char *label = sr_path_join(b->path, "backup_label");
	struct stat st;

	if (stat(b->path, &st) == 0)
		b->owner = st.st_uid;
	read_label(b, names);
	read_control(b);
	find_tablespaces(b);
	sr_probe_manifest(b);
	if (!b->has_manifest)
		count_bytes(b);
	if (b->start_time == SR_TIME_NONE && stat(label, &st) == 0)
		b->start_time = (sr_time)st.st_mtime * SR_USEC_PER_SEC;
	free(label);
}
