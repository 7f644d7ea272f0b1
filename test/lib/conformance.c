/* SPDX-License-Identifier: MIT */
#include "lib/conformance.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum {
	LONG_IN = 100 * 1000,
	LONG_OUT = 300 * 1000,
	SHORT_OUT = 50 * 1000,
	SHORTS = 3,
	MOVES = 20000,
	CHUNKS = 5
};

/* Sizes that share no factor with any buffer. */
static const size_t chunks[CHUNKS] = { 1, 4093, 17, 1021, 251 };

static char pattern_byte(size_t at)
{
	return (char)(at * 7 + at / 251);
}

static void fill_pattern(char *buf, size_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = pattern_byte(at + i);
}

static void assert_pattern(const char *buf, size_t at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] != pattern_byte(at + i))
			fail_msg("byte %zu is wrong", at + i);
}

/* ---- set up ---- */

static void make_nonblocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void close_descriptors(struct conformance_peer *peer)
{
	if (peer->to_guest >= 0)
		close(peer->to_guest);
	if (peer->from_guest >= 0 && peer->from_guest != peer->to_guest)
		close(peer->from_guest);
	peer->to_guest = peer->from_guest = -1;
}

static int setup(void **state)
{
	struct conformance_peer *peer = calloc(1, sizeof(*peer));

	signal(SIGPIPE, SIG_IGN);
	peer->adapter = *state;
	peer->env = env_new(peer->adapter->classes);
	peer->to_guest = peer->from_guest = -1;
	peer->chardev = peer->adapter->make(peer);
	make_nonblocking(peer->to_guest);
	make_nonblocking(peer->from_guest);
	*state = peer;
	return 0;
}

static int teardown(void **state)
{
	struct conformance_peer *peer = *state;

	fake_holder_detach(&peer->env->holder);
	if (peer->adapter->done)
		peer->adapter->done(peer);
	close_descriptors(peer);
	env_free(peer->env);
	free(peer);
	return 0;
}

/* ---- what the peer does ---- */

static void close_peer(struct conformance_peer *peer)
{
	if (peer->adapter->close)
		peer->adapter->close(peer);
	else
		close_descriptors(peer);
}

static ssize_t take(struct conformance_peer *peer, void *buf, size_t len)
{
	if (peer->adapter->take)
		return peer->adapter->take(peer, buf, len);
	return read(peer->from_guest, buf, len);
}

static ssize_t send_some(struct conformance_peer *peer, const void *buf, size_t len)
{
	if (peer->adapter->send)
		return peer->adapter->send(peer, buf, len);
	return write(peer->to_guest, buf, len);
}

static void send_all(struct conformance_peer *peer, const char *bytes, size_t len)
{
	while (len) {
		ssize_t done = send_some(peer, bytes, len);

		if (done < 0 && errno == EAGAIN) {
			loop_step(peer->env->loop, true);
			continue;
		}
		assert_true(done > 0);
		bytes += done;
		len -= (size_t)done;
	}
}

static void send_pattern(struct conformance_peer *peer, size_t total)
{
	char buf[4096];

	for (size_t at = 0, i = 0; at < total; i++) {
		size_t len = chunks[i % CHUNKS] < total - at ? chunks[i % CHUNKS] : total - at;

		fill_pattern(buf, at, len);
		send_all(peer, buf, len);
		at += len;
		if (i % 3 == 0)
			loop_step(peer->env->loop, false);
	}
}

/* Takes what is there, compares it, counts it. */
static void take_pattern(struct conformance_peer *peer, size_t *at)
{
	char buf[4099];
	ssize_t got;

	while ((got = take(peer, buf, sizeof(buf))) > 0) {
		assert_pattern(buf, *at, (size_t)got);
		*at += (size_t)got;
	}
}

/*
 * Offers zeros until the chardev is full. A terminal moves bytes on behind the scenes, so that it
 * may have room once more after a while.
 */
