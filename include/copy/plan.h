/*
 * What is to be copied, in which pieces, in which format.
 *
 * Read from the source's catalogs, inside the snapshot that the rows are read
 * under.  Ordinary tables have rows of their own; partitioned parents and foreign
 * tables have none here (foreign rows stay where they are).
 */
#ifndef SR_COPY_PLAN_H
#define SR_COPY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sr_conn;
struct sr_error;
struct sr_strbuf;
struct sr_rename;
struct sr_strlist;

struct sr_copy_table {
	unsigned oid; /* on the source */
	const char *schema, *name; /* on the target */
	const char *source_schema; /* the same, unless the source's schemas still have their own names */
	int64_t bytes; /* heap and TOAST, on the source */
	int64_t heap_pages;
	int64_t rows_estimated; /* reltuples; -1 unknown */
	bool heap; /* PostgreSQL's own table access method */
	bool unlogged; /* empty after a recovery */
	bool binary;
	const char *why_text; /* "column \"x\" has type …", when not binary */
	const char *columns; /* quoted, comma separated, generated ones left out; "" when there is none */
	const char *qualified; /* quoted, for statements on the target */
	const char *source; /* likewise on the source */
	const char *display; /* a.orders, for people */
	/*
	 * Partitions by the hash of an enum: on the target the same value may belong into another partition.  Then the
	 * rows go through this ancestor (quoted; NULL: none), and only the counts of all that do so together mean something.
	 */
	const char *through, *source_through; /* on the target, on the source */
	struct sr_copy_table *first_sibling, *next_sibling; /* those with the same `through`; NULL without */
	size_t nchunks;
	/* Filled while copying, by the workers: what is committed on the target. */
	_Atomic int64_t rows_copied, bytes_copied;
};

struct sr_copy_chunk {
	struct sr_copy_table *table;
	bool whole;
	int64_t first_page, end_page; /* ctid range [first, end); end -1: open (the last one) */
	int64_t bytes; /* estimated share */
};

struct sr_copy_sequence {
	const char *schema, *name, *qualified;
	int64_t last_value;
	bool is_called;
};

struct sr_copy_matview {
	unsigned oid;
	const char *schema, *name, *qualified, *display;
	int64_t bytes;
	bool populated;
	const size_t *needs; /* indexes of matviews it reads, directly or through views */
	size_t nneeds;
};

struct sr_copy_plan {
	struct sr_arena arena;
	struct sr_copy_table *tables;
	size_t ntables;
	struct sr_copy_chunk *chunks; /* largest first */
	size_t nchunks;
	struct sr_copy_sequence *sequences;
	size_t nsequences;
	struct sr_copy_matview *matviews;
	size_t nmatviews;
	int64_t bytes; /* of all tables */
};

struct sr_copy_options {
	int workers;
	/* server_version_num, 0 unknown.  Binary forms of built-in types are kept from version to version, but a newer
	 * server knows values that an older one does not ("infinity" of interval in 17): then text, which it refuses. */
	int target_version;
	int64_t chunk_bytes; /* 0: chosen from the workers and the sizes, never below 64 MiB */
	/* Where the source's schemas were not renamed: what they are called on the target.  The names outlive the plan. */
	const struct sr_rename *renames;
	size_t nrenames;
};

/* schemas: exact names on the source.  Also reads sequences and matviews. Class SR_ERR_COPY. */
bool sr_copy_plan_read(struct sr_copy_plan *plan, struct sr_conn *source, const struct sr_strlist *schemas,
		       const struct sr_copy_options *options, struct sr_error *err);
/* Nothing is to be copied after all: tables stay known, but have no chunks; sequences and materialized views are left alone. */
void sr_copy_plan_drop_rows(struct sr_copy_plan *plan);
void sr_copy_plan_release(struct sr_copy_plan *plan);
/*
 * Cuts plan->tables into plan->chunks; sr_copy_plan_read() has done it.  Only
 * heaps are cut, and only when the source is PostgreSQL 14 or newer (TID range scans).
 */
void sr_copy_plan_cut(struct sr_copy_plan *plan, const struct sr_copy_options *options, int source_version);
/* "a.orders, pages 0-17000 of 34000"; only "a.orders" when whole */
void sr_copy_chunk_describe(const struct sr_copy_chunk *chunk, struct sr_strbuf *out);

#endif
