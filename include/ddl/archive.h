/*
 * The table of contents of a pg_dump custom-format archive (pg_dump -Fc).
 *
 * Our own reader: it gives, for each entry, the section, the SQL and the
 * dependencies, which no text output has.  Archive versions 1.12 to 1.16
 * (PostgreSQL 9.0 to 17); a newer one is refused by name.  The format is what
 * ReadHead() and ReadToc() of src/bin/pg_dump/pg_backup_archiver.c read: an
 * integer is a sign byte and `intSize` bytes, least significant first; a string
 * is its length and bytes, length -1 is NULL; dependencies are strings ended by
 * a NULL; 1.14 added tableam, 1.15 the compression algorithm, 1.16 relkind.
 *
 * The bytes are not trusted: whatever they hold, the reader returns an error or
 * an archive, never reads past the end, and bounds what it allocates by the
 * size of the input.
 */
#ifndef SR_DDL_ARCHIVE_H
#define SR_DDL_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct sr_error;

enum sr_section { SR_SECTION_NONE = 1, SR_SECTION_PRE_DATA, SR_SECTION_DATA, SR_SECTION_POST_DATA };

struct sr_toc_entry {
	int dump_id;
	unsigned table_oid, oid;
	const char *tag; /* name for people; for functions with arguments */
	const char *desc; /* "TABLE", "INDEX", "FK CONSTRAINT", ... */
	enum sr_section section;
	const char *defn; /* SQL, one or more statements; "" when there is none */
	const char *drop_stmt; /* "DROP TABLE a.t;\n", or "" */
	const char *copy_stmt; /* or "" */
	const char *schema; /* namespace; "" when there is none */
	const char *tablespace; /* "" is the default one; NULL: does not apply; at most 63 bytes */
	const char *table_am; /* or NULL; at most 63 bytes */
	const char *owner; /* or "" */
	char relkind; /* 1.16; 0 before */
	const int *deps; /* dump ids */
	size_t ndeps;
};

struct sr_archive {
	struct sr_arena arena; /* owns every string */
	int version_major, version_minor;
	const char *dbname, *server_version, *dump_version;
	const char *encoding; /* from the ENCODING entry: "UTF8"; NULL: there was none */
	bool std_strings; /* from the STDSTRINGS entry */
	struct sr_toc_entry *entries; /* in the archive's order */
	size_t n;
};

/* Reads bytes[0..size).  SR_ERR_DDL on failure; release in either case. */
bool sr_archive_read(struct sr_archive *a, const void *bytes, size_t size, struct sr_error *err);
void sr_archive_release(struct sr_archive *a);

#endif
