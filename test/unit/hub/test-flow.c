/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "base/histogram.h"
#include "base/segments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW = 65536, GRACE_MS = 1000 };

/* The number in the one notice of @text, and what stands behind it. */
static uint64_t notice(const struct strbuf *text, const char **ret_rest)
{
	const char *at = strstr(text->data, "\r\n[charhub: ");
	uint64_t bytes = 0;
	int len = 0;

	assert_non_null(at);
	assert_int_equal(
		sscanf(at, "\r\n[charhub: %" SCNu64 " bytes skipped]\r\n%n", &bytes, &len), 1);
	*ret_rest = at + len;
	return bytes;
}

static void slow_member_gets_everything_within_the_window(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(
		f, "chardevs.0=f0,chardevs.1=f1,window=64k,replay=window", CHARDEV_LINK_CONSOLE);
	fake_chardev_set_accept(f->fake[1], 0);
	assert_int_equal(fixture_fill(f, 40000), 40000);
	assert_int_equal(f->fake[0]->out.len, 40000);
	assert_int_equal(fixture_info(f, "f1").backlog, 40000);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	assert_int_equal(f->fake[1]->out.len, 40000);
	assert_true(fixture_is_stream(f->fake[1]->out.data, 40000, 0));
	assert_int_equal(fixture_info(f, "f1").skips, 0);
}

static void guest_waits_for_half_a_window_and_is_told_once(void **state)
{
	struct hub_fixture *f = *state;
	size_t sent;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=64k", 0);
	fake_chardev_set_accept(f->fake[0], 0);
	sent = fixture_fill(f, 10 * WINDOW);
	assert_in_range(sent, WINDOW * 3 / 4, WINDOW);
	fake_chardev_set_accept(f->fake[0], 1000);
	assert_int_equal(f->guest.room_calls, 0);
	fake_chardev_set_accept(f->fake[0], WINDOW / 2);
	assert_int_equal(f->guest.room_calls, 1);
	fake_chardev_set_accept(f->fake[0], SIZE_MAX);
	assert_int_equal(f->guest.room_calls, 1);
	assert_true(fixture_is_stream(f->fake[0]->out.data, sent, 0));
	assert_int_equal(f->fake[0]->out.len, sent);
}

static void stalled_member_costs_one_grace_and_is_told_what_it_missed(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_info info;
	const char *rest;
	uint64_t missed;
	size_t sent, before;

	fixture_fakes(f, 2);
	fixture_hub(
		f, "chardevs.0=f0,chardevs.1=f1,window=64k,replay=window", CHARDEV_LINK_CONSOLE);
	assert_int_equal(fixture_fill(f, 5000), 5000);
	fake_chardev_set_accept(f->fake[1], 0);
	sent = 5000 + fixture_fill(f, 10 * WINDOW);
	assert_int_equal(fixture_fill(f, 1), 0);
	loop_advance(f->loop, GRACE_MS - 1);
	assert_int_equal(fixture_fill(f, 1), 0);
	loop_advance(f->loop, 1);
	assert_int_equal(f->guest.room_calls, 1);
	hub_info(f->hub, &info);
	assert_int_equal(histogram_count(info.pauses), 1);
	assert_int_equal(info.pauses->sum, GRACE_MS);
	/* From now on it costs nothing, however long it lasts. */
	sent += fixture_fill(f, 10 * WINDOW);
	assert_int_equal(sent, f->hub->out_bytes);
	assert_true(sent > 10 * WINDOW);
	assert_int_equal(f->fake[0]->out.len, sent);
	assert_true(fixture_is_stream(f->fake[0]->out.data, sent, 0));
	/* It reads again: told the exact count, then the newest bytes up to the last. */
	before = f->fake[1]->out.len;
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	missed = notice(&f->fake[1]->out, &rest);
	assert_true(fixture_is_stream(rest, strlen(rest), before + missed));
	assert_int_equal(before + missed + strlen(rest), sent);
	assert_int_equal(fixture_info(f, "f1").skipped_bytes, missed);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	hub_info(f->hub, &info);
	assert_int_equal(histogram_count(info.pauses), 1);
	assert_int_equal(info.skips, 1);
	assert_int_equal(info.lost_bytes, missed);
}

