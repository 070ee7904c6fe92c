#include "operation/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "operation/journal.h"
#include "operation/undo.h"

/* Nothing of the main process's may be held open here: whoever reads its output waits for the end of the file. */
static void let_go(int keep)
{
	int null;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	setsid();
	prctl(PR_SET_NAME, "schemarestore-g");
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	for (int fd = 3; fd < keep; fd++)
		close(fd);
	if (close_range((unsigned)keep + 1, ~0U, 0) != 0)
		for (int fd = keep + 1; fd < 65536; fd++)
			close(fd);
	if (chdir("/") != 0)
		return;
}

/* The main process is dead once its lock on the operation is gone; its last writes are then done. */
static struct sr_journal *take_over(const char *dir, struct sr_error *err)
{
	struct sr_journal *j = NULL;

	for (int i = 0; i < 600 && !(j = sr_journal_reopen(dir, err)) && err->class == SR_ERR_REFUSED; i++) {
		sr_error_release(err);
		sr_clock_sleep_ms(100);
	}
	return j;
}

/* It may have died after its own last word; that one stands. */
static void write_end(struct sr_journal *j, struct sr_error *err)
{
	struct sr_record record = { 0 };

	if (sr_record_read(sr_journal_dir(j), &record, err) && !record.outcome) {
		struct json_object *end = json_object_new_object();
		bool restored = false;

		for (size_t i = 0; i < record.n; i++)
			restored |= record.intents[i].kept;
		sr_json_add_string(end, "outcome", restored ? "done" : "interrupted");
		sr_json_add_string(
			end, "error",
			restored ? "the process died after the schemas were restored; the guardian cleaned up"
				 : "the process died; the guardian undid what it had made");
		sr_json_add_int(end, "exit_code", 128 + SIGKILL);
		sr_journal_event(j, "end", end, err);
	}
	sr_record_release(&record);
}

static void undo_all(const char *dir, const struct sr_undo *what)
{
	struct sr_error err = SR_ERROR_INIT, undo_err = SR_ERROR_INIT;
	struct sr_log *log = sr_log_new(SR_LOG_ERROR, NULL, NULL);
	struct sr_undo undo = *what;
	struct sr_journal *j = take_over(dir, &err);
	char *path = sr_path_join(dir, "log");

	undo.log = log;
	if (j) {
		sr_log_open_file(log, path, &undo_err);
		sr_log_warning(log, "the main process died: the guardian undoes what it made");
		/* What could not be undone leaves the operation abandoned: it is left to "cleanup". */
		if (sr_undo_run(j, &undo, &undo_err))
			write_end(j, &err);
	}
	sr_journal_close(j);
	sr_log_free(log);
	free(path);
	sr_error_release(&err);
	sr_error_release(&undo_err);
}

static void guard(int fd, const char *dir, const struct sr_undo *what)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		undo_all(dir, what);
}

bool sr_guardian_start(struct sr_guardian *g, struct sr_journal *j, const struct sr_undo *what,
		       struct sr_error *err)
{
	char *dir = realpath(sr_journal_dir(j), NULL);
	int fds[2];
	pid_t pid;

	*g = (struct sr_guardian){ .pipe = -1 };
	if (!dir)
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not find \"%s\"", sr_journal_dir(j));
	if (pipe2(fds, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		free(dir);
		return sr_error_errno(err, SR_ERR_INTERNAL, "could not start the guardian process");
	}
	if (pid == 0) {
		let_go(fds[0]);
		guard(fds[0], dir, what);
		_exit(0);
	}
	close(fds[0]);
	free(dir);
	g->pid = pid;
	g->pipe = fds[1];
	return true;
}

void sr_guardian_dismiss(struct sr_guardian *g)
{
	if (g->pid == 0)
		return;
	if (write(g->pipe, "d", 1) == 1) {
		close(g->pipe);
		while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
			;
	} else {
		close(g->pipe);
	}
	*g = (struct sr_guardian){ .pipe = -1 };
}
