/* Cutting tables into pieces. No server needed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "copy/plan.h"
#include "pg/ident.h"

static const int64_t SMALLEST_CHUNK = INT64_C(64) << 20, LARGEST_CHUNK = INT64_C(1) << 30;

enum { TID_RANGE_SCANS_SINCE = 140000, CHUNKS_PER_WORKER = 4 };

/*
 * Pieces small enough that the workers end together, large enough that the cost
 * of a transaction and of a scan's beginning does not show.
 */
static int64_t chunk_size(const struct sr_copy_plan *plan, const struct sr_copy_options *options)
{
	int64_t workers = options->workers > 0 ? options->workers : 1;
	int64_t size = plan->bytes / (workers * CHUNKS_PER_WORKER);

	if (options->chunk_bytes > 0)
		return options->chunk_bytes;
	if (size < SMALLEST_CHUNK)
		return SMALLEST_CHUNK;
	return size > LARGEST_CHUNK ? LARGEST_CHUNK : size;
}

static size_t pieces_of(const struct sr_copy_table *t, int64_t size, int source_version)
{
	int64_t pieces = t->bytes / size + (t->bytes % size > size / 2);

	if (!t->heap || source_version < TID_RANGE_SCANS_SINCE)
		return 1;
	if (pieces > t->heap_pages)
		pieces = t->heap_pages;
	return pieces > 1 ? (size_t)pieces : 1;
}

static void cut_table(struct sr_copy_table *t, struct sr_copy_chunk *chunks)
{
	int64_t n = (int64_t)t->nchunks, first = 0;

	for (int64_t i = 0; i < n; i++) {
		/* No overflow: pages and pieces are both below 2^32. */
		int64_t end = t->heap_pages * (i + 1) / n;

		chunks[i] =
			(struct sr_copy_chunk){ .table = t,
						.whole = n == 1,
						.first_page = first,
						/* The table may have grown since its size was asked for. */
						.end_page = i + 1 == n ? -1 : end,
						.bytes = t->bytes / n };
		first = end;
	}
}

static int larger_first(const void *a, const void *b)
{
	const struct sr_copy_chunk *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->first_page < y->first_page ? -1 : 1;
}

void sr_copy_plan_cut(struct sr_copy_plan *plan, const struct sr_copy_options *options, int source_version)
{
	int64_t size = chunk_size(plan, options);
	size_t n = 0;

	plan->nchunks = 0;
	for (size_t i = 0; i < plan->ntables; i++) {
		plan->tables[i].nchunks = pieces_of(&plan->tables[i], size, source_version);
		plan->nchunks += plan->tables[i].nchunks;
	}
	plan->chunks = sr_arena_alloc(&plan->arena, (plan->nchunks + 1) * sizeof *plan->chunks);
	for (size_t i = 0; i < plan->ntables; i++) {
		cut_table(&plan->tables[i], plan->chunks + n);
		n += plan->tables[i].nchunks;
	}
	if (n > 1)
		qsort(plan->chunks, n, sizeof *plan->chunks, larger_first);
}

void sr_copy_chunk_describe(const struct sr_copy_chunk *chunk, struct sr_strbuf *out)
{
	const struct sr_copy_table *t = chunk->table;

	sr_ident_pretty(out, t->schema);
	sr_strbuf_addc(out, '.');
	sr_ident_pretty(out, t->name);
	if (!chunk->whole)
		sr_strbuf_addf(out, ", pages %" PRId64 "-%" PRId64 " of %" PRId64, chunk->first_page,
			       chunk->end_page < 0 ? t->heap_pages : chunk->end_page, t->heap_pages);
}
