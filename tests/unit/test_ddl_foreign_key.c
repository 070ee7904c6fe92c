#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ddl/foreign_key.h"

static const struct sr_rename renames[] = { { "a", "a_old" }, { "b", "b_old" } };

static void expect_not_valid(const struct sr_foreign_key *key, const char *sql, const char *expected)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_foreign_key_add_not_valid(key, sql, &out);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
}

static void expect_validate(const struct sr_foreign_key *key, const char *expected)
{
	struct sr_strbuf out = SR_STRBUF_INIT;

	sr_foreign_key_add_validate(key, &out);
	assert_string_equal(sr_strbuf_str(&out), expected);
	sr_strbuf_release(&out);
}

static void test_to_a_live_table(void **state)
{
	static const char sql[] =
		"ALTER TABLE ONLY a_old.orders\n    ADD CONSTRAINT fk FOREIGN KEY (country) REFERENCES "
		"shared.country(code) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;\n";
	struct sr_foreign_key key;

	(void)state;
	assert_true(sr_foreign_key_parse(&key, sql));
	assert_string_equal(key.schema, "a_old");
	assert_string_equal(key.table, "orders");
	assert_string_equal(key.name, "fk");
	assert_string_equal(key.to_schema, "shared");
	assert_string_equal(key.to_table, "country");
	assert_false(key.not_valid);
	assert_false(key.partitioned);
	assert_true(sr_foreign_key_is_outside(&key, renames, SR_COUNT(renames)));
	expect_not_valid(
		&key, sql,
		"ALTER TABLE ONLY a_old.orders\n    ADD CONSTRAINT fk FOREIGN KEY (country) REFERENCES "
		"shared.country(code) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED NOT VALID;\n");
	expect_validate(&key, "ALTER TABLE \"a_old\".\"orders\" VALIDATE CONSTRAINT \"fk\";");
	sr_foreign_key_release(&key);
	assert_null(key.name);
}

/* Names may hold what looks like the statement's end, and bytes before it are counted, not characters. */
static void test_odd_names(void **state)
{
	static const char sql[] =
		"\n\nALTER TABLE ONLY \"ä; b\".\"T \"\"t\"\n    ADD CONSTRAINT \"NOT VALID;\" FOREIGN "
		"KEY (\"x;\", \"ÿ\") REFERENCES \"B_old\".\"c d\"(\"ü;\", v) MATCH FULL;\n";
	struct sr_foreign_key key;

	(void)state;
	assert_true(sr_foreign_key_parse(&key, sql));
	assert_string_equal(key.schema, "ä; b");
	assert_string_equal(key.table, "T \"t");
	assert_string_equal(key.name, "NOT VALID;");
	assert_true(sr_foreign_key_is_outside(&key, renames, SR_COUNT(renames)));
	assert_false(key.not_valid);
	expect_not_valid(
		&key, sql,
		"\n\nALTER TABLE ONLY \"ä; b\".\"T \"\"t\"\n    ADD CONSTRAINT \"NOT VALID;\" FOREIGN "
		"KEY (\"x;\", \"ÿ\") REFERENCES \"B_old\".\"c d\"(\"ü;\", v) MATCH FULL NOT VALID;\n");
	expect_validate(&key, "ALTER TABLE \"ä; b\".\"T \"\"t\" VALIDATE CONSTRAINT \"NOT VALID;\";");
	sr_foreign_key_release(&key);
}

static void test_not_valid_before(void **state)
{
	static const char sql[] =
		"ALTER TABLE ONLY a_old.t ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES s.u(y) NOT VALID";
	struct sr_foreign_key key;

	(void)state;
	assert_true(sr_foreign_key_parse(&key, sql));
	assert_true(key.not_valid);
	expect_not_valid(&key, sql, sql);
	sr_foreign_key_release(&key);
}

static void test_partitioned_and_inside(void **state)
{
	static const char sql[] =
		"ALTER TABLE a_old.t\n    ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES b_old.u(y);\n";
	struct sr_foreign_key key;

	(void)state;
	assert_true(sr_foreign_key_parse(&key, sql));
	assert_true(key.partitioned);
	assert_false(sr_foreign_key_is_outside(&key, renames, SR_COUNT(renames)));
	assert_true(sr_foreign_key_is_outside(&key, renames, 1));
	sr_foreign_key_release(&key);
}

static void test_what_is_not_understood(void **state)
{
	static const char *const others[] = {
		"",
		"ALTER TABLE a.t ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES u(y);",
		"ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES b.u(y);",
		"ALTER TABLE a.t ADD FOREIGN KEY (x) REFERENCES b.u(y);",
		"ALTER TABLE a.t ADD CONSTRAINT k UNIQUE (x);",
		"ALTER TABLE a.t ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES b.u(y); SELECT 1;",
		"ALTER TABLE a.t ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES b.u(y), ADD COLUMN z int;",
		"ALTER TABLE a.t ADD CONSTRAINT k FOREIGN KEY (x, PERIOD y) REFERENCES b.u(x, PERIOD y);",
		"ALTER TABLE a.t ADD CONSTRAINT k FOREIGN KEY (x) REFERENCES b.u(y) NOT ENFORCED;",
		"SELECT 1;",
	};
	struct sr_foreign_key key;

	(void)state;
	for (size_t i = 0; i < SR_COUNT(others); i++) {
		if (sr_foreign_key_parse(&key, others[i]))
			fail_msg("taken: %s", others[i]);
		sr_foreign_key_release(&key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_a_live_table),        cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_not_valid_before),       cmocka_unit_test(test_partitioned_and_inside),
		cmocka_unit_test(test_what_is_not_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
