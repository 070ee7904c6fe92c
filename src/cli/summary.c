#include "cli/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/parse.h"
#include "cli/text.h"
#include "report/report.h"

enum { WARNINGS_OF_A_CODE = 10, FAILURES_SHOWN = 20, SCHEMAS_SHOWN = 50 };

void sr_summary_psql(const struct sr_settings *s, struct sr_strbuf *out)
{
	struct sr_strbuf ci = SR_STRBUF_INIT;

	sr_conninfo_format(&s->request.conninfo, &ci);
	sr_strbuf_adds(out, "psql");
	if (ci.len > 0) {
		sr_strbuf_adds(out, " -d ");
		/* A database alone is shorter by its name. */
		if (s->request.conninfo.n == 1 && strncmp(ci.data, "dbname=", 7) == 0 &&
		    !strpbrk(ci.data, "' \\") && !strpbrk(ci.data + 7, "=:"))
			sr_shell_quote(out, ci.data + 7);
		else
			sr_shell_quote(out, ci.data);
	}
	sr_strbuf_release(&ci);
}

void sr_summary_command(const struct sr_settings *s, const char *command, const char *id,
			struct sr_strbuf *out)
{
	sr_strbuf_addf(out, "schemarestore %s", command);
	if (sr_option_layer(s, "state-dir") == SR_LAYER_OPTION) {
		sr_strbuf_adds(out, " --state-dir ");
		sr_shell_quote(out, s->request.state_dir);
	}
	if (sr_option_layer(s, "config") == SR_LAYER_OPTION) {
		sr_strbuf_adds(out, " --config ");
		sr_shell_quote(out, s->config);
	}
	sr_strbuf_addf(out, " %s", id);
}

static void add_heading(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;

	sr_strbuf_adds(out, s->err->class == SR_ERR_POST_DATA ? "Restored in part"
			    : s->err->class == SR_ERR_VERIFY  ? "Restored, BUT DIFFERENT,"
							      : "Restored");
	if (o->moment != SR_TIME_NONE) {
		sr_strbuf_adds(out, " as of ");
		sr_time_format(o->moment, out);
		sr_strbuf_adds(out, " (");
		sr_time_format_relative(o->moment, s->now, out);
		sr_strbuf_addc(out, ')');
	}
	if (o->target) {
		sr_strbuf_adds(out, "\nin ");
		sr_text_fit(out, o->target, 0, s->utf8);
	}
	sr_strbuf_adds(out, "\n\n");
}

static void add_schemas(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;
	size_t from = 6, to = 11, shown = o->nschemas < SCHEMAS_SHOWN ? o->nschemas : SCHEMAS_SHOWN;
	struct sr_strbuf cell = SR_STRBUF_INIT;

	for (size_t i = 0; i < shown; i++) {
		size_t a = sr_text_width(o->schemas[i].from, s->utf8),
		       b = sr_text_width(o->schemas[i].to, s->utf8);

		from = a > from ? a : from;
		to = b > to ? b : to;
	}
	sr_strbuf_addf(out, "  %-*s  %-*s  %8s  %15s  %10s\n", (int)from, "schema", (int)to, "restored as",
		       "tables", "rows", "size");
	for (size_t i = 0; i < shown; i++) {
		const struct sr_schema_pair *p = &o->schemas[i];
		const int64_t numbers[] = { p->tables, p->rows };
		const size_t widths[] = { 8, 15 };

		sr_strbuf_adds(out, "  ");
		sr_text_pad(out, p->from, from, false, s->utf8);
		sr_strbuf_adds(out, "  ");
		sr_text_pad(out, p->to, to, false, s->utf8);
		for (size_t c = 0; c < SR_COUNT(numbers); c++) {
			sr_strbuf_clear(&cell);
			sr_count_format(numbers[c], &cell);
			sr_strbuf_adds(out, "  ");
			sr_text_pad(out, sr_strbuf_str(&cell), widths[c], true, s->utf8);
		}
		sr_strbuf_clear(&cell);
		sr_bytes_format(p->bytes, &cell);
		sr_strbuf_addf(out, "  %10s\n", sr_strbuf_str(&cell));
	}
	if (shown < o->nschemas)
		sr_strbuf_addf(out, "  and %zu more\n", o->nschemas - shown);
	sr_strbuf_addc(out, '\n');
	sr_strbuf_release(&cell);
}