static void member_that_was_skipped_must_catch_up_before_it_holds_anybody(void **state)
{
	struct hub_fixture *f = *state;
	uint64_t total = 0;

	fixture_fakes(f, 2);
	fixture_hub(
		f, "chardevs.0=f0,chardevs.1=f1,window=64k,replay=window", CHARDEV_LINK_CONSOLE);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 10 * WINDOW);
	loop_advance(f->loop, GRACE_MS);
	/* It takes a little now and then: the guest never waits for it again. */
	for (int i = 0; i < 20; i++) {
		assert_int_equal(fixture_fill(f, WINDOW), WINDOW);
		fake_chardev_set_accept(f->fake[1], 100);
	}
	assert_int_not_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	total = fixture_info(f, "f1").skipped_bytes;
	assert_true(total > 0 && total < f->hub->out_bytes);
}

static void what_a_member_got_and_what_it_was_told_make_up_the_whole(void **state)
{
	struct hub_fixture *f = *state;
	uint64_t got = 0, told = 0;
	char *p, *next;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,grace-ms=10,replay=window",
		CHARDEV_LINK_CONSOLE);
	for (int i = 0; i < 50; i++) {
		fake_chardev_set_accept(f->fake[1], (size_t)(i * 977) % 9000);
		fixture_fill(f, 30000);
		loop_advance(f->loop, 10);
	}
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	for (p = f->fake[1]->out.data; (next = strstr(p, "\r\n[charhub: ")); p = next) {
		uint64_t bytes = 0;
		int len = 0;

		assert_int_equal(sscanf(next, "\r\n[charhub: %" SCNu64 " bytes skipped]\r\n%n",
					 &bytes, &len),
			1);
		assert_true(fixture_is_stream(p, (size_t)(next - p), got + told));
		got += (uint64_t)(next - p);
		told += bytes;
		next += len;
	}
	assert_true(fixture_is_stream(p, strlen(p), got + told));
	assert_int_equal(got + strlen(p) + told, f->hub->out_bytes);
	assert_int_equal(told, fixture_info(f, "f1").skipped_bytes);
	assert_true(told > 0);
}

/* The sum of all notices in a text, and how many there are. */
static uint64_t all_notices(const char *text, unsigned *ret_n)
{
	uint64_t sum = 0;

	for (*ret_n = 0; (text = strstr(text, "[charhub: ")); (*ret_n)++) {
		uint64_t bytes = 0;

		assert_int_equal(sscanf(text, "[charhub: %" SCNu64 " bytes skipped]", &bytes), 1);
		sum += bytes;
		text++;
	}
	return sum;
}

static void slow_member_has_one_screen_before_it(void **state)
{
	struct hub_fixture *f = *state;
	const struct strbuf *out;
	unsigned before, all;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,grace-ms=0", CHARDEV_LINK_CONSOLE);
	fake_chardev_set_accept(f->fake[1], 0);
	/* Now and then it takes nothing at all: then what it is told is replaced. */
	for (size_t i = 0; i < 300; i++) {
		fixture_fill(f, 2 * WINDOW);
		fake_chardev_set_accept(f->fake[1], i % 7 * 50);
		chardev_room(&f->fake[1]->base);
	}
	out = &f->fake[1]->out;
	all_notices(out->data, &before);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	assert_int_equal(all_notices(out->data, &all), fixture_info(f, "f1").skipped_bytes);
	assert_true(before > 3);
	assert_in_range(all, before, before + 2);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
}