static void fill_up(struct conformance_peer *peer)
{
	static const char zeros[4096];
	struct fake_holder *holder = &peer->env->holder;
	fake_holder_hook *hook = holder->room_hook;

	holder->room_hook = NULL;
	do {
		holder->room_calls = 0;
		while (fake_holder_out(holder, zeros, sizeof(zeros)) == sizeof(zeros))
			continue;
		wakeups(peer->env->loop);
	} while (holder->room_calls);
	assert_true(holder->owes_room);
	holder->room_hook = hook;
}

static void drain_until_room(struct conformance_peer *peer)
{
	struct fake_holder *holder = &peer->env->holder;
	char buf[4096];

	while (!holder->room_calls) {
		(void)!take(peer, buf, sizeof(buf));
		loop_step(peer->env->loop, false);
	}
}

static void assert_idle(struct conformance_peer *peer)
{
	assert_in_range(wakeups(peer->env->loop), 1, WAKEUPS_IDLE);
}

/* ---- input ---- */

static void input_arrives_in_order_and_once(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	env_attach(peer->env, peer->chardev);
	send_pattern(peer, LONG_IN);
	RUN_UNTIL(peer->env->loop, holder->in.len >= LONG_IN);
	assert_int_equal(holder->in.len, LONG_IN);
	assert_pattern(holder->in.data, 0, LONG_IN);
	assert_idle(peer);
}

static void input_goes_into_the_holders_own_memory(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	assert_int_equal(fake_holder_attach(holder, peer->chardev, FAKE_HOLDER_RESERVE, NULL), 0);
	send_pattern(peer, LONG_IN);
	RUN_UNTIL(peer->env->loop, holder->in.len >= LONG_IN);
	assert_int_equal(holder->in.len, LONG_IN);
	assert_pattern(holder->in.data, 0, LONG_IN);
}

static void give_one_more(struct fake_holder *holder)
{
	holder->room += holder->room < 1;
}

static void room_of_one_byte_is_respected(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 1;
	holder->in_hook = give_one_more;
	env_attach(peer->env, peer->chardev);
	send_pattern(peer, 5000);
	RUN_UNTIL(peer->env->loop, holder->in.len == 5000);
	assert_int_equal(holder->in_calls, 5000);
	assert_pattern(holder->in.data, 0, 5000);
}

static void resume_by_resume_nothing_is_lost(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 0;
	env_attach(peer->env, peer->chardev);
	send_pattern(peer, 1000);
	for (size_t want = 0; want < 1000; want += 40) {
		run_idle(peer->env->loop);
		assert_int_equal(holder->in.len, want);
		fake_holder_set_room(holder, 40);
		RUN_UNTIL(peer->env->loop, holder->in.len == want + 40);
	}
	assert_pattern(holder->in.data, 0, 1000);
}

static void input_waits_without_wakeups_while_there_is_no_room(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 0;
	env_attach(peer->env, peer->chardev);
	send_pattern(peer, 10);
	assert_idle(peer);
	assert_int_equal(holder->in.len, 0);
	fake_holder_set_room(holder, SIZE_MAX);
	RUN_UNTIL(peer->env->loop, holder->in.len == 10);
	assert_pattern(holder->in.data, 0, 10);
}

static void input_waits_for_a_holder(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	send_pattern(peer, 10);
	assert_idle(peer);
	env_attach(peer->env, peer->chardev);
	RUN_UNTIL(peer->env->loop, holder->in.len == 10);
	fake_holder_detach(holder);
	send_pattern(peer, 10);
	assert_idle(peer);
	env_attach(peer->env, peer->chardev);
	RUN_UNTIL(peer->env->loop, holder->in.len == 20);
	assert_pattern(holder->in.data, 0, 10);
	assert_pattern(holder->in.data + 10, 0, 10);
}

static void deaf_holder_gets_nothing_and_costs_nothing(void **state)
{
	struct conformance_peer *peer = *state;

	assert_int_equal(
		fake_holder_attach(&peer->env->holder, peer->chardev, FAKE_HOLDER_DEAF, NULL), 0);
	send_pattern(peer, 10);
	assert_idle(peer);
	assert_int_equal(fake_holder_out(&peer->env->holder, "x", 1), 1);
	if (!(peer->adapter->flags & CONFORMS_ALWAYS_OPEN))
		close_peer(peer);
	assert_idle(peer);
}

