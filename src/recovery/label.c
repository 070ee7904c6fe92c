#include "recovery/label.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

void sr_lsn_format(sr_lsn lsn, char *out)
{
	snprintf(out, 18, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
}

/* One half of a log position: one to eight hexadecimal digits. */
static const char *half(const char *p, uint64_t *out)
{
	int n = 0;

	for (*out = 0; n < 8 && isxdigit((unsigned char)*p); n++, p++)
		*out = *out << 4 | (uint64_t)(isdigit((unsigned char)*p) ? *p - '0' : (*p | 32) - 'a' + 10);
	return n > 0 ? p : NULL;
}

static const char *lsn_prefix(const char *text, sr_lsn *out)
{
	uint64_t high, low;
	const char *p = half(text, &high);

	if (!p || *p != '/')
		return NULL;
	p = half(p + 1, &low);
	if (p)
		*out = high << 32 | low;
	return p;
}

bool sr_lsn_parse(const char *text, sr_lsn *out)
{
	const char *end = lsn_prefix(text, out);

	return end && *end == '\0';
}

bool sr_label_time_parse(const char *text, sr_time *out)
{
	static const char *const utc[] = { "UTC", "GMT", "Z", "UCT", "Etc/UTC", "Universal", "Zulu" };
	char buffer[32];
	const char *zone;

	if (strlen(text) < 21 || text[19] != ' ')
		return false;
	zone = text + 20;
	for (size_t i = 0; i < SR_COUNT(utc); i++)
		if (strcmp(zone, utc[i]) == 0)
			zone = "+00";
	if ((zone[0] != '+' && zone[0] != '-') || strlen(zone) > 6)
		return false;
	snprintf(buffer, sizeof buffer, "%.19s%s", text, zone);
	return sr_time_parse(buffer, out);
}

/* The timeline of "0/2000028 (file 000000010000000000000002)"; labels before 11 have no line for it. */
static unsigned file_timeline(const char *text)
{
	const char *p = strstr(text, "(file ");
	uint64_t timeline;

	return p && half(p + 6, &timeline) == p + 6 + 8 ? (unsigned)timeline : 0;
}

static void label_line(struct sr_backup_label *l, const char *key, const char *value)
{
	if (strcmp(key, "START WAL LOCATION") == 0) {
		lsn_prefix(value, &l->start);
		if (l->timeline == 0)
			l->timeline = file_timeline(value);
	} else if (strcmp(key, "STOP WAL LOCATION") == 0) {
		lsn_prefix(value, &l->stop);
	} else if (strcmp(key, "CHECKPOINT LOCATION") == 0) {
		lsn_prefix(value, &l->checkpoint);
	} else if (strcmp(key, "BACKUP FROM") == 0) {
		l->from_standby = strcmp(value, "standby") == 0;
	} else if (strcmp(key, "START TIME") == 0) {
		sr_label_time_parse(value, &l->start_time);
	} else if (strcmp(key, "STOP TIME") == 0) {
		sr_label_time_parse(value, &l->stop_time);
	} else if (strcmp(key, "LABEL") == 0) {
		free(l->label);
		l->label = sr_strdup(value);
	} else if (strcmp(key, "START TIMELINE") == 0) {
		l->timeline = (unsigned)strtoul(value, NULL, 10);
	} else if (strcmp(key, "INCREMENTAL FROM LSN") == 0) {
		l->incremental = true;
	}
}

bool sr_backup_label_parse(const char *text, struct sr_backup_label *out)
{
	*out = (struct sr_backup_label){ .start_time = SR_TIME_NONE, .stop_time = SR_TIME_NONE };
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = sr_strndup(text, n), *colon;

		line[strcspn(line, "\r")] = '\0';
		colon = strstr(line, ": ");
		if (colon) {
			*colon = '\0';
			label_line(out, line, colon + 2);
		}
		free(line);
		text += n + (text[n] == '\n');
	}
	return out->start != 0;
}

void sr_backup_label_release(struct sr_backup_label *l)
{
	free(l->label);
	*l = (struct sr_backup_label){ 0 };
}

struct sr_backup_tablespace *sr_backup_tablespace(struct sr_backup *b, unsigned oid)
{
	struct sr_backup_tablespace *t;

	for (size_t i = 0; i < b->ntablespaces; i++)
		if (b->tablespaces[i].oid == oid)
			return &b->tablespaces[i];
	b->tablespaces = sr_realloc(b->tablespaces, (b->ntablespaces + 1) * sizeof *b->tablespaces);
	t = &b->tablespaces[b->ntablespaces++];
	*t = (struct sr_backup_tablespace){ .oid = oid };
	return t;
}

/* Line ends and backslashes in a location are written with a backslash before them. */
void sr_tablespace_map_parse(const char *text, struct sr_backup *b)
{
	struct sr_strbuf line = SR_STRBUF_INIT;

	for (; *text; text++) {
		struct sr_backup_tablespace *t;
		char *end;
		unsigned long oid;

		for (; *text && *text != '\n'; text++) {
			if (*text == '\\' && text[1])
				text++;
			sr_strbuf_addc(&line, *text);
		}
		oid = strtoul(sr_strbuf_str(&line), &end, 10);
		if (oid > 0 && oid <= UINT32_MAX && *end == ' ') {
			t = sr_backup_tablespace(b, (unsigned)oid);
			free(t->location);
			t->location = sr_strdup(end + 1);
		}
		sr_strbuf_clear(&line);
		if (!*text)
			break;
	}
	sr_strbuf_release(&line);
}
