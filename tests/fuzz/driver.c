/*
 * Stands in for libFuzzer where there is no clang: runs the seeds, then mutations of them, for a given time.
 *
 *     fuzz_x [-max_total_time=SECONDS] [-artifact_prefix=PREFIX] [DIRECTORY|FILE...]
 *
 * The input under test lies in a shared mapping of PREFIX"current", so that it is there after a crash; its
 * length is the last word of that file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { LIMIT = 1 << 20, MAX_SEEDS = 4096 };

struct seed {
	uint8_t *bytes;
	size_t n;
};
struct driver {
	struct seed seeds[MAX_SEEDS];
	size_t n_seeds;
	uint64_t random;
	uint8_t *current; /* LIMIT bytes and the length, mapped */
	int fd;
};

static uint64_t next_random(struct driver *d)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return d->random;
}

static void add_seed(struct driver *d, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(LIMIT);

	if (f != NULL && bytes != NULL && d->n_seeds < MAX_SEEDS) {
		size_t n = fread(bytes, 1, LIMIT, f);

		d->seeds[d->n_seeds++] = (struct seed){ bytes, n };
		bytes = NULL;
	}
	if (f != NULL)
		fclose(f);
	free(bytes);
}

static void add_path(struct driver *d, const char *path)
{
	DIR *dir = opendir(path);

	if (dir == NULL) {
		add_seed(d, path);
		return;
	}
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		add_seed(d, name);
	}
	closedir(dir);
}

/* One to eight small changes of what is in d->current; returns the new length. */
static size_t mutate(struct driver *d, size_t n)
{
	static const uint8_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '"', '\'' };

	for (uint64_t i = next_random(d) % 8 + 1; i > 0 && n > 0; i--) {
		size_t at = next_random(d) % n;
		size_t run = next_random(d) % 16 + 1;

		switch (next_random(d) % 6) {
		case 0:
			d->current[at] ^= (uint8_t)(1u << next_random(d) % 8);
			break;
		case 1:
			d->current[at] = (uint8_t)next_random(d);
			break;
		case 2:
			d->current[at] = edges[next_random(d) % sizeof edges];
			break;
		case 3:
			n = at;
			break;
		case 4: /* take bytes out */
			if (at + run < n) {
				memmove(d->current + at, d->current + at + run, n - at - run);
				n -= run;
			}
			break;
		default: /* put a copy of bytes in */
			if (at + run < n && n + run <= LIMIT) {
				memmove(d->current + at + run, d->current + at, n - at);
				n += run;
			}
			break;
		}
	}
	return n;
}

static void run_one(struct driver *d, size_t n)
{
	/* A copy of exactly n bytes, so that a read past the end is seen. */
	uint8_t *exact = malloc(n > 0 ? n : 1);

	if (exact == NULL)
		abort();
	memcpy(exact, d->current, n);
	memcpy(d->current + LIMIT, &n, sizeof n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static bool map_current(struct driver *d, const char *prefix)
{
	char path[4096];

	snprintf(path, sizeof path, "%scurrent", prefix);
	d->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (d->fd < 0 || ftruncate(d->fd, LIMIT + sizeof(size_t)) != 0)
		return false;
	d->current = mmap(NULL, LIMIT + sizeof(size_t), PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
	return d->current != MAP_FAILED;
}

int main(int argc, char **argv)
{
	static struct driver d = { .random = 0x9e3779b97f4a7c15u };
	const char *prefix = "";
	long seconds = 20;
	unsigned long runs = 0;

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-max_total_time=", 16) == 0)
			seconds = strtol(argv[i] + 16, NULL, 10);
		else if (strncmp(argv[i], "-artifact_prefix=", 17) == 0)
			prefix = argv[i] + 17;
		else if (argv[i][0] != '-')
			add_path(&d, argv[i]);
	}
	if (!map_current(&d, prefix)) {
		perror("fuzz driver");
		return 1;
	}
	if (d.n_seeds == 0)
		d.seeds[d.n_seeds++] = (struct seed){ calloc(64, 1), 64 };
	for (size_t i = 0; i < d.n_seeds; i++) {
		memcpy(d.current, d.seeds[i].bytes, d.seeds[i].n);
		run_one(&d, d.seeds[i].n);
	}
	for (time_t end = time(NULL) + seconds; time(NULL) < end; runs++) {
		const struct seed *s = &d.seeds[next_random(&d) % d.n_seeds];

		memcpy(d.current, s->bytes, s->n);
		run_one(&d, mutate(&d, s->n));
	}
	printf("%lu runs from %zu seeds\n", runs, d.n_seeds);
	for (size_t i = 0; i < d.n_seeds; i++)
		free(d.seeds[i].bytes);
	return 0;
}
