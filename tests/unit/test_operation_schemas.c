#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "operation/schemas.h"

/* What stands in the database of these tests. */
static const char *const names[] = {
	"a",      "customer_1", "customer_22", "Customer_3", "customer.x", "he said \"hi\"", "kunde_ä",
	"public", "weird (1)",  "price$list",  "a+b",        "aab",        "arr[]",
};

static void add_names(struct sr_strlist *list)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		sr_strlist_add(list, names[i]);
}

/* What a -n chooses, joined by "|"; "" when it is refused.  The caller frees. */
static char *choose(const struct sr_request *r, struct sr_error *err)
{
	struct sr_strlist existing = SR_STRLIST_INIT, chosen = SR_STRLIST_INIT;
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_error_release(err);
	add_names(&existing);
	if (sr_schemas_choose(r, &existing, &chosen, err))
		for (size_t i = 0; i < chosen.n; i++)
			sr_strbuf_addf(&out, "%s%s", i ? "|" : "", chosen.items[i]);
	sr_strlist_release(&existing);
	sr_strlist_release(&chosen);
	return sr_strbuf_take(&out);
}

static void assert_chosen(const char *pattern, const char *expected)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_request r;
	char *got;

	sr_request_init(&r);
	sr_strlist_add(&r.schemas, pattern);
	got = choose(&r, &err);
	if (strcmp(got, expected) != 0)
		print_error("-n %s chose \"%s\", not \"%s\" (%s)\n", pattern, got, expected,
			    err.message ? err.message : "no error");
	assert_string_equal(got, expected);
	assert_int_equal(err.class, *expected ? SR_ERR_NONE : SR_ERR_REFUSED);
	free(got);
	sr_error_release(&err);
	sr_request_release(&r);
}

static void test_names(void **state)
{
	(void)state;
	assert_chosen("a", "a");
	assert_chosen("A", "a");
	assert_chosen("\"A\"", "");
	assert_chosen("Customer_3", "Customer_3"); /* exactly as typed comes before folding */
	assert_chosen("\"Customer_3\"", "Customer_3");
	assert_chosen("customer_3", "");
	assert_chosen("customer.x", "customer.x");
	assert_chosen("customerxx", "");
	assert_chosen("he said \"hi\"", "he said \"hi\"");
	assert_chosen("\"he said \"\"hi\"\"\"", "he said \"hi\"");
	assert_chosen("kunde_ä", "kunde_ä");
	assert_chosen("KUNDE_ä", "kunde_ä");
	assert_chosen("weird (1)", "weird (1)");
	assert_chosen("\"weird (1)\"", "weird (1)");
	assert_chosen("Price$List", "price$list");
	assert_chosen("a+b", "a+b");
	assert_chosen("ARR[]", "arr[]");
	assert_chosen("custom", "");
	assert_chosen("ublic", "");
}

static void test_patterns(void **state)
{
	(void)state;
	assert_chosen("customer_*", "customer_1|customer_22");
	assert_chosen("CUSTOMER_*", "customer_1|customer_22");
	assert_chosen("customer_?", "customer_1");
	assert_chosen("\"Customer\"_*", "Customer_3");
	assert_chosen("\"customer_*\"", "");
	assert_chosen("customer?x", "customer.x");
	assert_chosen("kunde_?", "kunde_ä"); /* one character, two bytes */
	assert_chosen(
		"*", "a|customer_1|customer_22|Customer_3|customer.x|he said \"hi\"|kunde_ä|public|weird (1)|"
		     "price$list|a+b|aab|arr[]");
	/* Regular expressions go through outside quotes, as they do in pg_dump. */
	assert_chosen("customer_[0-9]", "customer_1");
	assert_chosen("customer_[0-9]+", "customer_1|customer_22");
	assert_chosen("a|public", "a|public");
	assert_chosen("a{2}b", "aab");
	assert_chosen("customer_\\d+", "customer_1|customer_22");
	assert_chosen("\"a{2}b\"", "");
}

