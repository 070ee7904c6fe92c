#include "source/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define SOCKET_FILE "/.s.PGSQL.5432"

void sr_cluster_init(struct sr_cluster *c, const char *scratch_dir, const char *name, const char *bindir,
		     int major, const struct sr_run_as *run_as)
{
	struct sockaddr_un address;

	*c = (struct sr_cluster){ .major = major };
	c->root = sr_path_join(scratch_dir, name);
	c->data_dir = sr_path_join(c->root, "data");
	c->tablespace_dir = sr_path_join(c->root, "tblspc");
	c->log_path = sr_path_join(c->root, "postgres.log");
	c->socket_dir = sr_path_join(c->root, "s");
	/* The server and libpq alike read a comma as the end of one directory. */
	if (strlen(c->socket_dir) + strlen(SOCKET_FILE) >= sizeof address.sun_path ||
	    strchr(c->socket_dir, ',')) {
		free(c->socket_dir);
		c->socket_dir = sr_path_join("/tmp", name);
	}
	c->bindir = sr_strdup(bindir);
	if (run_as)
		c->run_as = *run_as;
}

void sr_cluster_release(struct sr_cluster *c)
{
	free(c->root);
	free(c->data_dir);
	free(c->tablespace_dir);
	free(c->socket_dir);
	free(c->log_path);
	free(c->bindir);
	*c = (struct sr_cluster){ 0 };
}

static bool give(const struct sr_cluster *c, const char *path, struct sr_error *err)
{
	if (c->run_as.active && lchown(path, c->run_as.uid, c->run_as.gid) != 0)
		return sr_error_errno(err, SR_ERR_INSTANCE, "could not give \"%s\" to user \"%s\"", path,
				      c->run_as.name);
	return true;
}

static bool make_given(const struct sr_cluster *c, const char *path, struct sr_error *err)
{
	return sr_dir_make_private(path, err) && give(c, path, err);
}

/* restore_command runs this program as another user, who may not be able to enter the directory it was built or installed in. */
static bool copy_self(const struct sr_cluster *c, struct sr_error *err)
{
	char *dir = sr_path_join(c->root, "bin");
	char *path = sr_path_join(dir, "schemarestore");
	struct sr_strbuf bytes = SR_STRBUF_INIT;
	bool ok = make_given(c, dir, err) && sr_file_read("/proc/self/exe", 512u << 20, &bytes, err) &&
		  sr_file_write_atomic(path, bytes.data, bytes.len, 0700, err) && give(c, path, err);

	sr_strbuf_release(&bytes);
	free(path);
	free(dir);
	return ok;
}

bool sr_cluster_make(struct sr_cluster *c, struct sr_error *err)
{
	if (!make_given(c, c->root, err) || !make_given(c, c->socket_dir, err) || !copy_self(c, err)) {
		sr_error_reclass(err, SR_ERR_INSTANCE);
		return sr_error_context(err, "making the directory of the temporary instance");
	}
	return true;
}

bool sr_cluster_start(struct sr_cluster *c, struct sr_error *err)
{
	char *program = sr_path_join(c->bindir, "postgres");
	const char *argv[] = { program, "-D", c->data_dir, NULL };
	/* Production's PG* variables and locale must not reach the server. */
	const char *env[] = { "PGDATA", "PGOPTIONS", "PGHOST", "PGPORT", "PGPASSWORD", "LC_ALL=C", NULL };
	struct sr_process_spec spec = {
		.argv = argv,
		.env = env,
		.cwd = "/",
		.run_as = &c->run_as,
		.out_fd = -1,
		.err_fd = -1,
		.die_signal = SIGQUIT,
		.new_session = true,
	};
	bool ok;

	spec.err_fd = open(c->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (spec.err_fd < 0) {
		ok = sr_error_errno(err, SR_ERR_INSTANCE, "could not create \"%s\"", c->log_path);
	} else {
		spec.out_fd = spec.err_fd;
		ok = give(c, c->log_path, err) && sr_process_start(&spec, &c->pid, err);
		if (!ok)
			sr_error_reclass(err, SR_ERR_INSTANCE);
		close(spec.err_fd);
	}
	free(program);
	return ok;
}

void sr_cluster_conninfo(const struct sr_cluster *c, struct sr_conninfo *out)
{
	sr_conninfo_release(out);
	sr_conninfo_set(out, "host", c->socket_dir);
	sr_conninfo_set(out, "port", "5432");
}

/* ---- What the server tells: postmaster.pid (miscadmin.h, LOCK_FILE_LINE_...) ---- */

struct pid_file {
	pid_t pid;
	key_t shm_key;
	int shm_id; /* -1: none told */
	bool ready; /* accepts connections: with hot_standby off, once recovery has ended */
};

static void read_pid_file(const char *data_dir, struct pid_file *out)
{
	char *path = sr_path_join(data_dir, "postmaster.pid");
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_error ignored = SR_ERROR_INIT;
	const char *line = "";

	*out = (struct pid_file){ .shm_id = -1 };
	if (sr_file_read(path, 4096, &text, &ignored))
		line = sr_strbuf_str(&text);
	for (int number = 1; line && *line; number++) {
		unsigned long key;

		if (number == 1)
			out->pid = atoi(line);
		else if (number == 7 && sscanf(line, "%lu %d", &key, &out->shm_id) == 2)
			out->shm_key = (key_t)key;
		else if (number == 8)
			out->ready = strncmp(line, "ready", 5) == 0;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	sr_error_release(&ignored);
	sr_strbuf_release(&text);
	free(path);
}

/* ---- The server's log ---- */

static char *log_tail(const char *path, size_t most)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;
	FILE *f = fopen(path, "re");
	long size;

	if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0) {
		long from = size > (long)most ? size - (long)most : 0;

		if (fseek(f, from, SEEK_SET) == 0) {
			char *room = sr_strbuf_reserve(&sb, most + 1);

			sb.len += fread(room, 1, most, f);
			sb.data[sb.len] = '\0';
		}
	}
	if (f)
		fclose(f);
	return sr_strbuf_take(&sb);
}

