#include "verify/ddl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/item.h"
#include "ddl_text.h"
#include "pg/ident.h"

/* An item and the name that its counterpart has, too. */
struct entry {
	const struct sr_item *item;
	bool paired;
};

struct comparison {
	const struct sr_ddl_options *options;
	struct sr_ddl_result *out;
};

const char *sr_ddl_kind_text(enum sr_ddl_kind kind)
{
	static const char *const texts[] = { "is missing on the target", "is only on the target",
					     "has another owner on the target",
					     "is not the same on the target" };

	return (unsigned)kind < SR_COUNT(texts) ? texts[kind] : "differs";
}

void sr_ddl_result_release(struct sr_ddl_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->items[i].text);
	free(r->items);
	*r = (struct sr_ddl_result){ 0 };
}

/* ---- What is compared ---- */

static int compare_names(const struct sr_item *a, const struct sr_item *b)
{
	int order = strcmp(a->entry->desc, b->entry->desc);

	if (!order)
		order = strcmp(a->entry->schema, b->entry->schema);
	return order ? order : strcmp(a->entry->tag, b->entry->tag);
}

static int by_name(const void *a, const void *b)
{
	const struct sr_item *x = ((const struct entry *)a)->item, *y = ((const struct entry *)b)->item;
	int order = compare_names(x, y);

	return order ? order : (x > y) - (x < y);
}

static struct entry *entries(const struct sr_script *s, size_t *n)
{
	struct entry *all = sr_calloc(s->n ? s->n : 1, sizeof *all);

	*n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (!sr_item_is_schema_comment(s, &s->items[i]))
			all[(*n)++].item = &s->items[i];
	qsort(all, *n, sizeof *all, by_name);
	return all;
}

static bool is_grants(const struct sr_item *item)
{
	return item->kind == SR_ITEM_ACL || item->kind == SR_ITEM_DEFAULT_ACL;
}

/* The schema that an ACL entry is about, as it stands in its statements; or NULL. */
static const char *schema_of_grants(const struct sr_item *item)
{
	static const char prefix[] = "SCHEMA ";

	return item->kind == SR_ITEM_ACL && !*item->entry->schema &&
			       !strncmp(item->entry->tag, prefix, strlen(prefix))
		       ? item->entry->tag + strlen(prefix)
		       : NULL;
}

/* ---- Texts ---- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_storage(const struct sr_toc_entry *a, const struct sr_toc_entry *b)
{
	return same(a->tablespace, b->tablespace) && same(a->table_am, b->table_am);
}

static void add_text(const struct sr_item *item, bool with_storage, struct sr_strbuf *out)
{
	const struct sr_toc_entry *e = item->entry;

	if (with_storage)
		sr_strbuf_addf(out, "tablespace %s, access method %s\n",
			       e->tablespace && *e->tablespace ? e->tablespace : "of the database",
			       e->table_am ? e->table_am : "none");
	sr_strbuf_adds(out, item->sql);
}

static void add_grants(const struct comparison *c, const struct sr_item *item, const struct sr_item *other,
		       bool is_source, struct sr_strbuf *out)
{
	const struct sr_item *any = item ? item : other;
	const bool loose = c->options->no_owner || c->options->mapped_roles;
	struct sr_strlist without = SR_STRLIST_INIT;

	if (loose && item && *item->entry->owner)
		sr_strlist_add(&without, item->entry->owner);
	if (loose && other && *other->entry->owner)
		sr_strlist_add(&without, other->entry->owner);
	sr_ddl_grants(item ? item->sql : "", schema_of_grants(any),
		      is_source ? c->options->schema_grants : NULL, &without, out);
	sr_strlist_release(&without);
}

/* ADD CONSTRAINT … NOT VALID; */
static bool same_but_validity(const char *source, const char *target)
{
	static const char ending[] = " NOT VALID;\n";
	size_t n = strlen(source), m = strlen(target), e = strlen(ending);

	return n >= 2 && m >= e && m - e == n - 2 && !strcmp(source + n - 2, ";\n") &&
	       !strcmp(target + m - e, ending) && !memcmp(source, target, n - 2);
}

static void add_difference(struct comparison *c, enum sr_ddl_kind kind, const struct sr_item *source,
			   const struct sr_item *target, const char *was, const char *is)
{
	struct sr_ddl_result *r = c->out;
	struct sr_strbuf text = SR_STRBUF_INIT;

	sr_ddl_diff(was, is, &text);
	SR_ARRAY_RESERVE(r->items, r->cap, r->n + 1);
	r->items[r->n++] = (struct sr_ddl_difference){ kind, source, target, sr_strbuf_take(&text) };
}

/* Either may be missing, and say the same all the same: then nothing is granted beside what is built in. */
static bool compare_grants(struct comparison *c, const struct sr_item *source, const struct sr_item *target,
			   bool tell)
{
	struct sr_strbuf was = SR_STRBUF_INIT, is = SR_STRBUF_INIT;
	bool equal;

	add_grants(c, source, target, true, &was);
	add_grants(c, target, source, false, &is);
	equal = !strcmp(sr_strbuf_str(&was), sr_strbuf_str(&is));
	if (!equal && tell)
		add_difference(c,
			       !target   ? SR_DDL_MISSING
			       : !source ? SR_DDL_EXTRA
					 : SR_DDL_TEXT,
			       source, target, sr_strbuf_str(&was), sr_strbuf_str(&is));
	sr_strbuf_release(&was);
	sr_strbuf_release(&is);
	return equal;
}

