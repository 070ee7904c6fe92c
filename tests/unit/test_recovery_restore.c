#include "recovery_fixture.h"

#include <errno.h>

#include "recovery/layout.h"
#include "recovery/restore.h"

struct out {
	char *data, *spaces;
	int64_t done, total;
	int calls;
	volatile int stop;
	int stop_after;
	struct sr_restore_options options;
	struct sr_error err;
};

static void note_progress(void *ctx, int64_t done, int64_t total)
{
	struct out *o = ctx;

	assert_true(done >= o->done);
	assert_true(total < 0 || done <= total);
	o->done = done;
	o->total = total;
	if (++o->calls == o->stop_after)
		o->stop = 15;
}

static struct out *make_out(const char *dir, const char *name)
{
	struct out *o = sr_calloc(1, sizeof *o);

	o->data = sr_path_join(dir, name);
	o->spaces = sr_asprintf("%s/%s.ts", dir, name);
	o->options = (struct sr_restore_options){
		.data_dir = o->data,
		.tablespace_dir = o->spaces,
		.progress = note_progress,
		.ctx = o,
		.stop = &o->stop,
	};
	return o;
}

static void free_out(struct out *o)
{
	sr_error_release(&o->err);
	free(o->data);
	free(o->spaces);
	free(o);
}

/* The only backup in dir. */
static bool restore(const char *dir, struct out *o)
{
	struct sr_backup_list l;
	bool ok;

	assert_true(sr_backup_find(dir, &l, &o->err));
	assert_int_equal(l.n, 1);
	ok = sr_restore_backup(&l.items[0], &o->options, &o->err);
	sr_backup_list_release(&l);
	return ok;
}

static void is_private(const char *dir, const char *name, mode_t mode)
{
	char *path = sr_path_join(dir, name);
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, mode);
	free(path);
}

