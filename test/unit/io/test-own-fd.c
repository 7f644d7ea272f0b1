/* SPDX-License-Identifier: MIT */
#include "io/own-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { LONG_BYTES = 300 * 1000 };

static void wait_until(int fd, short events)
{
	struct pollfd ready = { .fd = fd, .events = events };

	assert_int_equal(poll(&ready, 1, -1), 1);
}

static void read_text(int fd, const char *text)
{
	char buf[64] = "";
	size_t len = 0;

	while (len < strlen(text)) {
		ssize_t got;

		wait_until(fd, POLLIN);
		got = read(fd, buf + len, sizeof(buf) - 1 - len);
		assert_true(got > 0);
		len += (size_t)got;
	}
	assert_string_equal(buf, text);
}

static void pipe_is_opened_anew(void **state)
{
	int ends[2], in, out;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	in = own_fd(ends[0], O_RDONLY);
	out = own_fd(ends[1], O_WRONLY);
	assert_true(fcntl(in, F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(write(out, "text", 4), 4);
	read_text(in, "text");
	close(in);
	close(out);
	close(ends[0]);
	close(ends[1]);
}

static void what_cannot_be_opened_anew_is_relayed(void **state)
{
	char text[64] = "";
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, in, out;

	(void)state;
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, text, sizeof(text)), 0);
	slave = open(text, O_RDWR | O_NOCTTY | O_CLOEXEC);
	in = own_fd(master, O_RDONLY);
	out = own_fd(master, O_WRONLY);
	assert_int_equal(write(slave, "printed", 7), 7);
	read_text(in, "printed");
	assert_int_equal(write(out, "typed\n", 6), 6);
	read_text(slave, "typed\n");
	close(out);
	close(slave);
	close(master);
	while (read(in, text, sizeof(text)) != 0)
		wait_until(in, POLLIN);
	close(in);
}

static void relay_keeps_order_and_ends_with_its_writer(void **state)
{
	int ends[2], out;
	size_t sent = 0, seen = 0;
	unsigned char buf[4096];

	(void)state;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	out = own_fd_relay(ends[0], O_WRONLY);
	close(ends[0]);
	while (sent < LONG_BYTES) {
		unsigned char byte = (unsigned char)(sent % 251);
		ssize_t got;

		sent += write(out, &byte, 1) == 1;
		got = recv(ends[1], buf, sizeof(buf), MSG_DONTWAIT);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(buf[i], seen++ % 251);
	}
	close(out);
	while (seen < LONG_BYTES) {
		ssize_t got;

		wait_until(ends[1], POLLIN);
		got = recv(ends[1], buf, sizeof(buf), 0);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(buf[i], seen++ % 251);
	}
	wait_until(ends[1], POLLIN);
	assert_int_equal(recv(ends[1], buf, sizeof(buf), 0), 0);
	close(ends[1]);
}

static void bad_descriptor_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(own_fd(-1, O_RDONLY), -EBADF);
	assert_int_equal(own_fd_relay(-1, O_RDONLY), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipe_is_opened_anew),
		cmocka_unit_test(what_cannot_be_opened_anew_is_relayed),
		cmocka_unit_test(relay_keeps_order_and_ends_with_its_writer),
		cmocka_unit_test(bad_descriptor_is_an_error),
	};

	return cmocka_run_group_tests_name("io/own-fd", tests, NULL, NULL);
}
