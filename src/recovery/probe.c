#include "recovery/probe.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/control.h"
#include "recovery/label.h"
#include "recovery/manifest.h"
#include "recovery/wal_reader.h"

void sr_probe_damage(struct sr_backup *b, const char *fmt, ...)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	va_list ap;

	if (b->damage)
		return;
	va_start(ap, fmt);
	sr_strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	b->damage = sr_strbuf_take(&text);
}

void sr_probe_damage_error(struct sr_backup *b, struct sr_error *err)
{
	sr_probe_damage(b, "%s", err->message ? err->message : "it cannot be read");
	sr_error_release(err);
}

int sr_probe_version(const char *text)
{
	char *end;
	long major = strtol(text, &end, 10);

	return end != text && (*end == '\0' || *end == '\n' || *end == '.') && major >= 8 && major < 100
		       ? (int)major
		       : 0;
}

void sr_probe_label(struct sr_backup *b, const char *text)
{
	struct sr_backup_label l;

	if (!sr_backup_label_parse(text, &l)) {
		sr_probe_damage(b, "its backup_label cannot be read");
	} else {
		if (l.incremental)
			sr_probe_damage(b, "it is an incremental backup; "
					   "pg_combinebackup makes a full one of it");
		b->start_lsn = l.start;
		b->checkpoint_lsn = l.checkpoint;
		b->timeline = l.timeline;
		b->from_standby = l.from_standby;
		if (l.start_time != SR_TIME_NONE)
			b->start_time = l.start_time;
		free(b->label);
		b->label = l.label;
		l.label = NULL;
	}
	sr_backup_label_release(&l);
}

void sr_probe_control(struct sr_backup *b, const void *bytes, size_t n)
{
	struct sr_control_file c;

	if (!sr_control_file_parse(bytes, n, &c)) {
		sr_probe_damage(b, "its global/pg_control is damaged");
		return;
	}
	b->system_identifier = c.system_identifier;
	b->wal_segment_size = c.wal_segment_size;
	if (b->major == 0)
		b->major = c.major;
}

void sr_probe_wal_page(struct sr_backup *b, const void *page, size_t n)
{
	struct sr_wal_header h;

	if (!sr_wal_header_parse(page, n, &h))
		return;
	if (b->major == 0)
		b->major = h.major;
	if (b->system_identifier == 0)
		b->system_identifier = h.system_identifier;
	if (b->wal_segment_size == 0)
		b->wal_segment_size = h.segment_size;
}

struct manifest_look {
	struct sr_backup *b;
	sr_time label_written;
};

/* The checksum of a file that holds "15\n" and nothing else tells which version it names. */
static int version_of_checksum(const struct sr_manifest_file *f)
{
	for (int major = 10; major < 40 && f->size == 3; major++) {
		const char text[] = { (char)('0' + major / 10), (char)('0' + major % 10), '\n' };
		struct sr_error err = SR_ERROR_INIT;
		uint8_t sum[SR_CHECKSUM_MAX];
		struct sr_checksum c;

		if (!sr_checksum_begin(&c, f->kind, &err)) {
			sr_error_release(&err);
			sr_checksum_drop(&c);
			return 0;
		}
		sr_checksum_add(&c, text, sizeof text);
		sr_checksum_finish(&c, sum);
		if (memcmp(sum, f->sum, f->sum_len) == 0)
			return major;
	}
	return 0;
}

static bool look_at_file(void *ctx, const struct sr_manifest_file *f, struct sr_error *err)
{
	struct manifest_look *look = ctx;

	(void)err;
	if (strcmp(f->path, "PG_VERSION") == 0 && f->sum_len > 0 && look->b->major == 0)
		look->b->major = version_of_checksum(f);
	if (strcmp(f->path, "backup_label") == 0)
		look->label_written = f->modified;
	return true;
}

void sr_probe_manifest(struct sr_backup *b)
{
	struct manifest_look look = { .b = b, .label_written = SR_TIME_NONE };
	char *path = sr_path_join(b->path, "backup_manifest");
	struct sr_error err = SR_ERROR_INIT;
	struct sr_manifest_info info;

	b->has_manifest = sr_path_exists(path);
	if (b->has_manifest && !sr_manifest_read(path, look_at_file, &look, &info, &err)) {
		sr_probe_damage_error(b, &err);
	} else if (b->has_manifest) {
		b->bytes = info.bytes;
		b->stop_lsn = info.stop_lsn;
		if (b->system_identifier == 0)
			b->system_identifier = info.system_identifier;
		if (b->start_time == SR_TIME_NONE)
			b->start_time = look.label_written;
		if (info.stop_lsn > 0 && info.start_lsn > 0 && b->start_lsn > 0 &&
		    info.stop_lsn < b->start_lsn)
			sr_probe_damage(b, "its backup_manifest belongs to another backup");
	}
	free(path);
}
