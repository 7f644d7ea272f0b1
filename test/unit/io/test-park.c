/* SPDX-License-Identifier: MIT */
#include "io/park.h"

#include "lib/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

enum { SLOT = 64 * 1024, MANY = 200, KERNEL_BLOCK = 512 };

struct fixture {
	struct park park;
	uint32_t slots[MANY];
	size_t n;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	park_init(&f.park, SLOT);
	*state = &f;
	return 0;
}

static void leave(struct fixture *f, size_t i)
{
	park_leave(&f->park, f->slots[i]);
	f->slots[i] = f->slots[--f->n];
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->n)
		leave(f, 0);
	park_done(&f->park);
	return 0;
}

static char own_byte(uint32_t slot)
{
	return (char)('a' + slot % 26);
}

static uint32_t put(struct fixture *f, char byte, size_t len)
{
	char bytes[SLOT];
	uint32_t slot;

	memset(bytes, byte, len);
	slot = park_put(&f->park, bytes, len);
	if (slot)
		f->slots[f->n++] = slot;
	return slot;
}

static void expect(struct fixture *f, uint32_t slot, char byte, size_t len)
{
	char bytes[SLOT], same[SLOT];

	memset(same, byte, len);
	assert_true(park_get(&f->park, slot, bytes, len));
	assert_memory_equal(bytes, same, len);
}

/* What the kernel has for the file. */
static size_t held(const struct fixture *f)
{
	struct stat info;

	assert_int_equal(fstat(f->park.fd, &info), 0);
	return (size_t)info.st_blocks * KERNEL_BLOCK;
}

static void what_was_left_comes_back(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= MANY; i++)
		assert_int_equal(put(f, own_byte(i), i % 3 ? SLOT : 4096), i);
	for (uint32_t i = MANY; i; i--)
		expect(f, i, own_byte(i), i % 3 ? SLOT : 4096);
	expect(f, 7, own_byte(7), 100); /* it stays */
}

static void a_slot_that_nobody_has_is_taken_first(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= 4; i++)
		put(f, own_byte(i), SLOT);
	leave(f, 1);
	leave(f, 0);
	assert_int_equal(put(f, 'x', SLOT), 1);
	assert_int_equal(put(f, 'y', SLOT), 2);
	assert_int_equal(put(f, 'z', SLOT), 5);
	expect(f, 1, 'x', SLOT);
	expect(f, 2, 'y', SLOT);
	expect(f, 4, own_byte(4), SLOT);
}

static void the_kernel_gets_what_nobody_needs(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= 4; i++)
		put(f, own_byte(i), SLOT);
	leave(f, 2);
	leave(f, 0);
	assert_int_equal(held(f), 4 * SLOT);
	park_trim(&f->park);
	assert_int_equal(held(f), 2 * SLOT);
	leave(f, 1); /* pages and all */
	assert_int_equal(put(f, 'x', SLOT), 2);
	assert_int_equal(held(f), 2 * SLOT);
	put(f, 'y', SLOT);
	assert_int_equal(held(f), 3 * SLOT);
	park_trim(&f->park);
	park_trim(&f->park);
	assert_int_equal(held(f), 3 * SLOT);
	expect(f, 2, 'x', SLOT);
	expect(f, f->slots[2], 'y', SLOT);
	while (f->n)
		leave(f, 0);
	assert_int_equal(held(f), 3 * SLOT);
	park_trim(&f->park);
	assert_int_equal(f->park.fd, -1);
	assert_int_equal(put(f, 'z', SLOT), 1);
	expect(f, 1, 'z', SLOT);
}

static void what_finds_no_memory_is_not_left(void **state)
{
	struct fixture *f = *state;
	unsigned failed = 0;

	for (unsigned n = 1; n <= 3; n++) {
		fault_arm(n);
		failed += !put(f, 'x', SLOT);
		fault_disarm();
	}
	assert_int_equal(failed, 2); /* the file, and the list of its slots */
	for (unsigned n = 1; n <= 2; n++) {
		fault_arm_code(n, ENOSPC);
		failed += !put(f, 'y', SLOT);
		fault_disarm();
	}
	assert_int_equal(failed, 3);
	for (size_t i = 0; i < f->n; i++)
		expect(f, f->slots[i], i ? 'y' : 'x', SLOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_left_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_slot_that_nobody_has_is_taken_first, setup, teardown),
		cmocka_unit_test_setup_teardown(the_kernel_gets_what_nobody_needs, setup, teardown),
		cmocka_unit_test_setup_teardown(what_finds_no_memory_is_not_left, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
