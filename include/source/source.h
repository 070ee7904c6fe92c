/*
 * Ways to a temporary instance that stands at a moment.
 *
 * A source is an object behind a driver (a table of functions).  To add one:
 * write src/source/NAME.c with its driver, name it in src/main.c, describe it in
 * the man page.  The operation calls, always from the main thread and in this order:
 *
 *     create     never fails; keeps the spec and the host, both borrowed
 *     check      phase 1: everything that can be known without creating anything;
 *                refuses (SR_ERR_REFUSED), tells the plan, knows the moment
 *     provision  phase 2: makes the instance; every resource is told to
 *                host->intend before it is made
 *     connect    how to reach it, as a role that may rename schemas
 *     alive      (or NULL) asked when something failed that used the instance
 *     teardown   removes what was made; safe to call twice, or after a failure
 *     destroy    frees memory only
 *
 * undo is called without an object, by another process, from what the journal
 * kept of an intent: it removes one resource and must be harmless when that is
 * already gone or never came to be.
 */
#ifndef SR_SOURCE_SOURCE_H
#define SR_SOURCE_SOURCE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"
#include "pg/conninfo.h"
#include "recovery/plan.h"

struct json_object;
struct sr_log;
struct sr_report;
struct sr_strlist;

/* What the operation offers to a source. */
struct sr_source_host {
	void *ctx;
	const char *operation_id;
	struct sr_report *report;
	struct sr_log *log;
	const volatile int *stop; /* non-zero: a signal; give up soon */
	/* Puts an intent into the journal, on disk when this returns.  Takes detail, which must never hold a secret. */
	bool (*intend)(void *ctx, const char *kind, struct json_object *detail, int *number,
		       struct sr_error *err);
	/* The resource of that number is gone again. */
	void (*gone)(void *ctx, int number);
	/* A line of the plan, for --dry-run. */
	void (*plan)(void *ctx, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
};

/* What the user said; strings are borrowed and outlive the source. */
struct sr_source_spec {
	const char *place; /* what stands behind "basebackup:" */
	bool has_target;
	enum sr_target_kind target;
	sr_time time;
	const char *snapshot;
	const char *wal_archive, *restore_command;
	const char *dbname; /* the database looked for on the instance */
	const char *user; /* --source-username, or NULL */
	const char *target_user; /* whom we are on the target: a likely role here too */
	const struct sr_strlist *settings;
	const struct sr_strlist *bindirs;
	const char *run_as; /* or NULL */
	const char *scratch_dir;
	bool disposable;
	bool keep; /* teardown after a failure stops the instance and leaves its files */
	int connections; /* how many the operation will open at once */
};

struct sr_source;

struct sr_source_driver {
	const char *name; /* before the colon */
	bool has_moments; /* takes --pitr or --snapshot */
	bool throwaway; /* the instance is ours: what is changed there need not be put back */
	struct sr_source *(*create)(const struct sr_source_spec *spec, const struct sr_source_host *host);
	bool (*check)(struct sr_source *s, struct sr_error *err);
	/* The moment the instance stands at (will stand at, before provision); SR_TIME_NONE: unknown yet. */
	sr_time (*moment)(struct sr_source *s);
	bool (*provision)(struct sr_source *s, struct sr_error *err);
	bool (*connect)(struct sr_source *s, struct sr_conninfo *out, struct sr_error *err);
	/* False: it has ended by itself, which explains the failure better; err then says so (SR_ERR_INSTANCE). */
	bool (*alive)(struct sr_source *s, struct sr_error *err);
	bool (*teardown)(struct sr_source *s, bool failed, struct sr_error *err);
	void (*destroy)(struct sr_source *s);
	/* True when kind is one of this driver's. */
	bool (*owns)(const char *kind);
	bool (*undo)(const char *kind, struct json_object *detail, struct sr_log *log, struct sr_error *err);
	/* "directory /var/tmp/restore-…" for list and for leftovers; into out. */
	void (*describe)(const char *kind, struct json_object *detail, struct sr_strbuf *out);
};

extern const struct sr_source_driver sr_source_basebackup;
extern const struct sr_source_driver sr_source_existing;

/* The driver whose name stands before the colon of `from`; *place points behind it.  NULL: unknown. */
const struct sr_source_driver *sr_source_find(const struct sr_source_driver *const *drivers, const char *from,
					      const char **place);

#endif
