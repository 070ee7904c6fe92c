/*
 * Comparing both ends: rows that COPY moved against rows that the target has,
 * and, when asked for, checksums of the rows themselves.
 *
 * A checksum is the sum over all rows of a 64-bit hash of the row's text form
 * (hashtextextended(t::text)), so that the order of rows does not matter and both servers do the
 * same work; it is comparable between majors as far as text output is.
 */
#ifndef SR_VERIFY_COUNTS_H
#define SR_VERIFY_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "copy/plan.h"

struct sr_conn;
struct sr_error;

struct sr_verify_result {
	int64_t rows_expected, rows_found;
	bool checksum_compared;
	char source_sum[64], target_sum[64]; /* when compared */
	bool hidden; /* grants or policies hold for us, too: we may not see all rows, and nothing was compared */
	bool equal; /* as far as could be seen */
};

/* Counts the target's own rows of the table (ONLY) and compares with rows_copied.  A worker's thread. SR_ERR_VERIFY only when the
 * query itself fails; a difference is in the result. */
bool sr_verify_counts(const struct sr_copy_table *table, struct sr_conn *target,
		      struct sr_verify_result *result, struct sr_error *err);
/* Also compares checksums of both ends. The source connection is inside its snapshot. */
bool sr_verify_checksum(const struct sr_copy_table *table, struct sr_conn *source, struct sr_conn *target,
			struct sr_verify_result *result, struct sr_error *err);

#endif
