/* SPDX-License-Identifier: MIT */
#include "transport/tls-keys.h"

#include "lib/files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct tls_keys *read_file(const char *text)
{
	char path[] = "/tmp/charhub-keys-XXXXXX";
	struct tls_keys *keys = NULL;
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	close(fd);
	put_file(path, text);
	r = tls_keys_new(path, NULL, &keys, NULL);
	assert_int_equal(r, keys ? 0 : -EINVAL);
	unlink(path);
	return keys;
}

static void key_is_what_its_digits_say(void **state)
{
	static const unsigned char right[] = { 0x12, 0xfe, 0x0d };
	struct tls_keys *keys = read_file("bob:00\na:b:12Fe0d\n");
	unsigned char key[4] = "";

	(void)state;
	assert_int_equal(tls_keys_find(keys, "a:b", key, sizeof(key)), sizeof(right));
	assert_memory_equal(key, right, sizeof(right));
	assert_int_equal(tls_keys_find(keys, "a:b", key, sizeof(right)), sizeof(right));
	assert_int_equal(tls_keys_find(keys, "a:b", key, sizeof(right) - 1), 0);
	assert_int_equal(tls_keys_find(keys, "a", key, sizeof(key)), 0);
	tls_keys_free(keys);
}

static void what_is_no_digit_is_refused(void **state)
{
	static const char *const wrong[] = { "a:0g\n", "a:0\n", "a:\x11\x12\n", "a: 00\n", "a:\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(read_file(wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_what_its_digits_say),
		cmocka_unit_test(what_is_no_digit_is_refused),
	};

	return cmocka_run_group_tests_name("transport/tls-keys", tests, NULL, NULL);
}
