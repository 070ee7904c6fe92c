/*
 * The guardian: a small process that undoes what the journal names when the
 * main process dies without having done so itself.
 *
 * It is forked before any thread exists, in a session of its own (a signal to
 * the terminal's or the script's process group does not reach it), and waits on a
 * pipe whose other end only the main process holds.  A byte means "all is done";
 * the end of the file without one means that the main process is dead, however
 * it died.  Being a fork, it knows the target's password from memory; the
 * journal has none.
 *
 * Main thread only.
 */
#ifndef SR_OPERATION_GUARDIAN_H
#define SR_OPERATION_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

struct sr_error;
struct sr_journal;
struct sr_undo;

struct sr_guardian {
	pid_t pid; /* 0: none */
	int pipe;
};

/* what: drivers and passwords, which the fork keeps in memory; its log and lists are not used. */
bool sr_guardian_start(struct sr_guardian *g, struct sr_journal *j, const struct sr_undo *what,
		       struct sr_error *err);
/* The main process has undone or finished everything itself (or was told to keep it). */
void sr_guardian_dismiss(struct sr_guardian *g);

#endif