static void test_is_pattern(void **state)
{
	static const struct {
		const char *text;
		bool pattern;
		const char *plain;
	} cases[] = {
		{ "a", false, "a" },
		{ "Sales", false, "sales" },
		{ "\"Sales\"", false, "Sales" },
		{ "\"a*\"", false, "a*" },
		{ "a*", true, "a*" },
		{ "a?", true, "a?" },
		{ "\"A\"*", true, "A*" },
		{ "x\"\"\"q\"\"\"", false, "x\"q\"" },
		{ "ÄB", false, "Äb" },
		{ "c[12]", true, "c[12]" },
		{ "a.b$c", false, "a.b$c" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *plain = sr_schemas_plain_name(cases[i].text);

		assert_string_equal(plain, cases[i].plain);
		assert_int_equal(sr_schemas_is_pattern(cases[i].text), cases[i].pattern);
		free(plain);
	}
}

static void test_regex_and_exclude(void **state)
{
	struct sr_error err = SR_ERROR_INIT;
	struct sr_request r;
	char *got;

	(void)state;
	sr_request_init(&r);
	sr_strlist_add(&r.schema_regexes, "customer_\\d+");
	sr_strlist_add(&r.schemas, "customer_1"); /* both name it: once */
	got = choose(&r, &err);
	assert_string_equal(got, "customer_1|customer_22");
	free(got);
	sr_strlist_add(&r.exclude_schemas, "*_2?");
	sr_strlist_add(&r.exclude_schemas, "nobody"); /* what is not there can be left out */
	got = choose(&r, &err);
	assert_string_equal(got, "customer_1");
	free(got);
	sr_strlist_add(&r.exclude_schemas, "customer_1");
	got = choose(&r, &err);
	assert_string_equal(got, "");
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_non_null(strstr(err.message, "excluded"));
	free(got);
	sr_request_release(&r);

	/* The whole name, and capitals count. */
	sr_request_init(&r);
	sr_strlist_add(&r.schema_regexes, "ustomer_.");
	got = choose(&r, &err);
	assert_string_equal(got, "");
	assert_int_equal(err.class, SR_ERR_REFUSED);
	free(got);
	sr_strlist_release(&r.schema_regexes);
	sr_strlist_add(&r.schema_regexes, "a|Customer.*");
	got = choose(&r, &err);
	assert_string_equal(got, "a|Customer_3");
	free(got);
	sr_strlist_release(&r.schema_regexes);
	sr_strlist_add(&r.schema_regexes, "a(b");
	got = choose(&r, &err);
	assert_string_equal(got, "");
	assert_int_equal(err.class, SR_ERR_USAGE);
	assert_non_null(strstr(err.message, "a(b"));
	free(got);
	sr_request_release(&r);
	sr_error_release(&err);
}

static void test_none_found(void **state)
{
	struct sr_strlist none = SR_STRLIST_INIT, chosen = SR_STRLIST_INIT;
	struct sr_error err = SR_ERROR_INIT;
	struct sr_request r;
	char *got;

	(void)state;
	sr_request_init(&r);
	sr_strlist_add(&r.schemas, "a"); /* one that is there does not make up for one that is not */
	sr_strlist_add(&r.schemas, "customer_2");
	got = choose(&r, &err);
	assert_string_equal(got, "");
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_string_equal(err.message, "schema \"customer_2\" does not exist at that moment");
	/* The nearest first. */
	assert_true(strncmp(err.detail, "There are: customer_1, customer_22,", 34) == 0 ||
		    strncmp(err.detail, "There are: customer_22, customer_1,", 34) == 0);
	free(got);
	sr_error_release(&err);
	assert_false(sr_schemas_choose(&r, &none, &chosen, &err));
	assert_string_equal(err.detail, "There are no user schemas in that database.");
	sr_error_release(&err);
	sr_request_release(&r);

	sr_request_init(&r);
	sr_strlist_add(&r.schemas, "z*");
	got = choose(&r, &err);
	assert_string_equal(err.message, "no schema matches \"z*\" at that moment");
	free(got);
	sr_error_release(&err);
	sr_request_release(&r);
}

/* 2024-01-28 14:30:00 UTC */
#define MOMENT INT64_C(1706452200000000)

static void assert_new_name(const struct sr_request *r, const char *name, const char *expected)
{
	struct sr_error err = SR_ERROR_INIT;
	char *made = NULL;

	assert_true(sr_schemas_new_name(r, name, MOMENT, &made, &err));
	assert_string_equal(made, expected);
	free(made);
}

static void test_new_names(void **state)
{
	struct sr_request r;

	(void)state;
	sr_request_init(&r);
	assert_new_name(&r, "a", "a_20240128143000");
	assert_new_name(&r, "Kunde ä.\"", "Kunde ä.\"_20240128143000");
	r.suffix = strdup("_old");
	assert_new_name(&r, "a", "a_old");
	sr_strlist_add(&r.renames, "a=b");
	sr_strlist_add(&r.renames, "Sales=Sales = old");
	assert_new_name(&r, "a", "b");
	assert_new_name(&r, "Sales", "Sales = old");
	assert_new_name(&r, "sales", "sales_old");
	assert_new_name(&r, "aa", "aa_old");
	sr_request_release(&r);
}

static void test_new_name_too_long(void **state)
{
	static const char name48[] = "n234567890123456789012345678901234567890123456ä"; /* 48 bytes */
	struct sr_error err = SR_ERROR_INIT;
	struct sr_request r;
	char *made = NULL;

	(void)state;
	assert_int_equal(strlen(name48), 48);
	sr_request_init(&r);
	assert_true(sr_schemas_new_name(&r, name48, MOMENT, &made, &err));
	assert_int_equal(strlen(made), 63);
	free(made);
	r.suffix = strdup("_234567890123456"); /* one more byte */
	made = NULL;
	assert_false(sr_schemas_new_name(&r, name48, MOMENT, &made, &err));
	assert_null(made);
	assert_int_equal(err.class, SR_ERR_REFUSED);
	assert_non_null(strstr(err.message, "64 bytes"));
	assert_non_null(strstr(err.hint, "--suffix"));
	assert_non_null(strstr(err.hint, name48));
	sr_error_release(&err);
	sr_request_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_is_pattern),
		cmocka_unit_test(test_regex_and_exclude),
		cmocka_unit_test(test_none_found),
		cmocka_unit_test(test_new_names),
		cmocka_unit_test(test_new_name_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
