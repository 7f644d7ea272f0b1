/* SPDX-License-Identifier: MIT */
/* What viewers get to see, and when. */
#include "vnc-fixture.h"

#include "vnc/server.h"
#include "base/wire.h"
#include "lib/rough-io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = fixture_new("");
	return 0;
}

static int setup_scaled(void **state)
{
	*state = fixture_new(",scale=2");
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* A viewer that has the picture and may ask for more at once. */
static int viewer_with_picture(struct fixture *f, int encoding)
{
	int fd = login(f, true);

	set_encodings(f, fd, 2, encoding, 1);
	request_update(f, fd, false);
	assert_true(drain(f, fd) > 12);
	loop_advance(f->loop, 20);
	return fd;
}

static struct vnc_viewer *first_viewer(struct fixture *f)
{
	return vnc_server_next_viewer(f->server, NULL);
}

/* One update with its rectangles' headers; @buf holds it. Return: its length */
static size_t get_update(struct fixture *f, int fd, uint8_t *buf, size_t size)
{
	ssize_t n;

	settle(f);
	n = take_some(fd, buf, size);
	assert_true(n > 4);
	assert_int_equal(buf[0], 0);
	return (size_t)n;
}

static void whole_picture_comes_when_it_is_asked_for(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	request_update(f, fd, false);
	assert_int_equal(drain(f, fd), 4 + 24 * (12 + 640 * 16 * 4));
	close(fd);
}

static void nothing_comes_unasked_or_unchanged(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 16);

	fixture_feed(f, "hello");
	assert_int_equal(drain(f, fd), 0);
	request_update(f, fd, true);
	assert_true(drain(f, fd) > 0);
	loop_advance(f->loop, 20);
	request_update(f, fd, true);
	loop_advance(f->loop, 1000);
	assert_int_equal(drain(f, fd), 0);
	fixture_feed(f, "x");
	assert_true(drain(f, fd) > 0);
	close(fd);
}

static void only_the_part_that_changed_comes(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 0);
	uint8_t buf[4096];

	fixture_feed(f, "\033[5;9HX");
	request_update(f, fd, true);
	assert_int_equal(get_update(f, fd, buf, sizeof(buf)), 4 + 12 + 8 * 16 * 4);
	assert_memory_equal(
		buf + 2, "\x00\x01\x00\x40\x00\x40\x00\x08\x00\x10\x00\x00\x00\x00", 14);
	close(fd);
}

static void a_part_that_is_asked_for_comes_alone(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 0);
	uint8_t buf[8192];

	PUT(f, fd,
		"\x03\x00\x00\x0a\x00\x11\x00\x08\x00\x0f"); /* 10,17 8x15: two columns of row 1 */
	assert_int_equal(get_update(f, fd, buf, sizeof(buf)), 4 + 12 + 16 * 16 * 4);
	assert_memory_equal(buf + 2, "\x00\x01\x00\x08\x00\x10\x00\x10\x00\x10", 10);
	close(fd);
}

static void lines(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fixture_feed(f, "line\r\n");
}

static void a_scroll_is_a_copy_and_a_line(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[4096];
	int fd;

	lines(f, 30);
	fd = viewer_with_picture(f, 16);
	fixture_feed(f, "another line\r\n");
	request_update(f, fd, true);
	assert_true(get_update(f, fd, buf, sizeof(buf)) <= 400);
	/* 640 x 368 from row 1 to row 0 */
	assert_memory_equal(
		buf + 4, "\x00\x00\x00\x00\x02\x80\x01\x70\x00\x00\x00\x01\x00\x00\x00\x10", 16);
	close(fd);
}

static void scrolls_between_two_updates_are_one_copy(void **state)
{
	struct fixture *f = *state;
	uint8_t buf[4096];
	int fd;

	lines(f, 30);
	fd = viewer_with_picture(f, 16);
	lines(f, 3);
	request_update(f, fd, true);
	get_update(f, fd, buf, sizeof(buf));
	assert_memory_equal(buf + 8, "\x02\x80\x01\x50\x00\x00\x00\x01\x00\x00\x00\x30", 12);
	close(fd);
}

