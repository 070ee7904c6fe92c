#include <string.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/records.h"
#include "cli/render.h"
#include "cli/text.h"

static void show(const struct sr_settings *s, const struct sr_operation_info *o)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (s->json) {
		sr_json_print(stdout, sr_records_json(o));
		return;
	}
	sr_records_describe(o, sr_clock_now(), sr_text_is_utf8(), &text);
	fputs(sr_strbuf_str(&text), stdout);
	sr_strbuf_release(&text);
}

/* The running ones; when there are none, the newest. */
static void show_current(const struct sr_settings *s, const struct sr_operation_list *list)
{
	size_t shown = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i].state, "running") != 0)
			continue;
		if (shown++ && !s->json)
			putchar('\n');
		show(s, &list->items[i]);
	}
	if (!shown && list->n > 0)
		show(s, &list->items[0]);
	else if (!shown && !s->json)
		printf("No operation is on record in %s\n", s->request.state_dir);
}

static int run_status(struct sr_settings *s)
{
	struct sr_operation_list list = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	const struct sr_operation_info *o;

	if (sr_operation_list_read(s->request.state_dir, s->request.drivers, &list, &err)) {
		if (s->operands.n == 0)
			show_current(s, &list);
		else if ((o = sr_records_find(&list, s->operands.items[0], &err)))
			show(s, o);
	}
	sr_operation_list_release(&list);
	return err.class == SR_ERR_NONE ? 0 : sr_print_error(s, &err);
}

const struct sr_command sr_command_status = {
	.name = "status",
	.bit = SR_CMD_STATUS,
	.synopsis = "[OPTION]... [OPERATION]",
	.summary = "show an operation; by default those that run, or the last",
	.max_operands = 1,
	.run = run_status,
};