static void make_linked(const char *dir, const char *link, const char *target)
{
	char *path = sr_path_join(dir, link);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

/* What a plain backup may hold besides: some of it must not arrive. */
static void add_clutter(const char *mon, const char *ssd, const char *wal)
{
	put(ssd, "PG_15_202209061/5/16390", "a table");
	put(ssd, "PG_15_202209061/pgsql_tmp/pgsql_tmp1.0", "left over");
	put(wal, "000000010000000000000007", "wal");
	put(wal, "archive_status/000000010000000000000007.ready", "");
	put(mon, "pg_tblspc/.keep", "");
	make_linked(mon, "pg_tblspc/16384", ssd);
	make_linked(mon, "pg_wal", wal);
	make_linked(mon, "server.key", "/etc/ssl/nothing");
	put(mon, "pg_replslot/standby/state", "x");
	put(mon, "base/5/pg_internal.init", "x");
	put(mon, "base/pgsql_tmp/pgsql_tmp1.0", "x");
	put(mon, "standby.signal", "");
	put(mon, "recovery.signal", "");
	put(mon, "postmaster.pid", "1");
	put(mon, "pg_stat_tmp/global.stat", "x");
	put(mon, "base/5/16400", "");
}

static void check_monday(struct out *o, const char *mon)
{
	static const char *const gone[] = { "pg_replslot/standby",
					    "base/5/pg_internal.init",
					    "base/pgsql_tmp/pgsql_tmp1.0",
					    "standby.signal",
					    "recovery.signal",
					    "postmaster.pid",
					    "pg_stat_tmp/global.stat",
					    "server.key",
					    "backup_manifest",
					    "tablespace_map",
					    "pg_wal/archive_status/000000010000000000000007.ready" };
	char target[4096], *link = sr_path_join(o->data, "pg_tblspc/16384"), *want;
	ssize_t n;

	assert_file(o->data, "backup_label", MONDAY);
	assert_file(o->data, "base/1/1259", "rows of pg_class");
	assert_file(o->data, "base/5/16400", "");
	assert_file(o->data, "pg_wal/000000010000000000000007", "wal");
	assert_file(o->data, "pg_tblspc/16384/PG_15_202209061/5/16390", "a table");
	for (size_t i = 0; i < SR_COUNT(gone); i++)
		assert_false(there(o->data, gone[i]));
	assert_false(there(o->spaces, "16384/PG_15_202209061/pgsql_tmp/pgsql_tmp1.0"));
	is_private(o->data, ".", S_IFDIR | 0700);
	is_private(o->data, "pg_wal", S_IFDIR | 0700);
	is_private(o->data, "pg_notify", S_IFDIR | 0700);
	is_private(o->data, "pg_logical/snapshots", S_IFDIR | 0700);
	is_private(o->data, "base/1/1259", S_IFREG | 0600);
	is_private(o->spaces, "16384", S_IFDIR | 0700);
	n = readlink(link, target, sizeof target - 1);
	assert_true(n > 0);
	target[n] = '\0';
	want = sr_path_join(o->spaces, "16384");
	assert_string_equal(target, want);
	assert_file(mon, "postmaster.pid", "1"); /* the backup itself is as it was */
	free(want);
	free(link);
}

static void plain(void **state)
{
	char *mon = make_monday(*state), *ssd = sr_path_join(*state, "ssd"),
	     *wal = sr_path_join(*state, "wal");
	struct out *o = make_out(*state, "without"), *with = make_out(*state, "with");
	char *big = sr_calloc(1, 5 * MB);

	add_clutter(mon, ssd, wal);
	memset(big, 'x', 5 * MB - 1);
	put(mon, "base/1/2619", big);
	if (!restore(mon, o))
		no_error(&o->err);
	check_monday(o, mon);
	assert_file(o->data, "base/1/2619", big);
	assert_true(o->done > 5 * MB);
	make_manifest(mon, monday_files, SR_COUNT(monday_files), MONDAY_RANGE);
	put(mon, "postgresql.auto.conf", "changed since"); /* not compared */
	if (!restore(mon, with))
		no_error(&with->err);
	check_monday(with, mon);
	assert_file(with->data, "base/1/2619", big);
	/* what is there already is not written into */
	assert_false(restore(mon, with));
	is_error(&with->err, SR_ERR_INSTANCE, with->data);
	free(big);
	free_out(o);
	free_out(with);
	free(wal);
	free(ssd);
	free(mon);
}

static void damaged_plain(void **state)
{
	char *mon = make_monday(*state), *path = sr_path_join(mon, "base/1/1259");
	struct out *o = make_out(*state, "a"), *p = make_out(*state, "b"), *q = make_out(*state, "c");
	struct out *r = make_out(*state, "d");

	make_manifest(mon, monday_files, SR_COUNT(monday_files), MONDAY_RANGE);
	put(mon, "base/1/1259", "rows of pg_clasS");
	assert_false(restore(mon, o));
	is_error(&o->err, SR_ERR_INSTANCE, "base/1/1259 has not the checksum");
	put(mon, "base/1/1259", "rows of pg_clas");
	assert_false(restore(mon, p));
	is_error(&p->err, SR_ERR_INSTANCE, "base/1/1259 is cut short");
	unlink(path);
	assert_false(restore(mon, q));
	is_error(&q->err, SR_ERR_INSTANCE, "base/1/1259 is missing");
	put(mon, "base/1/1259", "rows of pg_class");
	make_linked(mon, "base/9", "/tmp");
	assert_false(restore(mon, r));
	is_error(&r->err, SR_ERR_INSTANCE, "is a symbolic link");
	free_out(o);
	free_out(p);
	free_out(q);
	free_out(r);
	free(path);
	free(mon);
}

static void tar(void **state)
{
	static const char *const suffixes[] = { "", ".gz", ".lz4", ".zst" };
	struct content wal[] = { { "000000010000000000000007", "wal" }, { "archive_status/x.done", "" } };

	for (size_t i = 0; i < SR_COUNT(suffixes); i++) {
		char *parent = sr_asprintf("%s/%zu", (char *)*state, i),
		     *tue = make_tuesday(parent, suffixes[i]);
		struct out *o = make_out(parent, "data");

		make_tar(tue, i % 2 ? "pg_wal.tar" : "pg_wal.tar.gz", wal, 2);
		if (!restore(tue, o))
			no_error(&o->err);
		assert_file(o->data, "backup_label", TUESDAY);
		assert_file(o->data, "base/1/PG_VERSION", "15\n");
		assert_file(o->data, "pg_wal/000000010000000000000007", "wal");
		assert_file(o->data, "pg_tblspc/16384/PG_15_202209061/5/16390", "a table");
		assert_file(o->spaces, "16384/PG_15_202209061/5/16390", "a table");
		assert_false(there(o->data, "tablespace_map"));
		assert_false(there(o->data, "standby.signal"));
		assert_false(there(o->data, "base/1/pgsql_tmp1.0"));
		assert_false(there(o->data, "pg_wal/archive_status/x.done"));
		is_private(o->data, "pg_wal/archive_status", S_IFDIR | 0700);
		is_private(o->data, "backup_label", S_IFREG | 0600);
		free_out(o);
		free(tue);
		free(parent);
	}
}

/* One base.tar with these files besides a label; the reason why it is refused. */
static void refuse_tar(const char *dir, int n, const struct content *file, const char *why)
{
	char *sub = sr_asprintf("%s/%d", dir, n);
	struct content files[] = {
		{ "backup_label", TUESDAY }, *file, { "PG_VERSION", "15\n" }, { "global/pg_control", NULL }
	};
	struct sr_backup b = { .path = sub, .name = sub, .format = SR_BACKUP_TAR, .bytes = -1 };
	struct out *o = make_out(sub, "data");

	make_tar(sub, "base.tar.gz", files, SR_COUNT(files));
	assert_false(sr_restore_backup(&b, &o->options, &o->err));
	is_error(&o->err, SR_ERR_INSTANCE, why);
	free_out(o);
	free(sub);
}

static void hostile_tar(void **state)
{
	static const struct content files[] = {
		{ "../outside", "x" },       { "/etc/outside", "x" }, { "base/../../outside", "x" },
		{ "base/link", "->/etc" },   { "pg_wal", "->/etc" },  { "pg_tblspc/16384/x", "->/etc" },
		{ "backup_label", "twice" },
	};
	static const char *const why[] = { "not safe", "not safe", "not safe", "a link",
					   "a link",   "a link",   "twice" };

	for (size_t i = 0; i < SR_COUNT(files); i++)
		refuse_tar(*state, (int)i, &files[i], why[i]);
	assert_false(there(*state, "outside"));
}

static void damaged_tar(void **state)
{
	static const struct content files[] = {
		{ "./backup_label", MONDAY },
		{ "base//1/1259", "rows of pg_class" },
		{ "PG_VERSION", "15\n" },
		{ "global/pg_control", NULL },
	};
	static const struct content listed[] = {
		{ "backup_label", MONDAY },
		{ "base/1/1259", "rows of pg_class" },
		{ "PG_VERSION", "15\n" },
		{ "global/pg_control", NULL },
	};
	char *dir = sr_path_join(*state, "tar"), *base = sr_path_join(dir, "base.tar.gz");
	struct out *o = make_out(*state, "a"), *p = make_out(*state, "b"), *q = make_out(*state, "c");
	struct content other[SR_COUNT(listed)];
	struct stat st;

	make_tar(dir, "base.tar.gz", files, SR_COUNT(files));
	make_manifest(dir, listed, SR_COUNT(listed), MONDAY_RANGE);
	if (!restore(dir, o))
		no_error(&o->err);
	assert_file(o->data, "base/1/1259", "rows of pg_class");
	memcpy(other, listed, sizeof listed);
	other[1].text = "rows of pg_clasz";
	make_manifest(dir, other, SR_COUNT(other), MONDAY_RANGE);
	assert_false(restore(dir, p));
	is_error(&p->err, SR_ERR_INSTANCE, "base/1/1259 has not the checksum");
	assert_int_equal(stat(base, &st), 0);
	make_manifest(dir, listed, SR_COUNT(listed), MONDAY_RANGE);
	assert_int_equal(truncate(base, st.st_size - 60), 0);
	assert_false(restore(dir, q));
	is_error(&q->err, SR_ERR_INSTANCE, "base.tar.gz");
	free_out(o);
	free_out(p);
	free_out(q);
	free(base);
	free(dir);
}

static void stops(void **state)
{
	char *mon = make_monday(*state), *tue = make_tuesday(*state, ".gz");
	struct out *o = make_out(*state, "a"), *p = make_out(*state, "b");

	o->stop_after = p->stop_after = 2;
	assert_false(restore(mon, o));
	assert_int_equal(o->err.class, SR_ERR_SIGNAL);
	assert_int_equal(o->err.signal, 15);
	assert_int_equal(o->calls, 2);
	assert_false(restore(tue, p));
	assert_int_equal(p->err.class, SR_ERR_SIGNAL);
	free_out(o);
	free_out(p);
	free(mon);
	free(tue);
}

/* Only root can give files away. */
static void for_another_user(void **state)
{
	struct sr_run_as as = { .active = true, .uid = 65534, .gid = 65534, .name = "nobody" };
	char *tue = make_tuesday(*state, ""), *path;
	struct out *o = make_out(*state, "a");
	static const char *const names[] = { ".", "base/1/PG_VERSION", "pg_notify", "pg_tblspc/16384",
					     "pg_tblspc/16384/PG_15_202209061/5/16390" };

	if (geteuid() != 0) {
		free_out(o);
		free(tue);
		skip();
	}
	o->options.run_as = &as;
	if (!restore(tue, o))
		no_error(&o->err);
	for (size_t i = 0; i < SR_COUNT(names); i++) {
		struct stat st;

		path = sr_path_join(o->data, names[i]);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_uid, 65534);
		free(path);
	}
	free_out(o);
	free(tue);
}

static void skipped_names(void **state)
{
	(void)state;
	assert_true(sr_layout_skips("postmaster.pid"));
	assert_true(sr_layout_skips("pg_replslot/a"));
	assert_true(sr_layout_skips("base/5/pgsql_tmp123.0"));
	assert_true(sr_layout_skips("pg_tblspc/16384/PG_15_202209061/pgsql_tmp"));
	assert_true(sr_layout_skips("global/pg_internal.init.55"));
	assert_false(sr_layout_skips("pg_replslot"));
	assert_false(sr_layout_skips("base/5/postmaster.pid"));
	assert_false(sr_layout_skips("pg_wal/archive_status"));
	assert_false(sr_layout_skips("pg_wal/00000002.history"));
	assert_false(sr_layout_skips("backup_label"));
}

static void full_disk(void **state)
{
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	errno = ENOSPC;
	assert_false(sr_layout_write_error("/scratch/base/1", &err));
	assert_non_null(strstr(err.hint, "--scratch-dir"));
	is_error(&err, SR_ERR_INSTANCE, "/scratch/base/1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_tar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_tar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(for_another_user, set_up, tear_down),
		cmocka_unit_test(skipped_names),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