static char *describe_verification(const struct sr_summary *s)
{
	const struct sr_outcome *o = s->outcome;
	unsigned kinds = s->settings->request.verify;
	const char *what = kinds & SR_VERIFY_CHECKSUM
				   ? (kinds & SR_VERIFY_COUNTS ? "rows and checksums" : "checksums")
				   : "rows";
	const char *tables = o->verified_tables == 1 ? "table" : "tables";

	if (!o->verified)
		return sr_strdup("not done");
	if (o->differences)
		return sr_asprintf("%lld of %lld %s DIFFER in %s from the moment restored",
				   (long long)o->differences, (long long)o->verified_tables, tables, what);
	return sr_asprintf("%s of %lld %s equal on both ends", what, (long long)o->verified_tables, tables);
}

static char *describe_definitions(const struct sr_summary *s)
{
	const struct sr_outcome *o = s->outcome;
	struct sr_strbuf out = SR_STRBUF_INIT;

	if (!o->ddl_verified)
		return sr_strdup("not compared");
	sr_count_format(o->ddl_equal, &out);
	sr_strbuf_addf(&out, " object%s equal", o->ddl_equal == 1 ? "" : "s");
	if (o->ddl_differences)
		sr_strbuf_addf(&out, ", %lld DIFFERENCE%s", (long long)o->ddl_differences,
			       o->ddl_differences == 1 ? "" : "S");
	return sr_strbuf_take(&out);
}

static char *describe_phases(const struct sr_summary *s)
{
	struct sr_strbuf out = SR_STRBUF_INIT;
	const char *between = "";

	for (int i = 0; i < SR_PHASE_COUNT; i++) {
		int64_t ms = sr_report_phase_ms(s->report, (enum sr_phase)i);

		if (ms <= 0)
			continue;
		sr_strbuf_addf(&out, "%s%s ", between, sr_phase_name((enum sr_phase)i));
		sr_strbuf_addf(&out, "%.1f", (double)ms / 1000);
		between = ", ";
	}
	return sr_strbuf_take(&out);
}

static char *describe_objects(const struct sr_summary *s)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_count_format(s->outcome->objects, &out);
	if (s->outcome->nfailures)
		sr_strbuf_addf(&out, ", and %zu that could not be made", s->outcome->nfailures);
	return sr_strbuf_take(&out);
}

static void add_facts(const struct sr_summary *s, struct sr_strbuf *out)
{
	char *objects = describe_objects(s), *verified = describe_verification(s),
	     *definitions = describe_definitions(s), *phases = describe_phases(s);
	const unsigned verify = s->settings->request.verify;
	struct sr_strbuf time = SR_STRBUF_INIT;
	struct sr_text_pair pairs[6];
	size_t n = 0;

	sr_duration_format(s->outcome->ms, &time);
	pairs[n++] = (struct sr_text_pair){ "objects", objects };
	if (verify != SR_VERIFY_DDL)
		pairs[n++] = (struct sr_text_pair){ "verified", verified };
	if (verify & SR_VERIFY_DDL)
		pairs[n++] = (struct sr_text_pair){ "definitions", definitions };
	pairs[n++] = (struct sr_text_pair){ "time", sr_strbuf_str(&time) };
	if (*phases)
		pairs[n++] = (struct sr_text_pair){ "seconds", phases };
	if (s->outcome->dir)
		pairs[n++] = (struct sr_text_pair){ "record", s->outcome->dir };
	sr_text_pairs(out, "  ", pairs, n, s->utf8);
	free(objects);
	free(verified);
	free(definitions);
	free(phases);
	sr_strbuf_release(&time);
}