/* The name in the last line "restored log file "X" from archive"; "" when there is none.  out: 64 bytes. */
static void last_restored(const char *log_path, char *out)
{
	char *tail = log_tail(log_path, 4096);
	const char *at = tail, *found = NULL;

	out[0] = '\0';
	while ((at = strstr(at, "restored log file \"")) != NULL) {
		at += strlen("restored log file \"");
		found = at;
	}
	if (found)
		snprintf(out, 64, "%.*s", (int)strcspn(found, "\""), found);
	free(tail);
}

static const char *line_with(char *text, const char *what)
{
	char *at = strstr(text, what);

	return at ? at + strlen(what) : NULL;
}

static void detail_log(const char *tail, struct sr_error *err)
{
	struct sr_strbuf end = SR_STRBUF_INIT;
	size_t n = strlen(tail);
	const char *from = n > 1500 ? tail + n - 1500 : tail;

	/* From the beginning of a line. */
	if (from > tail && strchr(from, '\n'))
		from = strchr(from, '\n') + 1;
	sr_strbuf_adds(&end, from);
	sr_strbuf_rtrim(&end);
	sr_error_detail(err, "The end of its log:\n%s", sr_strbuf_str(&end));
	sr_strbuf_release(&end);
}

/* The server ended by itself: say why, in its own words, and what that means here. */
static bool ended(struct sr_cluster *c, int status, struct sr_error *err)
{
	char *tail = log_tail(c->log_path, 8192);
	const char *fatal = line_with(tail, "FATAL:  ");
	const char *panic = line_with(tail, "PANIC:  ");
	struct sr_strbuf how = SR_STRBUF_INIT;

	sr_process_describe(status, &how);
	if (!fatal)
		fatal = panic;
	if (fatal)
		sr_error_set(err, SR_ERR_INSTANCE, "the temporary instance could not be recovered: %.*s",
			     (int)strcspn(fatal, "\n"), fatal);
	else
		sr_error_set(err, SR_ERR_INSTANCE, "the temporary instance ended: it %s",
			     sr_strbuf_str(&how));
	if (strstr(tail, "recovery ended before configured recovery target was reached")) {
		const char *last = line_with(tail, "last completed transaction was at log time ");

		sr_error_detail(err, "The WAL ends before the moment asked for%s%.*s.",
				last ? "; the last transaction in it committed at " : "",
				last ? (int)strcspn(last, "\n") : 0, last ? last : "");
		sr_error_hint(err,
			      "Use --pitr latest, or an earlier time, or wait until more WAL is archived.");
	} else if (strstr(tail, "recovery stop point is before consistent recovery point")) {
		sr_error_hint(
			err,
			"The moment asked for lies before the end of the base backup; an older backup is "
			"needed.");
	} else {
		detail_log(tail, err);
	}
	sr_strbuf_release(&how);
	free(tail);
	return false;
}

bool sr_cluster_wait(struct sr_cluster *c, void (*status)(void *ctx, const char *wal_file), void *ctx,
		     const volatile int *stop, struct sr_error *err)
{
	const char *keys[] = { "host", "port", "dbname", "connect_timeout", NULL };
	const char *values[] = { c->socket_dir, "5432", "postgres", "5", NULL };
	char seen[64] = "", now[64];
	struct pid_file told;

	for (;;) {
		bool gone;
		int wait_status;

		if (!sr_process_wait(c->pid, 50, &gone, &wait_status, err))
			return false;
		if (gone) {
			c->pid = 0;
			return ended(c, wait_status, err);
		}
		if (stop && __atomic_load_n(stop, __ATOMIC_RELAXED)) {
			sr_error_set(err, SR_ERR_SIGNAL,
				     "interrupted while the temporary instance was recovering");
			err->signal = *stop;
			return false;
		}
		if (status) {
			last_restored(c->log_path, now);
			if (strcmp(now, seen) != 0) {
				memcpy(seen, now, sizeof seen);
				status(ctx, seen);
			}
		}
		/* Not asked before, or its log would be full of our attempts. PQping needs no valid role. */
		read_pid_file(c->data_dir, &told);
		if (told.pid == c->pid && told.ready && PQpingParams(keys, values, 0) == PQPING_OK)
			return true;
	}
}

