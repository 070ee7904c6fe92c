/*
 * One operation: a restore from start to end, and what is on record about the
 * ones before.
 *
 * sr_operation_restore() runs the seven phases (src/README.md), keeps the
 * journal, and undoes what it made when it fails or is interrupted.  It is
 * called once per process, from the main thread, before any other thread
 * exists (it forks the guardian).
 */
#ifndef SR_OPERATION_OPERATION_H
#define SR_OPERATION_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/strbuf.h"
#include "operation/request.h"

struct json_object;
struct sr_log;
struct sr_report;

struct sr_schema_pair {
	char *from, *to; /* `a`, `a_20240128143000` */
	int64_t tables, rows, bytes;
};

/* Something that failed in post-data and is kept in ddl/failed.sql. */
struct sr_failure {
	char *object; /* "foreign key a_2024….orders_fk" */
	char *message;
};

/* What dry-run prints; filled by every restore. */
struct sr_plan_line {
	char *key; /* "base backup", "WAL", "moment", "schema", "tables", "space", ... */
	char *value;
};

struct sr_outcome {
	char id[40]; /* restore-YYYYMMDD-HHMMSS-xxxx; "" when refused before it had one */
	char *dir; /* the operation's folder, or NULL */
	sr_time moment; /* restored; SR_TIME_NONE unknown */
	char *target; /* "database shop on host db1, port 5432" */
	struct sr_schema_pair *schemas;
	size_t nschemas;
	int64_t objects; /* TOC entries applied */
	int64_t tables, rows, bytes;
	int64_t ms; /* the whole */
	struct sr_failure *failures;
	size_t nfailures;
	bool verified; /* verification ran */
	int64_t verified_tables, differences;
	bool ddl_verified; /* definitions were compared */
	int64_t ddl_equal, ddl_differences; /* objects */
	struct sr_plan_line *plan;
	size_t nplan;
	struct sr_strlist leftovers; /* what could not be removed: "directory /x", "process 123" */
	bool undone; /* it failed, and everything it made was removed */
	bool kept; /* it failed, and --keep left what it made */
};
void sr_outcome_release(struct sr_outcome *o);

/*
 * True: done (exit 0, or 7/8/9 in err->class with the outcome filled: data is
 * there).  False: failed; err says why, the outcome what became of what was made.
 * `interrupted` becomes a signal's number when the user wants to stop (set by a
 * handler that the caller installs for SIGINT, SIGTERM, SIGHUP).
 */
bool sr_operation_restore(const struct sr_request *request, struct sr_report *report, struct sr_log *log,
			  const volatile int *interrupted, struct sr_outcome *out, struct sr_error *err);

/* ---- What is on record ---- */

struct sr_operation_info {
	char *id, *dir;
	const char *
		state; /* "running", "done", "failed", "interrupted", "abandoned" (its process is gone, nothing undone),
	                          "unreadable" (its journal) */
	sr_time started, ended; /* ended: SR_TIME_NONE while running or abandoned */
	int exit_code; /* -1: none yet */
	char *error; /* its message, or NULL */
	char *what; /* "a, b at 2024-01-28 14:30:00+00" */
	char *target;
	struct sr_strlist schemas; /* new names */
	struct sr_strlist held; /* what it still holds: "directory …", "schema … in …" */
	bool kept; /* what it holds was left on purpose (--keep) */
	int pid; /* of the running process, or 0 */
};
struct sr_operation_list {
	struct sr_operation_info *items; /* newest first */
	size_t n, cap;
};
void sr_operation_list_release(struct sr_operation_list *l);
bool sr_operation_list_read(const char *state_dir, const struct sr_source_driver *const *drivers,
			    struct sr_operation_list *out, struct sr_error *err);

/*
 * Undoes what an operation still holds, from its journal.  A running one is
 * refused (SR_ERR_REFUSED).  Twice is harmless.  `removed` and `leftovers` get a line each per
 * resource.  With something left: false and SR_ERR_LEFTOVER.  `password` (or NULL) is for the
 * target, which the journal has without secrets.
 */
bool sr_operation_cleanup(const char *dir, const struct sr_source_driver *const *drivers,
			  const char *password, struct sr_log *log, struct sr_strlist *removed,
			  struct sr_strlist *leftovers, struct sr_error *err);

/* ---- doctor ---- */

enum sr_check_result { SR_CHECK_OK, SR_CHECK_WARNING, SR_CHECK_WRONG };
typedef void sr_check_line(void *ctx, enum sr_check_result result, const char *what, const char *found,
			   const char *mend); /* mend: what to do, or NULL */
/* Tools, versions, target, source, backup directory, WAL, space, state directory. False when anything is WRONG; err is
 * only set when it could not check at all. */
bool sr_operation_doctor(const struct sr_request *request, sr_check_line *line, void *ctx,
			 struct sr_error *err);

#endif
