/*
 * The reader of pg_dump archives, and what is made of its entries without a
 * parser or a server.  Seeds: fixtures/fuzz/archive.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "ddl/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void use(struct sr_script *s)
{
	struct sr_item_session session = { 0 };
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_script_preamble(s, &out);
	for (size_t i = 0; i < s->n; i++) {
		sr_item_describe(&s->items[i], &out);
		sr_item_settings(&s->items[i], &session, &out);
		if (sr_script_item(s, s->items[i].entry->dump_id) != &s->items[i])
			__builtin_trap();
	}
	sr_strbuf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sr_script_options options = { .role = "postgres" };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_archive archive;
	struct sr_script script = { 0 };

	if (sr_archive_read(&archive, bytes, size, &err) &&
	    sr_script_build(&script, &archive, &options, &err))
		use(&script);
	sr_script_release(&script);
	sr_archive_release(&archive);
	sr_error_release(&err);
	return 0;
}