static void pipe_that_is_no_terminal_gets_no_words_in_its_stream(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", 0);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 10 * WINDOW);
	loop_advance(f->loop, GRACE_MS);
	fixture_fill(f, 10 * WINDOW);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	assert_null(strstr(f->fake[1]->out.data, "charhub"));
	assert_true(fixture_info(f, "f1").skipped_bytes > 0);
}

static void member_that_is_to_be_closed_is_disconnected(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,stall=close", 0);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 10 * WINDOW);
	loop_advance(f->loop, GRACE_MS);
	assert_int_equal(f->fake[1]->disconnects, 1);
	assert_int_equal(f->guest.room_calls, 1);
	run_idle(f->loop);
	assert_false(fixture_info(f, "f1").open);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_OUT);
}

static void guest_waits_for_ever_where_it_was_asked_to(void **state)
{
	struct hub_fixture *f = *state;
	size_t sent;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,stall=wait", 0);
	fake_chardev_set_accept(f->fake[1], 0);
	sent = fixture_fill(f, 10 * WINDOW);
	loop_advance(f->loop, 1000 * GRACE_MS);
	assert_int_equal(fixture_fill(f, 1), 0);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	sent += fixture_fill(f, 1000);
	assert_int_equal(f->fake[1]->out.len, sent);
	assert_true(fixture_is_stream(f->fake[1]->out.data, sent, 0));
}

static void guest_that_cannot_wait_gets_a_larger_window_instead(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,window-max=256k",
		CHARDEV_LINK_CONSOLE | CHARDEV_LINK_NEVER_WAIT);
	fake_chardev_set_accept(f->fake[1], 0);
	assert_int_equal(fixture_fill(f, 200000), 200000);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	/* Beyond that the stalled one is skipped, without any pause. */
	assert_int_equal(fixture_fill(f, 200000), 200000);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
	run_idle(f->loop);
	assert_int_equal(f->fake[0]->out.len, 400000);
	assert_true(fixture_is_stream(f->fake[0]->out.data, 400000, 0));
}

static void failing_member_costs_the_others_nothing(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 3);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,chardevs.2=f2,replay=none", 0);
	fake_chardev_fail(f->fake[1], 28);
	fixture_out(f, "one ");
	fake_chardev_fail(f->fake[1], 0);
	fixture_out(f, "two ");
	assert_true(fake_chardev_out_is(f->fake[0], "one two "));
	assert_true(fake_chardev_out_is(f->fake[2], "one two "));
	assert_true(fake_chardev_out_is(f->fake[1], ""));
	/* It takes part again once it opens again. */
	fake_chardev_set_open(f->fake[1], false);
	fake_chardev_set_open(f->fake[1], true);
	fixture_out(f, "three");
	assert_true(fake_chardev_out_is(f->fake[1], "three"));
}

static void stalled_member_that_leaves_frees_the_guest_at_once(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", 0);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 10 * WINDOW);
	fake_chardev_hang_up(f->fake[1]);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(fixture_fill(f, WINDOW), WINDOW);
}

static void clients_that_go_with_their_server_free_the_guest(void **state)
{
	struct hub_fixture *f = *state;
	struct chardev *peer;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,stall=wait", 0);
	peer = chardev_new_peer(&f->fake[1]->base, &fake_chardev_class, "f1.1");
	chardev_set_open(peer, true);
	assert_int_equal(chardev_offer_peer(&f->fake[1]->base, peer, NULL), 0);
	assert_true(fixture_fill(f, 10 * WINDOW) < WINDOW);
	assert_int_equal(hub_remove_member(f->hub, "f1", NULL), 0);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(fixture_fill(f, 2 * WINDOW), 2 * WINDOW);
}

static void guest_waits_no_longer_than_it_is_to_from_now_on(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_member_options options;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,stall=wait", 0);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 10 * WINDOW);
	loop_advance(f->loop, GRACE_MS);
	assert_int_equal(f->guest.room_calls, 0);
	options = fixture_info(f, "f1").options;
	options.stall = HUB_STALL_SKIP;
	assert_int_equal(hub_set_member(f->hub, "f1", &options, NULL), 0);
	run_idle(f->loop);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
	assert_int_equal(fixture_fill(f, 2 * WINDOW), 2 * WINDOW);
}