static void without_copies_the_lines_are_sent_anew(void **state)
{
	struct fixture *f = *state;
	int fd;

	lines(f, 30);
	fd = login(f, true);
	request_update(f, fd, false);
	drain(f, fd);
	loop_advance(f->loop, 20);
	lines(f, 1);
	request_update(f, fd, true);
	assert_int_equal(drain(f, fd), 4 + 24 * (12 + 640 * 16 * 4));
	close(fd);
}

static void updates_are_at_most_sixty_a_second(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 16);
	unsigned updates = 0;

	for (unsigned ms = 0; ms < 1000; ms++) {
		request_update(f, fd, true);
		fixture_feed(f, ms % 2 ? "a" : "b");
		updates += drain(f, fd) > 0;
		loop_advance(f->loop, 1);
	}
	assert_in_range(updates, 55, 63);
	close(fd);
}

static void the_first_change_after_a_pause_comes_at_once(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 16);

	loop_advance(f->loop, 500);
	request_update(f, fd, true);
	drain(f, fd);
	fixture_feed(f, "k");
	assert_true(drain(f, fd) > 0);
	close(fd);
}

static void a_viewer_that_does_not_read_costs_little_and_nobody(void **state)
{
	struct fixture *f = *state;
	int good = viewer_with_picture(f, 16), small = 4096, stalled;
	unsigned updates = 0;

	stalled = login(f, true);
	setsockopt(stalled, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (unsigned i = 0; i < 500; i++) {
		request_update(f, good, true);
		if (i < 300)
			request_update(f, stalled, false);
		lines(f, 1);
		updates += drain(f, good) > 0;
		loop_advance(f->loop, 17);
		list_for_each (viewer, &f->server->viewers, struct vnc_viewer, node)
			assert_true(peer_waiting(&viewer->peer) < 128 * 1024);
	}
	assert_true(updates >= 499);
	close(good);
	close(stalled);
}

static void a_viewer_that_asks_and_does_not_read_is_not_listened_to(void **state)
{
	static const char fence[] =
		"\xf8\x00\x00\x00\x80\x00\x00\x00\x40"
		"................................................................";
	struct fixture *f = *state;
	int fd = login(f, true);
	unsigned sent = 0;

	for (unsigned i = 0; i < 20000; i++) {
		if (send(fd, fence, sizeof(fence) - 1, MSG_NOSIGNAL) != sizeof(fence) - 1)
			break;
		sent++;
		loop_step(f->loop, false);
	}
	assert_true(sent < 20000);
	settle(f);
	assert_true(peer_waiting(&first_viewer(f)->peer) < 400 * 1024);
	assert_true(drain(f, fd) > 0);
	close(fd);
}

/* ---- who is started again, whichever write it is that finds room ---- */

enum { REFUSALS_MAX = 8 };

static void an_update_goes_on_whichever_write_finds_room(void **state)
{
	struct fixture *f = *state;
	static uint8_t buf[2 << 20];

	for (unsigned refused = 0; refused <= REFUSALS_MAX; refused++) {
		int fd = login(f, true);
		ssize_t n;

		request_update(f, fd, false); /* more than the socket takes */
		n = take_some(fd, buf, sizeof(buf));
		assert_true(n > 0 && n < 24 * (12 + 640 * 16 * 4));
		rough_io_refuse(0, refused);
		assert_int_equal(drain(f, fd) + (size_t)n, 4 + 24 * (12 + 640 * 16 * 4));
		close(fd);
		settle(f);
	}
}

static void an_update_starts_whichever_write_finds_room_for_what_was_before(void **state)
{
	struct fixture *f = *state;

	for (unsigned refused = 0; refused <= REFUSALS_MAX; refused++) {
		static const char messages[] = "\xf8\x00\x00\x00\x80\x00\x00\x00\x01z"
					       "\x03\x00\x00\x00\x00\x00\x00\x08\x00\x10";
		int fd = viewer_with_picture(f, 0);

		assert_int_equal(send(fd, messages, 20, MSG_NOSIGNAL), 20);
		rough_io_refuse(1, refused);
		assert_int_equal(drain(f, fd), 10 + 4 + 12 + 8 * 16 * 4);
		close(fd);
		settle(f);
	}
}

static void the_bell_rings_whichever_write_finds_room_for_what_was_before(void **state)
{
	struct fixture *f = *state;

	for (unsigned refused = 0; refused <= REFUSALS_MAX; refused++) {
		static const char fence[] = "\xf8\x00\x00\x00\x80\x00\x00\x00\x01z";
		int fd = login(f, true);

		assert_int_equal(send(fd, fence, 10, MSG_NOSIGNAL), 10);
		rough_io_refuse(1, refused);
		fixture_feed(f, "\a");
		assert_int_equal(drain(f, fd), 10 + 1);
		close(fd);
		settle(f);
	}
}

/* All that it has sent is read, and not yet looked at. */
static void every_question_is_answered_whichever_write_finds_room(void **state)
{
	enum { FENCES = 200, FENCE_BYTES = 10 };
	struct fixture *f = *state;
	char fences[FENCES * FENCE_BYTES];

	for (unsigned i = 0; i < FENCES; i++)
		memcpy(fences + i * FENCE_BYTES, "\xf8\x00\x00\x00\x80\x00\x00\x00\x01z",
			FENCE_BYTES);
	for (unsigned refused = 0; refused <= REFUSALS_MAX; refused++) {
		int fd = login(f, true);
		const struct vnc_viewer *viewer = first_viewer(f);
		size_t asked = 0;

		while (peer_waiting(&viewer->peer) <= PEER_WAITING_MAX) {
			assert_int_equal(
				send(fd, fences, sizeof(fences), MSG_NOSIGNAL), sizeof(fences));
			asked += sizeof(fences);
			settle(f);
		}
		assert_true(viewer->in.len > 0);
		rough_io_refuse(0, refused);
		assert_int_equal(drain(f, fd), asked);
		close(fd);
		settle(f);
	}
}

static void half_an_update_does_not_mix_with_other_messages(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);
	static uint8_t buf[2 << 20];
	size_t len = 0, whole = 4 + 24 * (12 + 640 * 16 * 4);
	ssize_t n;

	request_update(f, fd, false);
	settle(f);
	fixture_feed(f, "\a");
	PUT(f, fd, "\xf8\x00\x00\x00\x80\x00\x00\x00\x01z");
	while ((n = take_some(fd, buf + len, sizeof(buf) - len)) > 0) {
		len += (size_t)n;
		settle(f);
	}
	assert_true(len >= whole + 10);
	for (size_t at = 4, row = 0; row < 24; row++, at += 12 + 640 * 16 * 4)
		assert_int_equal(buf[at + 3], row * 16 & 0xff);
	assert_memory_equal(buf + whole, "\xf8\x00\x00\x00\x00\x00\x00\x00\x01z", 10);
	close(fd);
}

