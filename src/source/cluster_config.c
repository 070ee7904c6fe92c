/* The temporary cluster's configuration files; see source/cluster.h. */
#include "source/cluster.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* name = 'value', quoted as postgresql.conf wants it (guc-file.l: '' or \' for a quote, \\ for a backslash, \n). */
static void setting(struct sr_strbuf *out, const char *name, const char *value)
{
	sr_strbuf_addf(out, "%s = '", name);
	for (const char *p = value; *p; p++) {
		if (*p == '\n') {
			sr_strbuf_adds(out, "\\n");
			continue;
		}
		if (*p == '\'' || *p == '\\')
			sr_strbuf_addc(out, *p);
		sr_strbuf_addc(out, *p);
	}
	sr_strbuf_adds(out, "'\n");
}

static void setting_int(struct sr_strbuf *out, const char *name, long value)
{
	sr_strbuf_addf(out, "%s = %ld\n", name, value);
}

static long at_least(long value, long least)
{
	return value > least ? value : least;
}

/* An eighth of the memory: replay and sequential reads gain little from more, and production may live on this machine. */
static long shared_buffers_mb(void)
{
	long long bytes = (long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	long mb = (long)(bytes / 8 / (1024 * 1024));

	return mb < 64 ? 64 : mb > 1024 ? 1024 : mb;
}

static void add_neutral(struct sr_strbuf *out, const struct sr_cluster *c)
{
	sr_strbuf_adds(
		out, "# Written by schemarestore: a temporary cluster, nothing of production's settings.\n");
	setting(out, "listen_addresses", "");
	setting(out, "unix_socket_directories", c->socket_dir);
	setting(out, "unix_socket_permissions", "0700");
	setting_int(out, "port", 5432);
	setting(out, "ssl", "off");
	setting(out, "shared_preload_libraries", "");
	setting(out, "session_preload_libraries", "");
	setting(out, "local_preload_libraries", "");
	setting(out, "archive_mode", "off");
	setting(out, "primary_conninfo", "");
	setting(out, "primary_slot_name", "");
	setting(out, "logging_collector", "off");
	setting(out, "log_destination", "stderr");
	setting(out, "log_line_prefix", "%m [%p] ");
	setting(out, "lc_messages", "C"); /* we read its log */
	setting(out, "timezone", "UTC");
	setting(out, "log_timezone", "UTC");
	setting(out, "restart_after_crash", "off");
	setting(out, "huge_pages", "off");
	setting(out, "dynamic_shared_memory_type", "mmap"); /* files in the data directory: they go with it */
	setting(out, "jit", "off");
	setting(out, "cluster_name", "schemarestore");
	if (c->major >= 17)
		setting(out, "event_triggers", "off"); /* a login trigger of production's must not run here */
}

static void add_disposable(struct sr_strbuf *out, const struct sr_control *control, int connections)
{
	setting(out, "fsync", "off");
	setting(out, "full_page_writes", "off");
	setting(out, "synchronous_commit", "off");
	setting(out, "autovacuum", "off");
	setting(out, "wal_level", "minimal");
	setting_int(out, "max_wal_senders", 0);
	setting(out, "wal_init_zero", "off");
	setting(out, "wal_recycle", "off");
	setting(out, "max_wal_size", "4GB");
	setting(out, "checkpoint_timeout", "1h");
	sr_strbuf_addf(out, "shared_buffers = '%ldMB'\n", shared_buffers_mb());
	setting_int(out, "max_connections", connections + 10);
	/* Recovery brings prepared transactions back; pg_dump locks every table in one transaction. */
	setting_int(out, "max_prepared_transactions", control->max_prepared_xacts);
	setting_int(out, "max_locks_per_transaction", at_least(control->max_locks_per_xact, 1024));
	setting_int(out, "max_worker_processes", at_least(control->max_worker_processes, 8));
}

static void add_recovery(struct sr_strbuf *out, const struct sr_cluster_recovery *recovery)
{
	/* Replay is fastest without; and then "accepts connections" means "recovery has ended". */
	setting(out, "hot_standby", "off");
	if (recovery->restore_command)
		setting(out, "restore_command", recovery->restore_command);
	else
		setting(out, "restore_command",
			"/bin/false"); /* archive recovery wants one; the backup has its WAL */
	/* "latest" would stop the server when the newest timeline in the archive does not descend from the backup. */
	if (recovery->timeline)
		setting_int(out, "recovery_target_timeline", recovery->timeline);
	else
		setting(out, "recovery_target_timeline", "latest");
	setting(out, "recovery_target_action", "promote");
	if (recovery->kind == SR_TARGET_SNAPSHOT) {
		setting(out, "recovery_target", "immediate");
	} else if (recovery->kind == SR_TARGET_TIME) {
		struct sr_strbuf time = SR_STRBUF_INIT;

		sr_time_format(recovery->time, &time);
		setting(out, "recovery_target_time", sr_strbuf_str(&time));
		setting(out, "recovery_target_inclusive", "on");
		sr_strbuf_release(&time);
	}
}

static bool write_file(const struct sr_cluster *c, const char *name, const char *text, struct sr_error *err)
{
	char *path = sr_path_join(c->data_dir, name);
	bool ok;

	unlink(path); /* a link of production's must not be written through */
	ok = sr_file_write_atomic(path, text, strlen(text), 0600, err);
	if (ok && c->run_as.active && lchown(path, c->run_as.uid, c->run_as.gid) != 0)
		ok = sr_error_errno(err, SR_ERR_INSTANCE, "could not give \"%s\" to user \"%s\"", path,
				    c->run_as.name);
	free(path);
	return ok;
}

bool sr_cluster_configure(struct sr_cluster *c, const struct sr_cluster_recovery *recovery,
			  const struct sr_control *control, const struct sr_strlist *settings,
			  int connections, struct sr_error *err)
{
	struct sr_strbuf conf = SR_STRBUF_INIT;
	bool ok;

	add_neutral(&conf, c);
	add_disposable(&conf, control, connections);
	add_recovery(&conf, recovery);
	for (size_t i = 0; settings && i < settings->n; i++) {
		const char *equals = strchr(settings->items[i], '=');
		char *name =
			sr_strndup(settings->items[i], equals ? (size_t)(equals - settings->items[i]) : 0);

		setting(&conf, name, equals ? equals + 1 : "");
		free(name);
	}
	ok = write_file(c, "postgresql.conf", sr_strbuf_str(&conf), err) &&
	     write_file(c, "postgresql.auto.conf", "", err) &&
	     write_file(c, "pg_hba.conf", "local all all trust\n", err) &&
	     write_file(c, "pg_ident.conf", "", err) && write_file(c, "recovery.signal", "", err);
	if (!ok) {
		sr_error_reclass(err, SR_ERR_INSTANCE);
		sr_error_context(err, "configuring the temporary instance");
	}
	sr_strbuf_release(&conf);
	return ok;
}
