/*
 * Any text as the statements, the DROP and the tag of an archive's entry, of several kinds.  Whatever it is: no crash,
 * and what was renamed there is renamed back and there again to the same text, as a schema of that name did not occur
 * before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "ddl/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool rewrite(const struct sr_toc_entry *entry, const char *from, const char *to,
		    struct sr_arena *arena, struct sr_toc_entry *out)
{
	const struct sr_rename renames[] = { { from, to } };
	const struct sr_body_rules rules = { .renames = renames, .nrenames = 1 };
	struct sr_body_notes notes = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	bool ok = sr_statement_rewrite_entry(entry, &rules, arena, out, &notes, &err);

	sr_body_notes_release(&notes);
	sr_error_release(&err);
	return ok;
}

/* No word of SQL, as "a" is none, and not in the text. */
static const char other[] = "zz_other";

static void there_and_back(const struct sr_toc_entry *entry)
{
	struct sr_arena arena = SR_ARENA_INIT;
	struct sr_toc_entry there, back, again;

	/* Spelling changes once ("a" becomes a): compare from then on. */
	if (rewrite(entry, "a", other, &arena, &there) && strcasestr(entry->defn, other) == NULL &&
	    rewrite(&there, other, "a", &arena, &back) && rewrite(&back, "a", other, &arena, &again) &&
	    (strcmp(there.defn, again.defn) != 0 || strcmp(there.drop_stmt, again.drop_stmt) != 0))
		abort();
	sr_arena_release(&arena);
}

/* Two entries: one may need the other's definition. */
static void whole_archive(const struct sr_toc_entry *entry)
{
	const struct sr_rename renames[] = { { "a", other } };
	const struct sr_body_rules rules = { .renames = renames, .nrenames = 1 };
	struct sr_toc_entry entries[] = { *entry, *entry };
	struct sr_archive a = { .entries = entries, .n = SR_COUNT(entries), .std_strings = true };
	struct sr_error err = SR_ERROR_INIT;

	entries[0].desc = "TABLE";
	entries[0].tag = "t";
	entries[1].desc = "TABLE ATTACH";
	sr_statement_rewrite_archive(&a, &rules, NULL, NULL, &err);
	sr_error_release(&err);
	sr_arena_release(&a.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const descs[] = { "TABLE", "FUNCTION", "COMMENT" };
	char *text = sr_strndup((const char *)bytes, n);
	struct sr_toc_entry entry = {
		.tag = text,
		.defn = text,
		.drop_stmt = text,
		.copy_stmt = "",
		.schema = "a",
		.owner = "",
	};

	for (size_t i = 0; i < SR_COUNT(descs); i++) {
		entry.desc = descs[i];
		there_and_back(&entry);
	}
	whole_archive(&entry);
	free(text);
	return 0;
}
