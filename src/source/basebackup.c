/*
 * basebackup:DIR - a temporary cluster on this machine, from a base backup and
 * archived WAL.
 */
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/strbuf.h"
#include "pg/programs.h"
#include "recovery/plan.h"
#include "recovery/restore.h"
#include "report/report.h"
#include "source/cluster.h"
#include "source/login.h"
#include "source/source.h"

#define KIND          "cluster"
#define TELL_EVERY_MS 250
#define LEAST_MAJOR   12 /* before it, recovery is configured in recovery.conf */

struct sr_source {
	const struct sr_source_spec *spec;
	const struct sr_source_host *host;
	struct sr_recovery_plan plan;
	struct sr_programs programs;
	struct sr_run_as run_as;
	struct sr_cluster cluster;
	bool named, made;
	int intent;
	char *wal_dir; /* absolute */
	uint64_t segments;
	int64_t told_ms, told; /* when the restoring of files was last told, and how far it was */
};

static struct sr_source *create(const struct sr_source_spec *spec, const struct sr_source_host *host)
{
	struct sr_source *s = sr_calloc(1, sizeof *s);

	s->spec = spec;
	s->host = host;
	return s;
}

static void destroy(struct sr_source *s)
{
	if (!s)
		return;
	sr_recovery_plan_release(&s->plan);
	sr_programs_release(&s->programs);
	sr_cluster_release(&s->cluster);
	free(s->wal_dir);
	free(s);
}

/* ---- check ---- */

/* PostgreSQL refuses to run as root: then it is the backup's owner, or --run-as, or "postgres". */
static bool choose_user(struct sr_source *s, struct sr_error *err)
{
	uid_t owner = s->plan.backup->owner;

	if (geteuid() != 0) {
		if (s->spec->run_as)
			return sr_run_as_user(&s->run_as, s->spec->run_as, err);
		return true;
	}
	if (s->spec->run_as) {
		if (!sr_run_as_user(&s->run_as, s->spec->run_as, err))
			return false;
		if (s->run_as.uid == 0)
			return sr_error_set(err, SR_ERR_USAGE, "--run-as: PostgreSQL does not run as root");
		return true;
	}
	if (owner != 0 && sr_run_as_uid(&s->run_as, owner, err))
		return true;
	sr_error_release(err);
	if (getpwnam("postgres"))
		return sr_run_as_user(&s->run_as, "postgres", err);
	sr_error_set(err, SR_ERR_REFUSED,
		     "PostgreSQL does not run as root, and the base backup belongs to root");
	return sr_error_hint(err, "Name the user that shall run the temporary instance with --run-as.");
}

/* Can the user that PostgreSQL will run as enter, read or write this directory?  Only a process of that user knows. */
static bool user_may(struct sr_source *s, const char *right, const char *path, const char *option,
		     struct sr_error *err)
{
	const char *argv[] = { "/usr/bin/test", right, path, NULL };
	struct sr_process_spec spec = { .argv = argv, .cwd = "/", .run_as = &s->run_as };
	int status;

	if (!sr_path_is_dir(path)) {
		sr_error_set(err, SR_ERR_REFUSED, "there is no directory \"%s\"", path);
		return sr_error_hint(err, "Make it, or name another directory with %s.", option);
	}
	if (!s->run_as.active) {
		int mode = strcmp(right, "-r") == 0 ? R_OK | X_OK : W_OK | X_OK;

		if (access(path, mode) == 0)
			return true;
		sr_error_errno(err, SR_ERR_REFUSED, "cannot use the directory \"%s\"", path);
	} else {
		if (!sr_process_run(&spec, NULL, NULL, NULL, &status, err))
			return false;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return true;
		sr_error_set(err, SR_ERR_REFUSED,
			     "user \"%s\", who runs the temporary instance, may not use the directory \"%s\"",
			     s->run_as.name, path);
	}
	return sr_error_hint(err, "Change its permissions, or name another directory with %s%s.", option,
			     s->run_as.active ? ", or another user with --run-as" : "");
}