/* ---- output ---- */

/* At least @total bytes, and so many more that the peer was full a few times. */
static size_t offer_pattern(
	struct conformance_peer *peer, size_t total, unsigned want_shorts, size_t *taken)
{
	struct fake_holder *holder = &peer->env->holder;
	unsigned shorts = 0;
	char buf[4096];
	size_t at = 0;

	for (size_t i = 0; at < total || shorts < want_shorts; i++) {
		size_t len = chunks[i % CHUNKS];
		ssize_t accepted;

		fill_pattern(buf, at, len);
		accepted = fake_holder_out(holder, buf, len);
		assert_true(accepted >= 0);
		at += (size_t)accepted;
		shorts += (size_t)accepted < len;
		while (holder->owes_room) {
			take_pattern(peer, taken);
			loop_step(peer->env->loop, false);
		}
	}
	assert_int_equal(holder->room_calls, shorts);
	return at;
}

static void output_arrives_in_order_and_once(void **state)
{
	struct conformance_peer *peer = *state;
	unsigned flags = peer->adapter->flags;
	bool never_full = flags & CONFORMS_NEVER_FULL;
	size_t taken = 0, total;

	env_attach(peer->env, peer->chardev);
	total = offer_pattern(
		peer, never_full ? SHORT_OUT : LONG_OUT, never_full ? 0 : SHORTS, &taken);
	while (!(flags & CONFORMS_NO_RECORD) && taken < total) {
		take_pattern(peer, &taken);
		loop_step(peer->env->loop, false);
	}
	assert_int_equal(peer->chardev->out_bytes, total);
}

static void full_peer_costs_no_wakeups_and_one_room_event(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	env_attach(peer->env, peer->chardev);
	fill_up(peer);
	assert_idle(peer);
	assert_int_equal(holder->room_calls, 0);
	drain_until_room(peer);
	run_idle(peer->env->loop);
	assert_int_equal(holder->room_calls, 1);
	assert_true(fake_holder_out(holder, "x", 1) == 1);
}

static void two_segments_are_one_offer(void **state)
{
	struct conformance_peer *peer = *state;
	struct iovec iov[2] = { { (char[]){ "front," }, 6 }, { (char[]){ "back" }, 4 } };
	char buf[16] = "";
	size_t len = 0;

	env_attach(peer->env, peer->chardev);
	assert_int_equal(chardev_link_outv(&peer->env->holder.link, iov, 2), 10);
	while (!(peer->adapter->flags & CONFORMS_NO_RECORD) && len < 10) {
		ssize_t got = take(peer, buf + len, sizeof(buf) - 1 - len);

		len += got > 0 ? (size_t)got : 0;
		loop_step(peer->env->loop, false);
	}
	if (!(peer->adapter->flags & CONFORMS_NO_RECORD))
		assert_string_equal(buf, "front,back");
}

/* ---- the end ---- */

static void assert_over(struct conformance_peer *peer)
{
	struct fake_holder *holder = &peer->env->holder;

	RUN_UNTIL(peer->env->loop, holder->closed == 1);
	while (fake_holder_out(holder, "x", 1) != -EPIPE)
		loop_step(peer->env->loop, false);
	RUN_UNTIL(peer->env->loop, holder->hangups == 1);
	assert_int_equal(fake_holder_out(holder, "x", 1), -EPIPE);
	assert_false(chardev_is_open(peer->chardev));
	assert_idle(peer);
	assert_int_equal(holder->closed, 1);
}

static void hangup_is_noticed(void **state)
{
	struct conformance_peer *peer = *state;

	env_attach(peer->env, peer->chardev);
	close_peer(peer);
	assert_over(peer);
}

static void hangup_is_noticed_without_room(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.room = 0;
	env_attach(peer->env, peer->chardev);
	assert_idle(peer);
	close_peer(peer);
	assert_over(peer);
}

static void hangup_of_a_full_peer_is_noticed(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.room = 0;
	env_attach(peer->env, peer->chardev);
	fill_up(peer);
	close_peer(peer);
	assert_over(peer);
}

