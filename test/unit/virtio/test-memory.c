/* SPDX-License-Identifier: MIT */
#include "virtio/memory.h"

#include "lib/bus-error.h"
#include "virtio/shared-map.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum { PAGE = 4096 };

struct fixture {
	struct guest_memory *memory;
	int fd;
	const char *why;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .memory = guest_memory_new() };
	f.fd = memfd_create("memory", MFD_CLOEXEC);
	assert_int_equal(ftruncate(f.fd, 16 * PAGE), 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	guest_memory_free(f->memory);
	close(f->fd);
	return 0;
}

static int add(struct fixture *f, uint64_t guest, uint64_t size, uint64_t user, uint64_t offset)
{
	struct guest_memory_region region = { guest, size, user, offset };

	return guest_memory_add(f->memory, &region, f->fd, &f->why);
}

static void put(struct fixture *f, off_t offset, const char *text)
{
	assert_int_equal(pwrite(f->fd, text, strlen(text), offset), strlen(text));
}

static void finds_both_kinds_of_address_at_odd_file_offsets(void **state)
{
	struct fixture *f = *state;
	size_t len = 0;
	char *at;

	put(f, 0xa88, "hello");
	assert_int_equal(add(f, 0x1000, 2 * PAGE, 0x700000, 0xa88), 0);
	at = guest_memory_at(f->memory, 0x1000, 5, &len);
	assert_non_null(at);
	assert_int_equal(len, 5);
	assert_memory_equal(at, "hello", 5);
	assert_ptr_equal(guest_memory_at_user(f->memory, 0x700000, 2 * PAGE), at);
	assert_null(guest_memory_at_user(f->memory, 0x700000, 2 * PAGE + 1));
	assert_null(guest_memory_at_user(f->memory, 0x6fffff, 1));
	assert_null(guest_memory_at(f->memory, 0xfff, 1, &len));
	assert_null(guest_memory_at(f->memory, 0x1000 + 2 * PAGE, 1, &len));
	assert_int_equal(guest_memory_user_to_guest(f->memory, 0x700010), 0x1010);
}

static void a_read_goes_across_regions_that_touch(void **state)
{
	struct fixture *f = *state;
	char buf[6];
	size_t len = 0;

	put(f, PAGE - 3, "abc");
	put(f, 8 * PAGE, "def");
	assert_int_equal(add(f, PAGE, PAGE, 0x900000, 8 * PAGE), 0);
	assert_int_equal(add(f, 0, PAGE, 0x100000, 0), 0);
	assert_int_equal(guest_memory_read(f->memory, PAGE - 3, buf, 6), 0);
	assert_memory_equal(buf, "abcdef", 6);
	assert_non_null(guest_memory_at(f->memory, PAGE - 3, 6, &len));
	assert_int_equal(len, 3);
	assert_int_equal(guest_memory_read(f->memory, 2 * PAGE - 3, buf, 6), -EFAULT);
}

