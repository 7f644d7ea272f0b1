/* SPDX-License-Identifier: MIT */
/*
 * The small accidents that make a hub lose, double or mix bytes, each at every place where it can
 * happen: a member that leaves or comes back in the middle of a write, pieces of any size, states
 * that change in any order, a guest that takes one byte at a time.
 */
#include "hub-fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	MEMBERS = 4,
	MUCH = 1 << 20,
	WRITE_BYTES = 48, /* a member leaves at each of them */
	CHANGES = 4000,
	KEYS = 200,
};

static bool has_stream(const struct fake_chardev *fake, uint64_t from, size_t len)
{
	return fake->out.len == len && fixture_is_stream(fake->out.data, len, from);
}

static void start(struct hub_fixture *f, const char *options)
{
	char text[128];

	fixture_fakes(f, MEMBERS);
	snprintf(text, sizeof(text),
		"terminal=off,replay=none,chardevs.0=f0,chardevs.1=f1,chardevs.2=f2,chardevs.3=f3%"
		"s",
		options);
	fixture_hub(f, text, 0);
}

static bool all_have(const struct hub_fixture *f, size_t len)
{
	for (int i = 0; i < MEMBERS; i++)
		if (f->fake[i]->out.len < len)
			return false;
	return true;
}

static void pieces_of_any_size_arrive_as_one_stream(void **state)
{
	static const size_t writes[] = { 1, 4099, 7, 65537, 131, 1021 };
	static const size_t takes[MEMBERS] = { SIZE_MAX, 4099, 65537, 1021 }; /* of an offer */
	struct hub_fixture *f = *state;
	size_t done = 0;

	start(f, "");
	for (int i = 0; i < MEMBERS; i++)
		f->fake[i]->chunk = takes[i];
	for (size_t i = 0; !all_have(f, MUCH); i++) {
		size_t left = MUCH - done, size = writes[i % (sizeof(writes) / sizeof(writes[0]))];

		done += fixture_fill(f, size < left ? size : left);
		for (int k = 0; k < MEMBERS; k++)
			fake_chardev_set_accept(f->fake[k], SIZE_MAX);
		run_idle(f->loop);
	}
	for (int i = 0; i < MEMBERS; i++)
		assert_true(has_stream(f->fake[i], 0, MUCH));
}

static void member_may_leave_at_any_byte_of_a_write(void **state)
{
	struct hub_fixture *f = *state;

	start(f, "");
	for (size_t at = 0; at <= WRITE_BYTES; at++) {
		uint64_t from = f->hub->out_bytes;

		f->fake[1]->out.len = 0;
		fake_chardev_set_accept(f->fake[1], at);
		assert_int_equal(fixture_fill(f, WRITE_BYTES), WRITE_BYTES);
		assert_true(has_stream(f->fake[1], from, at));
		fake_chardev_hang_up(f->fake[1]);
		assert_int_equal(fixture_fill(f, WRITE_BYTES), WRITE_BYTES);
		fake_chardev_set_accept(f->fake[1], SIZE_MAX);
		fake_chardev_set_open(f->fake[1], true);
		run_idle(f->loop);
		assert_true(has_stream(f->fake[1], from, at)); /* the next peer: none of the old */
	}
	for (int i = 0; i < MEMBERS; i++)
		if (i != 1)
			assert_true(has_stream(f->fake[i], 0, 2 * WRITE_BYTES * (WRITE_BYTES + 1)));
}

static void failing_member_takes_no_byte_twice_when_it_works_again(void **state)
{
	static const int errors[] = { EIO, ENOSPC, EPIPE, ECONNRESET };
	struct hub_fixture *f = *state;

	start(f, "");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		uint64_t from;

		fake_chardev_set_accept(f->fake[2], WRITE_BYTES / 2);
		assert_int_equal(fixture_fill(f, WRITE_BYTES), WRITE_BYTES);
		fake_chardev_fail(f->fake[2], errors[i]);
		fake_chardev_set_accept(f->fake[2], SIZE_MAX);
		assert_int_equal(fixture_fill(f, WRITE_BYTES), WRITE_BYTES);
		fake_chardev_fail(f->fake[2], 0);
		fake_chardev_hang_up(f->fake[2]);
		f->fake[2]->out.len = 0;
		fake_chardev_set_open(f->fake[2], true);
		run_idle(f->loop);
		from = f->hub->out_bytes;
		assert_int_equal(fixture_fill(f, WRITE_BYTES), WRITE_BYTES);
		assert_true(has_stream(f->fake[2], from, WRITE_BYTES));
	}
	assert_true(has_stream(f->fake[0], 0, (size_t)f->hub->out_bytes));
}

/* Pseudo-random, the same each time. */
static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

static void hub_is_open_while_any_is_whatever_the_order(void **state)
{
	struct hub_fixture *f = *state;
	bool open[MEMBERS] = { true, true, true, true };
	unsigned seed = 1;

	start(f, "");
	for (int i = 0; i < CHANGES; i++) {
		unsigned who = next(&seed) % MEMBERS;
		bool any = false;

		open[who] = next(&seed) % 2;
		fake_chardev_set_open(f->fake[who], open[who]);
		run_idle(f->loop);
		for (int k = 0; k < MEMBERS; k++)
			any |= open[k];
		assert_int_equal(f->guest.open, any);
	}
	assert_true(f->guest.opened == f->guest.closed || f->guest.opened == f->guest.closed + 1);
}

static void keys_of_four_arrive_one_at_a_time(void **state)
{
	struct hub_fixture *f = *state;
	unsigned next_key[MEMBERS] = { 0 };

	start(f, "");
	fake_holder_set_room(&f->guest, 0);
	for (int i = 0; i < KEYS; i++)
		for (int who = 0; who < MEMBERS; who++) {
			char key = (char)('a' + who * 6 + i % 6);

			fake_chardev_type(f->fake[who], &key, 1);
		}
	for (int i = 0; i < KEYS * MEMBERS; i++) {
		fake_holder_set_room(&f->guest, 1);
		run_idle(f->loop);
		assert_int_equal(f->guest.in.len, i + 1);
	}
	for (size_t i = 0; i < f->guest.in.len; i++) {
		unsigned key = (unsigned)(f->guest.in.data[i] - 'a'), who = key / 6;

		assert_int_equal(key % 6, next_key[who]++ % 6); /* each one's in their order */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(pieces_of_any_size_arrive_as_one_stream),
		hub_test(member_may_leave_at_any_byte_of_a_write),
		hub_test(failing_member_takes_no_byte_twice_when_it_works_again),
		hub_test(hub_is_open_while_any_is_whatever_the_order),
		hub_test(keys_of_four_arrive_one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
