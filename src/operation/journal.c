#include "operation/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"

struct sr_journal {
	pthread_mutex_t mutex;
	char *dir;
	int fd, lock_fd;
	int next;
};

static struct sr_journal *journal_new(const char *dir)
{
	struct sr_journal *j = sr_calloc(1, sizeof *j);

	pthread_mutex_init(&j->mutex, NULL);
	j->dir = sr_strdup(dir);
	j->fd = j->lock_fd = -1;
	j->next = 1;
	return j;
}

void sr_journal_forget(struct sr_journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	pthread_mutex_destroy(&j->mutex);
	free(j->dir);
	free(j);
}

void sr_journal_close(struct sr_journal *j)
{
	if (j && j->lock_fd >= 0)
		flock(j->lock_fd, LOCK_UN);
	sr_journal_forget(j);
}

const char *sr_journal_dir(const struct sr_journal *j)
{
	return j->dir;
}

/* A crash while writing leaves a piece of a line: what is appended must not be joined to it. */
static bool cut_piece(int fd)
{
	char last[4096];
	off_t end = lseek(fd, 0, SEEK_END), keep = end;

	while (keep > 0) {
		off_t from = keep > (off_t)sizeof last ? keep - (off_t)sizeof last : 0;
		ssize_t n = pread(fd, last, (size_t)(keep - from), from);

		if (n <= 0)
			return false;
		while (n > 0 && last[n - 1] != '\n')
			n--;
		keep = from + n;
		if (n > 0)
			break;
	}
	return end >= 0 && (keep == end || ftruncate(fd, keep) == 0);
}

/* Whoever only looks (sr_record_read) holds it for an instant. */
static bool lock_exclusively(int fd)
{
	for (int i = 0;; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK || i == 10)
			return false;
		usleep(5000);
	}
}

static bool journal_open(struct sr_journal *j, struct sr_error *err)
{
	char *path = sr_path_join(j->dir, "journal.jsonl"), *lock = sr_path_join(j->dir, "lock");
	bool ok = true;

	j->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (j->lock_fd < 0)
		ok = sr_error_errno(err, SR_ERR_INTERNAL, "could not create \"%s\"", lock);
	else if (!lock_exclusively(j->lock_fd))
		ok = errno == EWOULDBLOCK
			     ? sr_error_set(err, SR_ERR_REFUSED, "the operation %s is still running",
					    sr_path_base(j->dir))
			     : sr_error_errno(err, SR_ERR_INTERNAL, "could not lock \"%s\"", lock);
	if (ok && (j->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
		ok = sr_error_errno(err, SR_ERR_INTERNAL, "could not create \"%s\"", path);
	else if (ok && !cut_piece(j->fd))
		ok = sr_error_errno(err, SR_ERR_INTERNAL, "could not go on with \"%s\"", path);
	free(path);
	free(lock);
	return ok;
}

struct sr_journal *sr_journal_create(const char *state_dir, const char *id, struct sr_error *err)
{
	char *dir = sr_path_join(state_dir, id);
	struct sr_journal *j = journal_new(dir);

	free(dir);
	if (!sr_dir_make_all(state_dir, 0700, err) || !sr_dir_make_private(j->dir, err) ||
	    !journal_open(j, err)) {
		sr_error_reclass(err, SR_ERR_REFUSED);
		sr_error_context(err, "keeping a record of the operation");
		sr_error_hint(err, "Name a directory that can be written to with --state-dir.");
		sr_journal_close(j);
		return NULL;
	}
	return j;
}

struct sr_journal *sr_journal_reopen(const char *dir, struct sr_error *err)
{
	struct sr_journal *j = journal_new(dir);
	struct sr_record record = { 0 };

	if (!journal_open(j, err) || !sr_record_read(dir, &record, err)) {
		sr_journal_close(j);
		j = NULL;
	} else if (record.n) {
		j->next = record.intents[record.n - 1].number + 1;
	}
	sr_record_release(&record);
	return j;
}

static bool append(struct sr_journal *j, struct json_object *line, struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;
	off_t before = lseek(j->fd, 0, SEEK_END);
	bool ok = true;

	sr_json_line(line, &text);
	sr_strbuf_addc(&text, '\n');
	if (before < 0 || !sr_write_all(j->fd, text.data, text.len) || fdatasync(j->fd) != 0) {
		ok = sr_error_errno(err, SR_ERR_INTERNAL, "could not write to the journal in \"%s\"", j->dir);
		/* With the disk full, half a line may stand there. */
		if (before >= 0 && ftruncate(j->fd, before) != 0)
			sr_error_detail(err, "Its last line is incomplete.");
	}
	sr_strbuf_release(&text);
	return ok;
}

static struct json_object *line_new(const char *event)
{
	struct json_object *line = json_object_new_object();
	struct sr_strbuf now = SR_STRBUF_INIT;

	sr_time_format_iso(sr_clock_now(), &now);
	sr_json_add_string(line, "time", sr_strbuf_str(&now));
	sr_json_add_string(line, "event", event);
	sr_strbuf_release(&now);
	return line;
}

bool sr_journal_intend(struct sr_journal *j, const char *kind, struct json_object *detail, int *number,
		       struct sr_error *err)
{
	struct json_object *line = line_new("intend");
	bool ok;

	pthread_mutex_lock(&j->mutex);
	*number = j->next++;
	sr_json_add_int(line, "n", *number);
	sr_json_add_string(line, "kind", kind);
	if (detail)
		json_object_object_add(line, "detail", detail);
	ok = append(j, line, err);
	pthread_mutex_unlock(&j->mutex);
	json_object_put(line);
	return ok;
}

bool sr_journal_event(struct sr_journal *j, const char *event, struct json_object *data, struct sr_error *err)
{
	struct json_object *line = line_new(event);
	bool ok;

	if (data) {
		json_object_object_foreach(data, key, value)
			json_object_object_add(line, key, json_object_get(value));
		json_object_put(data);
	}
	pthread_mutex_lock(&j->mutex);
	ok = append(j, line, err);
	pthread_mutex_unlock(&j->mutex);
	json_object_put(line);
	return ok;
}

static bool settle(struct sr_journal *j, const char *event, int number, struct sr_error *err)
{
	struct json_object *data = json_object_new_object();

	sr_json_add_int(data, "n", number);
	return sr_journal_event(j, event, data, err);
}

bool sr_journal_gone(struct sr_journal *j, int number, struct sr_error *err)
{
	return settle(j, "gone", number, err);
}

bool sr_journal_kept(struct sr_journal *j, int number, struct sr_error *err)
{
	return settle(j, "kept", number, err);
}

/* ---- Reading ---- */

void sr_record_release(struct sr_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->intents[i].kind);
		json_object_put(r->intents[i].detail);
	}
	free(r->intents);
	free(r->id);
	free(r->what);
	free(r->target);
	free(r->outcome);
	free(r->error);
	json_object_put(r->schemas);
	*r = (struct sr_record){ 0 };
}

