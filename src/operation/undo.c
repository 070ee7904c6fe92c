#include "operation/undo.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "operation/bodies.h"
#include "operation/rename.h"
#include "operation/target.h"
#include "pg/conn.h"

struct sr_conn *sr_undo_connect(struct json_object *detail, const char *password, const char *label,
				struct sr_log *log, struct sr_error *err)
{
	struct sr_conn_options options = {
		.label = label,
		.application = "schemarestore cleanup",
		.class = SR_ERR_LEFTOVER,
		.log = log,
		.attempts = 5,
	};
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_conn *c;

	sr_conninfo_from_json(&ci, sr_json_member(detail, "conninfo"));
	if (password)
		sr_conninfo_set(&ci, "password", password);
	c = sr_conn_open(&ci, &options, err);
	sr_conninfo_release(&ci);
	return c;
}

static const struct sr_source_driver *driver_of(const struct sr_source_driver *const *drivers,
						const char *kind)
{
	for (; *drivers; drivers++)
		if ((*drivers)->owns(kind))
			return *drivers;
	return NULL;
}

void sr_undo_describe(const struct sr_source_driver *const *drivers, const struct sr_intent *intent,
		      struct sr_strbuf *out)
{
	const struct sr_source_driver *driver = driver_of(drivers, intent->kind);
	const char *schema = sr_json_string(intent->detail, "schema"),
		   *where = sr_json_string(intent->detail, "where");
	const char *role = sr_json_string(intent->detail, "role");
	const char *from = sr_json_string(intent->detail, "from"), *to = sr_json_string(intent->detail, "to");

	if (driver)
		driver->describe(intent->kind, intent->detail, out);
	else if (schema)
		sr_strbuf_addf(out, "unfinished schema %s in %s", schema, where ? where : "the target");
	else if (role)
		sr_strbuf_addf(out, "role %s made for it in %s", role, where ? where : "the target");
	else if (from && to)
		sr_strbuf_addf(out, "schema %s still named %s on the existing instance", from, to);
	else if (strcmp(intent->kind, SR_BODIES_KIND) == 0)
		sr_strbuf_adds(out, "rewritten function bodies on the existing instance");
	else
		sr_strbuf_addf(out, "%s", intent->kind);
}

static bool undo_one(const struct sr_undo *undo, const struct sr_intent *intent, struct sr_error *err)
{
	const struct sr_source_driver *driver = driver_of(undo->drivers, intent->kind);

	if (driver)
		return driver->undo(intent->kind, intent->detail, undo->log, err);
	if (strcmp(intent->kind, "schema") == 0)
		return sr_target_undo(intent->detail, undo->password, undo->log, err);
	if (strcmp(intent->kind, "role") == 0)
		return sr_target_undo_role(intent->detail, undo->password, undo->log, err);
	if (strcmp(intent->kind, SR_BODIES_KIND) == 0)
		return sr_bodies_undo(intent->detail, undo->source_password, undo->log, err);
	if (strcmp(intent->kind, SR_RENAME_KIND) == 0)
		return sr_rename_undo(intent->detail, undo->source_password, undo->log, err);
	sr_error_set(err, SR_ERR_LEFTOVER,
		     "the journal names a kind of resource that this version does not know: %s",
		     intent->kind);
	return sr_error_hint(err, "Use the version of schemarestore that ran the operation.");
}

static void note(struct sr_strlist *list, const struct sr_undo *undo, const struct sr_intent *intent,
		 const struct sr_error *err)
{
	struct sr_strbuf line = SR_STRBUF_INIT;

	sr_undo_describe(undo->drivers, intent, &line);
	if (err)
		sr_strbuf_addf(&line, " (%s)", err->message);
	if (err)
		sr_log_warning(undo->log, "could not be removed: %s", sr_strbuf_str(&line));
	if (list)
		sr_strlist_add(list, sr_strbuf_str(&line));
	sr_strbuf_release(&line);
}

bool sr_undo_run(struct sr_journal *j, const struct sr_undo *undo, struct sr_error *err)
{
	struct sr_record record = { 0 };
	bool ok = sr_record_read(sr_journal_dir(j), &record, err);
	size_t left = 0;

	for (size_t i = ok ? record.n : 0; i-- > 0;) {
		struct sr_error one = SR_ERROR_INIT;

		if (!record.intents[i].held)
			continue;
		if (undo_one(undo, &record.intents[i], &one) &&
		    sr_journal_gone(j, record.intents[i].number, &one)) {
			note(undo->removed, undo, &record.intents[i], NULL);
		} else {
			note(undo->leftovers, undo, &record.intents[i], &one);
			if (left++ == 0)
				sr_error_move(err, &one);
		}
		sr_error_release(&one);
	}
	sr_record_release(&record);
	if (left || !ok)
		sr_error_reclass(err, SR_ERR_LEFTOVER);
	return ok && !left;
}
