/*
 * The state of one restore while it runs; private to this room.
 *
 *     restore.c      the phases in order, and the end
 *     prepare.c      1 prepare
 *     extract.c      2 provision (after the source's part) and 3 extract
 *     roles.c        roles that are mapped, or created
 *     bodies.c       function bodies on the source while its schemas have their new names
 *     build.c        the graph of jobs for 4 copy and 5 finish; build_order.c its less obvious edges
 *     jobs.c         what the jobs do
 *     worker.c       the workers' connections, and running a graph
 *     foreign_key.c  foreign keys to live tables
 *     privileges.c   what owners and grants need around the archive's own statements
 *     late.c         what depends on more than the catalogs say
 *     check.c        6 verify; check_ddl.c the definitions
 *     outcome.c      what is told and kept at the end
 */
#ifndef SR_OPERATION_RUN_H
#define SR_OPERATION_RUN_H

#include <pthread.h>

#include "copy/plan.h"
#include "copy/stream.h"
#include "ddl/script.h"
#include "operation/guardian.h"
#include "operation/journal.h"
#include "operation/operation.h"
#include "operation/rename.h"
#include "operation/target.h"
#include "pg/conn.h"
#include "pg/programs.h"
#include "report/report.h"
#include "source/source.h"
#include "work/graph.h"

struct sr_run;

/* What a job gets: the run, and the one thing it is about. */
struct sr_task {
	struct sr_run *run;
	int job;
	size_t *indexes, count; /* a batch of pre-data: indexes of items */
	const struct sr_item *item; /* post-data */
	struct sr_copy_matview *matview; /* refresh */
	struct sr_copy_table *table; /* analyze, verify */
	size_t first; /* a chunk's index */
	struct sr_copy_result result; /* chunks: kept over a retry */
	int64_t reported; /* chunks: bytes told so far */
	bool differs, hidden; /* verify */
	bool late; /* a chunk that was refused, and comes once more after all others */
	bool added; /* a foreign key that is there, and may not have been validated yet */
	bool not_valid; /* a foreign key that could not be validated and was left NOT VALID */
};

struct sr_worker {
	struct sr_run *run;
	struct sr_conn *source, *target;
	pthread_mutex_t mutex; /* guards the pointer `source`: a cancel is another thread's */
	struct sr_item_session session;
	int cancels; /* how often it was asked to give up */
};

struct sr_run {
	const struct sr_request *request;
	struct sr_report *report;
	struct sr_log *log;
	const volatile int *interrupted;
	struct sr_outcome *out;
	char id[40];
	int64_t began_ms;
	struct sr_error unverified; /* why the comparison could not be made; the data is there */
	struct sr_strbuf done; /* what the running phase did, told at its end */

	struct sr_journal *journal;
	struct sr_guardian guardian;

	const struct sr_source_driver *driver;
	struct sr_source *source;
	struct sr_source_spec spec;
	struct sr_source_host host;
	char *source_name; /* "existing:host=…", without secrets */
	struct sr_conninfo source_secrets; /* of an existing instance, as typed */
	struct sr_conninfo source_info;
	struct sr_conn *source_conn; /* holds the exported snapshot */
	char *snapshot;
	char *encoding; /* of the source's database: every session's client_encoding */

	struct sr_target target;
	sr_time time, moment;
	int workers;

	struct sr_rename *renames;
	size_t nrenames;
	int *schema_intents; /* journal numbers; 0: not made yet */
	struct sr_strlist new_names;
	bool untouched; /* the source must not be written to: its schemas keep their names */
	struct sr_strlist source_names; /* what they are called there while they are read */
	struct sr_rename *roles; /* by another name on the target */
	size_t nroles;
	struct sr_strlist new_roles; /* to be created there */
	int *role_intents; /* their journal numbers */
	struct sr_extension_members *members;
	PGresult
		*bodies; /* of the source's functions, before the rename; NULL where nobody needs them back */

	struct sr_script script;
	const char
		*schema_grants; /* what the archive's grants on schemas begin with (the script's), or NULL */
	struct sr_copy_plan plan;