/* ---- who pays for a pause ---- */

enum { EVERY_MS = 30000, HALF = WINDOW / 2 };

/* Three readers that have kept up for long enough to have all the credit there is. */
static void old_friends(struct hub_fixture *f, const char *options)
{
	char text[256];

	fixture_fakes(f, 3);
	snprintf(text, sizeof(text), "chardevs.0=f0,chardevs.1=f1,chardevs.2=f2,window=64k%s",
		options);
	fixture_hub(f, text, 0);
	loop_advance(f->loop, EVERY_MS);
}

/* The guest writes as fast as it may; in each @step_ms @slow takes so many bytes. For how long did
 * the guest have to pause? */
static uint64_t flood(struct hub_fixture *f, struct fake_chardev *slow, size_t bytes,
	uint64_t step_ms, uint64_t ms)
{
	uint64_t paused_ms = 0;

	for (uint64_t now = 0; now < ms; now += step_ms) {
		if (fixture_fill(f, 4 * WINDOW) < 4 * WINDOW)
			paused_ms += step_ms;
		loop_advance(f->loop, step_ms);
		fake_chardev_set_accept(slow, bytes);
	}
	return paused_ms;
}

static void steady_slow_reader_costs_the_others_its_credit_only(void **state)
{
	struct hub_fixture *f = *state;
	uint64_t paused_ms;

	old_friends(f, "");
	fake_chardev_set_accept(f->fake[1], 0);
	paused_ms = flood(f, f->fake[1], HALF / 8, 100, EVERY_MS);
	assert_in_range(paused_ms, GRACE_MS, GRACE_MS + 300);
	assert_true(fixture_info(f, "f1").skips > 0);
	assert_int_equal(fixture_info(f, "f0").skips, 0);
	assert_int_equal(f->fake[0]->out.len, f->hub->out_bytes);
}

static void who_has_just_joined_holds_nobody(void **state)
{
	struct hub_fixture *f = *state;

	old_friends(f, ",replay=none");
	for (int i = 0; i < 10; i++) {
		fake_chardev_set_open(f->fake[1], false);
		fake_chardev_set_open(f->fake[1], true);
		fixture_fill(f, 100);
		assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
		fake_chardev_set_accept(f->fake[1], 0);
		assert_int_equal(fixture_fill(f, 4 * WINDOW), 4 * WINDOW);
		assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
		fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	}
	assert_int_equal(f->fake[0]->out.len, f->hub->out_bytes);
}

static void credit_is_earned_by_keeping_up(void **state)
{
	struct hub_fixture *f = *state;

	old_friends(f, ",replay=none");
	fake_chardev_set_open(f->fake[1], false);
	fake_chardev_set_open(f->fake[1], true);
	fixture_fill(f, 100);
	loop_advance(f->loop, EVERY_MS / 10);
	fake_chardev_set_accept(f->fake[1], 0);
	assert_true(fixture_fill(f, 4 * WINDOW) < 4 * WINDOW);
	loop_advance(f->loop, GRACE_MS / 10 - 1);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	loop_advance(f->loop, 1);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
	assert_int_equal(f->guest.room_calls, 1);
}

static void nothing_is_earned_while_it_is_skipped(void **state)
{
	struct hub_fixture *f = *state;

	old_friends(f, ",replay=none");
	for (int i = 0; i < 3; i++) {
		fake_chardev_set_accept(f->fake[1], 0);
		assert_int_equal(fixture_fill(f, 4 * WINDOW) < 4 * WINDOW, i == 0);
		loop_advance(f->loop, GRACE_MS);
		assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
		loop_advance(f->loop, EVERY_MS);
		/* Nor when others cause a pause meanwhile. */
		fake_chardev_set_accept(f->fake[2], 0);
		fixture_fill(f, 4 * WINDOW);
		fake_chardev_set_accept(f->fake[2], SIZE_MAX);
		fixture_fill(f, 4 * WINDOW);
		fake_chardev_set_accept(f->fake[1], SIZE_MAX);
		fixture_fill(f, 100);
		assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	}
}

