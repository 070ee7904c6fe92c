/*
 * Operations on record, for people and for --json: shared by status, list and
 * cleanup.
 */
#ifndef SR_CLI_RECORDS_H
#define SR_CLI_RECORDS_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "operation/operation.h"

struct json_object;
struct sr_error;

/* By its id, or the only one whose id begins or ends with the text.  NULL with SR_ERR_USAGE and the nearest. */
const struct sr_operation_info *sr_records_find(const struct sr_operation_list *list, const char *id,
						struct sr_error *err);
/* One operation, several lines. */
void sr_records_describe(const struct sr_operation_info *o, sr_time now, bool utf8, struct sr_strbuf *out);
/* All of them, one a line under a heading; lines are cut at `width` columns (0: not). */
void sr_records_table(const struct sr_operation_list *list, sr_time now, size_t width, bool utf8,
		      struct sr_strbuf *out);
/* The caller's. */
struct json_object *sr_records_json(const struct sr_operation_info *o);

#endif
