#include "verify/counts.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "pg/conn.h"

enum { EXTENDED_HASH_SINCE = 110000 };

static bool failed(const struct sr_copy_table *table, const char *what, struct sr_error *err)
{
	sr_error_reclass(err, SR_ERR_VERIFY);
	return sr_error_context(err, "%s %s.%s", what, table->schema, table->name);
}

/* No SELECT, even for the owner's members; or policies: with row_security off the server refuses to leave rows out. */
static bool is_hidden(struct sr_verify_result *result, struct sr_error *err)
{
	if (strcmp(err->sqlstate, "42501") != 0)
		return false;
	sr_error_release(err);
	result->hidden = true;
	result->equal = true;
	result->rows_found = result->rows_expected;
	return true;
}

/*
 * Tables whose rows went through a common ancestor are compared as one, by the
 * first of them.  Returns false when another one does it for this table.
 */
static bool begin(const struct sr_copy_table *table, struct sr_verify_result *result)
{
	*result = (struct sr_verify_result){ .rows_expected = table->rows_copied };
	if (table->through && table->first_sibling != table) {
		result->rows_found = result->rows_expected;
		result->equal = true;
		return false;
	}
	for (const struct sr_copy_table *t = table->next_sibling; t; t = t->next_sibling)
		result->rows_expected += t->rows_copied;
	return true;
}

static void add_from(const struct sr_copy_table *table, bool on_source, struct sr_strbuf *sql)
{
	if (table->through)
		sr_strbuf_addf(sql, " FROM %s", on_source ? table->source_through : table->through);
	else
		sr_strbuf_addf(sql, " FROM ONLY %s", on_source ? table->source : table->qualified);
}

bool sr_verify_counts(const struct sr_copy_table *table, struct sr_conn *target,
		      struct sr_verify_result *result, struct sr_error *err)
{
	struct sr_strbuf sql = SR_STRBUF_INIT;
	bool ok;

	if (!begin(table, result))
		return true;
	sr_strbuf_adds(&sql, "SELECT pg_catalog.count(*)");
	add_from(table, false, &sql);
	ok = sr_conn_int8(target, err, &result->rows_found, sr_strbuf_str(&sql), NULL);
	sr_strbuf_release(&sql);
	result->equal = ok && result->rows_found == result->rows_expected;
	return ok || is_hidden(result, err) || failed(table, "counting the rows of", err);
}

/*
 * The server's own 64-bit hash is three times as fast as md5 but works on the bytes
 * of the database's encoding, and is not there before 11.
 */
static bool same_hash(struct sr_conn *source, struct sr_conn *target)
{
	const char *a = PQparameterStatus(sr_conn_pg(source), "server_encoding");
	const char *b = PQparameterStatus(sr_conn_pg(target), "server_encoding");

	return a && b && strcmp(a, b) == 0 && sr_conn_version(source) >= EXTENDED_HASH_SINCE &&
	       sr_conn_version(target) >= EXTENDED_HASH_SINCE;
}

/*
 * The columns by name: pg_dump may bring those of an inheritance child back in
 * another order.  Generated ones are not among them, being made of the others.
 */
static void checksum_query(const struct sr_copy_table *table, bool hash, bool on_source,
			   struct sr_strbuf *sql)
{
	sr_strbuf_adds(sql, "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(");
	if (hash)
		sr_strbuf_addf(
			sql,
			"pg_catalog.hashtextextended(ROW(%s)::pg_catalog.text COLLATE pg_catalog.\"C\", 0)",
			table->columns);
	else
		sr_strbuf_addf(
			sql,
			"('x' || "
			"pg_catalog.substr(pg_catalog.md5(pg_catalog.convert_to(ROW(%s)::pg_catalog.text, "
			"'UTF8')), 1, 16))::pg_catalog.bit(64)::pg_catalog.int8",
			table->columns);
	sr_strbuf_adds(sql, "::pg_catalog.numeric), 0)::pg_catalog.text");
	add_from(table, on_source, sql);
}

static bool checksum(struct sr_conn *c, const struct sr_strbuf *sql, int64_t *rows, char sum[static 64],
		     struct sr_error *err)
{
	PGresult *res = sr_conn_query(c, err, sr_strbuf_str(sql), NULL);
	PGint8 n = 0;
	PGtext text = NULL;
	bool ok = res && sr_row(res, 0, err, "%int8 %text", 0, &n, 1, &text);

	if (ok) {
		*rows = n;
		strncpy(sum, text, 63);
	}
	PQclear(res);
	return ok;
}

bool sr_verify_checksum(const struct sr_copy_table *table, struct sr_conn *source, struct sr_conn *target,
			struct sr_verify_result *result, struct sr_error *err)
{
	struct sr_strbuf there = SR_STRBUF_INIT, here = SR_STRBUF_INIT;
	int64_t source_rows = 0;
	bool ok;

	if (!begin(table, result))
		return true;
	checksum_query(table, same_hash(source, target), true, &there);
	checksum_query(table, same_hash(source, target), false, &here);
	ok = checksum(source, &there, &source_rows, result->source_sum, err) &&
	     checksum(target, &here, &result->rows_found, result->target_sum, err);
	sr_strbuf_release(&there);
	sr_strbuf_release(&here);
	if (!ok)
		return is_hidden(result, err) || failed(table, "computing the checksum of", err);
	result->checksum_compared = true;
	result->equal = result->rows_found == result->rows_expected && source_rows == result->rows_expected &&
			strcmp(result->source_sum, result->target_sum) == 0;
	return true;
}
