#include "pg/cancel.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct sr_cancel {
	pthread_mutex_t mutex;
	PGcancel *cancel;
	int socket; /* a duplicate: the number stays ours even when libpq closes its own */
	int users; /* the connection, and a thread on its way */
	bool busy;
};

struct sr_cancel *sr_cancel_new(PGconn *pg)
{
	struct sr_cancel *c = sr_calloc(1, sizeof *c);

	pthread_mutex_init(&c->mutex, NULL);
	c->cancel = PQgetCancel(pg);
	c->socket = fcntl(PQsocket(pg), F_DUPFD_CLOEXEC, 0);
	c->users = 1;
	return c;
}

void sr_cancel_free(struct sr_cancel *c)
{
	bool last;

	if (!c)
		return;
	pthread_mutex_lock(&c->mutex);
	if (c->socket >= 0)
		close(c->socket);
	c->socket = -1;
	last = --c->users == 0;
	pthread_mutex_unlock(&c->mutex);
	if (!last)
		return;
	PQfreeCancel(c->cancel);
	pthread_mutex_destroy(&c->mutex);
	free(c);
}

static void *request(void *arg)
{
	struct sr_cancel *c = arg;
	char why[256];
	bool last;

	PQcancel(c->cancel, why, sizeof why);
	pthread_mutex_lock(&c->mutex);
	c->busy = false;
	last = --c->users == 0;
	pthread_mutex_unlock(&c->mutex);
	if (last) {
		PQfreeCancel(c->cancel);
		pthread_mutex_destroy(&c->mutex);
		free(c);
	}
	return NULL;
}

/* Signals are the main thread's. */
static bool start_thread(struct sr_cancel *c)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	pthread_t thread;
	bool ok;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(&thread, &attributes, request, c) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return ok;
}

void sr_cancel_send(struct sr_cancel *c)
{
	pthread_mutex_lock(&c->mutex);
	if (c->cancel && !c->busy) {
		c->busy = true;
		c->users++;
		if (!start_thread(c)) {
			c->busy = false;
			c->users--;
		}
	}
	pthread_mutex_unlock(&c->mutex);
}

void sr_cancel_break(struct sr_cancel *c)
{
	pthread_mutex_lock(&c->mutex);
	if (c->socket >= 0)
		shutdown(c->socket, SHUT_RDWR);
	pthread_mutex_unlock(&c->mutex);
}