bool sr_cluster_alive(struct sr_cluster *c, struct sr_error *err)
{
	struct sr_error ignored = SR_ERROR_INIT;
	struct sr_strbuf how = SR_STRBUF_INIT;
	bool gone = false;
	char *tail;
	int status;

	/* After a crash of one of its processes the server needs a moment to end the others. */
	if (c->pid > 0 && !sr_process_wait(c->pid, 200, &gone, &status, &ignored))
		sr_error_release(&ignored);
	if (!gone)
		return true;
	c->pid = 0;
	tail = log_tail(c->log_path, 8192);
	sr_process_describe(status, &how);
	sr_error_set(err, SR_ERR_INSTANCE, "the temporary instance ended while it was needed: it %s",
		     sr_strbuf_str(&how));
	detail_log(tail, err);
	sr_strbuf_release(&how);
	free(tail);
	return false;
}

bool sr_cluster_stop(struct sr_cluster *c, struct sr_error *err)
{
	bool gone = false;
	int status;

	if (c->pid == 0)
		return true;
	/* Nothing here is worth a checkpoint.  The postmaster ends its children and frees its shared memory. */
	kill(c->pid, SIGQUIT);
	if (!sr_process_wait(c->pid, 10000, &gone, &status, err))
		return false;
	if (!gone) {
		kill(c->pid, SIGKILL);
		if (!sr_process_wait(c->pid, 5000, &gone, &status, err))
			return false;
	}
	if (!gone)
		return sr_error_set(err, SR_ERR_LEFTOVER,
				    "the temporary PostgreSQL (process %d) does not end", (int)c->pid);
	c->pid = 0;
	return true;
}

/* ---- From the outside ---- */

/* Sends sig (0: none) to every process that works in dir; returns how many there are. */
static int signal_inside(const char *dir, int sig, pid_t first)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char link[64], cwd[4096];
	int n = 0;

	while (proc && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);
		ssize_t len;

		if (pid <= 0 || pid == getpid())
			continue;
		snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
		len = readlink(link, cwd, sizeof cwd - 1);
		if (len < 0)
			continue;
		cwd[len] = '\0';
		if (strcmp(cwd, dir) != 0)
			continue;
		n++;
		if (sig && (first == 0 || first == pid))
			kill(pid, sig);
	}
	if (proc)
		closedir(proc);
	return n;
}

/*
 * A postmaster that was killed outright leaves its System V segment behind
 * (a few bytes, by which the next one knows that none works there).  Removed
 * only if it is the one told, nobody holds it, and it belongs to the directory's owner.
 */
static void remove_segment(const char *data_dir, const struct pid_file *told)
{
	struct shmid_ds segment;
	struct stat st;

	if (told->shm_id < 0 || stat(data_dir, &st) != 0 || shmctl(told->shm_id, IPC_STAT, &segment) != 0)
		return;
	if (segment.shm_perm.__key == told->shm_key && segment.shm_nattch == 0 &&
	    segment.shm_perm.cuid == st.st_uid)
		shmctl(told->shm_id, IPC_RMID, NULL);
}

static bool end_inside(const char *data_dir, struct sr_error *err)
{
	char real[4096];
	struct pid_file told;

	if (!realpath(data_dir, real))
		return true;
	read_pid_file(data_dir, &told);
	/* The postmaster first, alone: it ends its children and frees its shared memory. */
	if (told.pid > 0)
		signal_inside(real, SIGQUIT, told.pid);
	for (int i = 0; i < 120; i++) {
		if (signal_inside(real, i >= 80 ? SIGKILL : 0, 0) == 0) {
			remove_segment(data_dir, &told);
			return true;
		}
		sr_clock_sleep_ms(100);
	}
	return sr_error_set(err, SR_ERR_LEFTOVER, "a process that works in \"%s\" does not end", data_dir);
}

bool sr_cluster_destroy(const char *root, const char *socket_dir, struct sr_error *err)
{
	char *data_dir = sr_path_join(root, "data");
	bool ok = end_inside(data_dir, err) && sr_tree_remove(root, err) && sr_tree_remove(socket_dir, err);

	if (!ok)
		sr_error_reclass(err, SR_ERR_LEFTOVER);
	free(data_dir);
	return ok;
}