static void add_failures(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;

	if (!o->nfailures)
		return;
	sr_strbuf_addf(out, "\nNot restored (%zu): the rows are all there, these objects are not\n",
		       o->nfailures);
	for (size_t i = 0; i < o->nfailures && i < FAILURES_SHOWN; i++) {
		sr_text_indent(out, "  ", o->failures[i].object, s->utf8);
		sr_text_wrap(out, "      ", "      ", o->failures[i].message, s->width, s->utf8);
	}
	if (o->nfailures > FAILURES_SHOWN)
		sr_strbuf_addf(out, "  and %zu more\n", o->nfailures - FAILURES_SHOWN);
	if (o->dir) {
		struct sr_strbuf path = SR_STRBUF_INIT;

		sr_strbuf_adds(out, "  When the causes are mended:  ");
		sr_summary_psql(s->settings, out);
		sr_strbuf_addf(&path, "%s/ddl/failed.sql", o->dir);
		sr_strbuf_adds(out, " -f ");
		sr_shell_quote(out, sr_strbuf_str(&path));
		sr_strbuf_addc(out, '\n');
		sr_strbuf_release(&path);
	}
}

static void add_leftovers(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;

	if (!o->leftovers.n)
		return;
	sr_strbuf_adds(out, "\nCould not be removed:\n");
	for (size_t i = 0; i < o->leftovers.n; i++)
		sr_text_indent(out, "  ", o->leftovers.items[i], s->utf8);
	if (o->id[0]) {
		sr_strbuf_adds(out, "  Try again with:  ");
		sr_summary_command(s->settings, "cleanup", o->id, out);
		sr_strbuf_addc(out, '\n');
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void add_warning(const struct sr_summary *s, const char *bullet, const struct sr_warning *w,
			struct sr_strbuf *out)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (w->object)
		sr_strbuf_addf(&text, "%s: ", w->object);
	sr_strbuf_adds(&text, w->text ? w->text : w->code);
	sr_text_wrap(out, bullet, "      ", sr_strbuf_str(&text), s->width, s->utf8);
	sr_strbuf_release(&text);
}

/* One code's warnings; the hint is said once when it is the same for all. */
static void add_group(const struct sr_summary *s, const char *code, struct sr_strbuf *out)
{
	const struct sr_warning *last = NULL;
	size_t n = 0, count = sr_report_warnings(s->report);

	for (size_t i = 0; i < count; i++) {
		const struct sr_warning *w = sr_report_warning_at(s->report, i);

		if (strcmp(w->code, code) != 0 || ++n > WARNINGS_OF_A_CODE)
			continue;
		if (last && last->hint && !same(last->hint, w->hint))
			sr_text_wrap(out, "      ", "      ", last->hint, s->width, s->utf8);
		add_warning(s, n == 1 ? "  - " : "    ", w, out);
		last = w;
	}
	if (n > WARNINGS_OF_A_CODE) {
		sr_strbuf_addf(out, "    and %zu more", n - WARNINGS_OF_A_CODE);
		if (s->outcome->dir)
			sr_strbuf_addf(out, ", see %s/log", s->outcome->dir);
		sr_strbuf_addc(out, '\n');
	}
	if (last && last->hint)
		sr_text_wrap(out, "      ", "      ", last->hint, s->width, s->utf8);
}

void sr_summary_warnings(const struct sr_summary *s, struct sr_strbuf *out)
{
	struct sr_strlist done = SR_STRLIST_INIT;
	size_t count = sr_report_warnings(s->report);

	if (count > 0)
		sr_strbuf_addf(out, "\n%zu warning%s\n", count, count == 1 ? "" : "s");
	for (size_t i = 0; i < count; i++) {
		const struct sr_warning *w = sr_report_warning_at(s->report, i);

		if (sr_strlist_has(&done, w->code))
			continue;
		sr_strlist_add(&done, w->code);
		add_group(s, w->code, out);
	}
	sr_strlist_release(&done);
}

/* A psql command with one statement or meta-command, quoted for the shell. */
static char *psql_command(const struct sr_settings *s, const char *sql)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_summary_psql(s, &out);
	sr_strbuf_adds(&out, " -c ");
	sr_shell_quote(&out, sql);
	return sr_strbuf_take(&out);
}

