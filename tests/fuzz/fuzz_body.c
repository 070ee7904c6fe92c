/*
 * Any text as the body of an SQL function, of a PL/pgSQL function, and as the
 * whole statement.  Whatever it is: no crash, and renaming there and back gives
 * the text again, as a schema of that name did not occur before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool rewrite(const char *sql, const char *from, const char *to, struct sr_strbuf *out)
{
	const struct sr_rename renames[] = { { from, to } };
	const struct sr_body_rules rules = { .renames = renames, .nrenames = 1 };
	struct sr_body_notes notes = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	bool ok = sr_body_rewrite(sql, &rules, out, &notes, &err);

	sr_body_notes_release(&notes);
	sr_error_release(&err);
	return ok;
}

/* Of the same kind as "a", so that both are written the same way, and not in the text. */
static const char other[] = "zz_other";

static void there_and_back(const char *sql)
{
	struct sr_strbuf there = SR_STRBUF_INIT, back = SR_STRBUF_INIT, again = SR_STRBUF_INIT;

	if (rewrite(sql, "a", other, &there) && strcasestr(sql, other) == NULL) {
		/* Spelling changes once (A becomes a, U&"\0061" becomes "a"): compare from then on. */
		if (!rewrite(sr_strbuf_str(&there), other, "a", &back) ||
		    !rewrite(sr_strbuf_str(&back), "a", other, &again) ||
		    strcmp(sr_strbuf_str(&there), sr_strbuf_str(&again)) != 0)
			abort();
	}
	sr_strbuf_release(&there);
	sr_strbuf_release(&back);
	sr_strbuf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const languages[] = { "sql", "plpgsql" };
	char *text = sr_strndup((const char *)bytes, n);

	there_and_back(text);
	for (size_t i = 0; i < SR_COUNT(languages); i++) {
		char *sql = sr_asprintf(
			"CREATE FUNCTION a.f(p a.t) RETURNS int LANGUAGE %s AS $fuzz_body$%s$fuzz_body$;",
			languages[i], text);

		there_and_back(sql);
		free(sql);
	}
	free(text);
	return 0;
}