static void viewers_of_the_same_picture_share_its_encoding(void **state)
{
	struct fixture *f = *state;
	int a, b;

	lines(f, 30);
	a = viewer_with_picture(f, 16);
	b = viewer_with_picture(f, 16);
	loop_advance(f->loop, 20);
	fixture_feed(f, "shared\r\n");
	request_update(f, a, true);
	assert_true(f->server->host.studio->cache.bytes > 0);
	{
		uint8_t one[4096], other[4096];
		size_t len = get_update(f, a, one, sizeof(one));
		struct encoded *scratch = &f->server->host.studio->encoded;

		memset(scratch, 0xee, 64); /* whoever encodes again writes here */
		request_update(f, b, true);
		assert_int_equal(get_update(f, b, other, sizeof(other)), len);
		assert_int_equal(scratch->bytes[0], 0xee);
	}
	close(a);
	close(b);
}

/* All that the server sends. Return: its length */
static size_t get_all(struct fixture *f, int fd, uint8_t *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	settle(f);
	while ((n = take_some(fd, buf + len, size - len)) > 0) {
		len += (size_t)n;
		settle(f);
	}
	return len;
}

/* The bodies of the ZRLE rectangles of an update, inflated with a viewer's own stream. */
static size_t inflate_update(z_stream *z, uint8_t *buf, size_t len, uint8_t *out, size_t size)
{
	size_t at = 4;

	z->next_out = out;
	z->avail_out = (uInt)size;
	for (unsigned rects = get_be16(buf + 2); rects; rects--) {
		assert_int_equal(get_be32(buf + at + 8), 16);
		z->avail_in = get_be32(buf + at + 12);
		z->next_in = buf + at + 16;
		at += 16 + z->avail_in;
		assert_int_equal(inflate(z, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(z->avail_in, 0);
	}
	assert_int_equal(at, len);
	return size - z->avail_out;
}

static void what_is_deflated_once_fits_into_every_viewers_stream(void **state)
{
	struct fixture *f = *state;
	static uint8_t buf[65536], one[1 << 20], other[1 << 20];
	z_stream z[2] = { 0 };
	size_t len, first;
	int fds[2];

	for (unsigned i = 0; i < 2; i++) {
		fixture_feed(f, "text before the other comes\r\n");
		fds[i] = login(f, true);
		set_encodings(f, fds[i], 1, 16);
		assert_int_equal(inflateInit(&z[i]), Z_OK);
		request_update(f, fds[i], false);
		len = get_all(f, fds[i], buf, sizeof(buf));
		assert_true(inflate_update(&z[i], buf, len, one, sizeof(one)) > 0);
	}
	loop_advance(f->loop, 20);
	request_update(f, fds[0], true);
	len = get_all(f, fds[0], buf, sizeof(buf));
	inflate_update(&z[0], buf, len, one, sizeof(one));
	loop_advance(f->loop, 20);
	fixture_feed(f, "\033[31mfor both of them");
	request_update(f, fds[0], true);
	len = get_all(f, fds[0], buf, sizeof(buf));
	first = inflate_update(&z[0], buf, len, one, sizeof(one));
	request_update(f, fds[1], true);
	len = get_all(f, fds[1], buf, sizeof(buf));
	assert_int_equal(inflate_update(&z[1], buf, len, other, sizeof(other)), first);
	assert_memory_equal(one, other, first);
	for (unsigned i = 0; i < 2; i++) {
		inflateEnd(&z[i]);
		close(fds[i]);
	}
}

#define RAW_ROW (12 + 640 * 16 * 4)

static void a_scroll_of_a_half_sent_picture_is_no_copy(void **state)
{
	struct fixture *f = *state;
	static uint8_t buf[2 << 20];
	size_t whole = 4 + 24 * RAW_ROW;
	int fd;

	lines(f, 30);
	fd = viewer_with_picture(f, 0);
	request_update(f, fd, false);
	lines(f, 1);
	assert_int_equal(get_all(f, fd, buf, sizeof(buf)), whole);
	loop_advance(f->loop, 20);
	lines(f, 1);
	request_update(f, fd, true);
	assert_int_equal(get_all(f, fd, buf, sizeof(buf)), whole);
	close(fd);
}

static void what_is_sent_of_a_stale_picture_is_nobody_elses(void **state)
{
	struct fixture *f = *state;
	static uint8_t before[2 << 20], after[2 << 20];
	int slow = viewer_with_picture(f, 0), other = viewer_with_picture(f, 0);

	fixture_feed(f, "\033[H\033[5m");
	lines(f, 23);
	fixture_feed(f, "line");
	request_update(f, other, false);
	get_all(f, other, before, sizeof(before));
	loop_advance(f->loop, 20);
	studio_forget(f->server->host.studio);
	request_update(f, slow, false);
	loop_advance(f->loop, 500); /* dark: the rest of the rows shows that */
	drain(f, slow);
	loop_advance(f->loop, 500); /* lit, and the name is the same as at first */
	request_update(f, other, false);
	get_all(f, other, after, sizeof(after));
	assert_memory_equal(before + 4 + 23 * RAW_ROW, after + 4 + 23 * RAW_ROW, RAW_ROW);
	close(slow);
	close(other);
}

static void an_idle_screen_wakes_nobody(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 16);

	fixture_feed(f, "\033[?25h\033[2 q"); /* a steady cursor */
	request_update(f, fd, true);
	drain(f, fd);
	loop_advance(f->loop, 20);
	request_update(f, fd, true);
	settle(f);
	assert_false(timer_is_running(f->server->blink));
	assert_false(timer_is_running(first_viewer(f)->peer.timer));
	assert_null(first_viewer(f)->peer.work.next);
	close(fd);
}

static void what_blinks_beats_while_somebody_looks(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 16);

	fixture_feed(f, "\033[5mblink");
	request_update(f, fd, true);
	drain(f, fd);
	assert_true(timer_is_running(f->server->blink));
	request_update(f, fd, true);
	loop_advance(f->loop, 510);
	assert_true(drain(f, fd) > 0);
	close(fd);
	settle(f);
	loop_advance(f->loop, 1000);
	assert_false(timer_is_running(f->server->blink));
}

