/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "base/strbuf.h"
#include "hub/times.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Notes what it is told, "joined f0 " and so on. */
struct witness {
	struct hub_observer observer;
	struct strbuf seen;
	struct witness *kills;
	unsigned outputs, rooms;
};

static void on_event(void *data, struct chardev *hub, const struct hub_event *event)
{
	static const char *const names[] = { "joined", "left", "opened", "closed", "refused",
		"sent-away", "skipped", "missed", "resumed", "failed", "typed", "keyboard", "asked",
		"kept", "resized", "dropped" };
	struct witness *witness = data;

	assert_true(chardev_is_hub(hub));
	strbuf_printf(&witness->seen, "%s ", names[event->type]);
	if (event->member)
		strbuf_printf(&witness->seen, "%s ", event->member);
	if (event->bytes)
		strbuf_printf(&witness->seen, "%u ", (unsigned)event->bytes);
	if (event->cols)
		strbuf_printf(&witness->seen, "%ux%u ", event->cols, event->rows);
	if (witness->kills)
		hub_unobserve(&witness->kills->observer);
}

static void on_output(void *data, struct chardev *hub)
{
	struct witness *witness = data;

	(void)hub;
	witness->outputs++;
}

static void on_in_room(void *data, struct chardev *hub)
{
	struct witness *witness = data;

	(void)hub;
	witness->rooms++;
}

static void observe(struct hub_fixture *f, struct witness *witness)
{
	static const struct hub_observer_ops ops = {
		.on_event = on_event, .on_output = on_output, .on_in_room = on_in_room
	};

	*witness = (struct witness){ .observer = { .ops = &ops, .data = witness } };
	hub_observe(f->hub, &witness->observer);
}

/* What was seen since the last call is exactly this. */
static void expect(struct witness *witness, const char *text)
{
	assert_string_equal(witness->seen.data ? witness->seen.data : "", text);
	strbuf_done(&witness->seen);
	witness->seen = (struct strbuf){ 0 };
}

static void members_that_come_and_go_are_told(void **state)
{
	struct hub_fixture *f = *state;
	struct witness witness;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0", 0);
	observe(f, &witness);
	hub_add_member(f->hub, &f->fake[1]->base, NULL, NULL);
	expect(&witness, "joined f1 opened f1 ");
	fake_chardev_hang_up(f->fake[1]);
	expect(&witness, "closed f1 ");
	hub_remove_member(f->hub, "f0", NULL);
	expect(&witness, "closed f0 left f0 ");
	chardev_free(&f->fake[1]->base);
	expect(&witness, "left f1 ");
	hub_unobserve(&witness.observer);
}

static void typing_is_told_once_a_second(void **state)
{
	struct hub_fixture *f = *state;
	struct witness witness;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	observe(f, &witness);
	assert_true(fixture_info(f, "f0").idle_ms == UINT64_MAX);
	loop_advance(f->loop, 1);
	fake_chardev_type(f->fake[0], "a", 1);
	fake_chardev_type(f->fake[0], "b", 1);
	expect(&witness, "typed f0 ");
	loop_advance(f->loop, HUB_TYPED_MS);
	assert_int_equal(fixture_info(f, "f0").idle_ms, HUB_TYPED_MS);
	fake_chardev_type(f->fake[0], "c", 1);
	expect(&witness, "typed f0 ");
	hub_unobserve(&witness.observer);
}

static void a_stall_is_told_with_the_number_of_bytes(void **state)
{
	struct hub_fixture *f = *state;
	struct witness witness;
	struct hub_info info;
	size_t sent;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,replay=none", 0);
	observe(f, &witness);
	fake_chardev_set_accept(f->fake[1], 0);
	sent = fixture_fill(f, 1000000);
	loop_advance(f->loop, 2000);
	expect(&witness, "skipped f1 ");
	sent += fixture_fill(f, 100000);
	run_idle(f->loop);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	run_idle(f->loop);
	hub_info(f->hub, &info);
	assert_true(info.lost_bytes > 0);
	assert_int_equal(info.lost_bytes, fixture_info(f, "f1").skipped_bytes);
	assert_int_equal(info.end, sent);
	assert_int_equal(fixture_info(f, "f1").offset, sent);
	assert_non_null(strstr(witness.seen.data, "missed f1 "));
	assert_non_null(strstr(witness.seen.data, "resumed f1 "));
	strbuf_done(&witness.seen);
	hub_unobserve(&witness.observer);
}