static bool check_space(struct sr_source *s, struct sr_error *err)
{
	const struct sr_backup *b = s->plan.backup;
	struct sr_strbuf need = SR_STRBUF_INIT, have = SR_STRBUF_INIT;
	int64_t avail, wal = (int64_t)s->segments * s->plan.wal.segment_size;
	bool ok = sr_disk_free(s->spec->scratch_dir, &avail, err);

	if (!ok)
		return sr_error_reclass(err, SR_ERR_REFUSED);
	/* Replayed WAL is kept until the next restartpoint, at most max_wal_size (4 GB). */
	if (wal > (int64_t)4 << 30)
		wal = (int64_t)4 << 30;
	sr_bytes_format(b->bytes + wal, &need);
	sr_bytes_format(avail, &have);
	if (b->bytes < 0)
		s->host->plan(s->host->ctx, "scratch space",
			      "%s free in %s; needed: unknown, the backup is compressed",
			      sr_strbuf_str(&have), s->spec->scratch_dir);
	else
		s->host->plan(s->host->ctx, "scratch space", "%s needed, %s free in %s", sr_strbuf_str(&need),
			      sr_strbuf_str(&have), s->spec->scratch_dir);
	if (b->bytes >= 0 && b->bytes + wal > avail) {
		sr_error_set(err, SR_ERR_REFUSED, "not enough space in \"%s\" for the temporary instance",
			     s->spec->scratch_dir);
		sr_error_detail(err, "It needs %s, there is %s.", sr_strbuf_str(&need), sr_strbuf_str(&have));
		ok = sr_error_hint(err, "Name a larger file system with --scratch-dir.");
	}
	sr_strbuf_release(&need);
	sr_strbuf_release(&have);
	return ok;
}

static bool make_plan(struct sr_source *s, struct sr_error *err)
{
	const struct sr_source_spec *spec = s->spec;
	struct sr_recovery_request request = {
		.kind = spec->target,
		.time = spec->time,
		.snapshot = spec->snapshot,
		.backup_dir = spec->place,
		.restore_command = spec->restore_command,
	};

	if (spec->wal_archive && !(s->wal_dir = realpath(spec->wal_archive, NULL))) {
		sr_error_errno(err, SR_ERR_REFUSED, "cannot read the WAL archive \"%s\"", spec->wal_archive);
		return sr_error_hint(err,
				     "Name the directory that archive_command writes to with --wal-archive.");
	}
	request.wal_dir = s->wal_dir;
	return sr_recovery_plan_make(&s->plan, &request, err) && sr_backup_check(s->plan.backup, err);
}

static void tell_plan(struct sr_source *s)
{
	const struct sr_backup *b = s->plan.backup;
	struct sr_strbuf text = SR_STRBUF_INIT;
	void (*plan)(void *, const char *, const char *, ...) = s->host->plan;

	sr_strbuf_addf(&text, "%s (PostgreSQL %d, %s", b->path, b->major,
		       b->format == SR_BACKUP_TAR ? "tar" : "plain");
	if (b->bytes >= 0) {
		sr_strbuf_adds(&text, ", ");
		sr_bytes_format(b->bytes, &text);
	}
	if (b->stop_time != SR_TIME_NONE) {
		sr_strbuf_adds(&text, ", ended ");
		sr_time_format(b->stop_time, &text);
	}
	plan(s->host->ctx, "base backup", "%s)", sr_strbuf_str(&text));
	if (s->plan.has_wal && s->segments > 0) {
		char first[32], last[32];

		sr_wal_segment_name(s->plan.timeline, s->plan.first_segment, s->plan.wal.segment_size, first);
		sr_wal_segment_name(s->plan.timeline, s->plan.last_segment, s->plan.wal.segment_size, last);
		plan(s->host->ctx, "WAL", "%s to %s (%llu files)", first, last,
		     (unsigned long long)s->segments);
	} else if (s->spec->restore_command) {
		plan(s->host->ctx, "WAL", "by restore command: %s", s->spec->restore_command);
	}
	plan(s->host->ctx, "PostgreSQL programs", "%s", s->programs.bindir);
	if (s->run_as.active)
		plan(s->host->ctx, "runs as", "%s", s->run_as.name);
	sr_strbuf_release(&text);
}

