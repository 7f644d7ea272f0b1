/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "hub/hub-impl.h"
#include "io/budget.h"
#include "io/store.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

enum { KIB = 1024, MIB = 1024 * KIB };

/* A second hub, at which nothing is but a guest. */
struct other {
	struct chardev *hub;
	struct fake_holder guest;
};

static int teardown(void **state)
{
	struct hub_fixture *f = *state;

	budget_set(f->loop, 0);
	return hub_teardown(state);
}

static struct hub_info info_of(const struct chardev *hub)
{
	struct hub_info info;

	hub_info(hub, &info);
	return info;
}

static size_t usage(const struct hub_fixture *f)
{
	size_t hot, packed;

	store_usage(f->loop, &hot, &packed);
	return hot + packed;
}

static void bound(struct hub_fixture *f, size_t bytes)
{
	assert_int_equal(budget_set(f->loop, bytes), 0);
	run_idle(f->loop);
}

static void open_other(struct hub_fixture *f, struct other *other)
{
	assert_int_equal(chardev_set_add_text(
				 f->set, "hub,id=o,chardevs.0=f1,terminal=off", &other->hub, NULL),
		0);
	fake_holder_init(&other->guest, f->loop);
	assert_int_equal(fake_holder_attach(&other->guest, other->hub, FAKE_HOLDER_PLAIN, NULL), 0);
}

static void fill_other(struct hub_fixture *f, struct other *other, size_t len)
{
	static const char line[1024] = "a line\n";

	for (size_t done = 0; done < len; done += sizeof(line))
		assert_int_equal(fake_holder_out_all(&other->guest, line, sizeof(line)), 0);
	run_idle(f->loop);
}

/* What is held is what was printed. */
static void expect_held(const struct hub_fixture *f, uint64_t from)
{
	uint64_t end = info_of(f->hub).end;
	struct iovec iov[2];

	while (from < end) {
		int n = hub_history(f->hub, from, SIZE_MAX, iov);

		assert_in_range(n, 1, 2);
		for (int i = 0; i < n; from += iov[i++].iov_len)
			assert_true(fixture_is_stream(iov[i].iov_base, iov[i].iov_len, from));
	}
}

static void the_oldest_pieces_go_and_the_start_stays(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_info info;
	struct iovec iov[2];

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=off,keep=64k", 0);
	assert_int_equal(fixture_fill(f, 512 * KIB), 512 * KIB);
	bound(f, 256 * KIB);
	info = info_of(f->hub);
	assert_true(usage(f) <= 256 * KIB);
	assert_int_equal(info.held_from, 320 * KIB);
	assert_int_equal(info.kept, 64 * KIB);
	assert_int_equal(info.dropped_bytes, info.held_from - info.kept);
	assert_int_equal(hub_history(f->hub, 100 * KIB, 1, iov), -ERANGE);
	assert_int_equal(hub_history(f->hub, 0, 64 * KIB, iov), 1);
	assert_true(fixture_is_stream(iov[0].iov_base, 64 * KIB, 0));
	expect_held(f, info.held_from);
	assert_int_equal(fixture_fill(f, 1000), 1000);
	expect_held(f, info_of(f->hub).held_from);
	assert_true(fixture_is_stream(f->fake[0]->out.data, f->fake[0]->out.len, 0));
	assert_int_equal(f->fake[0]->out.len, 512 * KIB + 1000);
}

static void the_bound_holds_while_a_guest_prints(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=off", 0);
	bound(f, 256 * KIB);
	assert_int_equal(fixture_fill(f, 512 * KIB), 512 * KIB);
	loop_advance(f->loop, BUDGET_PATIENCE_MS);
	for (int i = 0; i < 48; i++) {
		assert_int_equal(fixture_fill(f, 32 * KIB), 32 * KIB);
		run_idle(f->loop);
		assert_true(usage(f) <= 256 * KIB);
	}
	assert_int_equal(f->fake[0]->out.len, 2 * MIB);
	assert_true(fixture_is_stream(f->fake[0]->out.data, 2 * MIB, 0));
}