static void last_words_come_before_the_end(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	env_attach(peer->env, peer->chardev);
	run_idle(peer->env->loop);
	send_pattern(peer, 100);
	close_peer(peer);
	assert_over(peer);
	assert_int_equal(holder->in.len, 100);
	assert_pattern(holder->in.data, 0, 100);
}

static void last_words_wait_for_room(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 0;
	env_attach(peer->env, peer->chardev);
	run_idle(peer->env->loop);
	send_pattern(peer, 100);
	close_peer(peer);
	while (fake_holder_out(holder, "x", 1) != -EPIPE)
		loop_step(peer->env->loop, false);
	assert_idle(peer);
	assert_int_equal(holder->closed, 0);
	fake_holder_set_room(holder, 60);
	RUN_UNTIL(peer->env->loop, holder->in.len == 60);
	assert_idle(peer);
	assert_int_equal(holder->closed, 0);
	fake_holder_set_room(holder, SIZE_MAX);
	assert_over(peer);
	assert_int_equal(holder->in.len, 100);
	assert_pattern(holder->in.data, 0, 100);
}

static void half_closed_peer_still_takes_bytes(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;
	char buf[8] = "";
	size_t len = 0;

	env_attach(peer->env, peer->chardev);
	send_pattern(peer, 10);
	peer->adapter->close_input(peer);
	RUN_UNTIL(peer->env->loop, holder->closed == 1);
	assert_int_equal(holder->in.len, 10);
	assert_int_equal(fake_holder_out(holder, "still", 5), 5);
	while (len < 5) {
		ssize_t got = take(peer, buf + len, sizeof(buf) - 1 - len);

		len += got > 0 ? (size_t)got : 0;
	}
	assert_string_equal(buf, "still");
	fill_up(peer);
	assert_idle(peer);
	drain_until_room(peer);
	assert_idle(peer);
	assert_int_equal(holder->hangups, 0);
	close_peer(peer);
	assert_over(peer);
}

static void half_close_without_room_waits_for_the_last_words(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 0;
	env_attach(peer->env, peer->chardev);
	send_pattern(peer, 10);
	peer->adapter->close_input(peer);
	assert_idle(peer);
	assert_int_equal(holder->closed, 0);
	assert_int_equal(fake_holder_out(holder, "still", 5), 5);
	fake_holder_set_room(holder, SIZE_MAX);
	RUN_UNTIL(peer->env->loop, holder->closed == 1);
	assert_int_equal(holder->in.len, 10);
	assert_int_equal(holder->hangups, 0);
	assert_idle(peer);
}

static void half_close_is_noticed_without_room(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 0;
	env_attach(peer->env, peer->chardev);
	assert_idle(peer);
	peer->adapter->close_input(peer);
	RUN_UNTIL(peer->env->loop, holder->closed == 1);
	assert_int_equal(holder->hangups, 0);
	assert_int_equal(fake_holder_out(holder, "still", 5), 5);
	assert_idle(peer);
}

static void peer_may_come_and_go(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	env_attach(peer->env, peer->chardev);
	run_idle(peer->env->loop);
	for (unsigned i = 1; i <= 5; i++) {
		holder->room = i % 2 ? SIZE_MAX : 0;
		close_peer(peer);
		RUN_UNTIL(peer->env->loop, holder->closed == i);
		while (fake_holder_out(holder, "x", 1) != -EPIPE)
			loop_step(peer->env->loop, false);
		fake_holder_set_room(holder, SIZE_MAX);
		holder->in.len = 0;
		peer->adapter->come_back(peer);
		make_nonblocking(peer->to_guest);
		RUN_UNTIL(peer->env->loop, holder->opened == i);
		send_pattern(peer, 300);
		RUN_UNTIL(peer->env->loop, holder->in.len == 300);
		assert_pattern(holder->in.data, 0, 300);
		assert_int_equal(fake_holder_out(holder, "x", 1), 1);
	}
	assert_int_equal(holder->hangups, 5);
}

