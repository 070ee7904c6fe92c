/* The lines in which two definitions differ: a longest common subsequence, for people. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl_text.h"

enum { LINES_SHOWN = 8, LINE_SHOWN = 160, LEAD_SHOWN = 40, TABLE_MAX = 4000000 };

struct line {
	const char *text;
	size_t n;
};
struct lines {
	struct line *items;
	size_t n, cap;
};

struct diff {
	struct line *a, *b;
	size_t na, nb; /* without what both begin and end with */
	uint32_t *common; /* (na + 1) * (nb + 1): how many lines the rests have in common; or NULL */
	size_t skip; /* bytes at the beginning of each line that are not shown */
	size_t told;
	struct sr_strbuf *out;
};

static void split(const char *text, struct lines *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n) {
			SR_ARRAY_RESERVE(out->items, out->cap, out->n + 1);
			out->items[out->n++] = (struct line){ text, n };
		}
		text += n + (text[n] == '\n');
	}
}

/* A line of a CREATE TABLE on its own. */
static char *as_table(const struct line *line)
{
	size_t n = line->n - (line->text[line->n - 1] == ',');

	return memmem(line->text, n, "ARRAY[", 6) ? sr_asprintf("CREATE TABLE x (%.*s)", (int)n, line->text)
						  : NULL;
}

/* What is no difference must not take the place of what is. */
static bool equal(const struct line *a, const struct line *b)
{
	char *x, *y;
	bool same;

	if (a->n == b->n && memcmp(a->text, b->text, a->n) == 0)
		return true;
	x = as_table(a);
	y = x ? as_table(b) : NULL;
	same = y && sr_ddl_same_meaning(x, y);
	free(x);
	free(y);
	return same;
}

static void make_table(struct diff *d)
{
	size_t width = d->nb + 1;

	if ((d->na + 1) > TABLE_MAX / width)
		return;
	d->common = sr_calloc((d->na + 1) * width, sizeof *d->common);
	for (size_t i = d->na; i-- > 0;)
		for (size_t j = d->nb; j-- > 0;) {
			uint32_t down = d->common[(i + 1) * width + j], right = d->common[i * width + j + 1];

			d->common[i * width + j] = equal(&d->a[i], &d->b[j])
							   ? d->common[(i + 1) * width + j + 1] + 1
						   : down >= right ? down
								   : right;
		}
}

static bool inside_character(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* One long line against another: where they begin to differ is what matters. */
static void find_skip(struct diff *d)
{
	size_t same = 0;

	if (d->na != 1 || d->nb != 1 || (d->a->n <= LINE_SHOWN && d->b->n <= LINE_SHOWN))
		return;
	while (same < d->a->n && same < d->b->n && d->a->text[same] == d->b->text[same])
		same++;
	if (same <= LEAD_SHOWN)
		return;
	d->skip = same - LEAD_SHOWN;
	while (d->skip && inside_character(d->a->text[d->skip]))
		d->skip--;
}

static void tell(struct diff *d, char sign, const struct line *line)
{
	const char *text = line->text + d->skip;
	size_t n = line->n - d->skip;
	bool cut = n > LINE_SHOWN;

	if (d->told++ >= LINES_SHOWN)
		return;
	if (cut) {
		n = LINE_SHOWN;
		while (n && inside_character(text[n]))
			n--;
	}
	sr_strbuf_addf(d->out, "%s%c %s", d->out->len ? "\n" : "", sign, d->skip ? "..." : "");
	sr_strbuf_add(d->out, text, n);
	sr_strbuf_adds(d->out, cut ? "..." : "");
}

static void walk(struct diff *d)
{
	size_t i = 0, j = 0, width = d->nb + 1;

	while (i < d->na || j < d->nb) {
		if (d->common && i < d->na && j < d->nb && equal(&d->a[i], &d->b[j])) {
			i++;
			j++;
		} else if (i < d->na && (j == d->nb || !d->common ||
					 d->common[(i + 1) * width + j] >= d->common[i * width + j + 1])) {
			tell(d, '-', &d->a[i++]);
		} else {
			tell(d, '+', &d->b[j++]);
		}
	}
}

void sr_ddl_diff(const char *source, const char *target, struct sr_strbuf *out)
{
	struct lines a = { 0 }, b = { 0 };
	struct diff d = { .out = out };
	size_t head = 0, tail = 0;

	split(source, &a);
	split(target, &b);
	while (head < a.n && head < b.n && equal(&a.items[head], &b.items[head]))
		head++;
	while (tail < a.n - head && tail < b.n - head &&
	       equal(&a.items[a.n - 1 - tail], &b.items[b.n - 1 - tail]))
		tail++;
	d.na = a.n - head - tail;
	d.nb = b.n - head - tail;
	d.a = d.na ? a.items + head : NULL;
	d.b = d.nb ? b.items + head : NULL;
	find_skip(&d);
	make_table(&d);
	walk(&d);
	if (d.told > LINES_SHOWN)
		sr_strbuf_addf(out, "\n(and %zu more lines)", d.told - LINES_SHOWN);
	free(d.common);
	free(a.items);
	free(b.items);
}
