#include "recovery/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "recovery/choose.h"
#include "recovery/path.h"
#include "recovery/probe.h"

static char *time_text(sr_time t)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	if (t == SR_TIME_NONE)
		sr_strbuf_adds(&text, "an unknown time");
	else
		sr_time_format(t, &text);
	return sr_strbuf_take(&text);
}

/* What the archive knows of a backup that was not looked into, and whether they belong together. */
static void compare_with_wal(struct sr_backup *b, const struct sr_wal_archive *wal)
{
	if (wal->segment_size > 0) {
		if (b->system_identifier != 0 && b->system_identifier != wal->system_identifier)
			sr_probe_damage(
				b,
				"it is of another cluster than the WAL archive (system identifier %llu, "
				"there %llu)",
				(unsigned long long)b->system_identifier,
				(unsigned long long)wal->system_identifier);
		if (b->major == 0)
			b->major = wal->major;
		if (b->wal_segment_size == 0)
			b->wal_segment_size = wal->segment_size;
	}
	if (b->major == 0)
		sr_probe_damage(b, "its PostgreSQL version cannot be told");
}

/* "No other reaches it": the damaged ones are named wherever a choice fails. */
static void add_damaged(const struct sr_backup_list *l, struct sr_strbuf *out)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].damage)
			sr_strbuf_addf(out, "%sThe base backup %s cannot be used: %s.", out->len ? "\n" : "",
				       l->items[i].path, l->items[i].damage);
}

static bool set_detail(struct sr_error *err, struct sr_strbuf *text)
{
	if (text->len > 0)
		sr_error_detail(err, "%s", sr_strbuf_str(text));
	sr_strbuf_release(text);
	return false;
}

static bool refuse_no_backup(const struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			     struct sr_error *err)
{
	struct sr_strbuf detail = SR_STRBUF_INIT;

	if (plan->backups.n == 1) {
		sr_error_set(err, SR_ERR_REFUSED, "the base backup %s cannot be used: %s",
			     plan->backups.items[0].path, plan->backups.items[0].damage);
		return sr_error_hint(err, "Use another backup.");
	}
	sr_error_set(err, SR_ERR_REFUSED, "none of the %zu base backups in %s can be used", plan->backups.n,
		     q->backup_dir);
	add_damaged(&plan->backups, &detail);
	return set_detail(err, &detail);
}

static bool refuse_early(const struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			 struct sr_error *err)
{
	struct sr_strbuf detail = SR_STRBUF_INIT;
	char *want = time_text(q->time), *from = time_text(plan->earliest), *to = time_text(plan->latest);

	sr_error_set(err, SR_ERR_REFUSED,
		     "cannot restore to %s: it is before the end of the earliest base backup", want);
	if (plan->latest == SR_TIME_NONE)
		sr_strbuf_addf(&detail, "The earliest base backup in %s ended at %s.", q->backup_dir, from);
	else if (plan->latest <= plan->earliest)
		sr_strbuf_addf(&detail,
			       "The earliest base backup in %s ended at %s, and nothing was committed since.",
			       q->backup_dir, from);
	else
		sr_strbuf_addf(&detail,
			       "The earliest base backup in %s ended at %s. "
			       "A moment from %s to %s can be restored.",
			       q->backup_dir, from, from, to);
	add_damaged(&plan->backups, &detail);
	set_detail(err, &detail);
	sr_error_hint(err, "Choose a later moment, or name a directory with older base backups.");
	free(want);
	free(from);
	free(to);
	return false;
}

static bool refuse_late(const struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			const struct sr_wal_path *path, struct sr_error *err)
{
	struct sr_strbuf detail = SR_STRBUF_INIT;
	char *want = time_text(q->time), *from = time_text(plan->earliest), *to = time_text(plan->latest);

	sr_error_set(err, SR_ERR_REFUSED, "cannot restore to %s: it is %s the last commit in the WAL archive",
		     want, q->time == plan->latest ? "the time of" : "after");
	if (plan->latest == SR_TIME_NONE)
		sr_strbuf_addf(&detail, "The archive in %s holds no commit since the base backup %s.",
			       q->wal_dir, plan->backup->path);
	else
		sr_strbuf_addf(&detail, "The archive in %s reaches to %s.", q->wal_dir, to);
	if (plan->latest != SR_TIME_NONE && plan->latest > plan->earliest)
		sr_strbuf_addf(&detail, " A moment from %s to %s can be restored%s.", from, to,
			       q->time == plan->latest ? ", but not that last commit's own time" : "");
	if (sr_wal_newest_timeline(&plan->wal) != plan->timeline)
		sr_strbuf_addf(
			&detail,
			"\nTimeline %u is in the archive too: its history file is missing, or it branched "
			"off before this backup.",
			sr_wal_newest_timeline(&plan->wal));
	if (path->bad != UINT64_MAX)
		sr_strbuf_addf(&detail, "\nPart of it could not be read: %s.", path->bad_error.message);
	set_detail(err, &detail);
	sr_error_hint(
		err,
		"Use --pitr latest, or switch WAL on the primary (SELECT pg_switch_wal()) and wait until "
		"it is archived.");
	free(want);
	free(from);
	free(to);
	return false;
}

