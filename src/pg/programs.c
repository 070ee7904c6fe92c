#include "pg/programs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/strbuf.h"

/* A directory that holds the wanted program, and the major version of what is in it. */
struct found {
	char *bindir;
	int major;
};
struct search {
	const char *program; /* "postgres" or "pg_dump" */
	struct sr_strlist places; /* looked at, in order */
	struct found *found;
	size_t n, cap;
};

void sr_programs_release(struct sr_programs *p)
{
	free(p->bindir);
	*p = (struct sr_programs){ 0 };
}

static void search_release(struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->found[i].bindir);
	free(s->found);
	sr_strlist_release(&s->places);
}

static bool executable(const char *dir, const char *program)
{
	char *path = sr_path_join(dir, program);
	bool yes = access(path, X_OK) == 0 && !sr_path_is_dir(path);

	free(path);
	return yes;
}

/* The number in ".../postgresql/15/bin" or ".../pgsql-15/bin", as packages have them; 0: the name does not tell. */
static int major_of_name(const char *bindir)
{
	static const char *const marks[] = { "/postgresql/", "/pgsql-" };

	for (size_t i = 0; i < SR_COUNT(marks); i++) {
		const char *p = strstr(bindir, marks[i]);
		char *end;
		long v;

		if (!p || !isdigit((unsigned char)p[strlen(marks[i])]))
			continue;
		v = strtol(p + strlen(marks[i]), &end, 10);
		if (*end == '.') /* 9.6 */
			strtol(end + 1, &end, 10);
		if (v > 0 && v < 1000 && (!strcmp(end, "/bin") || !strcmp(end, "/bin/")))
			return (int)v;
	}
	return 0;
}

/* "postgres (PostgreSQL) 15.4 (Debian 15.4-1)", "pg_dump (PostgreSQL) 18beta1". 0: it says something else. */
static int major_of_words(const char *words)
{
	const char *p = strstr(words, "(PostgreSQL) ");
	long v = p ? strtol(p + strlen("(PostgreSQL) "), NULL, 10) : 0;

	return v > 0 && v < 1000 ? (int)v : 0;
}

static int major_of_program(const char *bindir, const char *program)
{
	char *path = sr_path_join(bindir, program);
	const char *argv[] = { path, "--version", NULL };
	const char *env[] = { "LC_ALL=C", NULL };
	struct sr_process_spec spec = { .argv = argv, .env = env, .out_fd = -1, .err_fd = -1 };
	struct sr_strbuf out = SR_STRBUF_INIT;
	struct sr_error err = SR_ERROR_INIT;
	int status = 0, major = 0;

	/* A program that cannot be run is as good as none. */
	if (sr_process_run(&spec, &out, NULL, NULL, &status, &err) && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		major = major_of_words(sr_strbuf_str(&out));
	sr_error_release(&err);
	sr_strbuf_release(&out);
	free(path);
	return major;
}

/* Debian's /usr/bin/pg_dump is a script that chooses a version by rules of its own. */
static bool is_wrapper(const char *bindir, const char *program)
{
	char *path = sr_path_join(bindir, program), *real = realpath(path, NULL);
	bool yes = real && !strcmp(sr_path_base(real), "pg_wrapper");

	free(real);
	free(path);
	return yes;
}

static void look(struct search *s, const char *bindir)
{
	int major;

	if (!*bindir || sr_strlist_has(&s->places, bindir))
		return;
	sr_strlist_add(&s->places, bindir);
	if (!executable(bindir, s->program) || is_wrapper(bindir, s->program))
		return;
	major = major_of_name(bindir);
	if (!major)
		major = major_of_program(bindir, s->program);
	if (!major)
		return;
	SR_ARRAY_RESERVE(s->found, s->cap, s->n + 1);
	s->found[s->n++] = (struct found){ .bindir = sr_strdup(bindir), .major = major };
}

static bool named(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(name, prefix, n) && isdigit((unsigned char)name[n]);
}

/* Looks in parent/<prefix>NN/bin for every NN there is. */
static void look_in_versions(struct search *s, const char *parent, const char *prefix)
{
	struct sr_strlist names = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;

	if (sr_path_is_dir(parent) && sr_dir_list(parent, &names, &err)) {
		for (size_t i = 0; i < names.n; i++) {
			char *dir;

			if (!named(names.items[i], prefix))
				continue;
			dir = sr_asprintf("%s/%s/bin", parent, names.items[i]);
			look(s, dir);
			free(dir);
		}
	}
	sr_error_release(&err);
	sr_strlist_release(&names);
}

static void look_in_path(struct search *s)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t n = strcspn(path, ":");
		char *dir = sr_strndup(path, n);

		/* A relative entry would mean something else in another directory. */
		if (*dir == '/')
			look(s, dir);
		free(dir);
		path += n + (path[n] == ':');
	}
}