static void guest_that_asks_in_a_pause_gets_what_room_there_is(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=64k", 0);
	fake_chardev_set_accept(f->fake[0], 0);
	fixture_fill(f, 10 * WINDOW);
	assert_int_equal(fixture_fill(f, 1), 0);
	fake_chardev_set_accept(f->fake[0], WINDOW / 4);
	assert_int_equal(f->guest.room_calls, 0);
	assert_int_equal(fixture_fill(f, 1), 1);
}

/* Write into what the hub reserves. Return: how much it has reserved. */
static size_t write_piece(struct hub_fixture *f, size_t len)
{
	struct iovec iov[2];
	int n = chardev_link_out_reserve(&f->guest.link, iov);
	size_t reserved = segments_len(iov, n);

	assert_in_range(len, 1, reserved);
	memset(iov[0].iov_base, 'x', len < iov[0].iov_len ? len : iov[0].iov_len);
	if (len > iov[0].iov_len)
		memset(iov[1].iov_base, 'x', len - iov[0].iov_len);
	chardev_link_out_commit(&f->guest.link, len);
	return reserved;
}

static void guest_that_writes_much_gets_larger_pieces(void **state)
{
	enum { PIECE = 128 * 1024, LARGE = 256 * 1024 };
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=2M,terminal=off", 0);
	fixture_fill(f, 16 * LARGE); /* all of the window has memory */
	write_piece(f, 1000);
	assert_int_equal(write_piece(f, 1000), PIECE);
	assert_int_equal(write_piece(f, PIECE), PIECE);
	assert_int_equal(write_piece(f, PIECE), LARGE);
	assert_int_equal(write_piece(f, LARGE), LARGE);
	assert_int_equal(write_piece(f, 1000), LARGE);
	assert_int_equal(write_piece(f, 1000), PIECE);
}

static void who_reads_all_in_several_goes_waits_as_well(void **state)
{
	enum { LARGE = 1 << 20 };
	struct hub_fixture *f = *state;

	fixture_fakes(f, 3);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,chardevs.2=f2,window=1M,replay=none", 0);
	loop_advance(f->loop, EVERY_MS);
	fake_chardev_set_open(f->fake[1], false);
	fake_chardev_set_open(f->fake[1], true);
	for (int i = 0; i < 3; i++)
		fake_chardev_set_accept(f->fake[i], 0);
	fixture_fill(f, 4 * LARGE);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	/* More than one go gives: the rest follows after the dispatch. */
	fake_chardev_set_accept(f->fake[0], SIZE_MAX);
	fake_chardev_set_accept(f->fake[2], SIZE_MAX);
	run_idle(f->loop);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
}

static void lone_reader_beside_a_file_loses_nothing(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	assert_int_equal(chardev_set_add_text(f->set, "fake-sink,id=file", NULL, NULL), 0);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=file,window=64k", 0);
	fake_chardev_set_accept(f->fake[0], 0);
	flood(f, f->fake[0], HALF, GRACE_MS - 100, 2 * EVERY_MS);
	assert_int_equal(fixture_info(f, "f0").skips, 0);
	assert_int_equal(fixture_info(f, "f0").standing, HUB_MEMBER_GOOD);
	assert_true(f->fake[0]->out.len > 60 * HALF);
	assert_true(fixture_is_stream(f->fake[0]->out.data, f->fake[0]->out.len, 0));
}