static bool check(struct sr_source *s, struct sr_error *err)
{
	if (!make_plan(s, err))
		return false;
	if (s->plan.has_wal && s->plan.last_segment >= s->plan.first_segment)
		s->segments = s->plan.last_segment - s->plan.first_segment + 1;
	if (s->plan.backup->major < LEAST_MAJOR) {
		sr_error_set(err, SR_ERR_REFUSED,
			     "the base backup is of PostgreSQL %d; %d and later are supported",
			     s->plan.backup->major, LEAST_MAJOR);
		return false;
	}
	if (!sr_programs_server(s->spec->bindirs, s->plan.backup->major, &s->programs, err) ||
	    !choose_user(s, err))
		return false;
	/* As root we make the directory in it ourselves, and give it to the user. */
	if (!user_may(s, s->run_as.active ? "-x" : "-w", s->spec->scratch_dir, "--scratch-dir", err))
		return false;
	if (s->wal_dir && !user_may(s, "-r", s->wal_dir, "--wal-archive", err))
		return false;
	sr_cluster_init(&s->cluster, s->spec->scratch_dir, s->host->operation_id, s->programs.bindir,
			s->plan.backup->major, &s->run_as);
	s->named = true;
	tell_plan(s);
	return check_space(s, err);
}

static sr_time moment(struct sr_source *s)
{
	return s->plan.moment;
}

/* ---- provision ---- */

/* Single-quotes text for the shell, and doubles %, which restore_command gives a meaning. */
static void shell_quote(struct sr_strbuf *out, const char *text)
{
	sr_strbuf_addc(out, '\'');
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			sr_strbuf_adds(out, "'\\''");
		else if (*p == '%')
			sr_strbuf_adds(out, "%%");
		else
			sr_strbuf_addc(out, *p);
	}
	sr_strbuf_addc(out, '\'');
}

static char *restore_command(struct sr_source *s)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	char *program;

	if (s->spec->restore_command)
		return sr_strdup(s->spec->restore_command);
	if (!s->wal_dir)
		return NULL;
	program = sr_asprintf("%s/bin/schemarestore", s->cluster.root);
	shell_quote(&out, program);
	sr_strbuf_adds(&out, " wal-fetch ");
	shell_quote(&out, s->wal_dir);
	sr_strbuf_adds(&out, " %f \"%p\"");
	free(program);
	return sr_strbuf_take(&out);
}

static void on_restored(void *ctx, int64_t done, int64_t total)
{
	struct sr_source *s = ctx;
	struct sr_strbuf text = SR_STRBUF_INIT;
	int64_t now = sr_clock_monotonic_ms();

	/* The end is told at once, but once: empty files follow. */
	if (now - s->told_ms < TELL_EVERY_MS && (done != total || s->told == done))
		return;
	s->told = done;
	s->told_ms = now;
	sr_bytes_format(done, &text);
	if (total >= 0) {
		sr_strbuf_adds(&text, " of ");
		sr_bytes_format(total, &text);
	}
	sr_report_status(s->host->report, "restoring the base backup: %s", sr_strbuf_str(&text));
	sr_strbuf_release(&text);
}

static void on_replayed(void *ctx, const char *file)
{
	struct sr_source *s = ctx;
	unsigned long long number = 0;
	unsigned log_id, part;
	uint32_t size = s->plan.wal.segment_size;

	if (size && strlen(file) == 24 && sscanf(file + 8, "%8X%8X", &log_id, &part) == 2)
		number = (unsigned long long)log_id * (UINT64_C(0x100000000) / size) + part;
	if (s->segments && number >= s->plan.first_segment && number <= s->plan.last_segment)
		sr_report_status(s->host->report, "replaying WAL: %s (%llu of %llu)", file,
				 number - (unsigned long long)s->plan.first_segment + 1,
				 (unsigned long long)s->segments);
	else
		sr_report_status(s->host->report, "replaying WAL: %s", file);
}

static bool restore_files(struct sr_source *s, struct sr_control *control, struct sr_error *err)
{
	struct sr_restore_options options = {
		.data_dir = s->cluster.data_dir,
		.tablespace_dir = s->cluster.tablespace_dir,
		.run_as = &s->run_as,
		.progress = on_restored,
		.ctx = s,
		.stop = s->host->stop,
	};

	return sr_restore_backup(s->plan.backup, &options, err) &&
	       sr_control_read(s->programs.bindir, s->cluster.data_dir, &s->run_as, control, err);
}

