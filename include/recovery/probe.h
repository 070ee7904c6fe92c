/*
 * Looking at one directory that is a base backup: what is common to both forms,
 * and the tar form.  For backup.c alone.
 */
#ifndef SR_RECOVERY_PROBE_H
#define SR_RECOVERY_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "recovery/backup.h"

struct sr_error;
struct sr_strlist;

/* Sets b->damage, unless something worse was found before. */
void sr_probe_damage(struct sr_backup *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with what an error says; releases it. */
void sr_probe_damage_error(struct sr_backup *b, struct sr_error *err);

/* "15\n" */
int sr_probe_version(const char *text);
void sr_probe_label(struct sr_backup *b, const char *text);
void sr_probe_control(struct sr_backup *b, const void *bytes, size_t n);
/* backup_manifest in b->path, when there is one. */
void sr_probe_manifest(struct sr_backup *b);
/* Takes from the first page of a segment what is not known yet. */
void sr_probe_wal_page(struct sr_backup *b, const void *page, size_t n);

/* "base.tar", "16384.tar.gz": which of names is the archive `stem`; NULL: none. Borrowed from names. */
const char *sr_probe_archive(const struct sr_strlist *names, const char *stem);
void sr_probe_tar(struct sr_backup *b, const struct sr_strlist *names);
void sr_probe_plain(struct sr_backup *b, const struct sr_strlist *names);

#endif