static bool refuse_missing(const struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			   const struct sr_wal_path *path, uint64_t number, uint64_t missing,
			   struct sr_error *err)
{
	struct sr_strbuf detail = SR_STRBUF_INIT;
	char name[25], *from = time_text(plan->earliest), *to = time_text(plan->latest);

	sr_wal_path_name(path, number, name);
	sr_error_set(err, SR_ERR_REFUSED, "the WAL segment %s is missing", name);
	if (q->wal_dir)
		sr_strbuf_addf(&detail, "It is neither in %s nor in the base backup %s", q->wal_dir,
			       plan->backup->path);
	else
		sr_strbuf_addf(&detail, "It is not in the base backup %s", plan->backup->path);
	if (missing > 1)
		sr_strbuf_addf(&detail, "; %llu more are missing up to the moment asked for",
			       (unsigned long long)missing - 1);
	sr_strbuf_adds(&detail, ".");
	if (plan->latest != SR_TIME_NONE && plan->earliest != SR_TIME_NONE && plan->latest > plan->earliest)
		sr_strbuf_addf(&detail, " A moment from %s to %s can be restored.", from, to);
	set_detail(err, &detail);
	sr_error_hint(err, q->wal_dir
				   ? "Find the segment and put it into the archive, or choose another moment."
				   : "Name the archive with --wal-archive DIR.");
	free(from);
	free(to);
	return false;
}

/* All that is to be replayed must be there, and whole. */
static bool check_range(const struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			struct sr_wal_path *path, struct sr_error *err)
{
	uint64_t number = 0;
	uint64_t missing = sr_wal_path_missing(path, plan->first_segment, plan->last_segment, &number);

	if (missing > 0)
		return refuse_missing(plan, q, path, number, missing, err);
	if (path->bad <= plan->last_segment) {
		sr_error_move(err, &path->bad_error);
		return sr_error_reclass(err, SR_ERR_REFUSED);
	}
	return sr_wal_path_check_sizes(path, plan->first_segment, plan->last_segment, err);
}

/* Where the earliest backup that can be used begins. */
static uint64_t earliest_segment(const struct sr_recovery_plan *plan, const struct sr_wal_path *path)
{
	for (size_t i = 0; i < plan->backups.n; i++) {
		const struct sr_backup *b = &plan->backups.items[i];

		if (!b->damage && b->start_lsn / path->wal->segment_size < path->first)
			return b->start_lsn / path->wal->segment_size;
	}
	return path->first;
}

/* The window's end: the last commit that can be reached without a gap. *whole: the last there is at all. */
static void find_latest(struct sr_recovery_plan *plan, struct sr_wal_path *path, uint64_t end, sr_time *whole)
{
	uint64_t gap, from = earliest_segment(plan, path);

	*whole = sr_wal_path_last_commit(path, from, end);
	plan->latest = *whole;
	if (sr_wal_path_missing(path, path->first, end, &gap) > 0)
		plan->latest = gap > from ? sr_wal_path_last_commit(path, from, gap - 1) : SR_TIME_NONE;
}

static uint64_t stop_segment(const struct sr_recovery_plan *plan, const struct sr_wal_path *path)
{
	const struct sr_backup *b = plan->backup;

	return b->stop_lsn > b->start_lsn ? (b->stop_lsn - 1) / path->wal->segment_size : path->first;
}

/* With the chosen backup and the WAL: where replay ends, and whether it gets there. */
static bool plan_replay(struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			struct sr_wal_path *path, struct sr_error *err)
{
	uint64_t stop = stop_segment(plan, path), end = path->first;
	sr_time whole;

	plan->timeline = path->history.parts[path->history.n - 1].timeline;
	plan->first_segment = path->first;
	plan->last_segment = stop;
	if (q->kind == SR_TARGET_SNAPSHOT) {
		plan->moment = plan->backup->stop_time;
		return check_range(plan, q, path, err);
	}
	sr_wal_path_end(path, &end);
	find_latest(plan, path, end, &whole);
	if (q->kind == SR_TARGET_LATEST) {
		plan->last_segment = end > stop ? end : stop;
		plan->moment = plan->latest != SR_TIME_NONE && plan->latest > plan->backup->stop_time
				       ? plan->latest
				       : plan->backup->stop_time;
		return check_range(plan, q, path, err);
	}
	plan->moment = q->time;
	if (whole == SR_TIME_NONE || q->time >= whole)
		return refuse_late(plan, q, path, err);
	if (!sr_wal_path_find_after(path, path->first, end, q->time, &plan->last_segment))
		return refuse_late(plan, q, path, err);
	if (plan->last_segment < stop)
		plan->last_segment = stop;
	return check_range(plan, q, path, err);
}

