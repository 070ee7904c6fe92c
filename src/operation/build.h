/*
 * Building the graph of jobs; private to build.c, which adds the jobs, and
 * build_order.c, which adds the edges that no single job's own entry gives.
 */
#ifndef SR_OPERATION_BUILD_H
#define SR_OPERATION_BUILD_H

#include "run.h"

struct sr_builder {
	struct sr_run *run;
	int max_id;
	int *job_of; /* by dump id: the post-data job, or -1 */
	bool *late; /* by dump id: waits for a materialized view's refresh */
	int *table_of; /* by dump id: index in plan.tables, or -1 */
	int *matview_of; /* by dump id: index in plan.matviews, or -1 */
	int *whole; /* by table: the job after which all its rows are there */
	int *refresh; /* by matview: its refresh job, or -1 */
	int *last_key; /* by table: the last foreign key that touches it, or -1 */
	int pre_data, loaded, post_done, acl_done;
};

/* Adds a job; its task is its argument.  fn NULL: a milestone. */
struct sr_task *sr_build_add(struct sr_builder *b, const char *name, sr_job_run *fn, double cost,
			     enum sr_job_policy policy);
/* Nothing when either job is -1. */
void sr_build_edge(struct sr_builder *b, int before, int after, enum sr_edge kind);
/* Needs only its own table's rows; everything else waits for all rows. */
bool sr_build_is_index(const struct sr_item *item);

/* Why each is needed is said in build_order.c. */
void sr_build_order_foreign_key(struct sr_builder *b, const struct sr_item *item, int job);
void sr_build_order_after_builds(struct sr_builder *b, const struct sr_item *key, int job);
void sr_build_order_partitioned_keys(struct sr_builder *b);
void sr_build_order_partition_triggers(struct sr_builder *b);
void sr_build_order_row_security(struct sr_builder *b);
void sr_build_order_refreshes(struct sr_builder *b);

#endif
