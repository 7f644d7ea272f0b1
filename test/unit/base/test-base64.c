/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void base64_is_bytes(void **state)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };

	(void)state;
	assert_int_equal(base64_decode(&bytes, "aGVsbG8="), 0);
	assert_int_equal(base64_decode(&bytes, "AP+A"), 0);
	assert_int_equal(bytes.len, 8);
	assert_memory_equal(bytes.data, "hello\x00\xff\x80", 8);
}

/* [RFC 4648 10] */
static void bytes_are_base64(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "foobar", "Zm9vYmFy" } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		AUTO_STRBUF struct strbuf text = { 0 };

		base64_encode(&text, pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(text.data ? text.data : "", pairs[i][1]);
	}
}

static void base64_becomes_bytes_where_it_stands(void **state)
{
	char hello[] = "aGVs\nbG8=, not this", zero[] = "QQ==\0", none[] = "";

	(void)state;
	assert_int_equal(base64_decode_in_place(hello, 9), 5);
	assert_memory_equal(hello, "hello", 5);
	assert_int_equal(base64_decode_in_place(zero, sizeof(zero) - 1), -EINVAL);
	assert_int_equal(base64_decode_in_place(none, 0), 0);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const wrong[] = { "!", "Zg==Zg==", "Zm9v-" };
	AUTO_STRBUF struct strbuf bytes = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(base64_decode(&bytes, wrong[i]), -EINVAL);
	strbuf_truncate(&bytes, 0);
	assert_int_equal(base64_decode(&bytes, " Zm\r\n9v\tZg\n"), 0);
	assert_string_equal(bytes.data, "foof");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_bytes),
		cmocka_unit_test(bytes_are_base64),
		cmocka_unit_test(base64_becomes_bytes_where_it_stands),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
