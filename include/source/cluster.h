/*
 * The life of a temporary PostgreSQL cluster on this machine.
 *
 * Everything lives in one private directory, ROOT:
 *
 *     ROOT/data      the data directory
 *     ROOT/tblspc    tablespaces, one directory per OID
 *     ROOT/bin       a copy of this program for restore_command, readable by the user PostgreSQL runs as
 *     ROOT/s         the socket (or /tmp/<name of ROOT> when the path would be too long for a socket)
 *     ROOT/postgres.log
 *
 * The server is a direct child: its end is seen at once, and it gets SIGQUIT
 * when the thread that started it (the main one) ends, so that it does not
 * survive us by more than a moment.  It never runs as root.  It listens on the
 * socket only, trusts whoever may enter the 0700 directory, and has none of
 * production's settings: postgresql.conf, postgresql.auto.conf, pg_hba.conf and
 * pg_ident.conf are ours.  Durability is off: it will be thrown away.
 *
 * Main thread only.
 */
#ifndef SR_SOURCE_CLUSTER_H
#define SR_SOURCE_CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/process.h"
#include "pg/conninfo.h"
#include "recovery/plan.h"
#include "recovery/restore.h"

struct sr_error;
struct sr_log;
struct sr_strlist;

struct sr_cluster {
	char *root, *data_dir, *tablespace_dir, *socket_dir, *log_path;
	char *bindir;
	int major;
	struct sr_run_as run_as;
	pid_t pid; /* 0: not running */
};

struct sr_cluster_recovery {
	enum sr_target_kind kind;
	sr_time time;
	unsigned timeline; /* to follow; 0: the newest, as far as the server can find it */
	const char *restore_command; /* as the server takes it: %f, %p; or NULL */
};

/* Only names the paths; nothing is made. */
void sr_cluster_init(struct sr_cluster *c, const char *scratch_dir, const char *name, const char *bindir,
		     int major, const struct sr_run_as *run_as);
void sr_cluster_release(struct sr_cluster *c);

/* Makes ROOT, the socket directory and bin; everything belongs to run_as. */
bool sr_cluster_make(struct sr_cluster *c, struct sr_error *err);
/*
 * Writes the configuration.  `control` gives the minimum for prepared
 * transactions and locks (recovery needs at least the primary's).  settings:
 * NAME=VALUE of the user, last.  connections: how many we shall open.
 */
bool sr_cluster_configure(struct sr_cluster *c, const struct sr_cluster_recovery *recovery,
			  const struct sr_control *control, const struct sr_strlist *settings,
			  int connections, struct sr_error *err);
bool sr_cluster_start(struct sr_cluster *c, struct sr_error *err);
/*
 * Waits until recovery has ended and connections are accepted.  status (or NULL)
 * hears the last WAL file that was replayed.  When the server ends instead, the error holds its
 * own last words from the log.  SR_ERR_INSTANCE; SR_ERR_SIGNAL when *stop.
 */
bool sr_cluster_wait(struct sr_cluster *c, void (*status)(void *ctx, const char *wal_file), void *ctx,
		     const volatile int *stop, struct sr_error *err);
/* False when the server, once it was ready, has ended by itself: err tells how, with the end of its log (SR_ERR_INSTANCE). */
bool sr_cluster_alive(struct sr_cluster *c, struct sr_error *err);
/* host, port and nothing else. */
void sr_cluster_conninfo(const struct sr_cluster *c, struct sr_conninfo *out);
/* Immediate shutdown; harmless when it does not run. */
bool sr_cluster_stop(struct sr_cluster *c, struct sr_error *err);

/*
 * Ends whatever runs in ROOT/data (found by working directory, as only ours
 * have that one), and removes the shared memory that a killed server left, ROOT,
 * and the socket directory.  For the guardian and cleanup, which are not the
 * server's parent.  Harmless when nothing is there.
 */
bool sr_cluster_destroy(const char *root, const char *socket_dir, struct sr_error *err);

#endif
