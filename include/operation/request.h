/*
 * What one restore is asked to do: the command line, configuration, environment
 * and --request file, merged and checked for form (not against any server).
 * Plain data, owned by whoever declared it; settled before threads start.
 */
#ifndef SR_OPERATION_REQUEST_H
#define SR_OPERATION_REQUEST_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "pg/conninfo.h"
#include "recovery/plan.h"

enum sr_verify_flags { SR_VERIFY_COUNTS = 1, SR_VERIFY_CHECKSUM = 2, SR_VERIFY_DDL = 4 };

struct sr_source_driver;

struct sr_request {
	const struct sr_source_driver *const *drivers; /* the sources that exist, NULL-terminated: main's */

	/* What */
	struct sr_strlist schemas; /* patterns, as pg_dump's -n */
	struct sr_strlist exclude_schemas; /* patterns, as pg_dump's -N */
	struct sr_strlist schema_regexes; /* PCRE2 */
	struct sr_strlist renames; /* OLD=NEW, names as in the catalog */
	char *suffix; /* or NULL: _YYYYMMDDHHMMSS of the moment restored, UTC */

	/* When: neither is set for an existing: source */
	bool has_target;
	enum sr_target_kind target;
	char *target_text; /* as typed */
	sr_time time; /* SR_TARGET_TIME once read; SR_TIME_NONE: the server has to read target_text */
	char *snapshot; /* SR_TARGET_SNAPSHOT */

	/* From where */
	char *from; /* "basebackup:/backups", "existing:host=…" */
	char *wal_archive, *restore_command;
	char *source_dbname; /* or NULL: the target's */
	char *source_user; /* a role to log in as on the temporary instance; or NULL: found */
	struct sr_strlist source_settings; /* NAME=VALUE for the temporary cluster */
	bool disposable_source;
	char *run_as; /* or NULL */
	struct sr_strlist pg_bindirs;

	/* To where */
	struct sr_conninfo conninfo; /* the target */
	bool no_owner, no_privileges, allow_publication;
	bool schema_only; /* definitions without rows */
	struct sr_strlist role_maps; /* OLD=NEW, names as in the catalog */
	bool create_missing_roles;

	/* How */
	int jobs; /* 0: from the cores */
	unsigned verify; /* enum sr_verify_flags */
	bool dry_run, keep;
	char *state_dir, *scratch_dir; /* settled: never NULL once the command line was read */
};

void sr_request_init(struct sr_request *r);
void sr_request_release(struct sr_request *r);

/* Set the moment, in place of what was set before.  "latest" is the end of the archive, or the newest backup. */
void sr_request_set_pitr(struct sr_request *r, const char *text);
void sr_request_set_snapshot(struct sr_request *r, const char *id);

/*
 * Reads a --request file: {"database": …, "schemas": […], "restoreTime": … | "snapshotId": …}.
 * Values already set by options win.  "%" among the schemas means all user
 * schemas (pattern "*"); a name with * or ? is a pattern; any other is meant as it
 * stands in the catalog ("Sales" becomes the pattern "\"Sales\"").  An unknown key is an error that names it. SR_ERR_USAGE.
 */
bool sr_request_read(struct sr_request *r, const char *path, struct sr_error *err);

#endif
