#include "recovery/wal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/label.h"
#include "recovery/stream.h"

#define TEXT_LIMIT (1024 * 1024)

/* A small file of the archive, compressed or not.  *found false: there is none. */
static bool read_text(const char *dir, const char *name, struct sr_strbuf *out, bool *found,
		      struct sr_error *err)
{
	char *path = sr_locate(dir, name, err);
	struct sr_stream *in;
	ssize_t got;

	*found = path != NULL;
	if (!path)
		return err->class == SR_ERR_NONE;
	in = sr_stream_open(path, err);
	got = in ? sr_stream_read(in, sr_strbuf_reserve(out, TEXT_LIMIT), TEXT_LIMIT, err) : -1;
	if (got >= 0) {
		out->len += (size_t)got;
		out->data[out->len] = '\0';
	}
	sr_stream_close(in);
	free(path);
	return got >= 0;
}

static void add_part(struct sr_timeline_history *h, unsigned timeline, sr_lsn end)
{
	SR_ARRAY_RESERVE(h->parts, h->cap, h->n + 1);
	h->parts[h->n] = (struct sr_timeline_part){
		.timeline = timeline,
		.begin = h->n > 0 ? h->parts[h->n - 1].end : 0,
		.end = end,
	};
	h->n++;
}

/* "1<tab>0/18000A0<tab>no recovery target specified"; '#' begins a comment. */
static bool history_line(const char *line, struct sr_timeline_history *h)
{
	unsigned timeline, high, low;

	line += strspn(line, " \t\r");
	if (*line == '\0' || *line == '#')
		return true;
	if (sscanf(line, "%u%*[ \t]%8X/%8X", &timeline, &high, &low) != 3)
		return false;
	if (h->n > 0 && timeline <= h->parts[h->n - 1].timeline)
		return false;
	add_part(h, timeline, (sr_lsn)high << 32 | low);
	return true;
}

bool sr_timeline_history_parse(const char *text, unsigned timeline, struct sr_timeline_history *out)
{
	bool ok = true;

	*out = (struct sr_timeline_history){ 0 };
	while (ok && *text) {
		size_t n = strcspn(text, "\n");
		char *line = sr_strndup(text, n);

		ok = history_line(line, out);
		free(line);
		text += n + (text[n] == '\n');
	}
	if (ok && out->n > 0 && out->parts[out->n - 1].timeline >= timeline)
		ok = false;
	if (ok)
		add_part(out, timeline, UINT64_MAX);
	return ok;
}

bool sr_timeline_history_read(const struct sr_wal_archive *a, unsigned timeline,
			      struct sr_timeline_history *out, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	char name[32];
	bool found = false, ok = true;

	*out = (struct sr_timeline_history){ 0 };
	snprintf(name, sizeof name, "%08X.history", timeline);
	if (a->dir && timeline > 1)
		ok = read_text(a->dir, name, &text, &found, err);
	if (ok && !sr_timeline_history_parse(sr_strbuf_str(&text), timeline, out))
		ok = sr_error_set(err, SR_ERR_REFUSED, "the timeline history file %s in %s cannot be read",
				  name, a->dir);
	sr_strbuf_release(&text);
	return ok || sr_error_reclass(err, SR_ERR_REFUSED);
}

void sr_timeline_history_release(struct sr_timeline_history *h)
{
	free(h->parts);
	*h = (struct sr_timeline_history){ 0 };
}

void sr_wal_backup_history(const struct sr_wal_archive *a, const struct sr_backup *b, sr_lsn *stop,
			   sr_time *stop_time)
{
	char segment[25], name[48];
	struct sr_strbuf text = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_backup_label l = { 0 };
	bool found = false;

	*stop = 0;
	*stop_time = SR_TIME_NONE;
	if (a->segment_size == 0 || !a->backups || b->start_lsn == 0)
		return;
	sr_wal_segment_name(b->timeline, b->start_lsn / a->segment_size, a->segment_size, segment);
	snprintf(name, sizeof name, "%s.%08X.backup", segment, (unsigned)(b->start_lsn % a->segment_size));
	if (sr_strlist_has(a->backups, name) && read_text(a->dir, name, &text, &found, &err) && found &&
	    sr_backup_label_parse(sr_strbuf_str(&text), &l) && l.start == b->start_lsn) {
		*stop = l.stop;
		*stop_time = l.stop_time;
	}
	sr_backup_label_release(&l);
	sr_strbuf_release(&text);
	sr_error_release(&err);
}