static void peer_is_sent_away(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	env_attach(peer->env, peer->chardev);
	assert_int_equal(chardev_link_disconnect(&holder->link, NULL), 0);
	assert_int_equal(holder->closed, 0);
	RUN_UNTIL(peer->env->loop, holder->hangups == 1);
	assert_over(peer);
}

/* ---- holders that leave, or remove the chardev, inside a callback ---- */

static void detach(struct fake_holder *holder)
{
	fake_holder_detach(holder);
}

static void remove_chardev(struct fake_holder *holder)
{
	struct conformance_peer *peer = holder->hook_data;

	if (!peer->chardev)
		return;
	fake_holder_detach(holder);
	chardev_free(peer->chardev);
	peer->chardev = NULL;
}

static void attach_hooked(struct conformance_peer *peer)
{
	peer->env->holder.hook_data = peer;
	env_attach(peer->env, peer->chardev);
}

static void holder_may_leave_inside_on_in(void **state)
{
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;

	holder->room = 10;
	holder->in_hook = detach;
	attach_hooked(peer);
	send_pattern(peer, 100);
	RUN_UNTIL(peer->env->loop, holder->in_calls == 1);
	assert_idle(peer);
	holder->in_hook = NULL;
	holder->room = SIZE_MAX;
	env_attach(peer->env, peer->chardev);
	RUN_UNTIL(peer->env->loop, holder->in.len == 100);
	assert_pattern(holder->in.data, 0, 100);
}

static void chardev_may_be_removed_inside_on_in(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.in_hook = remove_chardev;
	attach_hooked(peer);
	send_all(peer, "all at once", 11);
	RUN_UNTIL(peer->env->loop, !peer->chardev);
	assert_idle(peer);
	assert_int_equal(peer->env->holder.in_calls, 1);
}

static void holder_may_leave_inside_on_event(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.event_hook = detach;
	attach_hooked(peer);
	run_idle(peer->env->loop);
	close_peer(peer);
	RUN_UNTIL(peer->env->loop, !peer->env->holder.link.chardev);
	assert_idle(peer);
	assert_int_equal(peer->env->holder.hangups, 0);
}

static void chardev_may_be_removed_inside_on_event(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.event_hook = remove_chardev;
	attach_hooked(peer);
	run_idle(peer->env->loop);
	if (peer->chardev)
		close_peer(peer);
	RUN_UNTIL(peer->env->loop, !peer->chardev);
	assert_idle(peer);
}

static void holder_may_leave_inside_on_room(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.room_hook = detach;
	attach_hooked(peer);
	fill_up(peer);
	drain_until_room(peer);
	assert_idle(peer);
}

static void chardev_may_be_removed_inside_on_room(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.room_hook = remove_chardev;
	attach_hooked(peer);
	fill_up(peer);
	drain_until_room(peer);
	assert_idle(peer);
	assert_null(peer->chardev);
}

static void holder_answers_inside_on_in(struct fake_holder *holder)
{
	fake_holder_out(holder, "answer", 6);
}

static void holder_may_write_inside_on_in_to_a_peer_that_has_gone(void **state)
{
	struct conformance_peer *peer = *state;

	peer->env->holder.in_hook = holder_answers_inside_on_in;
	env_attach(peer->env, peer->chardev);
	run_idle(peer->env->loop);
	send_pattern(peer, 1000);
	close_peer(peer);
	assert_over(peer);
	assert_int_equal(peer->env->holder.in.len, 1000);
}

/* ---- anything in any order ---- */

/* A generator of one's own: the same moves on every machine. [Numerical Recipes, ranqd1] */
static unsigned roll(uint32_t *seed, unsigned sides)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 16) % sides;
}

struct walk {
	struct conformance_peer *peer;
	uint32_t seed;
	size_t sent, received; /* of the pattern, by this connection */
	bool half_closed;
};

static void check_input(struct fake_holder *holder)
{
	struct walk *walk = holder->hook_data;

	assert_pattern(holder->in.data, walk->received, holder->in.len);
	walk->received += holder->in.len;
	holder->in.len = 0;
}

static void check_event(struct fake_holder *holder)
{
	struct walk *walk = holder->hook_data;

	if (holder->last.type == CHARDEV_OPENED)
		walk->received = 0;
}

