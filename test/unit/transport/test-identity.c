/* SPDX-License-Identifier: MIT */
#include "transport/identity.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static void user_is_named_as_the_file_says(void **state)
{
	static const char passwd[] = "root:x:0:0::/root:/bin/sh\n"
				     "+::::::\n"
				     "joe:x:1000:1000::/home/joe:/bin/sh\n"
				     "also-joe:x:1000:1000::/:/bin/sh\n"
				     "1000:x:1001:1001::/:/bin/sh\n"
				     "not a line of it\n"
				     "ann:x:1002:1002::/:/bin/sh\n";
	static const struct {
		uid_t uid;
		const char *who;
	} table[] = {
		{ 0, "user:root" },
		{ 1000, "user:joe" },
		{ 1001, "user:1001" },
		{ 1002, "user:ann" },
		{ 4711, "user:4711" },
		{ 4294967294, "user:4294967294" },
	};
	char path[] = "/tmp/charhub-passwd-XXXXXX", who[IDENTITY_WHO_MAX];
	AUTO_CLOSE int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, passwd, sizeof(passwd) - 1), sizeof(passwd) - 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		identity_name_user(path, table[i].uid, who);
		assert_string_equal(who, table[i].who);
	}
	unlink(path);
	identity_name_user(path, 1000, who);
	assert_string_equal(who, "user:1000");
}

static void name_that_does_not_fit_is_not_cut(void **state)
{
	char path[] = "/tmp/charhub-passwd-XXXXXX", who[IDENTITY_WHO_MAX], line[512];
	AUTO_CLOSE int fd = mkstemp(path);
	int len = snprintf(line, sizeof(line), "%0300d", 7);

	(void)state;
	memset(line, 'a', (size_t)len);
	strcpy(line + len, ":x:7:7::/:/bin/sh\n");
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	identity_name_user(path, 7, who);
	assert_string_equal(who, "user:7");
	unlink(path);
}

static void peer_of_a_unix_socket_is_a_user(void **state)
{
	struct identity identity;
	char who[IDENTITY_WHO_MAX];
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	identity_of_socket(fds[0], &identity);
	identity_name_user("/etc/passwd", getuid(), who);
	assert_string_equal(identity.who, who);
	assert_int_equal(identity.pid, getpid());
	close(fds[0]);
	close(fds[1]);
}

static void of_others_nothing_is_known(void **state)
{
	struct identity identity;
	AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	identity_of_socket(fd, &identity);
	assert_string_equal(identity.who, "anonymous");
	identity_of_socket(-1, &identity);
	assert_string_equal(identity.who, "anonymous");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_is_named_as_the_file_says),
		cmocka_unit_test(name_that_does_not_fit_is_not_cut),
		cmocka_unit_test(peer_of_a_unix_socket_is_a_user),
		cmocka_unit_test(of_others_nothing_is_known),
	};

	return cmocka_run_group_tests_name("transport/identity", tests, NULL, NULL);
}
