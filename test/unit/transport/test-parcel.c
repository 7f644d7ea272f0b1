/* SPDX-License-Identifier: MIT */
#include "transport/parcel.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEVERAL = 600 };

/* Each has its number in it. */
static void make_files(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fds[i] = memfd_create("test", MFD_CLOEXEC);
		assert_true(fds[i] >= 0);
		assert_int_equal(pwrite(fds[i], &i, sizeof(i), 0), sizeof(i));
	}
}

static void close_files(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(close(fds[i]), 0);
}

static void assert_files(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t number = n;

		assert_int_equal(pread(fds[i], &number, sizeof(number), 0), sizeof(number));
		assert_int_equal(number, i);
	}
}

static void allow_files(rlim_t most)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int pack_files(size_t n)
{
	int fds[SEVERAL], parcel;

	make_files(fds, n);
	parcel = parcel_pack(fds, n);
	close_files(fds, n);
	assert_true(parcel >= 0);
	return parcel;
}

static void all_come_out_in_their_order(void **state)
{
	static const size_t numbers[] = { 1, PASSED_FDS_SEND_MAX, PASSED_FDS_SEND_MAX + 1,
		SEVERAL };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int parcel = pack_files(numbers[i]), *fds;
		size_t n;

		assert_int_equal(parcel_unpack(parcel, &fds, &n), 0);
		assert_int_equal(n, numbers[i]);
		assert_files(fds, n);
		close_files(fds, n);
		free(fds);
		close(parcel);
	}
}

static void they_come_out_once(void **state)
{
	int parcel = pack_files(1), *fds;
	size_t n;

	(void)state;
	assert_int_equal(parcel_unpack(parcel, &fds, &n), 0);
	close_files(fds, n);
	free(fds);
	assert_int_equal(parcel_unpack(parcel, &fds, &n), -EBADMSG);
	close(parcel);
}

static void who_holds_the_last_copy_holds_all(void **state)
{
	int pair[2], parcel;
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	parcel = parcel_pack(pair, 1);
	assert_true(parcel >= 0);
	close(pair[0]);
	assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(parcel);
	assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), 0);
	close(pair[1]);
}

static void no_more_than_may_be_open_come_out(void **state)
{
	int parcel, *fds, lowest;
	size_t n;

	(void)state;
	parcel = pack_files(SEVERAL);
	lowest = dup(parcel);
	close(lowest);
	allow_files((rlim_t)lowest + SEVERAL - 1);
	assert_int_equal(parcel_unpack(parcel, &fds, &n), -EMFILE);
	allow_files(RLIM_INFINITY);
	assert_int_equal(dup(parcel), lowest); /* none of them is open */
	close(lowest);
	close(parcel);
}

/** send_batch() - one message of a parcel: @count, and @n descriptors */
static void send_batch(int socket, uint32_t count, size_t n)
{
	const uint8_t head[] = { (uint8_t)(count >> 24), (uint8_t)(count >> 16),
		(uint8_t)(count >> 8), (uint8_t)count };
	int fds[SEVERAL];

	make_files(fds, n);
	assert_int_equal(passed_fds_send_many(socket, head, sizeof(head), fds, n, 0), sizeof(head));
	close_files(fds, n);
}

static void what_is_not_whole_is_refused(void **state)
{
	static const struct {
		uint32_t count;
		size_t n;
	} messages[][2] = {
		{ { 2, 1 }, { 1, 1 } },	    /* not as many as there might be */
		{ { 254, 253 }, { 0, 0 } }, /* the end is missing */
		{ { 254, 253 }, { 2, 2 } }, /* of another one */
		{ { UINT32_MAX, 253 } },    /* of absurd size */
		{ { 0, 0 } },
	};
	int *fds;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		for (size_t j = 0; j < 2; j++)
			send_batch(pair[0], messages[i][j].count, messages[i][j].n);
		close(pair[0]);
		assert_int_equal(parcel_unpack(pair[1], &fds, &n), -EBADMSG);
		close(pair[1]);
	}
}

static void what_is_no_parcel_is_refused(void **state)
{
	int file, *fds;
	size_t n;

	(void)state;
	make_files(&file, 1);
	assert_int_equal(parcel_unpack(file, &fds, &n), -EBADMSG);
	assert_int_equal(parcel_pack(&file, 0), -EINVAL);
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_out_in_their_order),
		cmocka_unit_test(they_come_out_once),
		cmocka_unit_test(who_holds_the_last_copy_holds_all),
		cmocka_unit_test(no_more_than_may_be_open_come_out),
		cmocka_unit_test(what_is_not_whole_is_refused),
		cmocka_unit_test(what_is_no_parcel_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