static void nothing_goes_that_a_member_has_not_read(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,terminal=off,window=512k", 0);
	assert_int_equal(fixture_fill(f, 100 * KIB), 100 * KIB);
	fake_chardev_set_accept(f->fake[1], 0);
	assert_int_equal(fixture_fill(f, 200 * KIB), 200 * KIB);
	bound(f, 1);
	assert_int_equal(fixture_info(f, "f1").offset, 100 * KIB);
	assert_int_equal(info_of(f->hub).held_from, 64 * KIB);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	run_idle(f->loop);
	assert_int_equal(f->fake[1]->out.len, 300 * KIB);
	assert_true(fixture_is_stream(f->fake[1]->out.data, 300 * KIB, 0));
	assert_int_equal(info_of(f->hub).lost_bytes, 0);
	loop_advance(f->loop, BUDGET_RETRY_MS);
	run_idle(f->loop);
	assert_int_equal(info_of(f->hub).held_from, 300 * KIB);
	assert_int_equal(usage(f), 0);
}

static void the_start_goes_last(void **state)
{
	struct hub_fixture *f = *state;
	struct other other;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,terminal=off,keep=64k", 0);
	open_other(f, &other);
	assert_int_equal(fixture_fill(f, 256 * KIB), 256 * KIB);
	fill_other(f, &other, 256 * KIB);
	bound(f, 130 * KIB);
	assert_int_equal(info_of(f->hub).kept, 64 * KIB);
	assert_int_equal(info_of(other.hub).kept, 64 * KIB);
	assert_int_equal(info_of(f->hub).held_from, 256 * KIB);
	assert_int_equal(info_of(other.hub).held_from, 256 * KIB);
	bound(f, 100 * KIB);
	assert_int_equal(info_of(f->hub).kept, 0);
	assert_int_equal(info_of(f->hub).dropped_bytes, 256 * KIB);
	assert_int_equal(info_of(other.hub).kept, 64 * KIB);
	fake_holder_done(&other.guest);
}

static void the_coldest_goes_first(void **state)
{
	struct hub_fixture *f = *state;
	struct other other;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,terminal=off", 0);
	open_other(f, &other);
	fill_other(f, &other, 256 * KIB);
	assert_int_equal(fixture_fill(f, 256 * KIB), 256 * KIB);
	bound(f, 384 * KIB);
	assert_int_equal(info_of(f->hub).dropped_bytes, 0);
	assert_true(info_of(other.hub).dropped_bytes > 0);
	fake_holder_done(&other.guest);
}

static void who_has_printed_little_keeps_it(void **state)
{
	struct hub_fixture *f = *state;
	struct other other;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,terminal=off,keep=64k", 0);
	open_other(f, &other);
	assert_int_equal(fixture_fill(f, 10 * KIB), 10 * KIB);
	fill_other(f, &other, 256 * KIB);
	bound(f, 128 * KIB);
	assert_int_equal(info_of(f->hub).held_from, 0);
	assert_true(info_of(other.hub).held_from > 64 * KIB);
	bound(f, 1);
	assert_int_equal(info_of(f->hub).held_from, 10 * KIB);
	assert_int_equal(info_of(f->hub).kept, 0);
	fake_holder_done(&other.guest);
}

static void what_the_screen_has_put_off_it_reads_before(void **state)
{
	struct hub_fixture *f = *state;
	const char *line = "\r\nthe last line";

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	assert_int_equal(fixture_fill(f, 300 * KIB), 300 * KIB);
	fixture_out(f, line);
	assert_true(hub_from(f->hub)->tape.needed < 100 * KIB);
	bound(f, 1);
	assert_true(info_of(f->hub).held_from > 300 * KIB);
	fake_chardev_set_open(f->fake[1], true);
	run_idle(f->loop);
	assert_non_null(strstr(f->fake[1]->out.data, line + 2));
}

static void who_is_shown_the_window_gets_it(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,terminal=off,replay=window,keep=0", 0);
	assert_int_equal(fixture_fill(f, 256 * KIB), 256 * KIB);
	fake_chardev_set_accept(f->fake[1], 0);
	fake_chardev_set_open(f->fake[1], true);
	bound(f, 192 * KIB);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_CATCHUP);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	run_idle(f->loop);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	assert_int_equal(fixture_info(f, "f1").skipped_bytes + f->fake[1]->out.len, 256 * KIB);
	loop_advance(f->loop, BUDGET_RETRY_MS);
	run_idle(f->loop);
	assert_true(usage(f) <= 192 * KIB);
}

static void who_joins_where_no_start_is_held_gets_the_window(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,replay=window,keep=0,window=64k",
		CHARDEV_LINK_CONSOLE);
	assert_int_equal(fixture_fill(f, 256 * KIB), 256 * KIB);
	fake_chardev_set_open(f->fake[1], true);
	run_idle(f->loop);
	assert_true(f->fake[1]->out.len > 16 * KIB);
	assert_non_null(memmem(f->fake[1]->out.data, 200, "[charhub: ", 10));
}