static void walk_send(struct walk *walk)
{
	char buf[3000];
	size_t len = 1 + roll(&walk->seed, sizeof(buf));
	ssize_t done;

	if (walk->peer->to_guest < 0 || walk->half_closed)
		return;
	fill_pattern(buf, walk->sent, len);
	done = send_some(walk->peer, buf, len);
	walk->sent += done > 0 ? (size_t)done : 0;
}

static void walk_take(struct walk *walk)
{
	char buf[30000];

	if (walk->peer->from_guest >= 0)
		(void)!take(walk->peer, buf, sizeof(buf));
}

static void walk_out(struct walk *walk)
{
	static const char zeros[40000];
	struct fake_holder *holder = &walk->peer->env->holder;

	if (holder->link.chardev)
		fake_holder_out(holder, zeros, 1 + roll(&walk->seed, sizeof(zeros)));
}

static void walk_room(struct walk *walk)
{
	static const size_t rooms[] = { 0, 0, 1, 100, 5000, SIZE_MAX };

	fake_holder_set_room(&walk->peer->env->holder, rooms[roll(&walk->seed, 6)]);
}

static void walk_half_close(struct walk *walk)
{
	if (walk->peer->to_guest >= 0 && !walk->half_closed && roll(&walk->seed, 8) == 0) {
		walk->peer->adapter->close_input(walk->peer);
		walk->half_closed = true;
	}
}

static void walk_come_or_go(struct walk *walk)
{
	struct conformance_peer *peer = walk->peer;

	/* The holder must see the end of each connection, to know which bytes are whose. */
	if (roll(&walk->seed, 6) || !peer->env->holder.link.chardev)
		return;
	if (peer->to_guest >= 0) {
		close_peer(peer);
		return;
	}
	run_idle(peer->env->loop);
	walk->sent = 0;
	walk->half_closed = false;
	peer->adapter->come_back(peer);
	make_nonblocking(peer->to_guest);
	run_idle(peer->env->loop);
}

static void walk_attach(struct walk *walk)
{
	struct fake_holder *holder = &walk->peer->env->holder;

	if (roll(&walk->seed, 8))
		return;
	if (!holder->link.chardev)
		env_attach(walk->peer->env, walk->peer->chardev);
	else if (walk->received == walk->sent && holder->open)
		fake_holder_detach(holder);
}

static void walk_run(struct walk *walk)
{
	for (unsigned i = roll(&walk->seed, 4); i; i--)
		loop_step(walk->peer->env->loop, false);
}

static void random_moves_break_no_promise(void **state)
{
	static void (*const moves[])(struct walk *) = { walk_send, walk_send, walk_take, walk_take,
		walk_out, walk_room, walk_half_close, walk_come_or_go, walk_attach, walk_run,
		walk_run, walk_run };
	struct conformance_peer *peer = *state;
	struct fake_holder *holder = &peer->env->holder;
	struct walk walk = { .peer = peer, .seed = 1 };

	holder->in_hook = check_input;
	holder->event_hook = check_event;
	holder->hook_data = &walk;
	env_attach(peer->env, peer->chardev);
	for (unsigned i = 0; i < MOVES; i++) {
		moves[roll(&walk.seed, sizeof(moves) / sizeof(moves[0]))](&walk);
		assert_int_equal(holder->faults, 0);
	}
	assert_true(holder->opened > 20 && holder->hangups > 20);
	assert_idle(peer);
}

static void idle_chardev_costs_no_wakeups(void **state)
{
	struct conformance_peer *peer = *state;
	unsigned fds;

	assert_idle(peer);
	env_attach(peer->env, peer->chardev);
	assert_idle(peer);
	fds = open_fds();
	fake_holder_detach(&peer->env->holder);
	env_attach(peer->env, peer->chardev);
	assert_int_equal(open_fds(), fds);
}

/* ---- the table ---- */

enum needs {
	NEEDS_INPUT = 1,
	NEEDS_FULL = 2,
	NEEDS_END = 4,
	NEEDS_HALF = 8,
	NEEDS_DISCONNECT = 16,
	NEEDS_RETURN = 32,
	NEEDS_WORDS = 64,
};

