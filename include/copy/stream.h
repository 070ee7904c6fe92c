/*
 * Moving the rows of one chunk, and setting sequences.
 *
 * COPY … TO STDOUT on the source, COPY … FROM STDIN on the target, rows gathered
 * into messages of 64 KiB (a row a message costs 2 s a GB on the client).  A
 * chunk is one transaction on the target: it is there whole or not at all.
 * The two servers' command tags must name the same number of rows.
 *
 * When the connection is lost during COMMIT, nobody knows whether it took: the
 * transaction id, asked for before, is looked up on a new connection with
 * pg_xact_status() (PostgreSQL 10) by sr_copy_chunk_settled().
 *
 * A worker's thread only.  Class SR_ERR_COPY, `retry` set where another try may help.
 */
#ifndef SR_COPY_STREAM_H
#define SR_COPY_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "copy/plan.h"

struct sr_conn;
struct sr_error;

struct sr_copy_progress {
	/* Called every so often with the bytes since the last call; after a failure with minus their sum. May be NULL. */
	void (*moved)(void *ctx, int64_t bytes);
	void *ctx;
	const volatile int
		*stop; /* non-zero: give up, with SQLSTATE 57014 as a cancelled query; may be NULL */
};

struct sr_copy_result {
	int64_t rows, bytes;
	char xid[24]; /* of the target's transaction; "" before it is known */
	bool in_doubt; /* the connection was lost during COMMIT */
};

/*
 * The source connection is inside its transaction with the snapshot set; both
 * have the same client_encoding.  On success the table's counters have been
 * added to.  After a failure the target's transaction is rolled back, unless
 * in_doubt; the source's transaction is of no use any more.
 *
 * A table of one chunk must be empty on the target: it is truncated and loaded
 * with FREEZE in one transaction when it has more than a few pages.
 */
bool sr_copy_chunk_run(const struct sr_copy_chunk *chunk, struct sr_conn *source, struct sr_conn *target,
		       const struct sr_copy_progress *progress, struct sr_copy_result *result,
		       struct sr_error *err);
/*
 * On a new target connection: did the transaction of an in-doubt result commit?
 * If so the caller adds the result with sr_copy_chunk_account(), if not the chunk is done again.
 */
bool sr_copy_chunk_settled(struct sr_conn *target, const struct sr_copy_result *result, bool *committed,
			   struct sr_error *err);
/* Adds a result to the counters of the chunk's table; only after sr_copy_chunk_settled(). */
void sr_copy_chunk_account(const struct sr_copy_chunk *chunk, const struct sr_copy_result *result);
/* setval() for n sequences in one round trip. */
bool sr_copy_sequences_set(struct sr_conn *target, const struct sr_copy_sequence *sequences, size_t n,
			   struct sr_error *err);

#endif
