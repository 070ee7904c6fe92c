/*
 * The restore command of a temporary instance with --wal-archive.  To
 * PostgreSQL an exit status of 1 to 125 means "not in the archive", and it goes
 * on with the WAL it has; above 125 ends the recovery (see RestoreArchivedFile()
 * in xlogarchive.c).  A damaged segment must not pass for the end of the archive.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/text.h"
#include "recovery/wal.h"

enum { FETCHED = 0, NOT_FOUND = 1, FATAL = 200 };

int sr_command_wal_fetch(int argc, char **argv)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_strbuf line = SR_STRBUF_INIT;
	bool found = false;

	if (argc != 3) {
		fprintf(stderr, "schemarestore: error: wal-fetch takes ARCHIVE_DIR NAME DEST\n");
		return FATAL;
	}
	if (sr_wal_fetch(argv[0], argv[1], argv[2], &found, &err))
		return found ? FETCHED : NOT_FOUND;
	sr_text_fit(&line, err.message ? err.message : "could not fetch WAL", 0, sr_text_is_utf8());
	if (err.detail) {
		sr_strbuf_adds(&line, "; ");
		sr_text_fit(&line, err.detail, 0, sr_text_is_utf8());
	}
	fprintf(stderr, "schemarestore: error: %s\n", sr_strbuf_str(&line));
	sr_strbuf_release(&line);
	sr_error_release(&err);
	return FATAL;
}