static void disk_is_waited_for_from_the_first_byte_on(void **state)
{
	struct hub_fixture *f = *state;
	struct fake_chardev *disk;
	struct chardev *file;

	fixture_fakes(f, 1);
	assert_int_equal(chardev_set_add_text(f->set, "fake-sink,id=file", &file, NULL), 0);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=file,window=64k,replay=window", 0);
	disk = fake_chardev_of(file);
	fake_chardev_set_accept(disk, 0);
	assert_true(fixture_fill(f, 4 * WINDOW) < 4 * WINDOW);
	loop_advance(f->loop, GRACE_MS - 1);
	fake_chardev_set_accept(disk, SIZE_MAX);
	assert_int_equal(fixture_fill(f, 4 * WINDOW), 4 * WINDOW);
	assert_int_equal(disk->out.len, f->hub->out_bytes);
	/* And no longer than that, as for any other. */
	fake_chardev_set_accept(disk, 0);
	assert_true(fixture_fill(f, 4 * WINDOW) < 4 * WINDOW);
	loop_advance(f->loop, 1);
	assert_int_equal(fixture_info(f, "file").standing, HUB_MEMBER_SKIPPED);
	assert_int_equal(fixture_fill(f, 4 * WINDOW), 4 * WINDOW);
	assert_int_equal(f->fake[0]->out.len, f->hub->out_bytes);
}

static void readers_that_are_equally_slow_lose_nothing(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", 0);
	for (int i = 0; i < 2; i++)
		fake_chardev_set_accept(f->fake[i], 0);
	for (uint64_t ms = 0; ms < 2 * EVERY_MS; ms += GRACE_MS / 2) {
		fixture_fill(f, 4 * WINDOW);
		loop_advance(f->loop, GRACE_MS / 4);
		fake_chardev_set_accept(f->fake[ms % GRACE_MS != 0], HALF);
		loop_advance(f->loop, GRACE_MS / 4);
		fake_chardev_set_accept(f->fake[ms % GRACE_MS == 0], HALF);
	}
	for (int i = 0; i < 2; i++)
		assert_true(fixture_is_stream(f->fake[i]->out.data, f->fake[i]->out.len, 0));
	assert_int_equal(fixture_info(f, "f0").skips, 0);
	assert_int_equal(fixture_info(f, "f1").skips, 0);
}

static void readers_that_hold_in_turn_owe_each_other_nothing(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", 0);
	for (int i = 0; i < 100; i++) {
		struct fake_chardev *late = f->fake[i % 2];

		fake_chardev_set_accept(late, 0);
		assert_true(fixture_fill(f, 4 * WINDOW) < 4 * WINDOW);
		loop_advance(f->loop, GRACE_MS / 4);
		fake_chardev_set_accept(late, SIZE_MAX);
	}
	assert_int_equal(fixture_info(f, "f0").skips, 0);
	assert_int_equal(fixture_info(f, "f1").skips, 0);
}

static void nobody_pays_for_what_others_have_spent(void **state)
{
	struct hub_fixture *f = *state;

	old_friends(f, "");
	fake_chardev_set_accept(f->fake[1], 0);
	flood(f, f->fake[1], HALF / 8, 100, EVERY_MS / 2);
	assert_true(fixture_info(f, "f1").skips > 0);
	fake_chardev_set_accept(f->fake[2], 0);
	fixture_fill(f, 4 * WINDOW);
	loop_advance(f->loop, GRACE_MS - 1);
	assert_int_equal(fixture_info(f, "f2").standing, HUB_MEMBER_GOOD);
	fake_chardev_set_accept(f->fake[2], SIZE_MAX);
	assert_int_equal(fixture_info(f, "f2").skips, 0);
	assert_int_equal(f->fake[2]->out.len, f->hub->out_bytes);
}

