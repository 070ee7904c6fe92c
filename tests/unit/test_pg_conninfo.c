#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/conninfo.h"

static void format_is(const struct sr_conninfo *ci, const char *expected)
{
	struct sr_strbuf sb = SR_STRBUF_INIT;

	sr_conninfo_format(ci, &sb);
	assert_string_equal(sr_strbuf_str(&sb), expected);
	sr_strbuf_release(&sb);
}

static void value_is(const struct sr_conninfo *ci, const char *key, const char *expected)
{
	const char *value = sr_conninfo_get(ci, key);

	assert_non_null(value);
	assert_string_equal(value, expected);
}

static void parse(struct sr_conninfo *ci, const char *text)
{
	struct sr_error err = SR_ERROR_INIT;

	if (!sr_conninfo_parse(ci, text, &err))
		fail_msg("%s: %s", text, err.message);
}

static void test_parse(void **state)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;

	(void)state;
	parse(&ci, "shop");
	value_is(&ci, "dbname", "shop");
	parse(&ci, "host=/tmp port = 5433 dbname='my \\'db\\''");
	value_is(&ci, "host", "/tmp");
	value_is(&ci, "port", "5433");
	value_is(&ci, "dbname", "my 'db'");
	sr_conninfo_release(&ci);
	parse(&ci, "postgresql://bob:p%20w@db.example:5433/shop?sslmode=require");
	value_is(&ci, "host", "db.example");
	value_is(&ci, "user", "bob");
	value_is(&ci, "password", "p w");
	value_is(&ci, "dbname", "shop");
	value_is(&ci, "sslmode", "require");
	parse(&ci, "postgres://other");
	value_is(&ci, "host", "other");
	value_is(&ci, "user", "bob");
	/* A service stays a keyword: libpq looks it up when it connects. */
	parse(&ci, "service=prod");
	value_is(&ci, "service", "prod");
	sr_conninfo_release(&ci);
	/* Not a URI and no '=': a name, however odd. */
	parse(&ci, "My DB/x");
	value_is(&ci, "dbname", "My DB/x");
	sr_conninfo_release(&ci);
}

static void test_set(void **state)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT, copy = SR_CONNINFO_INIT;

	(void)state;
	assert_null(sr_conninfo_get(&ci, "host"));
	sr_conninfo_set(&ci, "host", NULL);
	for (int i = 0; i < 30; i++) {
		char key[8] = { 'k', (char)('a' + i % 26), (char)('a' + i / 26) };

		sr_conninfo_set(&ci, key, key);
	}
	assert_int_equal(ci.n, 30);
	sr_conninfo_set(&ci, "kba", "other");
	value_is(&ci, "kba", "other");
	assert_int_equal(ci.n, 30);
	/* What replaces a value may be that value. */
	sr_conninfo_set(&ci, "kba", sr_conninfo_get(&ci, "kba"));
	value_is(&ci, "kba", "other");
	sr_conninfo_set(&ci, "kaa", NULL);
	assert_null(sr_conninfo_get(&ci, "kaa"));
	assert_int_equal(ci.n, 29);
	assert_string_equal(ci.keys[0], "kba");
	sr_conninfo_set(&copy, "gone", "x");
	sr_conninfo_copy(&copy, &ci);
	assert_int_equal(copy.n, 29);
	assert_null(sr_conninfo_get(&copy, "gone"));
	sr_conninfo_release(&ci);
	value_is(&copy, "kba", "other");
	sr_conninfo_release(&copy);
}

static void test_format(void **state)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT, back = SR_CONNINFO_INIT;
	struct sr_strbuf sb = SR_STRBUF_INIT;

	(void)state;
	format_is(&ci, "");
	sr_conninfo_set(&ci, "password", "s3cret");
	format_is(&ci, "");
	sr_conninfo_set(&ci, "host", "/run/x");
	sr_conninfo_set(&ci, "sslpassword", "s3cret");
	sr_conninfo_set(&ci, "dbname", "my 'd\\b'");
	sr_conninfo_set(&ci, "options", "");
	format_is(&ci, "host=/run/x dbname='my \\'d\\\\b\\'' options=''");
	/* libpq reads it back as it was. */
	sr_conninfo_format(&ci, &sb);
	parse(&back, sr_strbuf_str(&sb));
	value_is(&back, "dbname", "my 'd\\b'");
	value_is(&back, "options", "");
	sr_strbuf_release(&sb);
	sr_conninfo_release(&ci);
	sr_conninfo_release(&back);
}

static void test_json(void **state)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT, back = SR_CONNINFO_INIT;
	struct json_object *obj;

	(void)state;
	parse(&ci, "host=h dbname=d password=s3cret sslpassword=s3cret");
	obj = sr_conninfo_to_json(&ci);
	assert_null(strstr(json_object_to_json_string(obj), "s3cret"));
	json_object_object_add(obj, "odd", json_object_new_int(1));
	sr_conninfo_from_json(&back, obj);
	assert_int_equal(back.n, 2);
	value_is(&back, "host", "h");
	value_is(&back, "dbname", "d");
	sr_conninfo_from_json(&back, NULL);
	assert_int_equal(back.n, 2);
	json_object_put(obj);
	sr_conninfo_release(&ci);
	sr_conninfo_release(&back);
}

/* libpq's own messages would quote the pieces of a password that it could not make sense of. */
static void test_errors_show_no_password(void **state)
{
	static const char *const cases[] = { "host=x password=my s3cret",
					     "password='s3cret",
					     "password=a\\ b s3cret",
					     "postgresql://u:s3cret%zz@h/db",
					     "postgresql://u:pw@s3cret:x@h/d?s3cret=1",
					     "postgres://h/db?s3cret",
					     "postgresql://u:s3cret@[::1" };

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		struct sr_conninfo ci = SR_CONNINFO_INIT;
		struct sr_error err = SR_ERROR_INIT;
		struct sr_strbuf sb = SR_STRBUF_INIT;

		if (sr_conninfo_parse(&ci, cases[i], &err))
			fail_msg("%s was read", cases[i]);
		assert_int_equal(err.class, SR_ERR_USAGE);
		assert_non_null(err.hint);
		sr_error_format(&err, &sb);
		if (strstr(sr_strbuf_str(&sb), "s3cret"))
			fail_msg("%s", sr_strbuf_str(&sb));
		assert_int_equal(ci.n, 0);
		sr_strbuf_release(&sb);
		sr_error_release(&err);
		sr_conninfo_release(&ci);
	}
}

static void test_errors_name_the_keyword(void **state)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_false(sr_conninfo_parse(&ci, "hots=x", &err));
	assert_string_equal(err.message,
			    "could not read the connection string: invalid connection option \"hots\"");
	sr_error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_errors_show_no_password),
		cmocka_unit_test(test_errors_name_the_keyword),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
