#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

/* A handler can reach nothing but what is the process's own. */
static volatile int interrupted;
static volatile bool line_ends;

static void on_signal(int signal)
{
	static const char text[] = "\rschemarestore: still removing what was made; please wait\n";
	int before = __atomic_load_n(&interrupted, __ATOMIC_RELAXED), saved = errno;

	if (before && signal != SIGHUP) {
		ssize_t ignored = write(STDERR_FILENO, text, sizeof text - (line_ends ? 1 : 2));

		(void)ignored;
	}
	/* Other threads read it. */
	if (!before)
		__atomic_store_n(&interrupted, signal, __ATOMIC_RELAXED);
	errno = saved;
}

const volatile int *sr_signals_install(bool redrawn)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action, old;

	line_ends = !redrawn;
	memset(&action, 0, sizeof action);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		/* nohup(1) and background jobs of a shell have them ignored: that stays. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		action.sa_handler = on_signal;
		sigaction(signals[i], &action, NULL);
	}
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	return &interrupted;
}
