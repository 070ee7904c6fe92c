#include <unistd.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/records.h"
#include "cli/render.h"
#include "cli/text.h"

static int run_list(struct sr_settings *s)
{
	struct sr_operation_list list = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (!sr_operation_list_read(s->request.state_dir, s->request.drivers, &list, &err)) {
		sr_operation_list_release(&list);
		return sr_print_error(s, &err);
	}
	if (s->json) {
		for (size_t i = 0; i < list.n; i++)
			sr_json_print(stdout, sr_records_json(&list.items[i]));
	} else if (list.n == 0) {
		printf("No operation is on record in %s\n", s->request.state_dir);
	} else {
		sr_records_table(&list, sr_clock_now(), sr_terminal_width(STDOUT_FILENO), sr_text_is_utf8(),
				 &text);
		fputs(sr_strbuf_str(&text), stdout);
	}
	sr_strbuf_release(&text);
	sr_operation_list_release(&list);
	return 0;
}

const struct sr_command sr_command_list = {
	.name = "list",
	.bit = SR_CMD_LIST,
	.synopsis = "[OPTION]...",
	.summary = "list all operations on record, newest first",
	.max_operands = 0,
	.run = run_list,
};