static void search(struct search *s, const struct sr_strlist *bindirs)
{
	for (size_t i = 0; bindirs && i < bindirs->n; i++)
		look(s, bindirs->items[i]);
	look_in_versions(s, "/usr/lib/postgresql", "");
	look_in_versions(s, "/usr", "pgsql-");
	look(s, "/usr/local/pgsql/bin");
	look_in_path(s);
}

static bool not_found(const struct search *s, int major, const char *what, const char *package,
		      struct sr_error *err)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_error_set(err, SR_ERR_REFUSED, "%s for PostgreSQL %d not found", what, major);
	for (size_t i = 0; i < s->n; i++)
		sr_strbuf_addf(&text, "%s%d in %s", i ? ", " : "Found: version ", s->found[i].major,
			       s->found[i].bindir);
	if (!s->n)
		sr_strbuf_addf(&text, "No %s of any version was found", s->program);
	sr_strbuf_adds(&text, ".\nLooked in ");
	sr_strlist_join(&s->places, 0, &text);
	sr_strbuf_adds(&text, ", and for /usr/lib/postgresql/NN/bin and /usr/pgsql-NN/bin.");
	sr_error_detail(err, "%s", sr_strbuf_str(&text));
	sr_error_hint(err,
		      "Install the package %s-%d (Debian, from apt.postgresql.org where Debian has another "
		      "version), or name the directory of its programs with --pg-bindir.",
		      package, major);
	sr_strbuf_release(&text);
	return false;
}

static void take(struct found *f, struct sr_programs *out)
{
	*out = (struct sr_programs){ .major = f->major, .bindir = f->bindir };
	f->bindir = NULL;
}

bool sr_programs_server(const struct sr_strlist *bindirs, int major, struct sr_programs *out,
			struct sr_error *err)
{
	struct search s = { .program = "postgres" };
	bool ok = false;

	*out = (struct sr_programs){ 0 };
	search(&s, bindirs);
	for (size_t i = 0; i < s.n && !ok; i++) {
		ok = s.found[i].major == major && executable(s.found[i].bindir, "pg_controldata");
		if (ok)
			take(&s.found[i], out);
	}
	if (!ok)
		not_found(&s, major, "server programs (postgres, pg_controldata)", "postgresql", err);
	search_release(&s);
	return ok;
}

bool sr_programs_dump(const struct sr_strlist *bindirs, int server_major, struct sr_programs *out,
		      struct sr_error *err)
{
	struct search s = { .program = "pg_dump" };
	struct found *best = NULL;

	*out = (struct sr_programs){ 0 };
	search(&s, bindirs);
	for (size_t i = 0; i < s.n; i++)
		if (s.found[i].major >= server_major && (!best || s.found[i].major > best->major))
			best = &s.found[i];
	if (best)
		take(best, out);
	else
		not_found(&s, server_major, "pg_dump", "postgresql-client", err);
	search_release(&s);
	return best != NULL;
}
