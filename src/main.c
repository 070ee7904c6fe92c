/* The sources that exist are named here and nowhere else. */
#include <stddef.h>

#include "cli/cli.h"
#include "source/source.h"

static const struct sr_source_driver *const drivers[] = {
	&sr_source_basebackup,
	&sr_source_existing,
	NULL,
};

int main(int argc, char **argv)
{
	return sr_cli_run(argc, argv, drivers);
}
