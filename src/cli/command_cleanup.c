#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/records.h"
#include "cli/render.h"
#include "cli/text.h"

struct cleanup {
	struct sr_settings *settings;
	struct sr_log *log;
	size_t operations;
	int code;
};

/* Without --all, only what nobody chose to keep. */
static bool wanted(const struct sr_settings *s, const struct sr_operation_info *o)
{
	if (s->older_than_ms > 0 && o->started != SR_TIME_NONE &&
	    sr_clock_now() - o->started < s->older_than_ms * 1000)
		return false;
	if (strcmp(o->state, "abandoned") == 0)
		return true;
	return o->held.n > 0 && strcmp(o->state, "running") != 0 && (s->all || !o->kept);
}

static void print_lines(const char *what, const struct sr_strlist *lines)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	for (size_t i = 0; i < lines->n; i++) {
		sr_strbuf_adds(&text, what);
		sr_text_indent(&text, "", lines->items[i], sr_text_is_utf8());
	}
	fputs(sr_strbuf_str(&text), stdout);
	sr_strbuf_release(&text);
}

static void print_json(const char *id, const struct sr_strlist *removed, const struct sr_strlist *leftovers)
{
	struct json_object *obj = sr_json_event("cleanup", sr_clock_now());
	const struct sr_strlist *const lists[] = { removed, leftovers };
	static const char *const keys[] = { "removed", "leftovers" };

	sr_json_add_string(obj, "id", id);
	for (int k = 0; k < 2; k++) {
		struct json_object *array = json_object_new_array();

		for (size_t i = 0; i < lists[k]->n; i++)
			json_object_array_add(array, json_object_new_string(lists[k]->items[i]));
		json_object_object_add(obj, keys[k], array);
	}
	sr_json_print(stdout, obj);
}

static void clean_one(struct cleanup *c, const struct sr_operation_info *o)
{
	const struct sr_settings *s = c->settings;
	struct sr_strlist removed = SR_STRLIST_INIT, leftovers = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;
	bool ok = true;

	c->operations++;
	if (!s->json && !s->quiet)
		printf("%s\n", o->id);
	if (s->request.dry_run) {
		if (s->json)
			sr_json_print(stdout, sr_records_json(o));
		else
			print_lines("  would remove ", &o->held);
		return;
	}
	ok = sr_operation_cleanup(o->dir, s->request.drivers,
				  sr_conninfo_get(&s->request.conninfo, "password"), c->log, &removed,
				  &leftovers, &err);
	if (s->json)
		print_json(o->id, &removed, &leftovers);
	else if (!s->quiet) {
		print_lines("  removed ", &removed);
		print_lines("  LEFT    ", &leftovers);
		if (ok && removed.n == 0)
			printf("  nothing was left to remove\n");
	}
	fflush(stdout);
	if (!ok)
		c->code = sr_print_error(s, &err);
	sr_error_release(&err);
	sr_strlist_release(&removed);
	sr_strlist_release(&leftovers);
}

static void clean_named(struct cleanup *c, const struct sr_operation_list *list)
{
	const struct sr_strlist *ids = &c->settings->operands;

	for (size_t i = 0; i < ids->n; i++) {
		struct sr_error err = SR_ERROR_INIT;
		const struct sr_operation_info *o = sr_records_find(list, ids->items[i], &err);

		if (o)
			clean_one(c, o);
		else
			c->code = sr_print_error(c->settings, &err);
	}
}

static int run_cleanup(struct sr_settings *s)
{
	struct cleanup c = { .settings = s };
	struct sr_operation_list list = { 0 };
	struct sr_error err = SR_ERROR_INIT;

	if (s->operands.n > 0 && (s->all || s->older_than_ms > 0)) {
		sr_error_set(&err, SR_ERR_USAGE, "operations are named, and --all or --older-than is given");
		sr_error_hint(&err,
			      "Either name them or let them be chosen. Try \"schemarestore help cleanup\".");
		return sr_print_error(s, &err);
	}
	if (s->ask_password && !sr_password_ask(s, &err))
		return sr_print_error(s, &err);
	if (!sr_operation_list_read(s->request.state_dir, s->request.drivers, &list, &err)) {
		sr_operation_list_release(&list);
		return sr_print_error(s, &err);
	}
	sr_print_early_warnings(s);
	c.log = sr_stderr_log_new(s);
	if (s->operands.n > 0)
		clean_named(&c, &list);
	else
		for (size_t i = 0; i < list.n; i++)
			if (wanted(s, &list.items[i]))
				clean_one(&c, &list.items[i]);
	if (c.operations == 0 && c.code == 0 && !s->json && !s->quiet)
		printf("Nothing is left of any operation in %s%s\n", s->request.state_dir,
		       s->all ? "" : " (what --keep kept goes with --all)");
	sr_log_free(c.log);
	sr_operation_list_release(&list);
	return c.code;
}

const struct sr_command sr_command_cleanup = {
	.name = "cleanup",
	.bit = SR_CMD_CLEANUP,
	.synopsis = "[OPTION]... [OPERATION]...",
	.summary = "remove what an operation that was cut off has left",
	.max_operands = INT_MAX,
	.run = run_cleanup,
};