static void rest(struct hub_fixture *f)
{
	size_t hot = 1, packed;

	for (int i = 0; i < 10000 && hot; i++) {
		loop_advance(f->loop, STORE_REST_MS / 10);
		loop_step(f->loop, false);
		sched_yield();
		store_usage(f->loop, &hot, &packed);
	}
	assert_int_equal(hot, 0);
}

static void who_reads_costs_others_nothing(void **state)
{
	struct hub_fixture *f = *state;
	struct other other;
	size_t packed;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,terminal=off", 0);
	open_other(f, &other);
	fill_other(f, &other, 512 * KIB);
	assert_int_equal(fixture_fill(f, 512 * KIB), 512 * KIB);
	rest(f);
	packed = usage(f);
	assert_true(packed < 512 * KIB);
	bound(f, packed);
	expect_held(f, 0);
	run_idle(f->loop);
	rest(f);
	assert_int_equal(usage(f), packed);
	assert_int_equal(info_of(f->hub).dropped_bytes, 0);
	assert_int_equal(info_of(other.hub).dropped_bytes, 0);
	fake_holder_done(&other.guest);
}

struct witness {
	struct hub_observer observer;
	unsigned times;
	uint64_t bytes, lines;
};

static void on_event(void *data, struct chardev *hub, const struct hub_event *event)
{
	struct witness *witness = data;

	(void)hub;
	if (event->type != HUB_EVENT_DROPPED)
		return;
	witness->times++;
	witness->bytes += event->bytes;
	witness->lines += event->lines;
}

static const struct hub_observer_ops witness_ops = { .on_event = on_event };

static void it_is_told_once_a_time_of_shortage(void **state)
{
	struct hub_fixture *f = *state;
	struct witness witness = { .observer = { .ops = &witness_ops, .data = &witness } };

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=off", 0);
	hub_observe(f->hub, &witness.observer);
	assert_int_equal(fixture_fill(f, MIB), MIB);
	bound(f, 256 * KIB);
	assert_int_equal(witness.times, 0);
	loop_advance(f->loop, BUDGET_SHORTAGE_MS);
	run_idle(f->loop);
	assert_int_equal(witness.times, 1);
	assert_int_equal(witness.bytes, info_of(f->hub).dropped_bytes);
	assert_int_equal(info_of(f->hub).shortages, 1);
	hub_unobserve(&witness.observer);
}

static void lines_above_a_screen_go_last(void **state)
{
	struct hub_fixture *f = *state;
	struct witness witness = { .observer = { .ops = &witness_ops, .data = &witness } };
	size_t screen;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,keep=0", CHARDEV_LINK_CONSOLE);
	hub_observe(f->hub, &witness.observer);
	assert_int_equal(fixture_fill(f, 256 * KIB), 256 * KIB);
	fixture_out(f, "\r\nthe last line");
	assert_non_null(hub_vt(f->hub));
	rest(f);
	screen = usage(f);
	bound(f, 1);
	loop_advance(f->loop, BUDGET_SHORTAGE_MS);
	run_idle(f->loop);
	assert_true(witness.bytes > 256 * KIB);
	assert_true(witness.lines > 1000);
	assert_true(usage(f) < screen);
	loop_advance(f->loop, 3 * BUDGET_RETRY_MS);
	run_idle(f->loop);
	assert_int_equal(witness.times, 1); /* there is nothing more to be had */
	fake_chardev_set_open(f->fake[1], true);
	run_idle(f->loop);
	assert_non_null(strstr(f->fake[1]->out.data, "the last line"));
	hub_unobserve(&witness.observer);
}

#define memory_test(name) cmocka_unit_test_setup_teardown(name, hub_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		memory_test(the_oldest_pieces_go_and_the_start_stays),
		memory_test(the_bound_holds_while_a_guest_prints),
		memory_test(nothing_goes_that_a_member_has_not_read),
		memory_test(the_start_goes_last),
		memory_test(the_coldest_goes_first),
		memory_test(who_has_printed_little_keeps_it),
		memory_test(what_the_screen_has_put_off_it_reads_before),
		memory_test(who_is_shown_the_window_gets_it),
		memory_test(who_joins_where_no_start_is_held_gets_the_window),
		memory_test(who_reads_costs_others_nothing),
		memory_test(lines_above_a_screen_go_last),
		memory_test(it_is_told_once_a_time_of_shortage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