static const struct conformance_case {
	const char *name;
	CMUnitTestFunction fn;
	unsigned needs;
} cases[] = {
#define CASE(fn, needs)        \
	{                      \
#fn, fn, needs \
	}
	CASE(idle_chardev_costs_no_wakeups, 0),
	CASE(input_arrives_in_order_and_once, NEEDS_INPUT),
	CASE(input_goes_into_the_holders_own_memory, NEEDS_INPUT),
	CASE(room_of_one_byte_is_respected, NEEDS_INPUT),
	CASE(resume_by_resume_nothing_is_lost, NEEDS_INPUT),
	CASE(input_waits_without_wakeups_while_there_is_no_room, NEEDS_INPUT),
	CASE(input_waits_for_a_holder, NEEDS_INPUT),
	CASE(deaf_holder_gets_nothing_and_costs_nothing, NEEDS_INPUT),
	CASE(output_arrives_in_order_and_once, 0),
	CASE(full_peer_costs_no_wakeups_and_one_room_event, NEEDS_FULL),
	CASE(two_segments_are_one_offer, 0),
	CASE(hangup_is_noticed, NEEDS_END),
	CASE(hangup_is_noticed_without_room, NEEDS_END),
	CASE(hangup_of_a_full_peer_is_noticed, NEEDS_END | NEEDS_FULL),
	CASE(last_words_come_before_the_end, NEEDS_END | NEEDS_INPUT | NEEDS_WORDS),
	CASE(last_words_wait_for_room, NEEDS_END | NEEDS_INPUT | NEEDS_WORDS),
	CASE(half_closed_peer_still_takes_bytes, NEEDS_HALF),
	CASE(half_close_without_room_waits_for_the_last_words, NEEDS_HALF),
	CASE(half_close_is_noticed_without_room, NEEDS_HALF),
	CASE(random_moves_break_no_promise, NEEDS_HALF | NEEDS_RETURN | NEEDS_INPUT),
	CASE(peer_may_come_and_go, NEEDS_RETURN | NEEDS_INPUT),
	CASE(peer_is_sent_away, NEEDS_DISCONNECT),
	CASE(holder_may_leave_inside_on_in, NEEDS_INPUT),
	CASE(chardev_may_be_removed_inside_on_in, NEEDS_INPUT),
	CASE(holder_may_leave_inside_on_event, NEEDS_END),
	CASE(chardev_may_be_removed_inside_on_event, NEEDS_END),
	CASE(holder_may_leave_inside_on_room, NEEDS_FULL),
	CASE(chardev_may_be_removed_inside_on_room, NEEDS_FULL),
	CASE(holder_may_write_inside_on_in_to_a_peer_that_has_gone,
		NEEDS_END | NEEDS_INPUT | NEEDS_WORDS),
#undef CASE
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static unsigned offers(const struct conformance *adapter)
{
	unsigned flags = adapter->flags;

	return (flags & CONFORMS_NO_INPUT ? 0u : NEEDS_INPUT) |
	       (flags & CONFORMS_NEVER_FULL ? 0u : NEEDS_FULL) |
	       (flags & CONFORMS_ALWAYS_OPEN ? 0u : NEEDS_END) |
	       (flags & CONFORMS_FORGETS ? 0u : NEEDS_WORDS) |
	       (flags & CONFORMS_HALF_CLOSE ? NEEDS_HALF : 0u) |
	       (flags & CONFORMS_DISCONNECTS ? NEEDS_DISCONNECT : 0u) |
	       (adapter->come_back ? NEEDS_RETURN : 0u);
}

int conformance_run(const struct conformance *adapter)
{
	struct CMUnitTest tests[CASES] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < CASES; i++)
		if (!(cases[i].needs & ~offers(adapter)))
			tests[n++] = (struct CMUnitTest){ cases[i].name, cases[i].fn, setup,
				teardown, (void *)(uintptr_t)adapter };
	return _cmocka_run_group_tests(adapter->name, tests, n, NULL, NULL);
}
