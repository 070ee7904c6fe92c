/*
 * Children: PostgreSQL's own programs, and hooks that the user names.
 *
 * Arguments are visible to everybody on the machine: never put a password
 * there; give it in `env`.  The child gets default signal handling, an empty
 * signal mask, no file descriptor but 0, 1, 2.  Any thread may call, except
 * that a child with die_with_parent is tied to the *thread* that started it
 * (prctl(2), PR_SET_PDEATHSIG): start those from the main thread only.
 */
#ifndef SR_BASE_PROCESS_H
#define SR_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct sr_error;
struct sr_strbuf;

/* The user that PostgreSQL's programs run as; inactive when we need not change. */
struct sr_run_as {
	bool active;
	uid_t uid;
	gid_t gid;
	char name[64];
	char home[256];
};
/* Fails with SR_ERR_USAGE when there is no such user or we may not become it. */
bool sr_run_as_user(struct sr_run_as *run_as, const char *name, struct sr_error *err);
bool sr_run_as_uid(struct sr_run_as *run_as, uid_t uid, struct sr_error *err);

struct sr_process_spec {
	const char *const
		*argv; /* argv[0] is the program's path, or a name to find in PATH; NULL-terminated */
	const char *const *env; /* NAME=VALUE added to ours, "NAME" alone removes; NULL-terminated, or NULL */
	const char *cwd; /* or NULL; "/" when run_as is active */
	const struct sr_run_as *run_as; /* or NULL */
	int out_fd, err_fd; /* -1: /dev/null (only sr_process_start) */
	int die_signal; /* sent to the child when the starting thread ends; 0: none */
	bool new_session; /* setsid(): the terminal's ^C does not reach it */
};

bool sr_process_start(const struct sr_process_spec *spec, pid_t *pid, struct sr_error *err);
/* Waits until the child ends (timeout_ms < 0: for ever). *ended tells; status as waitpid's. */
bool sr_process_wait(pid_t pid, int64_t timeout_ms, bool *ended, int *status, struct sr_error *err);
/*
 * Runs to the end and collects stdout and stderr (either may be NULL: dropped).
 * True when the child could be run, whatever its exit status.  When
 * *stop (may be NULL) becomes non-zero the child gets SIGTERM, 5 s later
 * SIGKILL; with new_session its whole group does.  *stop may be set by a signal
 * handler or, atomically, by another thread.  The run ends with the child, even
 * if something it started still holds its output open.
 */
bool sr_process_run(const struct sr_process_spec *spec, struct sr_strbuf *out, struct sr_strbuf *errout,
		    const volatile int *stop, int *status, struct sr_error *err);
/* "exited with code 1", "was ended by signal 9 (Killed)". */
void sr_process_describe(int status, struct sr_strbuf *out);

#endif
