#include "recovery/choose.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/path.h"

#define DAY (INT64_C(86400) * SR_USEC_PER_SEC)

static const struct sr_backup *choose(struct sr_recovery_plan *plan, const struct sr_timeline_history *on,
				      sr_time time)
{
	for (size_t i = plan->backups.n; i-- > 0;) {
		struct sr_backup *b = &plan->backups.items[i];

		if (b->damage)
			continue;
		sr_backup_find_stop(b, &plan->wal);
		if (on && !sr_wal_path_holds(on, b))
			continue;
		if (time == SR_TIME_NONE || b->stop_time <= time)
			return b;
	}
	return NULL;
}

const struct sr_backup *sr_choose_for_time(struct sr_recovery_plan *plan, sr_time time)
{
	struct sr_timeline_history newest = { 0 };
	struct sr_error err = SR_ERROR_INIT;
	const struct sr_backup *b = NULL;

	if (plan->has_wal &&
	    sr_timeline_history_read(&plan->wal, sr_wal_newest_timeline(&plan->wal), &newest, &err))
		b = choose(plan, &newest, time);
	if (!b)
		b = choose(plan, NULL, time);
	sr_timeline_history_release(&newest);
	sr_error_release(&err);
	return b;
}

const struct sr_backup *sr_choose_newest(struct sr_recovery_plan *plan)
{
	return sr_choose_for_time(plan, SR_TIME_NONE);
}

static bool same_path(const char *a, const char *b)
{
	char *x = realpath(a, NULL), *y = realpath(b, NULL);
	bool same = strcmp(a, b) == 0 || (x && y && strcmp(x, y) == 0);

	free(x);
	free(y);
	return same;
}

/* "2024-01-28" and nothing more. */
static bool is_date(const char *text, sr_time *day)
{
	return strlen(text) == 10 && text[4] == '-' && text[7] == '-' && sr_time_parse(text, day);
}

static bool ended_on(struct sr_recovery_plan *plan, struct sr_backup *b, sr_time day)
{
	if (b->damage)
		return false;
	sr_backup_find_stop(b, &plan->wal);
	return b->stop_time >= day && b->stop_time < day + DAY;
}

enum how { BY_PATH, BY_NAME, BY_LABEL, BY_DATE };

static bool matches(struct sr_recovery_plan *plan, struct sr_backup *b, enum how how, const char *id,
		    sr_time day)
{
	switch (how) {
	case BY_PATH:
		return strchr(id, '/') && same_path(id, b->path);
	case BY_NAME:
		return strcmp(id, b->name) == 0;
	case BY_LABEL:
		return b->label && strcmp(id, b->label) == 0;
	case BY_DATE:
		return day != SR_TIME_NONE && ended_on(plan, b, day);
	}
	return false;
}

static bool refuse_several(const struct sr_strlist *paths, const char *id, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_strlist_join(paths, 10, &text);
	sr_error_set(err, SR_ERR_REFUSED, "\"%s\" is the name or label of %zu base backups", id, paths->n);
	sr_error_detail(err, "They are %s.", sr_strbuf_str(&text));
	sr_error_hint(err, "Name the one you want by its path.");
	sr_strbuf_release(&text);
	return false;
}

static bool refuse_unknown(struct sr_recovery_plan *plan, const char *id, struct sr_error *err)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_strbuf text = SR_STRBUF_INIT;

	for (size_t i = 0; i < plan->backups.n; i++)
		if (!plan->backups.items[i].damage)
			sr_strlist_add(&names, plan->backups.items[i].name);
	sr_strlist_nearest(&names, id);
	sr_strlist_join(&names, 10, &text);
	sr_error_set(err, SR_ERR_REFUSED, "there is no base backup \"%s\"", id);
	if (names.n > 0)
		sr_error_detail(err, "There are %s.", sr_strbuf_str(&text));
	sr_error_hint(err, "A snapshot is named by its directory's name, its path, its label, a date such as "
			   "2024-01-28, or \"latest\".");
	sr_strbuf_release(&text);
	sr_strlist_release(&names);
	return false;
}

static bool find(struct sr_recovery_plan *plan, const char *id, const struct sr_backup **out,
		 struct sr_error *err)
{
	sr_time day = SR_TIME_NONE;
	bool ok = true;

	if (!is_date(id, &day))
		day = SR_TIME_NONE;
	*out = NULL;
	for (enum how how = BY_PATH; ok && !*out && how <= BY_DATE; how++) {
		struct sr_strlist paths = SR_STRLIST_INIT;

		for (size_t i = 0; i < plan->backups.n; i++) {
			struct sr_backup *b = &plan->backups.items[i];

			if (!matches(plan, b, how, id, day))
				continue;
			sr_strlist_add(&paths, b->path);
			*out = b;
		}
		/* Of a day the last one is meant. */
		if (paths.n > 1 && how != BY_DATE)
			ok = refuse_several(&paths, id, err);
		sr_strlist_release(&paths);
	}
	return ok && (*out || refuse_unknown(plan, id, err));
}

bool sr_choose_snapshot(struct sr_recovery_plan *plan, const char *id, const struct sr_backup **out,
			struct sr_error *err)
{
	if (strcmp(id, "latest") == 0) {
		*out = sr_choose_newest(plan);
		/* When none can be used, the newest says why. */
		if (!*out)
			*out = &plan->backups.items[plan->backups.n - 1];
	} else if (!find(plan, id, out, err)) {
		return false;
	}
	if (!(*out)->damage)
		return true;
	sr_error_set(err, SR_ERR_REFUSED, "the base backup %s cannot be used: %s", (*out)->path,
		     (*out)->damage);
	return sr_error_hint(err, "Use another backup.");
}