static void unasked_updates_stop_when_the_viewer_is_behind(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);
	unsigned updates = 0;

	set_encodings(f, fd, 3, 16, -312, -313);
	PUT(f, fd, "\x96\x01\x00\x00\x00\x00\x02\x80\x01\x80");
	drain(f, fd);
	for (unsigned i = 0; i < 20; i++) {
		loop_advance(f->loop, 20);
		fixture_feed(f, "x");
		updates += drain(f, fd) > 0;
	}
	assert_in_range(updates, 1, 3);
	PUT(f, fd, "\xf8\x00\x00\x00\x00\x00\x00\x01\x00");
	assert_true(drain(f, fd) > 0);
	close(fd);
}

static void viewer_without_sizes_keeps_its_framebuffer(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 0);

	assert_int_equal(vt_resize(f->vt, 20, 5), 0);
	display_console_changed(f->console);
	request_update(f, fd, true);
	assert_int_equal(drain(f, fd), 4 + 24 * (12 + 640 * 16 * 4));
	assert_int_equal(vt_resize(f->vt, 200, 50), 0);
	display_console_changed(f->console);
	loop_advance(f->loop, 20);
	request_update(f, fd, true);
	assert_int_equal(drain(f, fd), 4 + 24 * (12 + 640 * 16 * 4));
	close(fd);
}

