/* What pg_controldata prints: its own program knows its version's layout. */
#include "recovery/restore.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* The value after "name:" at the start of a line, or NULL. */
static const char *value_of(const char *text, const char *name)
{
	size_t n = strlen(name);

	while (text && *text) {
		if (strncmp(text, name, n) == 0 && text[n] == ':')
			return text + n + 1 + strspn(text + n + 1, " \t");
		text = strchr(text, '\n');
		text += text ? 1 : 0;
	}
	return NULL;
}

static bool read_values(const char *text, struct sr_control *out, struct sr_error *err)
{
	const struct {
		const char *name;
		int *value;
	} settings[] = {
		{ "max_connections setting", &out->max_connections },
		{ "max_worker_processes setting", &out->max_worker_processes },
		{ "max_wal_senders setting", &out->max_wal_senders },
		{ "max_prepared_xacts setting", &out->max_prepared_xacts },
		{ "max_locks_per_xact setting", &out->max_locks_per_xact },
	};
	const char *value = value_of(text, "Database system identifier");

	if (!value)
		return sr_error_set(err, SR_ERR_INSTANCE,
				    "pg_controldata does not print a system identifier");
	out->system_identifier = strtoull(value, NULL, 10);
	value = value_of(text, "Data page checksum version");
	out->data_checksums = value && atoi(value) > 0;
	for (size_t i = 0; i < SR_COUNT(settings); i++) {
		value = value_of(text, settings[i].name);
		/* max_wal_senders is there from 12 on */
		if (value)
			*settings[i].value = atoi(value);
	}
	return true;
}

bool sr_control_read(const char *bindir, const char *data_dir, const struct sr_run_as *run_as,
		     struct sr_control *out, struct sr_error *err)
{
	char *program = sr_path_join(bindir, "pg_controldata");
	const char *argv[] = { program, data_dir, NULL };
	const char *env[] = { "LC_ALL=C", "LANGUAGE", "PGDATA", NULL };
	struct sr_process_spec spec = {
		.argv = argv, .env = env, .run_as = run_as, .out_fd = -1, .err_fd = -1
	};
	struct sr_strbuf text = SR_STRBUF_INIT, problem = SR_STRBUF_INIT;
	int status = 0;
	bool ok = sr_process_run(&spec, &text, &problem, NULL, &status, err);

	*out = (struct sr_control){ 0 };
	if (!ok) {
		sr_error_reclass(err, SR_ERR_INSTANCE);
	} else if (status != 0) {
		struct sr_strbuf how = SR_STRBUF_INIT;

		sr_process_describe(status, &how);
		ok = sr_error_set(err, SR_ERR_INSTANCE, "%s %s", program, sr_strbuf_str(&how));
		sr_strbuf_rtrim(&problem);
		sr_error_detail(err, "%s", sr_strbuf_str(&problem));
		sr_strbuf_release(&how);
	} else {
		ok = read_values(sr_strbuf_str(&text), out, err);
	}
	sr_strbuf_release(&text);
	sr_strbuf_release(&problem);
	free(program);
	return ok;
}
