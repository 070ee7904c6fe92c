#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"

static bool run_as_entry(struct sr_run_as *run_as, const struct passwd *entry, struct sr_error *err)
{
	*run_as = (struct sr_run_as){ .uid = entry->pw_uid, .gid = entry->pw_gid };
	if (strlen(entry->pw_name) >= sizeof run_as->name || strlen(entry->pw_dir) >= sizeof run_as->home)
		return sr_error_set(err, SR_ERR_USAGE,
				    "the name or the home directory of user \"%s\" is too long",
				    entry->pw_name);
	strcpy(run_as->name, entry->pw_name);
	strcpy(run_as->home, entry->pw_dir);
	run_as->active = entry->pw_uid != geteuid();
	if (run_as->active && geteuid() != 0) {
		sr_error_set(err, SR_ERR_USAGE,
			     "cannot run programs as user \"%s\": only root may change the user",
			     entry->pw_name);
		return sr_error_hint(err, "Run schemarestore as that user or as root.");
	}
	return true;
}

bool sr_run_as_user(struct sr_run_as *run_as, const char *name, struct sr_error *err)
{
	char *buffer = sr_malloc(64 * 1024);
	struct passwd entry, *found = NULL;
	int status = getpwnam_r(name, &entry, buffer, 64 * 1024, &found);
	bool ok;

	if (found)
		ok = run_as_entry(run_as, found, err);
	else if (status)
		ok = (errno = status,
		      sr_error_errno(err, SR_ERR_USAGE, "could not look up the user \"%s\"", name));
	else
		ok = sr_error_set(err, SR_ERR_USAGE, "there is no operating system user \"%s\"", name);
	free(buffer);
	return ok;
}

bool sr_run_as_uid(struct sr_run_as *run_as, uid_t uid, struct sr_error *err)
{
	char *buffer = sr_malloc(64 * 1024);
	struct passwd entry, *found = NULL;
	int status = getpwuid_r(uid, &entry, buffer, 64 * 1024, &found);
	bool ok;

	if (found)
		ok = run_as_entry(run_as, found, err);
	else if (status)
		ok = (errno = status, sr_error_errno(err, SR_ERR_USAGE,
						     "could not look up the user with id %u", (unsigned)uid));
	else
		ok = sr_error_set(err, SR_ERR_USAGE, "there is no operating system user with id %u",
				  (unsigned)uid);
	free(buffer);
	return ok;
}

/*
 * Everything that the child needs between fork and exec, made before the fork:
 * another thread may hold the allocator's lock at that moment, so the child may
 * only call what is safe in a signal handler (fork(2), signal-safety(7)).
 */
struct launch {
	const struct sr_process_spec *spec;
	const struct sr_run_as *run_as; /* NULL unless the user changes */
	char *program;
	struct sr_strlist env; /* with a NULL at the end */
	gid_t *groups;
	int n_groups;
	int null_fd, report_fd;
	pid_t parent;
	const char *cwd;
};

enum step { STEP_FDS, STEP_SESSION, STEP_USER, STEP_SIGNAL, STEP_CWD, STEP_EXEC };
struct failure {
	enum step step;
	int error;
};

static void env_set(struct sr_strlist *env, const char *item)
{
	size_t name = strcspn(item, "=");

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->items[i], item, name) != 0 || env->items[i][name] != '=')
			continue;
		free(env->items[i]);
		env->items[i--] = env->items[--env->n];
	}
	if (item[name] == '=')
		sr_strlist_add(env, item);
}

static void env_prepare(struct launch *l)
{
	char **ours = environ;

	for (; ours && *ours; ours++)
		sr_strlist_add(&l->env, *ours);
	if (l->run_as) {
		const char *const names[] = { "HOME", "USER", "LOGNAME" };
		const char *const values[] = { l->run_as->home, l->run_as->name, l->run_as->name };

		for (size_t i = 0; i < SR_COUNT(names); i++) {
			char *item = sr_asprintf("%s=%s", names[i], values[i]);

			env_set(&l->env, item);
			free(item);
		}
	}
	for (const char *const *e = l->spec->env; e && *e; e++)
		env_set(&l->env, *e);
	sr_strlist_take(&l->env, NULL);
}