/* The backup's own WAL counts as present; what it lacks the archive may have. */
static void add_own_wal(struct sr_recovery_plan *plan)
{
	struct sr_error err = SR_ERROR_INIT;

	sr_wal_archive_add_backup(&plan->wal, plan->backup, &err);
	sr_error_release(&err);
}

static bool plan_with_wal(struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			  struct sr_error *err)
{
	struct sr_wal_path path = SR_WAL_PATH_INIT;
	bool ok;

	add_own_wal(plan);
	ok = sr_wal_path_open(&path, &plan->wal, plan->backup, err) && plan_replay(plan, q, &path, err);
	sr_wal_path_release(&path);
	return ok;
}

/* Without an archive to look at: the restore command may have anything, the backup has what it has. */
static bool plan_without_wal(struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			     struct sr_error *err)
{
	const struct sr_backup *b = plan->backup;

	plan->moment = q->kind == SR_TARGET_TIME       ? q->time
		       : q->kind == SR_TARGET_SNAPSHOT ? b->stop_time
						       : SR_TIME_NONE;
	if (q->restore_command)
		return true;
	add_own_wal(plan);
	if (plan->wal.nsegments > 0) {
		plan->has_wal = true;
		return plan_with_wal(plan, q, err);
	}
	plan->timeline = b->timeline;
	if (b->format == SR_BACKUP_TAR)
		return true; /* it may be in a compressed base.tar, which was not read to its end */
	sr_error_set(err, SR_ERR_REFUSED, "the base backup %s holds no WAL, and it needs some", b->path);
	return sr_error_hint(err, "Name the archive with --wal-archive DIR, or the command with "
				  "--restore-command CMD.");
}

/* The earliest end of a backup that can be used. */
static void find_earliest(struct sr_recovery_plan *plan)
{
	for (size_t i = 0; i < plan->backups.n && plan->earliest == SR_TIME_NONE; i++)
		if (!plan->backups.items[i].damage) {
			sr_backup_find_stop(&plan->backups.items[i], &plan->wal);
			plan->earliest = plan->backups.items[i].stop_time;
		}
}

/* No backup ended before the time: the window is told all the same. */
static void find_window(struct sr_recovery_plan *plan)
{
	const struct sr_backup *b = sr_choose_newest(plan);
	struct sr_wal_path path = SR_WAL_PATH_INIT;
	struct sr_error err = SR_ERROR_INIT;
	uint64_t end;
	sr_time whole;

	if (plan->has_wal && b && sr_wal_path_open(&path, &plan->wal, b, &err) &&
	    sr_wal_path_end(&path, &end))
		find_latest(plan, &path, end, &whole);
	sr_wal_path_release(&path);
	sr_error_release(&err);
}

static bool choose(struct sr_recovery_plan *plan, const struct sr_recovery_request *q, struct sr_error *err)
{
	bool usable = false;

	if (q->kind == SR_TARGET_SNAPSHOT)
		return sr_choose_snapshot(plan, q->snapshot, &plan->backup, err);
	for (size_t i = 0; i < plan->backups.n; i++)
		usable = usable || !plan->backups.items[i].damage;
	if (!usable)
		return refuse_no_backup(plan, q, err);
	plan->backup =
		q->kind == SR_TARGET_LATEST ? sr_choose_newest(plan) : sr_choose_for_time(plan, q->time);
	if (plan->backup)
		return true;
	find_window(plan);
	return refuse_early(plan, q, err);
}

bool sr_recovery_plan_make(struct sr_recovery_plan *plan, const struct sr_recovery_request *q,
			   struct sr_error *err)
{
	*plan = (struct sr_recovery_plan){ .earliest = SR_TIME_NONE,
					   .latest = SR_TIME_NONE,
					   .moment = SR_TIME_NONE };
	if (!q->wal_dir && !q->restore_command && q->kind != SR_TARGET_SNAPSHOT) {
		sr_error_set(err, SR_ERR_REFUSED, "a moment can be restored only with the WAL archive");
		return sr_error_hint(err, "Name it with --wal-archive DIR or --restore-command CMD; "
					  "--snapshot needs the base backup only.");
	}
	if (!sr_backup_find(q->backup_dir, &plan->backups, err))
		return false;
	if (q->wal_dir && !sr_wal_archive_open(&plan->wal, q->wal_dir, err))
		return false;
	plan->has_wal = q->wal_dir != NULL;
	for (size_t i = 0; i < plan->backups.n; i++)
		compare_with_wal(&plan->backups.items[i], &plan->wal);
	find_earliest(plan);
	if (!choose(plan, q, err))
		return false;
	sr_backup_find_stop((struct sr_backup *)plan->backup, &plan->wal);
	return plan->has_wal ? plan_with_wal(plan, q, err) : plan_without_wal(plan, q, err);
}

void sr_recovery_plan_release(struct sr_recovery_plan *plan)
{
	sr_backup_list_release(&plan->backups);
	sr_wal_archive_release(&plan->wal);
	plan->backup = NULL;
}