static void refuses_overlaps_wraps_and_short_files(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(add(f, 4 * PAGE, 2 * PAGE, 0, 0), 0);
	assert_int_equal(add(f, 3 * PAGE, PAGE + 1, 0, 0), -EINVAL);
	assert_int_equal(add(f, 5 * PAGE, PAGE, 0, 0), -EINVAL);
	assert_int_equal(add(f, 4 * PAGE, PAGE, 0, 0), -EINVAL);
	assert_int_equal(add(f, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(add(f, UINT64_MAX - 5, PAGE, 0, 0), -EINVAL);
	assert_int_equal(add(f, 0, PAGE, UINT64_MAX - 5, 0), -EINVAL);
	assert_int_equal(add(f, 0, PAGE, 0, UINT64_MAX - 5), -EINVAL);
	assert_int_equal(add(f, 0, PAGE, 0, 15 * PAGE + 1), -ERANGE);
	assert_int_equal(add(f, 0, 1ULL << 50, 0, 0), -EINVAL); /* overlaps, of all things */
	guest_memory_clear(f->memory);
	assert_int_equal(add(f, 0, 1ULL << 50, 0, 0), -ERANGE);
	assert_int_equal(guest_memory_count(f->memory), 0);
}

static void refuses_fds_that_are_no_files(void **state)
{
	struct fixture *f = *state;
	struct guest_memory_region region = { 0, PAGE, 0, 0 };
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(guest_memory_add(f->memory, &region, pipe_fds[0], &f->why), -EBADF);
	assert_string_equal(f->why, "is not a file");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void regions_are_found_in_any_number_and_removed_one_by_one(void **state)
{
	struct fixture *f = *state;
	struct guest_memory_region region = { 0, 16, 0, 0 };
	size_t len;

	for (unsigned i = 0; i < GUEST_MEMORY_REGIONS_MAX; i++) {
		uint64_t nr = (i * 37) % GUEST_MEMORY_REGIONS_MAX; /* in a mixed order */

		assert_int_equal(add(f, nr * 100, 16, nr * 1000, nr * 16), 0);
	}
	assert_int_equal(add(f, 1 << 20, 16, 0, 0), -ENOSPC);
	for (uint64_t i = 0; i < GUEST_MEMORY_REGIONS_MAX; i++) {
		assert_non_null(guest_memory_at(f->memory, i * 100 + 15, 1, &len));
		assert_null(guest_memory_at(f->memory, i * 100 + 16, 1, &len));
	}
	region.guest_addr = 500;
	assert_int_equal(guest_memory_remove(f->memory, &region), -ENOENT); /* another user_addr */
	region.user_addr = 5000;
	assert_int_equal(guest_memory_remove(f->memory, &region), 0);
	assert_int_equal(guest_memory_remove(f->memory, &region), -ENOENT);
	assert_null(guest_memory_at(f->memory, 500, 1, &len));
	assert_non_null(guest_memory_at(f->memory, 600, 1, &len));
}

static void a_file_cut_short_breaks_its_own_memory_only(void **state)
{
	struct fixture *f = *state;
	struct guest_memory *other = guest_memory_new();
	struct guest_memory_region region = { 0, PAGE, 0, 0 };
	int fd = memfd_create("other", MFD_CLOEXEC);
	size_t len;
	uint8_t *at;

	if (!bus_error_tells_where())
		skip();
	assert_int_equal(ftruncate(fd, PAGE), 0);
	assert_int_equal(guest_memory_add(other, &region, fd, &f->why), 0);
	assert_int_equal(add(f, 0, 8 * PAGE, 0, 0), 0);
	at = guest_memory_at(f->memory, 0, 8 * PAGE, &len);
	at[5 * PAGE] = 7;
	assert_int_equal(ftruncate(f->fd, PAGE), 0);
	assert_false(guest_memory_is_broken(f->memory));
	assert_int_equal(*(volatile uint8_t *)(at + 5 * PAGE), 0); /* SIGBUS, mended */
	assert_true(guest_memory_is_broken(f->memory));
	assert_false(guest_memory_is_broken(other));
	memset(at, 1, 8 * PAGE);
	guest_memory_free(other);
	close(fd);
}

static void marks_the_pages_it_is_told_and_nothing_outside_the_log(void **state)
{
	struct fixture *f = *state;
	uint8_t log[4] = { 0 };

	guest_memory_mark(f->memory, 0, PAGE);
	guest_memory_set_log(f->memory, log, 2);
	guest_memory_mark(f->memory, 0, PAGE);
	assert_int_equal(log[0], 0); /* not enabled */
	guest_memory_log_enable(f->memory, true);
	guest_memory_mark(f->memory, PAGE - 1, 2);
	guest_memory_mark(f->memory, 9 * PAGE, 0);
	guest_memory_mark(f->memory, 15 * PAGE, 100 * PAGE);
	guest_memory_mark(f->memory, UINT64_MAX - 10, 5);
	assert_int_equal(log[0], 3);
	assert_int_equal(log[1], 0x80);
	assert_int_equal(log[2], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			finds_both_kinds_of_address_at_odd_file_offsets, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_read_goes_across_regions_that_touch, setup, teardown),
		cmocka_unit_test_setup_teardown(
			refuses_overlaps_wraps_and_short_files, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_fds_that_are_no_files, setup, teardown),
		cmocka_unit_test_setup_teardown(
			regions_are_found_in_any_number_and_removed_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_file_cut_short_breaks_its_own_memory_only, setup, teardown),
		cmocka_unit_test_setup_teardown(
			marks_the_pages_it_is_told_and_nothing_outside_the_log, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