static void viewer_never_pauses_anybody(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f,
		"members.0.chardev=f0,members.1.chardev=f1,members.1.access=view,window=64k,"
		"stall=wait",
		0);
	loop_advance(f->loop, EVERY_MS);
	fake_chardev_set_accept(f->fake[1], 0);
	assert_int_equal(fixture_fill(f, 4 * WINDOW), 4 * WINDOW);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_SKIPPED);
	/* Not even where it is alone. */
	assert_int_equal(hub_remove_member(f->hub, "f0", NULL), 0);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	fake_chardev_set_accept(f->fake[1], 0);
	assert_int_equal(fixture_fill(f, 4 * WINDOW), 4 * WINDOW);
}

static void nobody_is_judged_for_the_time_in_which_we_were_stopped(void **state)
{
	struct hub_fixture *f = *state;

	old_friends(f, ",stall=close");
	fake_chardev_set_accept(f->fake[1], 0);
	assert_true(fixture_fill(f, 4 * WINDOW) < 4 * WINDOW);
	loop_advance(f->loop, GRACE_MS / 2);
	loop_fake_stop(f->loop, 100 * GRACE_MS);
	assert_int_equal(f->fake[1]->disconnects, 0);
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	assert_int_equal(fixture_info(f, "f1").standing, HUB_MEMBER_GOOD);
	assert_int_equal(f->guest.room_calls, 1);
}

static void window_shrinks_again(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(
		f, "chardevs.0=f0,window=64k,window-max=256k,stall=skip", CHARDEV_LINK_NEVER_WAIT);
	fake_chardev_set_accept(f->fake[0], 0);
	assert_int_equal(fixture_fill(f, 200000), 200000);
	fake_chardev_set_accept(f->fake[0], SIZE_MAX);
	assert_int_equal(f->fake[0]->out.len, 200000);
	/* Now this is more than there is room for: who stalls is let go as with a small window. */
	chardev_link_set_flags(&f->guest.link, 0);
	fake_chardev_set_accept(f->fake[0], 0);
	assert_in_range(fixture_fill(f, 200000), WINDOW * 3 / 4, WINDOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(slow_member_gets_everything_within_the_window),
		hub_test(guest_waits_for_half_a_window_and_is_told_once),
		hub_test(stalled_member_costs_one_grace_and_is_told_what_it_missed),
		hub_test(member_that_was_skipped_must_catch_up_before_it_holds_anybody),
		hub_test(what_a_member_got_and_what_it_was_told_make_up_the_whole),
		hub_test(slow_member_has_one_screen_before_it),
		hub_test(pipe_that_is_no_terminal_gets_no_words_in_its_stream),
		hub_test(member_that_is_to_be_closed_is_disconnected),
		hub_test(guest_waits_for_ever_where_it_was_asked_to),
		hub_test(guest_that_cannot_wait_gets_a_larger_window_instead),
		hub_test(failing_member_costs_the_others_nothing),
		hub_test(stalled_member_that_leaves_frees_the_guest_at_once),
		hub_test(clients_that_go_with_their_server_free_the_guest),
		hub_test(guest_waits_no_longer_than_it_is_to_from_now_on),
		hub_test(steady_slow_reader_costs_the_others_its_credit_only),
		hub_test(who_has_just_joined_holds_nobody),
		hub_test(credit_is_earned_by_keeping_up),
		hub_test(nothing_is_earned_while_it_is_skipped),
		hub_test(guest_that_asks_in_a_pause_gets_what_room_there_is),
		hub_test(guest_that_writes_much_gets_larger_pieces),
		hub_test(who_reads_all_in_several_goes_waits_as_well),
		hub_test(lone_reader_beside_a_file_loses_nothing),
		hub_test(disk_is_waited_for_from_the_first_byte_on),
		hub_test(readers_that_are_equally_slow_lose_nothing),
		hub_test(readers_that_hold_in_turn_owe_each_other_nothing),
		hub_test(nobody_pays_for_what_others_have_spent),
		hub_test(viewer_never_pauses_anybody),
		hub_test(nobody_is_judged_for_the_time_in_which_we_were_stopped),
		hub_test(window_shrinks_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