	struct sr_graph *graph;
	struct sr_task *tasks; /* a job's argument, by job number */
	size_t ntasks;
	bool workers_need_source; /* for copying and for checksums */
};

/* prepare.c */
bool sr_run_prepare(struct sr_run *run, struct sr_error *err);
void sr_run_plan(struct sr_run *run, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Folder, journal, log, guardian: from here on something exists. */
bool sr_run_begin(struct sr_run *run, struct sr_error *err);

/* extract.c */
bool sr_run_connect(struct sr_run *run, struct sr_error *err);
bool sr_run_extract(struct sr_run *run, struct sr_error *err);

/* roles.c */
void sr_run_read_role_map(struct sr_run *run);
void sr_run_release_roles(struct sr_run *run);
void sr_run_plan_roles(struct sr_run *run);
/* Are they on the target, and may be owners?  Fills run->new_roles where those that are missing are to be created. */
bool sr_run_check_roles(struct sr_run *run, struct sr_error *err);
bool sr_run_create_roles(struct sr_run *run, struct sr_error *err);
/* Their marks came off with those of the schemas. */
bool sr_run_keep_roles(struct sr_run *run, struct sr_error *err);

/* build.c: fills run->graph and run->tasks */
void sr_run_build(struct sr_run *run);

/* jobs.c */
bool sr_job_pre_data(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_post_data(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_chunk(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_loaded(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_refresh(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_analyze(void *arg, void *worker, int index, struct sr_error *err);
/* A chunk that is not put off when it is refused. */
bool sr_job_chunk_now(struct sr_task *task, struct sr_worker *w, int index, struct sr_error *err);

/* worker.c */
/* A new connection to the source, inside the snapshot, in place of one whose transaction was ended by an error. */
bool sr_worker_renew_source(struct sr_worker *w, int index, struct sr_error *err);
/* Runs a graph with run->workers workers of ours. */
bool sr_run_graph(struct sr_run *run, struct sr_graph *graph, struct sr_error *err);
int sr_run_interrupted(void *ctx);

/* foreign_key.c: for every foreign key */
bool sr_job_foreign_key(void *arg, void *worker, int index, struct sr_error *err);

/* late.c */
bool sr_late_is_name(const struct sr_error *err); /* something was not found by its name alone */
bool sr_late_is_row(const struct sr_error *err); /* or a row was refused */
/* The schema and public; NULL: back to none. */
bool sr_late_search_path(struct sr_worker *w, struct sr_conn *c, const char *schema, struct sr_error *err);
/* After a second try with the schema in the search_path: `ok`, or `again` has its error, which says less than the first. */
bool sr_late_settle(struct sr_worker *w, bool ok, const char *what, struct sr_error *again,
		    struct sr_error *err);
/* Runs a statement, and tries it so where names are not found. */
bool sr_late_exec(struct sr_worker *w, const char *schema, const char *what, struct sr_error *err,
		  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* After a refused chunk: the source's transaction is of no use any more. */
bool sr_late_renew(struct sr_worker *w, int index, struct sr_error *err);
bool sr_late_chunks(struct sr_run *run, struct sr_worker *w, int index, struct sr_error *err);

/* privileges.c */
bool sr_job_lend(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_objects_as_built(void *arg, void *worker, int index, struct sr_error *err);
bool sr_job_all_as_built(void *arg, void *worker, int index, struct sr_error *err);

/* check.c */
bool sr_run_verify(struct sr_run *run, struct sr_error *err);

/* check_ddl.c */
/* Early: is there a pg_dump for the target? */
bool sr_run_check_dump(struct sr_run *run, struct sr_error *err);
bool sr_run_verify_ddl(struct sr_run *run, struct sr_error *err);
/* What pg_dump must be told on that server, or NULL; the caller frees. */
bool sr_run_dump_settings(struct sr_conn *c, char **out, struct sr_error *err);

/* outcome.c */
bool sr_run_failures(struct sr_run *run, struct sr_error *err);
bool sr_run_write_request(struct sr_run *run, struct sr_error *err);
bool sr_run_write_metrics(struct sr_run *run, int exit_code, struct sr_error *err);

#endif