static bool provision(struct sr_source *s, struct sr_error *err)
{
	struct json_object *detail = json_object_new_object();
	char *command = restore_command(s);
	struct sr_cluster_recovery recovery = {
		.kind = s->spec->target,
		.time = s->spec->time,
		.timeline = s->plan.timeline,
		.restore_command = command,
	};
	struct sr_control control = { 0 };
	bool ok;

	sr_json_add_string(detail, "root", s->cluster.root);
	sr_json_add_string(detail, "socket_dir", s->cluster.socket_dir);
	ok = s->host->intend(s->host->ctx, KIND, detail, &s->intent, err);
	if (ok) {
		s->made = true;
		ok = sr_cluster_make(&s->cluster, err) && restore_files(s, &control, err) &&
		     sr_cluster_configure(&s->cluster, &recovery, &control, s->spec->settings,
					  s->spec->connections, err) &&
		     sr_cluster_start(&s->cluster, err);
	}
	if (ok) {
		sr_report_status(s->host->report, "recovering the temporary instance");
		ok = sr_cluster_wait(&s->cluster, on_replayed, s, s->host->stop, err);
	}
	free(command);
	return ok;
}

static bool connect_to(struct sr_source *s, struct sr_conninfo *out, struct sr_error *err)
{
	const char *likely[5];
	size_t n = 0;

	if (s->spec->user)
		likely[n++] = s->spec->user;
	likely[n++] = "postgres";
	if (s->spec->target_user)
		likely[n++] = s->spec->target_user;
	if (s->run_as.active)
		likely[n++] = s->run_as.name;
	likely[n] = NULL;
	sr_cluster_conninfo(&s->cluster, out);
	return sr_login_find(out, s->spec->dbname, likely, s->host->log, err);
}

static bool alive(struct sr_source *s, struct sr_error *err)
{
	return !s->made || sr_cluster_alive(&s->cluster, err);
}

/* ---- the end ---- */

static bool teardown(struct sr_source *s, bool failed, struct sr_error *err)
{
	if (!s->made)
		return true;
	if (!sr_cluster_stop(&s->cluster, err))
		return false;
	if (failed && s->spec->keep)
		return true;
	if (!sr_cluster_destroy(s->cluster.root, s->cluster.socket_dir, err))
		return false;
	s->host->gone(s->host->ctx, s->intent);
	s->made = false;
	return true;
}

static bool owns(const char *kind)
{
	return strcmp(kind, KIND) == 0;
}

/* A journal could be forged or damaged: remove only what we could have named ourselves. */
static bool are_ours(const char *root, const char *socket_dir)
{
	const char *name = root ? sr_path_base(root) : "";
	char *inside, *outside;
	bool ok;

	if (!root || !socket_dir || root[0] != '/' || strstr(root, "/../") ||
	    strncmp(name, "restore-", 8) != 0)
		return false;
	inside = sr_path_join(root, "s");
	outside = sr_path_join("/tmp", name);
	ok = strcmp(socket_dir, inside) == 0 || strcmp(socket_dir, outside) == 0;
	free(inside);
	free(outside);
	return ok;
}

static bool undo(const char *kind, struct json_object *detail, struct sr_log *log, struct sr_error *err)
{
	const char *root = sr_json_string(detail, "root"), *socket_dir = sr_json_string(detail, "socket_dir");

	(void)kind;
	if (!are_ours(root, socket_dir))
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the journal names a directory that is not ours: \"%s\"",
				    root ? root : "");
	sr_log_info(log, "removing the temporary instance in %s", root);
	return sr_cluster_destroy(root, socket_dir, err);
}

static void describe(const char *kind, struct json_object *detail, struct sr_strbuf *out)
{
	const char *root = sr_json_string(detail, "root");

	(void)kind;
	sr_strbuf_addf(out, "temporary instance in %s", root ? root : "?");
}

const struct sr_source_driver sr_source_basebackup = {
	.name = "basebackup",
	.has_moments = true,
	.throwaway = true,
	.create = create,
	.check = check,
	.moment = moment,
	.provision = provision,
	.connect = connect_to,
	.alive = alive,
	.teardown = teardown,
	.destroy = destroy,
	.owns = owns,
	.undo = undo,
	.describe = describe,
};
