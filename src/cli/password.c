#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"

enum { LONGEST = 1024, INTERRUPT = 3 /* ^C */ };

/* One line; false with EINTR on ^C and at the end of input. */
static bool read_line(int fd, char *line, size_t room)
{
	size_t n = 0;
	char c;

	for (;;) {
		ssize_t got = read(fd, &c, 1);

		if (got < 0)
			return false;
		if (got == 0 || c == INTERRUPT) {
			errno = EINTR;
			return false;
		}
		if (c == '\n' || c == '\r')
			break;
		if (n + 1 < room)
			line[n++] = c;
	}
	line[n] = '\0';
	return true;
}

/* Asks on the terminal without echo.  NULL when there is none, or on ^C (errno EINTR).  Caller wipes and frees. */
static char *prompt_for(const char *prompt)
{
	struct termios old, silent;
	char line[LONGEST] = "", *password = NULL;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC), saved = 0;

	if (fd < 0)
		return NULL;
	if (tcgetattr(fd, &old) == 0) {
		silent = old;
		/* ^C comes as a character: a signal would leave the terminal silent. */
		silent.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
		silent.c_lflag |= ECHONL;
		silent.c_cc[VEOL] = INTERRUPT;
		tcsetattr(fd, TCSAFLUSH, &silent);
		if (sr_write_all(fd, prompt, strlen(prompt)) && read_line(fd, line, sizeof line))
			password = sr_strdup(line);
		saved = errno;
		/* On ^C the terminal has not begun a new line by itself. */
		if (!password)
			(void)sr_write_all(fd, "\n", 1);
		tcsetattr(fd, TCSAFLUSH, &old);
		errno = saved;
	}
	explicit_bzero(line, sizeof line);
	close(fd);
	errno = saved;
	return password;
}

/* Whether the server wants a password that neither the parameters nor .pgpass have: by trying. */
static bool wants_password(const struct sr_conninfo *ci)
{
	const char **keys = sr_calloc(ci->n + 2, sizeof *keys),
		   **values = sr_calloc(ci->n + 2, sizeof *values);
	size_t n = 0;
	PGconn *conn;
	bool wants;

	/* First, so that the user's own wins. */
	keys[n] = "connect_timeout";
	values[n++] = "10";
	for (size_t i = 0; i < ci->n; i++, n++) {
		keys[n] = ci->keys[i];
		values[n] = ci->values[i];
	}
	conn = PQconnectdbParams(keys, values, 0);
	wants = conn && PQstatus(conn) == CONNECTION_BAD && PQconnectionNeedsPassword(conn);
	PQfinish(conn);
	free(keys);
	free(values);
	return wants;
}

bool sr_password_ask(struct sr_settings *s, struct sr_error *err)
{
	const char *user = sr_conninfo_get(&s->request.conninfo, "user");
	char *prompt = user ? sr_asprintf("Password for user %s: ", user) : sr_strdup("Password: ");
	char *password = prompt_for(prompt);
	bool interrupted = errno == EINTR;

	free(prompt);
	if (password) {
		sr_conninfo_set(&s->request.conninfo, "password", password);
		explicit_bzero(password, strlen(password));
		free(password);
		return true;
	}
	if (interrupted) {
		sr_error_set(err, SR_ERR_SIGNAL, "interrupted: no password was given");
		err->signal = SIGINT;
		return false;
	}
	sr_error_set(err, SR_ERR_USAGE, "could not ask for the password: there is no terminal");
	return sr_error_hint(err, "Use ~/.pgpass, PGPASSWORD or a service file.");
}

bool sr_password_settle(struct sr_settings *s, struct sr_error *err)
{
	const struct sr_conninfo *ci = &s->request.conninfo;

	if (s->ask_password)
		return sr_password_ask(s, err);
	/* Only where somebody sits. What else is wrong with the connection is for the operation to say. */
	if (s->no_password || s->json || !isatty(STDIN_FILENO) || sr_conninfo_get(ci, "password") ||
	    getenv("PGPASSWORD") || !wants_password(ci))
		return true;
	return sr_password_ask(s, err);
}
