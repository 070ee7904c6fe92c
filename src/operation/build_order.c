/* The order of jobs that the archive's dependencies do not give: locks, partitions, security, refreshes. */
#include <string.h>

#include "base/mem.h"
#include "build.h"

/* The tables a foreign key touches: its own, and the one whose key it names. */
static void key_tables(const struct sr_builder *b, const struct sr_item *item, int *tables, size_t *n,
		       size_t most)
{
	for (size_t i = 0; i < item->entry->ndeps; i++) {
		int id = item->entry->deps[i];
		const struct sr_item *on;

		if (id < 0 || id > b->max_id)
			continue;
		if (b->table_of[id] >= 0 && *n < most)
			tables[(*n)++] = b->table_of[id];
		on = sr_script_item(&b->run->script, id);
		if (on && (on->kind == SR_ITEM_CONSTRAINT || on->kind == SR_ITEM_INDEX))
			key_tables(b, on, tables, n, most);
	}
}

/*
 * ADD FOREIGN KEY locks both tables against each other's (and against index
 * builds): two at once on the same table would leave a worker waiting, or two
 * deadlocked.  So they follow each other, and the builds on their tables.
 */
void sr_build_order_foreign_key(struct sr_builder *b, const struct sr_item *item, int job)
{
	int tables[16];
	size_t n = 0;

	key_tables(b, item, tables, &n, SR_COUNT(tables));
	for (size_t i = 0; i < n; i++) {
		sr_build_edge(b, b->last_key[tables[i]], job, SR_EDGE_AFTER);
		b->last_key[tables[i]] = job;
	}
}

/*
 * A foreign key of or to a partitioned table locks all the partitions, and so
 * does each attachment of an index: side by side they deadlock.
 */
void sr_build_order_partitioned_keys(struct sr_builder *b)
{
	const struct sr_script *s = &b->run->script;
	int last = sr_build_add(b, "indexes attached", NULL, 0, SR_JOB_OPTIONAL)->job;

	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].kind == SR_ITEM_INDEX_ATTACH && !b->late[s->items[i].entry->dump_id])
			sr_build_edge(b, b->job_of[s->items[i].entry->dump_id], last, SR_EDGE_AFTER);
	for (size_t i = 0; i < s->n; i++) {
		int tables[16];
		size_t n = 0;

		if (s->items[i].kind != SR_ITEM_FOREIGN_KEY)
			continue;
		/* Partitioned tables have no rows of their own to be copied. */
		key_tables(b, &s->items[i], tables, &n, SR_COUNT(tables));
		if (n < 2) {
			sr_build_edge(b, last, b->job_of[s->items[i].entry->dump_id], SR_EDGE_AFTER);
			last = b->job_of[s->items[i].entry->dump_id];
		}
	}
}

void sr_build_order_after_builds(struct sr_builder *b, const struct sr_item *key, int job)
{
	int tables[16], on[16];
	size_t n = 0;

	key_tables(b, key, tables, &n, SR_COUNT(tables));
	for (size_t i = 0; n && i < b->run->script.n; i++) {
		const struct sr_item *item = &b->run->script.items[i];
		size_t m = 0;

		if (item->kind != SR_ITEM_INDEX && item->kind != SR_ITEM_CONSTRAINT)
			continue;
		key_tables(b, item, on, &m, SR_COUNT(on));
		for (size_t k = 0; k < n; k++)
			if (m && on[0] == tables[k])
				sr_build_edge(b, b->job_of[item->entry->dump_id], job, SR_EDGE_AFTER);
	}
}

static const char *last_word(const char *tag)
{
	const char *space = strrchr(tag, ' ');

	return space ? space + 1 : tag;
}

/*
 * CREATE TRIGGER on a partitioned table makes those of its partitions; one that
 * is enabled otherwise has an entry of its own, "ALTER TABLE part DISABLE
 * TRIGGER …", which names no dependency on the first.  Tags are "table trigger".
 */
void sr_build_order_partition_triggers(struct sr_builder *b)
{
	const struct sr_script *s = &b->run->script;

	for (size_t i = 0; i < s->n; i++) {
		const struct sr_item *item = &s->items[i];

		if (item->kind != SR_ITEM_TRIGGER ||
		    strncmp(item->sql + strspn(item->sql, "\n"), "ALTER", 5) != 0)
			continue;
		for (size_t k = 0; k < s->n; k++) {
			const struct sr_item *other = &s->items[k];

			if (other->kind == SR_ITEM_TRIGGER && strncmp(other->sql, "CREATE", 6) == 0 &&
			    strcmp(last_word(other->entry->tag), last_word(item->entry->tag)) == 0)
				sr_build_edge(b, b->job_of[other->entry->dump_id],
					      b->job_of[item->entry->dump_id], SR_EDGE_AFTER);
		}
	}
}

/*
 * Row-level security comes after what looks at the rows: a foreign key is
 * checked as whoever adds it, and where policies are forced on owners, the check
 * by a role that they hold for would end in an error.
 */
void sr_build_order_row_security(struct sr_builder *b)
{
	const struct sr_script *s = &b->run->script;
	int checked = sr_build_add(b, "rows checked", NULL, 0, SR_JOB_OPTIONAL)->job;

	for (size_t i = 0; i < s->n; i++) {
		const struct sr_item *item = &s->items[i];
		int job = b->job_of[item->entry->dump_id];

		if (strcmp(item->entry->desc, "ROW SECURITY") == 0)
			sr_build_edge(b, checked, job, SR_EDGE_AFTER);
		else if (!b->late[item->entry->dump_id] &&
			 (sr_build_is_index(item) || item->kind == SR_ITEM_FOREIGN_KEY ||
			  item->kind == SR_ITEM_CHECK))
			sr_build_edge(b, job, checked, SR_EDGE_AFTER);
	}
}

void sr_build_order_refreshes(struct sr_builder *b)
{
	const struct sr_run *run = b->run;

	for (size_t i = 0; i < run->plan.nmatviews; i++) {
		sr_build_edge(b, b->loaded, b->refresh[i], SR_EDGE_NEEDS);
		sr_build_edge(b, b->acl_done, b->refresh[i], SR_EDGE_AFTER);
		for (size_t k = 0; k < run->plan.matviews[i].nneeds; k++)
			sr_build_edge(b, b->refresh[run->plan.matviews[i].needs[k]], b->refresh[i],
				      SR_EDGE_NEEDS);
	}
	/* A materialized view that needs a key of a table is itself created in post-data. */
	for (int id = 0; id <= b->max_id; id++)
		if (b->matview_of[id] >= 0)
			sr_build_edge(b, b->job_of[id], b->refresh[b->matview_of[id]], SR_EDGE_NEEDS);
}
