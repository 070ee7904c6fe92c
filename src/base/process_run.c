/* What happens to a child once it runs: waiting, collecting what it prints, stopping it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "base/strbuf.h"

/* 1: ended, 0: still runs, -1: error. */
static int reap(pid_t pid, int flags, int *status, struct sr_error *err)
{
	for (;;) {
		pid_t got = waitpid(pid, status, flags);

		if (got == pid)
			return 1;
		if (got == 0)
			return 0;
		if (errno != EINTR) {
			sr_error_errno(err, SR_ERR_INTERNAL, "could not wait for process %d", (int)pid);
			return -1;
		}
	}
}

/* Sleeps until the process ends or ms have passed, or a little less. pidfd may be -1 (old kernels). */
static void await_end(int pidfd, int64_t ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0 && ms > 20)
		ms = 20;
	(void)poll(&p, pidfd >= 0, ms > 1000 ? 1000 : (int)ms);
}

bool sr_process_wait(pid_t pid, int64_t timeout_ms, bool *ended, int *status, struct sr_error *err)
{
	int64_t end = timeout_ms < 0 ? INT64_MAX : sr_clock_monotonic_ms() + timeout_ms;
	int pidfd = timeout_ms > 0 ? pidfd_open(pid, 0) : -1;
	int state;

	while ((state = reap(pid, timeout_ms < 0 ? 0 : WNOHANG, status, err)) == 0) {
		int64_t now = sr_clock_monotonic_ms();

		if (now >= end)
			break;
		await_end(pidfd, end - now);
	}
	if (pidfd >= 0)
		close(pidfd);
	*ended = state == 1;
	return state >= 0;
}

/* One run: the child, its pipes, and how far the request to stop has come. */
struct run {
	pid_t pid;
	int pidfd;
	bool group; /* the child leads its own: signals go to all of it */
	int fds[2];
	struct sr_strbuf *into[2];
	const volatile int *stop;
	int64_t kill_at; /* 0: not asked to stop */
	bool killed;
};

static void run_close(struct run *r, int i)
{
	if (r->fds[i] >= 0)
		close(r->fds[i]);
	r->fds[i] = -1;
}

/* Reads what is there now; closes at the end of file. */
static void run_drain(struct run *r, int i)
{
	while (r->fds[i] >= 0) {
		char *at = sr_strbuf_reserve(r->into[i], 16 * 1024);
		ssize_t n = read(r->fds[i], at, 16 * 1024);

		if (n > 0) {
			r->into[i]->len += (size_t)n;
			r->into[i]->data[r->into[i]->len] = '\0';
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else {
			run_close(r, i);
		}
	}
}

static void run_check_stop(struct run *r)
{
	pid_t whom = r->group ? -r->pid : r->pid;

	if (!r->stop || !__atomic_load_n(r->stop, __ATOMIC_RELAXED) || r->killed)
		return;
	if (!r->kill_at) {
		kill(whom, SIGTERM);
		r->kill_at = sr_clock_monotonic_ms() + 5000;
	} else if (sr_clock_monotonic_ms() >= r->kill_at) {
		kill(whom, SIGKILL);
		r->killed = true;
	}
}

/*
 * The end of the child ends the run, not the end of its output: a program that
 * it left behind (pg_ctl leaves a server) may hold the pipes open for ever.
 */
static bool run_collect(struct run *r, int *status, struct sr_error *err)
{
	int state;

	while ((state = reap(r->pid, WNOHANG, status, err)) == 0) {
		struct pollfd p[3] = { { .fd = r->fds[0], .events = POLLIN },
				       { .fd = r->fds[1], .events = POLLIN },
				       { .fd = r->pidfd, .events = POLLIN } };

		run_check_stop(r);
		/* poll ignores negative descriptors. */
		(void)poll(p, 3, r->pidfd < 0 ? 10 : 100);
		for (int i = 0; i < 2; i++)
			run_drain(r, i);
	}
	for (int i = 0; i < 2; i++)
		run_drain(r, i);
	return state == 1;
}

bool sr_process_run(const struct sr_process_spec *spec, struct sr_strbuf *out, struct sr_strbuf *errout,
		    const volatile int *stop, int *status, struct sr_error *err)
{
	struct run r = { .pid = -1,
			 .pidfd = -1,
			 .group = spec->new_session,
			 .fds = { -1, -1 },
			 .into = { out, errout },
			 .stop = stop };
	struct sr_process_spec with_pipes = *spec;
	int *const theirs[2] = { &with_pipes.out_fd, &with_pipes.err_fd };
	bool ok = true;

	for (int i = 0; i < 2; i++)
		*theirs[i] = -1;
	for (int i = 0; ok && i < 2; i++) {
		int ends[2];

		if (!r.into[i])
			continue;
		if (pipe2(ends, O_CLOEXEC) != 0) {
			ok = sr_error_errno(err, SR_ERR_INTERNAL, "could not make a pipe for \"%s\"",
					    spec->argv[0]);
			break;
		}
		r.fds[i] = ends[0];
		*theirs[i] = ends[1];
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	}
	ok = ok && sr_process_start(&with_pipes, &r.pid, err);
	for (int i = 0; i < 2; i++)
		if (*theirs[i] >= 0)
			close(*theirs[i]);
	if (ok) {
		r.pidfd = pidfd_open(r.pid, 0);
		ok = run_collect(&r, status, err);
	}
	if (r.pidfd >= 0)
		close(r.pidfd);
	for (int i = 0; i < 2; i++)
		run_close(&r, i);
	return ok;
}

void sr_process_describe(int status, struct sr_strbuf *out)
{
	if (WIFEXITED(status)) {
		sr_strbuf_addf(out, "exited with code %d", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		const char *name = sigdescr_np(WTERMSIG(status));

		sr_strbuf_addf(out, "was ended by signal %d (%s)", WTERMSIG(status), name ? name : "unknown");
	} else {
		sr_strbuf_addf(out, "ended with status %d", status);
	}
}
