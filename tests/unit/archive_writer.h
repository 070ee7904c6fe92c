/*
 * Writes archives as pg_dump -Fc does, of any version: for versions that no
 * program at hand writes, and for damaged ones.
 */
#ifndef SR_TEST_ARCHIVE_WRITER_H
#define SR_TEST_ARCHIVE_WRITER_H

#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"

struct writer {
	struct sr_strbuf out;
	int minor; /* 1.minor */
	int int_size; /* 0: 4 */
	int off_size; /* 0: 8 */
};

struct writer_entry {
	int id;
	const char *tag, *desc;
	int section;
	const char *defn, *drop, *schema, *tablespace, *table_am;
	int relkind;
	const char *owner;
	int deps[4]; /* ended by 0 */
};

static inline void writer_int(struct writer *w, long v)
{
	unsigned long u = v < 0 ? (unsigned long)-v : (unsigned long)v;

	sr_strbuf_addc(&w->out, v < 0);
	for (int i = 0; i < (w->int_size ? w->int_size : 4); i++)
		sr_strbuf_addc(&w->out, i < 8 ? (char)(u >> (8 * i) & 0xff) : 0);
}

static inline void writer_string(struct writer *w, const char *s)
{
	size_t n = 0;

	while (s && s[n])
		n++;
	writer_int(w, s ? (long)n : -1);
	sr_strbuf_add(&w->out, s ? s : "", n);
}

static inline void writer_head(struct writer *w, int entries)
{
	sr_strbuf_adds(&w->out, "PGDMP");
	sr_strbuf_addc(&w->out, 1);
	sr_strbuf_addc(&w->out, (char)w->minor);
	sr_strbuf_addc(&w->out, 0);
	sr_strbuf_addc(&w->out, (char)(w->int_size ? w->int_size : 4));
	sr_strbuf_addc(&w->out, (char)(w->off_size ? w->off_size : 8));
	sr_strbuf_addc(&w->out, 1); /* custom */
	if (w->minor >= 15)
		sr_strbuf_addc(&w->out, 1);
	else
		writer_int(w, -1);
	for (int i = 0; i < 7; i++)
		writer_int(w, i + 1);
	writer_string(w, "shop");
	writer_string(w, "15.4");
	writer_string(w, "16.1");
	writer_int(w, entries);
}

static inline void writer_add(struct writer *w, const struct writer_entry *e)
{
	writer_int(w, e->id);
	writer_int(w, 0);
	writer_string(w, "1259");
	writer_string(w, "16384");
	writer_string(w, e->tag);
	writer_string(w, e->desc);
	writer_int(w, e->section);
	writer_string(w, e->defn);
	writer_string(w, e->drop);
	writer_string(w, NULL);
	writer_string(w, e->schema);
	writer_string(w, e->tablespace);
	if (w->minor >= 14)
		writer_string(w, e->table_am);
	if (w->minor >= 16)
		writer_int(w, e->relkind);
	writer_string(w, e->owner);
	writer_string(w, "false");
	for (int i = 0; i < 4 && e->deps[i]; i++) {
		char number[16];

		snprintf(number, sizeof number, "%d", e->deps[i]);
		writer_string(w, number);
	}
	writer_string(w, NULL);
	sr_strbuf_addc(&w->out, 3); /* no data */
	for (int i = 0; i < (w->off_size ? w->off_size : 8); i++)
		sr_strbuf_addc(&w->out, 0);
}

static inline void writer_archive(struct writer *w, const struct writer_entry *entries, int n)
{
	writer_head(w, n);
	for (int i = 0; i < n; i++)
		writer_add(w, &entries[i]);
}

#endif