static void add_next(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;
	struct sr_strbuf look = SR_STRBUF_INIT, drop = SR_STRBUF_INIT;
	struct sr_text_pair pairs[2];
	char *commands[2];

	if (o->nschemas == 0 || o->nschemas > SCHEMAS_SHOWN)
		return;
	sr_strbuf_adds(&look, "\\dt+ ");
	sr_text_sql_name(&look, o->schemas[0].to);
	sr_strbuf_adds(&look, ".*");
	sr_strbuf_adds(&drop, "DROP SCHEMA ");
	for (size_t i = 0; i < o->nschemas; i++) {
		sr_strbuf_adds(&drop, i ? ", " : "");
		sr_text_sql_name(&drop, o->schemas[i].to);
	}
	sr_strbuf_adds(&drop, " CASCADE");
	commands[0] = psql_command(s->settings, sr_strbuf_str(&look));
	commands[1] = psql_command(s->settings, sr_strbuf_str(&drop));
	pairs[0] = (struct sr_text_pair){ "look", commands[0] };
	pairs[1] = (struct sr_text_pair){ "drop", commands[1] };
	sr_strbuf_adds(out, "\nNext\n");
	sr_text_pairs(out, "  ", pairs, 2, s->utf8);
	free(commands[0]);
	free(commands[1]);
	sr_strbuf_release(&look);
	sr_strbuf_release(&drop);
}

void sr_summary_format(const struct sr_summary *s, struct sr_strbuf *out)
{
	add_heading(s, out);
	add_schemas(s, out);
	add_facts(s, out);
	add_failures(s, out);
	add_leftovers(s, out);
	sr_summary_warnings(s, out);
	add_next(s, out);
}

void sr_summary_plan(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;
	struct sr_text_pair *pairs = sr_calloc(o->nplan ? o->nplan : 1, sizeof *pairs);
	struct sr_strbuf command = SR_STRBUF_INIT;

	for (size_t i = 0; i < o->nplan; i++)
		pairs[i] = (struct sr_text_pair){ o->plan[i].key, o->plan[i].value };
	sr_strbuf_adds(out, "The plan (nothing was created)\n");
	sr_text_pairs(out, "  ", pairs, o->nplan, s->utf8);
	sr_summary_warnings(s, out);
	for (size_t i = 0; i < s->settings->command_line.n; i++)
		sr_strbuf_addf(&command, "%s%s", i ? " " : "", s->settings->command_line.items[i]);
	if (command.len > 0) {
		sr_strbuf_adds(out, "\nTo carry it out:\n");
		sr_text_indent(out, "  ", sr_strbuf_str(&command), s->utf8);
	} else {
		sr_strbuf_adds(out, "\nTo carry it out, give the same command without --dry-run.\n");
	}
	sr_strbuf_release(&command);
	free(pairs);
}

void sr_summary_failure(const struct sr_summary *s, struct sr_strbuf *out)
{
	const struct sr_outcome *o = s->outcome;

	if (o->leftovers.n > 0) {
		add_leftovers(s, out);
	} else if (o->kept && o->id[0]) {
		sr_strbuf_adds(out, "What was made is kept. See and remove it with:\n  ");
		sr_summary_command(s->settings, "status", o->id, out);
		sr_strbuf_adds(out, "\n  ");
		sr_summary_command(s->settings, "cleanup", o->id, out);
		sr_strbuf_addc(out, '\n');
	} else if (!o->id[0] || s->err->class == SR_ERR_REFUSED || s->err->class == SR_ERR_USAGE) {
		sr_strbuf_adds(out, "Nothing was created; the live schemas were not touched.\n");
	} else if (o->undone) {
		sr_strbuf_adds(
			out,
			"Everything that was made has been removed; the live schemas were not touched.\n");
	}
	if (o->dir && sr_path_is_dir(o->dir))
		sr_strbuf_addf(out, "The record is in %s\n", o->dir);
}
