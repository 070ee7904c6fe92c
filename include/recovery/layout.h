/*
 * Writing the files of a base backup into the data directory that is being
 * made.  For restore.c, which says what; the two sources of bytes (directory,
 * tar archive) say when.  Names are relative to the data directory, with
 * pg_tblspc/OID/... for what is in a tablespace.
 */
#ifndef SR_RECOVERY_LAYOUT_H
#define SR_RECOVERY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recovery/manifest.h"
#include "recovery/restore.h"

struct sr_error;

#define SR_LAYOUT_BLOCK ((size_t)1024 * 1024)

struct sr_layout {
	const struct sr_backup *backup;
	const struct sr_restore_options *options;
	struct sr_manifest manifest; /* empty without one */
	int64_t done;
	unsigned char *buffer; /* SR_LAYOUT_BLOCK bytes for whoever copies */
};

/* One file being written. */
struct sr_layout_file {
	int fd;
	char *path;
	const char *name; /* borrowed */
	int64_t size;
	struct sr_manifest_entry *entry; /* or NULL */
	struct sr_checksum sum;
};

/* What is not wanted, or must not be there, in the cluster that is made. */
bool sr_layout_skips(const char *name);
/* Where the file goes; caller frees. */
char *sr_layout_target(const struct sr_layout *l, const char *name);
/* Makes the directory, and those above it, 0700. */
bool sr_layout_dir(struct sr_layout *l, const char *path, struct sr_error *err);
/* Counts bytes, reports progress; false with SR_ERR_SIGNAL when the user wants to stop. */
bool sr_layout_progress(struct sr_layout *l, int64_t bytes, struct sr_error *err);

/* A new file; end it in any case. */
bool sr_layout_begin(struct sr_layout *l, struct sr_layout_file *f, const char *name, struct sr_error *err);
bool sr_layout_write(struct sr_layout *l, struct sr_layout_file *f, const void *bytes, size_t n,
		     struct sr_error *err);
/* Whether the checksum has to see the bytes. */
bool sr_layout_sums(const struct sr_layout_file *f);
/* Closes; `ok` false: something failed before, keep that error. Compares size and checksum with the manifest. */
bool sr_layout_end(struct sr_layout *l, struct sr_layout_file *f, bool ok, struct sr_error *err);
/* errno's text for a failed write to path, with the hint that a full disk wants. */
bool sr_layout_write_error(const char *path, struct sr_error *err);

bool sr_layout_plain(struct sr_layout *l, struct sr_error *err);
bool sr_layout_tar(struct sr_layout *l, struct sr_error *err);

#endif
