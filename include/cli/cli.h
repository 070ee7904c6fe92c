/*
 * What a person types and sees.
 */
#ifndef SR_CLI_CLI_H
#define SR_CLI_CLI_H

struct sr_source_driver;

/*
 * The whole program: parses, runs the command, prints, and returns the exit code.
 * Called once, by main, with the sources that exist (NULL-terminated).
 */
int sr_cli_run(int argc, char **argv, const struct sr_source_driver *const *drivers);

#endif