/* A name without a slash is looked for in PATH, as a shell does. */
static char *find_program(const char *name)
{
	const char *dir = getenv("PATH");

	if (strchr(name, '/') || !dir)
		return sr_strdup(name);
	while (*dir) {
		size_t n = strcspn(dir, ":");
		char *path = n ? sr_asprintf("%.*s/%s", (int)n, dir, name) : sr_strdup(name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
		dir += n + (dir[n] == ':');
	}
	return sr_strdup(name);
}

static void groups_prepare(struct launch *l)
{
	int room = 32, n;

	for (;;) {
		l->groups = sr_realloc(l->groups, (size_t)room * sizeof *l->groups);
		n = room;
		if (getgrouplist(l->run_as->name, l->run_as->gid, l->groups, &n) >= 0)
			break;
		/* n now says how many there are. */
		room = n > room ? n : room * 2;
	}
	l->n_groups = n;
}

static void __attribute__((noreturn)) child_failed(int report_fd, enum step step)
{
	struct failure f = { step, errno };
	ssize_t ignored = write(report_fd, &f, sizeof f);

	(void)ignored;
	_exit(127);
}

/* Puts the three descriptors in place whatever numbers they had, the report at 3, and closes all others. */
static int child_fds(const struct launch *l)
{
	int report = fcntl(l->report_fd, F_DUPFD_CLOEXEC, 10);
	int in, out, errout;

	if (report < 0)
		child_failed(l->report_fd, STEP_FDS);
	in = fcntl(l->null_fd, F_DUPFD_CLOEXEC, 10);
	out = fcntl(l->spec->out_fd >= 0 ? l->spec->out_fd : l->null_fd, F_DUPFD_CLOEXEC, 10);
	errout = fcntl(l->spec->err_fd >= 0 ? l->spec->err_fd : l->null_fd, F_DUPFD_CLOEXEC, 10);
	if (in < 0 || out < 0 || errout < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errout, 2) < 0 ||
	    dup3(report, 3, O_CLOEXEC) < 0)
		child_failed(report, STEP_FDS);
	/* Kernels before 5.9 lack close_range: there the numbers that matter are still few. */
	if (close_range(4, ~0U, 0) != 0)
		for (int fd = 4; fd < 65536; fd++)
			close(fd);
	return 3;
}

static void child_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool child_user(const struct launch *l)
{
	return !l->run_as || (setgroups((size_t)l->n_groups, l->groups) == 0 &&
			      setresgid(l->run_as->gid, l->run_as->gid, l->run_as->gid) == 0 &&
			      setresuid(l->run_as->uid, l->run_as->uid, l->run_as->uid) == 0);
}

static void __attribute__((noreturn)) child_run(const struct launch *l)
{
	const struct sr_process_spec *spec = l->spec;
	int report = child_fds(l);

	if (spec->new_session && setsid() < 0)
		child_failed(report, STEP_SESSION);
	if (!child_user(l))
		child_failed(report, STEP_USER);
	/* After the change of user: that clears it (prctl(2)). */
	if (spec->die_signal && prctl(PR_SET_PDEATHSIG, spec->die_signal) != 0)
		child_failed(report, STEP_SIGNAL);
	/* The parent may have gone before that call. */
	if (spec->die_signal && getppid() != l->parent)
		_exit(127);
	if (l->cwd && chdir(l->cwd) != 0)
		child_failed(report, STEP_CWD);
	child_signals();
	execve(l->program, (char *const *)(uintptr_t)spec->argv, l->env.items);
	child_failed(report, STEP_EXEC);
}

static bool start_failed(const struct launch *l, const struct failure *f, struct sr_error *err)
{
	const char *program = l->spec->argv[0];

	errno = f->error;
	switch (f->step) {
	case STEP_USER:
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not run \"%s\" as user \"%s\"", program,
				      l->run_as->name);
	case STEP_CWD:
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not run \"%s\" in the directory \"%s\"",
				      program, l->cwd);
	default:
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not run \"%s\"", program);
	}
}

/* fork() with all signals blocked: no handler of ours may run in the child. */
static pid_t fork_child(const struct launch *l)
{
	sigset_t all, old;
	pid_t pid;
	int saved;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		child_run(l);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return pid;
}

/* Waits for the child's exec: end of file when it succeeded. */
static bool read_failure(int fd, struct failure *f)
{
	size_t got = 0;

	while (got < sizeof *f) {
		ssize_t n = read(fd, (char *)f + got, sizeof *f - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

bool sr_process_start(const struct sr_process_spec *spec, pid_t *pid, struct sr_error *err)
{
	struct launch l = { .spec = spec, .null_fd = -1, .parent = getpid(), .cwd = spec->cwd };
	struct failure f;
	int report[2] = { -1, -1 };
	bool ok = false;

	if (spec->run_as && spec->run_as->active) {
		l.run_as = spec->run_as;
		l.cwd = spec->cwd ? spec->cwd : "/";
		groups_prepare(&l);
	}
	l.program = find_program(spec->argv[0]);
	env_prepare(&l);
	l.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (l.null_fd < 0 || pipe2(report, O_CLOEXEC) != 0) {
		sr_error_errno(err, SR_ERR_INTERNAL, "could not run \"%s\"", spec->argv[0]);
		goto out;
	}
	l.report_fd = report[1];
	*pid = fork_child(&l);
	if (*pid < 0) {
		sr_error_errno(err, SR_ERR_INTERNAL, "could not start a process for \"%s\"", spec->argv[0]);
		goto out;
	}
	close(report[1]);
	report[1] = -1;
	ok = !read_failure(report[0], &f);
	if (!ok) {
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
		*pid = -1;
		start_failed(&l, &f, err);
	}
out:
	for (int i = 0; i < 2; i++)
		if (report[i] >= 0)
			close(report[i]);
	if (l.null_fd >= 0)
		close(l.null_fd);
	sr_strlist_release(&l.env);
	free(l.groups);
	free(l.program);
	return ok;
}
