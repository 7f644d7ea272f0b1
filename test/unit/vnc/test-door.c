/* SPDX-License-Identifier: MIT */
#include "vnc/door.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static struct door_address address_of(unsigned number)
{
	return (struct door_address){ .bytes = { 0, 0, (uint8_t)(number >> 8), (uint8_t)number } };
}

static void who_failed_long_ago_begins_anew(void **state)
{
	struct door door = { 0 };
	struct door_address a = address_of(1);

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		door_failed(&door, &a, 0);
	assert_int_equal(door_wait(&door, &a, 0), 8 * DOOR_DELAY_MS);
	door_failed(&door, &a, DOOR_FORGET_MS + 1);
	assert_int_equal(door_wait(&door, &a, DOOR_FORGET_MS + 1), DOOR_DELAY_MS);
}

static void others_do_not_wait(void **state)
{
	struct door door = { 0 };
	struct door_address a = address_of(1), b = address_of(2);

	(void)state;
	door_failed(&door, &a, 0);
	assert_int_equal(door_wait(&door, &b, 0), 0);
	assert_int_equal(door_wait(&door, &a, 0), DOOR_DELAY_MS);
	door_passed(&door, &a);
	assert_int_equal(door_wait(&door, &a, 0), 0);
}

static void memory_is_bounded_and_the_newest_stay(void **state)
{
	struct door door = { 0 };
	struct door_address first = address_of(0), last = address_of(DOOR_RECORDS);

	(void)state;
	for (unsigned i = 0; i <= DOOR_RECORDS; i++) {
		struct door_address a = address_of(i);

		door_failed(&door, &a, i);
	}
	assert_int_equal(door.len, DOOR_RECORDS);
	assert_int_equal(door_wait(&door, &first, DOOR_RECORDS), 0);
	assert_true(door_wait(&door, &last, DOOR_RECORDS) > 0);
}

static bool is_public(uint32_t host)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(host) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool result;

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	result = door_is_public(fd);
	close(fd);
	return result;
}

static void only_the_loopback_is_private(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_true(is_public(INADDR_ANY));
	assert_false(is_public(INADDR_LOOPBACK));
	assert_false(door_is_public(fd));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_failed_long_ago_begins_anew),
		cmocka_unit_test(others_do_not_wait),
		cmocka_unit_test(memory_is_bounded_and_the_newest_stay),
		cmocka_unit_test(only_the_loopback_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
