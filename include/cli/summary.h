/*
 * What is said when an operation is over.  Pure functions of what is known, so
 * that tests see what a person sees.
 */
#ifndef SR_CLI_SUMMARY_H
#define SR_CLI_SUMMARY_H

#include <stdbool.h>

#include "base/clock.h"
#include "cli/options.h"
#include "operation/operation.h"

struct json_object;
struct sr_error;
struct sr_report;

struct sr_summary {
	const struct sr_settings *settings;
	const struct sr_outcome *outcome;
	const struct sr_error *err; /* class SR_ERR_NONE: all went well */
	struct sr_report *report;
	bool succeeded; /* what sr_operation_restore() returned */
	sr_time now;
	bool utf8;
	size_t width; /* of the terminal; 0: there is none, lines may be long */
};

/* Data is there: what came back, what did not, and what to do next. */
void sr_summary_format(const struct sr_summary *s, struct sr_strbuf *out);
/* --dry-run: the plan, and the command that carries it out. */
void sr_summary_plan(const struct sr_summary *s, struct sr_strbuf *out);
/* It failed: what became of what was made, in a line or a few. */
void sr_summary_failure(const struct sr_summary *s, struct sr_strbuf *out);
/* Warnings grouped by code, at most ten of one. Nothing when there are none. */
void sr_summary_warnings(const struct sr_summary *s, struct sr_strbuf *out);
/* {"event": "summary", ...} with everything; the caller's. */
struct json_object *sr_summary_json(const struct sr_summary *s);

/* "psql -d 'host=x dbname=shop'", without secrets. */
void sr_summary_psql(const struct sr_settings *s, struct sr_strbuf *out);
/* "schemarestore cleanup --state-dir X ID": reaches the same record. */
void sr_summary_command(const struct sr_settings *s, const char *command, const char *id,
			struct sr_strbuf *out);

#endif