static void a_scaled_picture_has_larger_rectangles(void **state)
{
	struct fixture *f = *state;
	int fd = viewer_with_picture(f, 0);
	static uint8_t buf[8192];

	fixture_feed(f, "\033[2;2HX");
	request_update(f, fd, true);
	assert_int_equal(get_update(f, fd, buf, sizeof(buf)), 4 + 12 + 16 * 32 * 4);
	assert_memory_equal(buf + 4, "\x00\x10\x00\x20\x00\x10\x00\x20", 8);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_picture_comes_when_it_is_asked_for),
		TEST(nothing_comes_unasked_or_unchanged),
		TEST(only_the_part_that_changed_comes),
		TEST(a_part_that_is_asked_for_comes_alone),
		TEST(a_scroll_is_a_copy_and_a_line),
		TEST(scrolls_between_two_updates_are_one_copy),
		TEST(without_copies_the_lines_are_sent_anew),
		TEST(updates_are_at_most_sixty_a_second),
		TEST(the_first_change_after_a_pause_comes_at_once),
		TEST(a_viewer_that_does_not_read_costs_little_and_nobody),
		TEST(a_viewer_that_asks_and_does_not_read_is_not_listened_to),
		TEST(an_update_goes_on_whichever_write_finds_room),
		TEST(an_update_starts_whichever_write_finds_room_for_what_was_before),
		TEST(the_bell_rings_whichever_write_finds_room_for_what_was_before),
		TEST(every_question_is_answered_whichever_write_finds_room),
		TEST(half_an_update_does_not_mix_with_other_messages),
		TEST(viewers_of_the_same_picture_share_its_encoding),
		TEST(what_is_deflated_once_fits_into_every_viewers_stream),
		TEST(a_scroll_of_a_half_sent_picture_is_no_copy),
		TEST(what_is_sent_of_a_stale_picture_is_nobody_elses),
		TEST(an_idle_screen_wakes_nobody),
		TEST(what_blinks_beats_while_somebody_looks),
		TEST(unasked_updates_stop_when_the_viewer_is_behind),
		TEST(viewer_without_sizes_keeps_its_framebuffer),
		cmocka_unit_test_setup_teardown(
			a_scaled_picture_has_larger_rectangles, setup_scaled, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
