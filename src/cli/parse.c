#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

struct reader {
	struct sr_command_line *line;
	int argc, at; /* at: the word being read */
	char **argv;
	struct sr_error *err;
};

void sr_command_line_release(struct sr_command_line *line)
{
	free(line->uses);
	sr_strlist_release(&line->operands);
	*line = SR_COMMAND_LINE_INIT;
}

static void add_use(struct reader *r, const struct sr_option *o, const char *value, int at)
{
	SR_ARRAY_RESERVE(r->line->uses, r->line->cap, r->line->n + 1);
	r->line->uses[r->line->n++] = (struct sr_option_use){ o, value, at };
}

static bool unknown_long(struct reader *r, const char *name, size_t len)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	char *typed = sr_strndup(name, len);
	const char *nearest;

	sr_option_names(0, &names);
	nearest = sr_nearest(&names, typed);
	sr_error_set(r->err, SR_ERR_USAGE, "unknown option \"--%s\"", typed);
	if (nearest)
		sr_error_hint(r->err, "Perhaps you meant --%s.", nearest);
	else
		sr_error_hint(r->err, "Try \"schemarestore --help\" for all options.");
	free(typed);
	sr_strlist_release(&names);
	return false;
}

/* An exact name, or the only option that begins so. */
static const struct sr_option *find_long(struct reader *r, const char *name, size_t len)
{
	const struct sr_option *found = sr_option_find(name, len), *options;
	struct sr_strlist matches = SR_STRLIST_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;
	size_t n;

	if (found)
		return found;
	options = sr_options(&n);
	for (size_t i = 0; len > 0 && i < n; i++) {
		if (options[i].flags & SR_OPTION_HIDDEN || strncmp(options[i].name, name, len) != 0)
			continue;
		found = &options[i];
		sr_strlist_take(&matches, sr_asprintf("--%s", options[i].name));
	}
	if (matches.n > 1) {
		sr_strlist_join(&matches, 0, &text);
		sr_error_set(r->err, SR_ERR_USAGE, "option \"--%.*s\" is ambiguous", (int)len, name);
		sr_error_hint(r->err, "It could be %s.", sr_strbuf_str(&text));
	} else if (matches.n == 0) {
		unknown_long(r, name, len);
	}
	if (matches.n != 1)
		found = NULL;
	sr_strbuf_release(&text);
	sr_strlist_release(&matches);
	return found;
}

static bool missing_value(struct reader *r, const struct sr_option *o, bool by_letter)
{
	if (by_letter)
		sr_error_set(r->err, SR_ERR_USAGE, "option -%c needs a value: %s", o->letter, o->arg);
	else
		sr_error_set(r->err, SR_ERR_USAGE, "option --%s needs a value: %s", o->name, o->arg);
	/* As in all of PostgreSQL's tools, -h is not help. */
	if (o->letter == 'h')
		return sr_error_hint(r->err, "-h names the host, as in psql; for help use --help.");
	return sr_error_hint(r->err, "Try \"schemarestore --help\".");
}

static bool read_long(struct reader *r, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : NULL;
	const struct sr_option *o = find_long(r, word, len);
	int at = r->at;

	if (!o)
		return false;
	if (o->arg && !value) {
		if (r->at + 1 >= r->argc)
			return missing_value(r, o, false);
		value = r->argv[++r->at];
	}
	add_use(r, o, value, at);
	return true;
}

static bool read_cluster(struct reader *r, const char *word)
{
	int at = r->at;

	for (const char *p = word; *p; p++) {
		const struct sr_option *o = sr_option_letter(*p);

		if (!o) {
			sr_error_set(r->err, SR_ERR_USAGE, "unknown option \"-%c\"%s%s", *p,
				     word[1] ? " in -" : "", word[1] ? word : "");
			/* -schema: a single dash where two were meant. */
			if (word[1] && sr_option_find(word, strcspn(word, "=")))
				return sr_error_hint(r->err, "Perhaps you meant --%s, with two dashes.",
						     word);
			return sr_error_hint(r->err, "Try \"schemarestore --help\" for all options.");
		}
		if (!o->arg) {
			add_use(r, o, NULL, at);
			continue;
		}
		if (!p[1] && r->at + 1 >= r->argc)
			return missing_value(r, o, true);
		add_use(r, o, p[1] ? p + 1 : r->argv[++r->at], at);
		break;
	}
	return true;
}

bool sr_command_line_parse(struct sr_command_line *line, int argc, char **argv, struct sr_error *err)
{
	struct reader r = { .line = line, .argc = argc, .at = 1, .argv = argv, .err = err };

	for (; r.at < argc; r.at++) {
		const char *word = argv[r.at];

		if (strcmp(word, "--") == 0) {
			while (++r.at < argc)
				sr_strlist_add(&line->operands, argv[r.at]);
			break;
		}
		if (word[0] != '-' || !word[1]) {
			sr_strlist_add(&line->operands, word);
			continue;
		}
		if (word[1] == '-' ? !read_long(&r, word + 2) : !read_cluster(&r, word + 1))
			return false;
	}
	return true;
}

const char *sr_command_line_value(const struct sr_command_line *line, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < line->n; i++)
		if (strcmp(line->uses[i].option->name, name) == 0)
			value = line->uses[i].value;
	return value;
}

bool sr_command_line_has(const struct sr_command_line *line, const char *name)
{
	for (size_t i = 0; i < line->n; i++)
		if (strcmp(line->uses[i].option->name, name) == 0)
			return true;
	return false;
}

void sr_shell_quote(struct sr_strbuf *out, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";

	if (*word && word[strspn(word, plain)] == '\0') {
		sr_strbuf_adds(out, word);
		return;
	}
	sr_strbuf_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			sr_strbuf_adds(out, "'\\''");
		else
			sr_strbuf_addc(out, *word);
	}
	sr_strbuf_addc(out, '\'');
}
