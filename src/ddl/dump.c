#include "ddl/dump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/strbuf.h"

/* Definitions only: even 100,000 objects make a fraction of this. */
static const size_t archive_limit = (size_t)1 << 30;

/*
 * pg_dump's -n takes a pattern, and folds and splits it as psql's \d does
 * unless it is in quotes; inside of them only a quote itself is special
 * (processSQLNamePattern() of src/fe_utils/string_utils.c).
 */
static char *exact_pattern(const char *name)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_strbuf_adds(&out, "--schema=\"");
	for (; *name; name++) {
		if (*name == '"')
			sr_strbuf_addc(&out, '"');
		sr_strbuf_addc(&out, *name);
	}
	sr_strbuf_addc(&out, '"');
	return sr_strbuf_take(&out);
}

/* The user's own options stay; ours come after them and win. */
static void add_connection(const struct sr_dump_options *o, struct sr_strlist *args)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_conninfo_copy(&ci, o->source);
	if (o->settings) {
		const char *env = getenv("PGOPTIONS"), *own = sr_conninfo_get(&ci, "options");
		char *all = sr_asprintf("%s %s", own ? own : env ? env : "", o->settings);

		sr_conninfo_set(&ci, "options", all);
		free(all);
	}
	sr_conninfo_format(&ci, &text);
	if (text.len)
		sr_strlist_take(args, sr_asprintf("--dbname=%s", sr_strbuf_str(&text)));
	sr_strbuf_release(&text);
	sr_conninfo_release(&ci);
}

static void make_arguments(const struct sr_dump_options *o, const char *file, struct sr_strlist *args)
{
	static const char *const always[] = {
		"--format=custom",
		"--schema-only",
		"--no-sync",
		"--compress=0",
		"--no-password",
		/* Restored tables must not turn up in a live publication. */
		"--no-publications",
		"--no-subscriptions",
		"--strict-names",
		"--lock-wait-timeout=60s",
	};

	sr_strlist_take(args, sr_path_join(o->programs->bindir, "pg_dump"));
	for (size_t i = 0; i < SR_COUNT(always); i++)
		sr_strlist_add(args, always[i]);
	for (size_t i = 0; i < o->schemas->n; i++)
		sr_strlist_take(args, exact_pattern(o->schemas->items[i]));
	if (o->snapshot)
		sr_strlist_take(args, sr_asprintf("--snapshot=%s", o->snapshot));
	if (o->encoding)
		sr_strlist_take(args, sr_asprintf("--encoding=%s", o->encoding));
	sr_strlist_take(args, sr_asprintf("--file=%s", file));
	add_connection(o, args);
}

static bool failed(const struct sr_dump_options *o, int status, struct sr_strbuf *words, struct sr_error *err)
{
	struct sr_strbuf how = SR_STRBUF_INIT;

	if (o->stop && *o->stop) {
		sr_error_set(err, SR_ERR_DDL, "pg_dump was stopped");
	} else {
		sr_process_describe(status, &how);
		sr_error_set(err, SR_ERR_DDL, "pg_dump could not extract the definitions: it %s",
			     sr_strbuf_str(&how));
		sr_strbuf_rtrim(words);
		if (words->len)
			sr_error_detail(err, "%s", sr_strbuf_str(words));
	}
	sr_strbuf_release(&how);
	return false;
}

static bool run(const struct sr_dump_options *o, const char *file, struct sr_error *err)
{
	struct sr_strlist args = SR_STRLIST_INIT, env = SR_STRLIST_INIT;
	struct sr_strbuf words = SR_STRBUF_INIT;
	const char *password = sr_conninfo_get(o->source, "password");
	struct sr_process_spec spec = { .out_fd = -1, .err_fd = -1 };
	int status = 0;
	bool ok;

	make_arguments(o, file, &args);
	sr_strlist_take(&args, NULL);
	if (password)
		sr_strlist_take(&env, sr_asprintf("PGPASSWORD=%s", password));
	/* The encoding of the archive is the database's own, whatever the user's terminal has. */
	sr_strlist_add(&env, "PGCLIENTENCODING");
	/* Defaults of type timestamptz are printed in the session's zone. */
	sr_strlist_add(&env, "PGTZ=UTC");
	sr_strlist_take(&env, NULL);

	spec.argv = (const char *const *)args.items;
	spec.env = (const char *const *)env.items;
	ok = sr_process_run(&spec, NULL, &words, o->stop, &status, err);
	if (!ok)
		sr_error_reclass(err, SR_ERR_DDL);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || (o->stop && *o->stop))
		ok = failed(o, status, &words, err);
	sr_strlist_release(&args);
	sr_strlist_release(&env);
	sr_strbuf_release(&words);
	return ok;
}

bool sr_dump_schemas(const struct sr_dump_options *options, struct sr_archive *out, struct sr_error *err)
{
	struct sr_strbuf bytes = SR_STRBUF_INIT;
	char *file = sr_path_join(options->directory, "definitions.dump");
	bool ok = false;

	*out = (struct sr_archive){ 0 };
	if (!run(options, file, err))
		goto out;
	if (!sr_file_read(file, archive_limit, &bytes, err)) {
		sr_error_reclass(err, SR_ERR_DDL);
		goto out;
	}
	ok = sr_archive_read(out, bytes.data, bytes.len, err);
out:
	unlink(file); /* may not have been made */
	sr_strbuf_release(&bytes);
	free(file);
	return ok;
}
