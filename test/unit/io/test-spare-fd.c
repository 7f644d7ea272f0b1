/* SPDX-License-Identifier: MIT */
#include "io/spare-fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

/* Return: the lowest number that is free. */
static int next_fd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	close(fd);
	return fd;
}

static void all_share_one_until_the_last_has_left(void **state)
{
	struct loop *loop = loop_new();
	int before = next_fd();

	(void)state;
	assert_int_equal(spare_fd_join(loop), 0);
	assert_int_equal(spare_fd_join(loop), 0);
	assert_int_equal(next_fd(), before + 1);
	spare_fd_leave(loop);
	assert_int_equal(next_fd(), before + 1);
	spare_fd_leave(loop);
	assert_int_equal(next_fd(), before);
	loop_free(loop);
}

static void given_up_it_is_there_for_others_until_it_is_taken_back(void **state)
{
	struct loop *loop = loop_new();
	int before = next_fd();

	(void)state;
	assert_int_equal(spare_fd_join(loop), 0);
	assert_true(spare_fd_give_up(loop));
	assert_int_equal(next_fd(), before);
	assert_false(spare_fd_give_up(loop));
	spare_fd_take_back(loop);
	spare_fd_take_back(loop);
	assert_int_equal(next_fd(), before + 1);
	assert_true(spare_fd_give_up(loop));
	spare_fd_leave(loop);
	assert_int_equal(next_fd(), before);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_share_one_until_the_last_has_left),
		cmocka_unit_test(given_up_it_is_there_for_others_until_it_is_taken_back),
	};

	return cmocka_run_group_tests_name("io/spare-fd", tests, NULL, NULL);
}