static void replace(char **field, struct json_object *line, const char *key)
{
	const char *value = sr_json_string(line, key);

	if (value) {
		free(*field);
		*field = sr_strdup(value);
	}
}

static void read_intent(struct sr_record *r, struct json_object *line)
{
	struct sr_intent *intent;

	SR_ARRAY_RESERVE(r->intents, r->cap, r->n + 1);
	intent = &r->intents[r->n++];
	*intent = (struct sr_intent){ .number = (int)sr_json_int(line, "n", 0), .held = true };
	intent->kind = sr_strdup(sr_json_string(line, "kind") ? sr_json_string(line, "kind") : "");
	intent->detail = json_object_get(sr_json_member(line, "detail"));
}

static void read_line(struct sr_record *r, struct json_object *line)
{
	const char *event = sr_json_string(line, "event"), *time = sr_json_string(line, "time");
	int number = (int)sr_json_int(line, "n", -1);

	if (!event)
		return;
	if (strcmp(event, "start") == 0) {
		replace(&r->id, line, "id");
		replace(&r->what, line, "what");
		replace(&r->target, line, "target");
		r->pid = (int)sr_json_int(line, "pid", 0);
		sr_time_parse(time ? time : "", &r->started);
	} else if (strcmp(event, "schemas") == 0) {
		json_object_put(r->schemas);
		r->schemas = json_object_get(sr_json_member(line, "names"));
		replace(&r->what, line, "what");
	} else if (strcmp(event, "intend") == 0) {
		read_intent(r, line);
	} else if (strcmp(event, "gone") == 0 || strcmp(event, "kept") == 0) {
		for (size_t i = 0; i < r->n; i++)
			if (r->intents[i].number == number) {
				r->intents[i].held = false;
				r->intents[i].kept = strcmp(event, "kept") == 0;
			}
	} else if (strcmp(event, "end") == 0) {
		replace(&r->outcome, line, "outcome");
		replace(&r->error, line, "error");
		r->exit_code = (int)sr_json_int(line, "exit_code", -1);
		r->kept = sr_json_bool(line, "kept", false);
		sr_time_parse(time ? time : "", &r->ended);
	}
}

static bool lock_is_held(const char *dir)
{
	char *path = sr_path_join(dir, "lock");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Shared: two that look at once must not take each other for the one that works. */
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	free(path);
	return held;
}

bool sr_record_read(const char *dir, struct sr_record *out, struct sr_error *err)
{
	char *path = sr_path_join(dir, "journal.jsonl");
	struct sr_strbuf text = SR_STRBUF_INIT;
	bool ok = sr_file_read(path, 0, &text, err);
	const char *at = sr_strbuf_str(&text), *end;

	*out = (struct sr_record){ .started = SR_TIME_NONE, .ended = SR_TIME_NONE, .exit_code = -1 };
	for (int number = 1; ok && (end = strchr(at, '\n')) != NULL; at = end + 1, number++) {
		struct json_object *line = sr_json_parse(at, (size_t)(end - at), 16, "the journal", err);

		if (!line) {
			ok = sr_error_context(err, "line %d of %s", number, path);
			break;
		}
		read_line(out, line);
		json_object_put(line);
	}
	if (ok)
		out->running = lock_is_held(dir);
	sr_strbuf_release(&text);
	free(path);
	return ok;
}
