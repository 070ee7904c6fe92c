/*
 * Scripts for tests: from the archive that pg_dump 15 wrote, or from entries.
 */
#ifndef SR_TEST_SCRIPT_FIXTURE_H
#define SR_TEST_SCRIPT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "archive_writer.h"
#include "base/error.h"
#include "base/file.h"
#include "ddl/script.h"

static inline void build(struct sr_script *s, struct sr_strbuf *bytes,
			 const struct sr_script_options *options)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive a;

	if (!sr_archive_read(&a, bytes->data, bytes->len, &err) || !sr_script_build(s, &a, options, &err))
		fail_msg("%s", err.message);
	assert_null(a.entries); /* moved */
	sr_archive_release(&a);
	sr_strbuf_release(bytes);
}

static inline void build_real(struct sr_script *s, const struct sr_script_options *options)
{
	struct sr_strbuf bytes = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;

	assert_true(sr_file_read("fixtures/archives/app-1.14.dump", 0, &bytes, &err));
	build(s, &bytes, options);
}

static inline void build_written(struct sr_script *s, int minor, const struct writer_entry *entries, int n)
{
	struct sr_script_options options = { .role = "postgres" };
	struct writer w = { .minor = minor };

	writer_archive(&w, entries, n);
	build(s, &w.out, &options);
}

static inline const struct sr_item *find(const struct sr_script *s, const char *desc, const char *tag)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->items[i].entry->desc, desc) && !strcmp(s->items[i].entry->tag, tag))
			return &s->items[i];
	fail_msg("no %s %s", desc, tag);
	return NULL;
}

#endif
