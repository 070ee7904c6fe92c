#include "recovery_fixture.h"

#include "recovery/manifest.h"

/* As pg_basebackup 15 writes it, shortened by hand. */
#define HEAD                                                                                                 \
	"{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n"                                       \
	"{ \"Path\": \"PG_VERSION\", \"Size\": 3, \"Last-Modified\": \"2026-11-20 17:58:03 GMT\", "          \
	"\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"64440205\" },\n"                                \
	"{ \"Encoded-Path\": \"62ff\", \"Size\": 7, \"Last-Modified\": \"2026-11-20 17:58:03 GMT\" }\n],\n"  \
	"\"WAL-Ranges\": [\n{ \"Timeline\": 1, \"Start-LSN\": \"0/B00028\", \"End-LSN\": \"0/B00100\" "      \
	"}\n],\n"
#define TAIL "\"Manifest-Checksum\": \"%s\"}\n"

static char *write_manifest(const char *dir, const char *head)
{
	struct sr_strbuf m = SR_STRBUF_INIT, sum = SR_STRBUF_INIT;

	add_sum(&sum, SR_SUM_SHA256, head, strlen(head));
	sr_strbuf_adds(&m, head);
	sr_strbuf_addf(&m, TAIL, sr_strbuf_str(&sum));
	put(dir, "backup_manifest", sr_strbuf_str(&m));
	sr_strbuf_release(&m);
	sr_strbuf_release(&sum);
	return sr_path_join(dir, "backup_manifest");
}

static void checksums(void **state)
{
	static const struct {
		const char *name, *abc;
	} known[] = {
		{ "CRC32C", "b73f4b36" }, /* 0x364B3FB7, as it lies in memory */
		{ "sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
		{ "SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "SHA384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			    "8086072ba1e7cc2358baeca134c825a7" },
		{ "SHA512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
			    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};

	(void)state;
	for (size_t i = 0; i < SR_COUNT(known); i++) {
		struct sr_strbuf text = SR_STRBUF_INIT;
		enum sr_checksum_kind kind = sr_checksum_kind_of(known[i].name);

		assert_int_equal(kind, SR_SUM_CRC32C + i);
		add_sum(&text, kind, "abc", 3);
		assert_string_equal(sr_strbuf_str(&text), known[i].abc);
		sr_strbuf_release(&text);
	}
	assert_int_equal(sr_checksum_kind_of("MD5"), SR_SUM_NONE);
}

static void reads(void **state)
{
	char *path = write_manifest(*state, HEAD);
	struct sr_error err = SR_ERROR_INIT;
	struct sr_manifest_info info;
	struct sr_manifest m;

	assert_true(sr_manifest_read(path, NULL, NULL, &info, &err));
	assert_int_equal(info.files, 2);
	assert_int_equal(info.bytes, 10);
	assert_int_equal(info.timeline, 1);
	assert_true(info.start_lsn == 0xB00028 && info.stop_lsn == 0xB00100);
	assert_true(sr_manifest_load(&m, path, &err));
	assert_int_equal(m.n, 2);
	assert_int_equal(sr_manifest_find(&m, "b\xff")->size, 7);
	assert_int_equal(sr_manifest_find(&m, "PG_VERSION")->kind, SR_SUM_CRC32C);
	assert_null(sr_manifest_find(&m, "nothing"));
	sr_manifest_release(&m);
	free(path);
}

static void refuse(const char *dir, const char *text, const char *why)
{
	char *path = sr_path_join(dir, "backup_manifest");
	struct sr_error err = SR_ERROR_INIT;
	struct sr_manifest_info info;

	if (text)
		put(dir, "backup_manifest", text);
	assert_false(sr_manifest_read(path, NULL, NULL, &info, &err));
	is_error(&err, SR_ERR_REFUSED, why);
	free(path);
}

static void refuses(void **state)
{
	char *path = write_manifest(*state, HEAD);
	struct sr_strbuf good = SR_STRBUF_INIT;

	get(path, &good);
	*strstr(good.data, "\"Size\": 7") = ' ';
	refuse(*state, good.data, "a line is not JSON");
	refuse(*state, HEAD, "cut short");
	refuse(*state, "", "cut short");
	refuse(*state, "{}\n", "not a backup manifest");
	free(write_manifest(*state, "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n{ \"Path\": \"x\" }\n"));
	refuse(*state, NULL, "no size");
	free(write_manifest(*state,
			    "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n{ \"Path\": \"x\", \"Size\": 1, "
			    "\"Checksum-Algorithm\": \"MD5\", \"Checksum\": \"00\" }\n"));
	refuse(*state, NULL, "not known");
	free(write_manifest(*state,
			    "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n{ \"Path\": \"x\", \"Size\": 1, "
			    "\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"0g000000\" }\n"));
	refuse(*state, NULL, "not of its kind");
	sr_strbuf_release(&good);
	free(path);
}

static void a_changed_byte_is_seen(void **state)
{
	char *path = write_manifest(*state, HEAD);
	struct sr_strbuf text = SR_STRBUF_INIT;

	get(path, &text);
	strstr(text.data, "\"Size\": 7")[8] = '8';
	refuse(*state, text.data, "does not fit its contents");
	sr_strbuf_release(&text);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums),
		cmocka_unit_test_setup_teardown(reads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_changed_byte_is_seen, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