static void output_and_room_are_told(void **state)
{
	struct hub_fixture *f = *state;
	struct witness witness;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	observe(f, &witness);
	fixture_out(f, "a");
	fixture_out(f, "b");
	assert_int_equal(witness.outputs, 0);
	run_idle(f->loop);
	assert_int_equal(witness.outputs, 1);
	f->guest.room = 0;
	assert_int_equal(hub_type(f->hub, NULL, "x", 1), 0);
	f->guest.room = 1;
	chardev_link_in_resume(&f->guest.link);
	assert_true(witness.rooms > 0);
	assert_int_equal(hub_type(f->hub, NULL, "xy", 2), 1);
	hub_unobserve(&witness.observer);
}

static void observers_may_leave_and_the_hub_may_go(void **state)
{
	struct hub_fixture *f = *state;
	struct witness killer, victim, heir;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	observe(f, &killer);
	observe(f, &victim);
	observe(f, &heir);
	killer.kills = &victim;
	hub_resize(f->hub, 100, 30, NULL);
	expect(&killer, "resized 100x30 ");
	expect(&victim, "");
	expect(&heir, "resized 100x30 ");
	fake_holder_detach(&f->guest);
	chardev_free(f->hub);
	f->hub = NULL;
	strbuf_done(&killer.seen);
	strbuf_done(&heir.seen);
	hub_unobserve(&killer.observer);
	hub_unobserve(&heir.observer);
}

static void history_is_read_by_offset(void **state)
{
	struct hub_fixture *f = *state;
	struct iovec iov[2];
	struct hub_info info;
	size_t sent;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=64k,keep=1k", 0);
	assert_int_equal(hub_history(f->hub, 0, 10, iov), 0);
	assert_int_equal(hub_history(f->hub, 1, 10, iov), -ERANGE);
	sent = fixture_fill(f, 500000);
	hub_info(f->hub, &info);
	assert_int_equal(info.end, sent);
	assert_int_equal(info.kept, 1024);
	assert_int_equal(hub_history(f->hub, 1000, 100, iov), 1);
	assert_int_equal(iov[0].iov_len, 24);
	assert_true(fixture_is_stream(iov[0].iov_base, 24, 1000));
	assert_int_equal(hub_history(f->hub, 1024, 100, iov), -ERANGE);
	assert_int_equal(hub_history(f->hub, info.held_from - 1, 100, iov), -ERANGE);
	assert_true(hub_history(f->hub, info.held_from, 100, iov) > 0);
	assert_true(fixture_is_stream(iov[0].iov_base, iov[0].iov_len, info.held_from));
	assert_int_equal(hub_history(f->hub, sent, 100, iov), 0);
}

static void times_cover_everything_however_long(void **state)
{
	struct hub_times times = { 0 };
	uint64_t now = 1;

	(void)state;
	assert_int_equal(hub_times_find(&times, time(NULL)), 0);
	for (uint64_t i = 0; i < 10000; i++, now += HUB_TIMES_EVERY_MS)
		hub_times_mark(&times, now, i * 100);
	assert_in_range(times.n, HUB_TIMES / 4, HUB_TIMES);
	assert_int_equal(times.marks[0].offset, 0);
	for (size_t i = 1; i < times.n; i++)
		assert_true(times.marks[i].offset > times.marks[i - 1].offset);
	assert_true(times.marks[times.n - 1].offset > 900000);
	assert_int_equal(hub_times_find(&times, times.marks[0].when - 1), 0);
	assert_int_equal(hub_times_find(&times, time(NULL) + 10), times.marks[times.n - 1].offset);
	hub_times_done(&times);
}

static void a_member_gets_other_options_while_it_runs(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_member_options options;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	options = fixture_info(f, "f0").options;
	options.access = HUB_ACCESS_VIEW;
	assert_int_equal(hub_set_member(f->hub, "f0", &options, NULL), 0);
	fake_chardev_type(f->fake[0], "x", 1);
	assert_int_equal(fixture_info(f, "f0").refused_bytes, 1);
	options.access = HUB_ACCESS_TYPE;
	assert_int_equal(hub_set_member(f->hub, "f0", &options, NULL), 0);
	fake_chardev_type(f->fake[0], "y", 1);
	assert_int_equal(fixture_info(f, "f0").refused_bytes, 1);
	assert_int_equal(hub_set_member(f->hub, "f9", &options, NULL), -ENOENT);
	assert_int_equal(hub_disconnect_member(f->hub, "f9", NULL, NULL, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(members_that_come_and_go_are_told),
		hub_test(typing_is_told_once_a_second),
		hub_test(a_stall_is_told_with_the_number_of_bytes),
		hub_test(output_and_room_are_told),
		hub_test(observers_may_leave_and_the_hub_may_go),
		hub_test(history_is_read_by_offset),
		hub_test(times_cover_everything_however_long),
		hub_test(a_member_gets_other_options_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
