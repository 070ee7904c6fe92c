#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "pg/conn.h"

/* What a server that refuses a connection would answer: one message, then the end. */
struct refusal {
	int listener, port;
	const char *sqlstate, *message;
	int count; /* connections to answer */
	pthread_t thread;
};

static void answer(int fd, const struct refusal *r)
{
	struct sr_strbuf fields = SR_STRBUF_INIT, packet = SR_STRBUF_INIT;
	char request[1024];
	uint32_t length;

	/* libpq asks for TLS first: no. */
	if (read(fd, request, sizeof request) == 8 && write(fd, "N", 1) == 1)
		(void)!read(fd, request, sizeof request);
	sr_strbuf_addf(&fields, "SFATAL%cVFATAL%cC%s%cM%s%c%c", 0, 0, r->sqlstate, 0, r->message, 0, 0);
	length = htonl((uint32_t)fields.len + 4);
	sr_strbuf_addc(&packet, 'E');
	sr_strbuf_add(&packet, &length, 4);
	sr_strbuf_add(&packet, fields.data, fields.len);
	(void)!write(fd, packet.data, packet.len);
	sr_strbuf_release(&fields);
	sr_strbuf_release(&packet);
}

static void *refuse(void *ctx)
{
	struct refusal *r = ctx;

	for (int i = 0; i < r->count; i++) {
		int fd = accept(r->listener, NULL, NULL);

		if (r->message)
			answer(fd, r);
		else
			sleep(4); /* silence */
		close(fd);
	}
	return NULL;
}

static void refusal_start(struct refusal *r)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;

	r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(r->listener, 5), 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&address, &size), 0);
	r->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&r->thread, NULL, refuse, r), 0);
}

static void refusal_end(struct refusal *r)
{
	pthread_join(r->thread, NULL);
	close(r->listener);
}

static void open_fails(int port, const struct sr_conn_options *options, struct sr_error *err)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	char text[16];

	snprintf(text, sizeof text, "%d", port);
	sr_conninfo_set(&ci, "host", "127.0.0.1");
	sr_conninfo_set(&ci, "port", text);
	sr_conninfo_set(&ci, "dbname", "shop");
	sr_conninfo_set(&ci, "user", "bob");
	sr_conninfo_set(&ci, "password", "s3cret");
	assert_null(sr_conn_open(&ci, options, err));
	sr_conninfo_release(&ci);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *message, *sqlstate;
		bool retry;
	} cases[] = {
		{ "password authentication failed for user \"bob\"", "28P01", false },
		{ "role \"bob\" does not exist", "28000", false },
		{ "database \"shop\" does not exist", "3D000", false },
		{ "no pg_hba.conf entry for host \"127.0.0.1\", user \"bob\", database \"shop\", no "
		  "encryption",
		  "28000", false },
		{ "role \"bob\" is not permitted to log in", "28000", false },
		{ "permission denied for database \"shop\"", "42501", false },
		{ "sorry, too many clients already", "53300", true },
		{ "remaining connection slots are reserved for non-replication superuser connections",
		  "53300", true },
		{ "the database system is starting up", "57P03", true },
		{ "the database system is not yet accepting connections", "57P03", true },
	};

	(void)state;
	for (size_t i = 0; i < SR_COUNT(cases); i++) {
		struct refusal r = { .message = cases[i].message, .sqlstate = cases[i].sqlstate, .count = 1 };
		struct sr_error err = SR_ERROR_INIT;
		char *expected;

		refusal_start(&r);
		open_fails(r.port,
			   &(struct sr_conn_options){ .label = "the target", .class = SR_ERR_REFUSED }, &err);
		refusal_end(&r);
		expected = sr_asprintf(
			"cannot connect to the target (host=127.0.0.1 port=%d dbname=shop user=bob): %s",
			r.port, cases[i].message);
		assert_string_equal(err.message, expected);
		assert_string_equal(err.sqlstate, cases[i].sqlstate);
		assert_int_equal(err.retry, cases[i].retry);
		assert_int_equal(err.class, SR_ERR_REFUSED);
		assert_non_null(err.hint);
		free(expected);
		sr_error_release(&err);
	}
}

/* In another language there is no hint, but the message is the server's. */
static void test_unknown_language(void **state)
{
	struct refusal r = { .message = "Passwort-Authentifizierung fehlgeschlagen",
			     .sqlstate = "28P01",
			     .count = 1 };
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	refusal_start(&r);
	open_fails(r.port, &(struct sr_conn_options){ 0 }, &err);
	refusal_end(&r);
	assert_non_null(strstr(err.message, "): Passwort-Authentifizierung fehlgeschlagen"));
	assert_null(strstr(err.message, "s3cret"));
	assert_int_equal(err.class, SR_ERR_INTERNAL);
	sr_error_release(&err);
}

static void test_attempts(void **state)
{
	struct refusal r = { .message = "the database system is starting up",
			     .sqlstate = "57P03",
			     .count = 3 };
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	refusal_start(&r);
	open_fails(r.port, &(struct sr_conn_options){ .attempts = 3 }, &err);
	refusal_end(&r);
	assert_non_null(err.context);
	assert_memory_equal(err.context, "after 3 attempts in ", 20);
	sr_error_release(&err);
	/* A wrong password does not become right. */
	r = (struct refusal){ .message = "password authentication failed for user \"bob\"",
			      .sqlstate = "28P01",
			      .count = 1 };
	refusal_start(&r);
	open_fails(r.port, &(struct sr_conn_options){ .attempts = 3 }, &err);
	refusal_end(&r);
	assert_null(err.context);
	sr_error_release(&err);
}

static void test_timeout(void **state)
{
	struct refusal r = { .count = 1 };
	struct sr_error err = SR_ERROR_INIT;
	int64_t began = sr_clock_monotonic_ms();

	(void)state;
	unsetenv("PGCONNECT_TIMEOUT");
	refusal_start(&r);
	open_fails(r.port, &(struct sr_conn_options){ .connect_timeout_s = 2 }, &err);
	assert_in_range(sr_clock_monotonic_ms() - began, 1900, 3500);
	refusal_end(&r);
	assert_non_null(strstr(err.message, "timeout expired"));
	assert_true(err.retry);
	sr_error_release(&err);
}

static void test_nothing_there(void **state)
{
	struct sr_conninfo ci = SR_CONNINFO_INIT;
	struct sr_error err = SR_ERROR_INIT;

	(void)state;
	assert_true(sr_conninfo_parse(&ci, "host=/nonexistent port=5433 dbname=shop user=bob", &err));
	assert_null(sr_conn_open(
		&ci, &(struct sr_conn_options){ .label = "the temporary instance", .class = SR_ERR_INSTANCE },
		&err));
	assert_string_equal(
		err.message,
		"cannot connect to the temporary instance (host=/nonexistent port=5433 dbname=shop "
		"user=bob): No such file or directory");
	assert_int_equal(err.class, SR_ERR_INSTANCE);
	assert_true(err.retry);
	sr_error_release(&err);
	sr_conninfo_set(&ci, "sslmode", "bogus");
	assert_null(sr_conn_open(&ci, &(struct sr_conn_options){ 0 }, &err));
	assert_non_null(strstr(err.message, "invalid sslmode value: \"bogus\""));
	sr_error_release(&err);
	sr_conninfo_release(&ci);
	sr_conn_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),      cmocka_unit_test(test_unknown_language),
		cmocka_unit_test(test_attempts),      cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
