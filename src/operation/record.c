/* What is on record about operations, and undoing one of them later. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "operation/journal.h"
#include "operation/operation.h"
#include "operation/undo.h"

static void info_release(struct sr_operation_info *info)
{
	free(info->id);
	free(info->dir);
	free(info->error);
	free(info->what);
	free(info->target);
	sr_strlist_release(&info->schemas);
	sr_strlist_release(&info->held);
}

void sr_operation_list_release(struct sr_operation_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		info_release(&l->items[i]);
	free(l->items);
	*l = (struct sr_operation_list){ 0 };
}

static const char *state_of(const struct sr_record *r)
{
	if (r->running)
		return "running";
	if (!r->outcome)
		return "abandoned";
	if (strcmp(r->outcome, "done") == 0)
		return "done";
	return strcmp(r->outcome, "interrupted") == 0 ? "interrupted" : "failed";
}

static void fill(struct sr_operation_info *info, const struct sr_record *r,
		 const struct sr_source_driver *const *drivers)
{
	info->state = state_of(r);
	info->started = r->started;
	info->ended = r->ended;
	info->exit_code = r->exit_code;
	info->error = sr_strdup_null(r->error);
	info->what = sr_strdup_null(r->what);
	info->target = sr_strdup_null(r->target);
	info->pid = r->running ? r->pid : 0;
	info->kept = r->kept;
	for (size_t i = 0; r->schemas && i < json_object_array_length(r->schemas); i++)
		sr_strlist_add(&info->schemas,
			       json_object_get_string(json_object_array_get_idx(r->schemas, i)));
	for (size_t i = 0; i < r->n; i++) {
		struct sr_strbuf line = SR_STRBUF_INIT;

		if (!r->intents[i].held)
			continue;
		sr_undo_describe(drivers, &r->intents[i], &line);
		sr_strlist_take(&info->held, sr_strbuf_take(&line));
	}
}

bool sr_operation_list_read(const char *state_dir, const struct sr_source_driver *const *drivers,
			    struct sr_operation_list *out, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	bool ok = true;

	*out = (struct sr_operation_list){ 0 };
	if (sr_path_is_dir(state_dir))
		ok = sr_dir_list(state_dir, &names, err);
	/* Names begin with their time: the last is the newest. */
	for (size_t i = names.n; ok && i-- > 0;) {
		char *dir = sr_path_join(state_dir, names.items[i]);
		struct sr_record record = { 0 };
		struct sr_operation_info info = { 0 };
		struct sr_error unreadable = SR_ERROR_INIT;

		if (strncmp(names.items[i], "restore-", 8) == 0 && sr_path_is_dir(dir)) {
			info.id = sr_strdup(names.items[i]);
			info.dir = sr_strdup(dir);
			if (sr_record_read(dir, &record, &unreadable)) {
				fill(&info, &record, drivers);
			} else {
				info.state = "unreadable";
				info.started = info.ended = SR_TIME_NONE;
				info.exit_code = -1;
				info.error = sr_strdup(unreadable.message);
			}
			SR_ARRAY_RESERVE(out->items, out->cap, out->n + 1);
			out->items[out->n++] = info;
		}
		sr_error_release(&unreadable);
		sr_record_release(&record);
		free(dir);
	}
	sr_strlist_release(&names);
	return ok;
}

bool sr_operation_cleanup(const char *dir, const struct sr_source_driver *const *drivers,
			  const char *password, struct sr_log *log, struct sr_strlist *removed,
			  struct sr_strlist *leftovers, struct sr_error *err)
{
	struct sr_undo undo = {
		.drivers = drivers,
		.password = password,
		.source_password = password,
		.log = log,
		.removed = removed,
		.leftovers = leftovers,
	};
	struct sr_record record = { 0 };
	struct sr_journal *j;
	bool ok;

	if (!sr_path_is_dir(dir))
		return sr_error_set(err, SR_ERR_USAGE, "there is no operation \"%s\"", sr_path_base(dir));
	if (!(j = sr_journal_reopen(dir, err)))
		return false;
	ok = sr_undo_run(j, &undo, err);
	if (ok && sr_record_read(dir, &record, err) && !record.outcome) {
		struct json_object *data = json_object_new_object();

		sr_json_add_string(data, "outcome", "interrupted");
		sr_json_add_string(data, "error", "its process was gone; cleaned up later");
		ok = sr_journal_event(j, "end", data, err);
	}
	sr_record_release(&record);
	sr_journal_close(j);
	return ok;
}