static bool compare_text(struct comparison *c, const struct sr_item *source, const struct sr_item *target,
			 enum sr_ddl_expectation expectation, bool tell)
{
	bool storage = same_storage(source->entry, target->entry), equal;
	struct sr_strbuf was = SR_STRBUF_INIT, is = SR_STRBUF_INIT;

	if (is_grants(source))
		return compare_grants(c, source, target, tell);
	equal = storage &&
		(!strcmp(source->sql, target->sql) ||
		 (expectation == SR_DDL_EXPECT_NOT_VALID && same_but_validity(source->sql, target->sql)) ||
		 (tell && sr_ddl_same_meaning(source->sql, target->sql)));
	if (!equal && tell) {
		add_text(source, !storage, &was);
		add_text(target, !storage, &is);
		add_difference(c, SR_DDL_TEXT, source, target, sr_strbuf_str(&was), sr_strbuf_str(&is));
	}
	sr_strbuf_release(&was);
	sr_strbuf_release(&is);
	return equal;
}

/* Only what ALTER … OWNER TO can change: all else has the owner of its table. */
static bool compare_owner(struct comparison *c, const struct sr_item *source, const struct sr_item *target,
			  bool tell)
{
	struct sr_strbuf was = SR_STRBUF_INIT, is = SR_STRBUF_INIT;
	bool equal = true;

	if (!c->options->no_owner && strcmp(source->entry->owner, target->entry->owner) != 0) {
		sr_entry_owner_sql(source->entry, &was);
		sr_entry_owner_sql(target->entry, &is);
		equal = !strcmp(sr_strbuf_str(&was), sr_strbuf_str(&is));
	}
	if (!equal && tell)
		add_difference(c, SR_DDL_OWNER, source, target, sr_strbuf_str(&was), sr_strbuf_str(&is));
	sr_strbuf_release(&was);
	sr_strbuf_release(&is);
	return equal;
}

/* ---- Pairs ---- */

static enum sr_ddl_expectation expectation_of(const struct comparison *c, const struct sr_item *source)
{
	return c->options->expect ? c->options->expect(c->options->ctx, source) : SR_DDL_EXPECT_EQUAL;
}

static void compare_pair(struct comparison *c, const struct sr_item *source, const struct sr_item *target)
{
	enum sr_ddl_expectation expectation = expectation_of(c, source);
	bool equal;

	if (expectation == SR_DDL_EXPECT_NOTHING)
		return;
	c->out->compared++;
	equal = compare_text(c, source, target, expectation, true);
	equal &= compare_owner(c, source, target, true);
	c->out->equal += equal;
}

static void tell_missing(struct comparison *c, const struct sr_item *source)
{
	if (expectation_of(c, source) == SR_DDL_EXPECT_NOTHING)
		return;
	c->out->compared++;
	if (is_grants(source))
		c->out->equal += compare_grants(c, source, NULL, true);
	else
		add_difference(c, SR_DDL_MISSING, source, NULL, source->sql, "");
}

static void tell_extra(struct comparison *c, const struct sr_item *target)
{
	if (is_grants(target))
		compare_grants(c, NULL, target, true);
	else
		add_difference(c, SR_DDL_EXTRA, NULL, target, "", target->sql);
}

/* Entries of one name on both sides: first those that are equal, then the others as they come. */
static void compare_group(struct comparison *c, struct entry *source, size_t ns, struct entry *target,
			  size_t nt)
{
	size_t k = 0;

	for (size_t i = 0; ns + nt > 2 && i < ns; i++)
		for (size_t j = 0; j < nt && !source[i].paired; j++)
			if (!target[j].paired &&
			    compare_text(c, source[i].item, target[j].item, SR_DDL_EXPECT_EQUAL, false) &&
			    compare_owner(c, source[i].item, target[j].item, false)) {
				source[i].paired = target[j].paired = true;
				compare_pair(c, source[i].item, target[j].item);
			}
	for (size_t i = 0; i < ns; i++) {
		if (source[i].paired)
			continue;
		while (k < nt && target[k].paired)
			k++;
		if (k < nt)
			compare_pair(c, source[i].item, target[k++].item);
		else
			tell_missing(c, source[i].item);
	}
	for (; k < nt; k++)
		if (!target[k].paired)
			tell_extra(c, target[k].item);
}

static size_t group_end(const struct entry *all, size_t from, size_t n, const struct sr_item *of)
{
	while (from < n && compare_names(all[from].item, of) == 0)
		from++;
	return from;
}

void sr_verify_ddl(const struct sr_script *source, const struct sr_script *target,
		   const struct sr_ddl_options *options, struct sr_ddl_result *out)
{
	struct comparison c = { .options = options, .out = out };
	size_t ns, nt, i = 0, j = 0;
	struct entry *a = entries(source, &ns), *b = entries(target, &nt);

	*out = (struct sr_ddl_result){ 0 };
	while (i < ns || j < nt) {
		const struct sr_item *least = i == ns                                    ? b[j].item
					      : j == nt                                  ? a[i].item
					      : compare_names(a[i].item, b[j].item) <= 0 ? a[i].item
											 : b[j].item;
		size_t to_i = group_end(a, i, ns, least), to_j = group_end(b, j, nt, least);

		compare_group(&c, a + i, to_i - i, b + j, to_j - j);
		i = to_i;
		j = to_j;
	}
	free(a);
	free(b);
}
