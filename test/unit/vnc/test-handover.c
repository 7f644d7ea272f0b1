/* SPDX-License-Identifier: MIT */
/* Viewers go on when another program takes over. */
#include "vnc-fixture.h"

#include "base/wire.h"
#include "vnc/encode.h"
#include "vnc/server.h"
#include "vnc/viewer-handover.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum {
	COLS_PX = 640,
	RAW_ROW_BYTES = 12 + COLS_PX * 16 * 4,
	PICTURE_BYTES = 4 + 24 * RAW_ROW_BYTES,
	SHIFT_L = 0xffe1,
	DEAD_CIRCUMFLEX = 0xfe52,
};

static int setup(void **state)
{
	*state = fixture_new("");
	return 0;
}

static int setup_password(void **state)
{
	*state = fixture_new(",password=on");
	return 0;
}

static int setup_exclusive(void **state)
{
	*state = fixture_new(",share=allow-exclusive");
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static struct fixture *hand_over(void **state)
{
	return *state = fixture_hand_over(*state);
}

static void key(struct fixture *f, int fd, uint32_t keysym, bool down)
{
	uint8_t message[8] = { 4, down };

	put_be32(message + 4, keysym);
	put(f, fd, message, sizeof(message));
}

static void who_looks_goes_on_and_gets_the_whole_picture_once(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	request_update(f, fd, false);
	assert_int_equal(drain(f, fd), PICTURE_BYTES);
	f = hand_over(state);
	assert_int_equal(drain(f, fd), 0);
	request_update(f, fd, true);
	assert_int_equal(drain(f, fd), PICTURE_BYTES);
	loop_advance(f->loop, 20);
	request_update(f, fd, true);
	assert_int_equal(drain(f, fd), 0);
	fixture_feed(f, "x");
	assert_int_equal(drain(f, fd), 4 + 12 + 8 * 16 * 4);
	close(fd);
}

static void what_was_asked_for_comes_from_the_next_one(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	request_update(f, fd, false);
	drain(f, fd);
	loop_advance(f->loop, 20);
	request_update(f, fd, true);
	f = hand_over(state);
	assert_int_equal(drain(f, fd), PICTURE_BYTES);
	close(fd);
}

static void keys_that_are_down_stay_so(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	key(f, fd, SHIFT_L, true);
	f = hand_over(state);
	fixture_feed(f, "\033[?1000h");
	/* With Shift the mouse is not the guest's. */
	PUT(f, fd, "\x05\x01\x00\x10\x00\x10\x05\x00\x00\x10\x00\x10");
	assert_int_equal(f->typed_len, 0);
	key(f, fd, SHIFT_L, false);
	PUT(f, fd, "\x05\x01\x00\x10\x00\x10");
	assert_true(f->typed_len > 0);
	close(fd);
}

static void a_dead_key_waits_for_its_letter(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	key(f, fd, DEAD_CIRCUMFLEX, true);
	f = hand_over(state);
	key(f, fd, DEAD_CIRCUMFLEX, false);
	f = hand_over(state);
	key(f, fd, 'a', true);
	assert_int_equal(f->typed_len, 2);
	assert_memory_equal(f->typed, "\xc3\xa2", 2);
	close(fd);
}

static void half_a_message_is_read_to_its_end(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, "\x04\x01\x00");
	f = hand_over(state);
	PUT(f, fd, "\x00\x00\x00\x00x");
	assert_int_equal(f->typed_len, 1);
	assert_int_equal(f->typed[0], 'x');
	close(fd);
}

/* Return: how many bytes there are until nothing comes any more, in *@ret_bytes, to be freed. */
static size_t take_all(struct fixture *f, int fd, uint8_t **ret_bytes)
{
	size_t size = 2 * PICTURE_BYTES, len = 0;
	uint8_t *bytes = malloc(size);
	ssize_t n;

	assert_non_null(bytes);
	while ((n = take_some(fd, bytes + len, size - len)) > 0) {
		len += (size_t)n;
		assert_true(len < size);
		settle(f);
	}
	*ret_bytes = bytes;
	return len;
}

static void half_an_update_has_as_many_rectangles_as_it_said(void **state)
{
	static const uint8_t answer[9] = { 248, 0, 0, 0, 0, 0, 0, 1, 0 };
	struct fixture *f = *state;
	int fd = login(f, true);
	uint8_t *bytes;
	size_t len;

	request_update(f, fd, false);
	PUT(f, fd, "\xf8\x00\x00\x00\x80\x00\x00\x01\x00"); /* a fence, answered behind it */
	f = hand_over(state);
	fixture_feed(f, "other text");
	len = take_all(f, fd, &bytes);
	assert_int_equal(len, PICTURE_BYTES + sizeof(answer));
	assert_int_equal(get_be16(bytes + 2), 24);
	for (unsigned row = 0; row < 24; row++) {
		const uint8_t *rect = bytes + 4 + row * RAW_ROW_BYTES;

		assert_int_equal(get_be16(rect + 2), row * 16);
		assert_int_equal(get_be16(rect + 4), COLS_PX);
		assert_int_equal(get_be32(rect + 8), ENCODING_RAW);
	}
	assert_memory_equal(bytes + PICTURE_BYTES + 4, answer + 4, 5);
	free(bytes);
	request_update(f, fd, true);
	assert_int_equal(drain(f, fd), PICTURE_BYTES);
	close(fd);
}

/* All rectangles of an update in ZRLE go into the viewer's one zlib stream. */
static void inflate_update(z_stream *z, const uint8_t *bytes, size_t len)
{
	static uint8_t px[1 << 20];
	size_t at = 4;

	assert_true(len > 4);
	for (unsigned left = get_be16(bytes + 2); left; left--) {
		size_t size = get_be32(bytes + at + 12);

		assert_int_equal(get_be32(bytes + at + 8), ENCODING_ZRLE);
		z->next_in = (z_const Bytef *)(uintptr_t)(bytes + at + 16);
		z->avail_in = (uInt)size;
		z->next_out = px;
		z->avail_out = sizeof(px);
		assert_int_equal(inflate(z, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(z->avail_in, 0);
		at += 16 + size;
	}
	assert_int_equal(at, len);
}

static void a_zlib_stream_goes_on(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);
	z_stream z = { .next_in = NULL };

	assert_int_equal(inflateInit(&z), Z_OK);
	set_encodings(f, fd, 1, ENCODING_ZRLE);
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *bytes;
		size_t len;

		loop_advance(f->loop, 20);
		fixture_feed(f, "more and more text\r\n");
		request_update(f, fd, true);
		len = take_all(f, fd, &bytes);
		inflate_update(&z, bytes, len);
		free(bytes);
		f = hand_over(state);
	}
	inflateEnd(&z);
	close(fd);
}

static void a_fence_and_a_clipboard_stay_where_they_are(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	set_encodings(f, fd, 3, ENCODING_RAW, PSEUDO_FENCE, PSEUDO_EXTENDED_CLIPBOARD);
	drain(f, fd);
	PUT(f, fd, "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00");
	drain(f, fd);
	PUT(f, fd,
		"\xf8\x00\x00\x00\x80\x00\x00\x04\x03"
		"abc"); /* to be answered after the next message */
	f = hand_over(state);
	key(f, fd, SHIFT_L, true);
	TAKE(f, fd,
		"\xf8\x00\x00\x00\x00\x00\x00\x04\x03"
		"abc");
	close(fd);
}

static void who_logs_in_is_left_out(void **state)
{
	struct fixture *f = *state;
	int looks = login(f, true), comes = connect_viewer(f);

	f = hand_over(state);
	assert_int_equal(f->connected, 1);
	assert_true(is_closed(comes));
	assert_false(is_closed(looks));
	close(looks);
	close(comes);
}

static void who_is_alone_stays_alone(void **state)
{
	struct fixture *f = *state;
	int alone = login(f, false), late;

	f = hand_over(state);
	late = login(f, true);
	assert_true(is_closed(late));
	assert_false(is_closed(alone));
	close(late);
	close(alone);
	settle(f);
	late = login(f, true);
	assert_false(is_closed(late));
	close(late);
}

static void a_password_that_was_changed_counts(void **state)
{
	struct fixture *f = *state;
	struct auth_password wanted = { 0 };

	assert_int_equal(vnc_server_set_password(f->server, "another", NULL), 0);
	vnc_server_expire_password(f->server, 4711);
	f = hand_over(state);
	auth_set_password(&wanted, "another");
	assert_memory_equal(&f->server->password, &wanted, sizeof(wanted));
	assert_false(f->server->view_password.is_set);
	assert_int_equal(f->server->password_expires, 4711);
}

static void a_state_that_makes_no_sense_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t format[PIXEL_FORMAT_SIZE], wrong[PIXEL_FORMAT_SIZE] = { 7 };
	const struct snapshot_bytes good = { format, sizeof(format) };
	const struct vnc_viewer_state sound = { .name = "a",
		.who = "anonymous",
		.level = 1,
		.cols = 80,
		.rows = 24,
		.format = good,
		.job_format = good };
	struct vnc_viewer_state states[] = { sound, sound, sound, sound, sound, sound, sound };
	int fds[2];

	pixel_format_write(&pixel_format_default, format);
	states[0].jobs = (struct snapshot_bytes){ "\0\0\0\x18\0\x01\0\x01", 8 }; /* row 24 */
	states[1].jobs = (struct snapshot_bytes){ "\0\0\0\0\0\x50\0\x18", 8 };	 /* too large */
	states[2].jobs = (struct snapshot_bytes){ "\0\0\0\0\0\0\0\x01", 8 };	 /* empty */
	states[3].encoding = 4711;
	states[4].format = (struct snapshot_bytes){ wrong, sizeof(wrong) };
	states[5].cols = 65535;
	states[6].fence = (struct snapshot_bytes){ format, FENCE_DATA_MAX + 1 };
	for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct vnc_viewer *viewer;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
		states[i].fd = fds[0];
		assert_int_equal(viewer_load(&f->server->host, &states[i], &viewer), -EBADMSG);
		close(fds[0]);
		assert_true(is_closed(fds[1]));
		close(fds[1]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_looks_goes_on_and_gets_the_whole_picture_once),
		TEST(what_was_asked_for_comes_from_the_next_one),
		TEST(keys_that_are_down_stay_so),
		TEST(a_dead_key_waits_for_its_letter),
		TEST(half_a_message_is_read_to_its_end),
		TEST(half_an_update_has_as_many_rectangles_as_it_said),
		TEST(a_zlib_stream_goes_on),
		TEST(a_fence_and_a_clipboard_stay_where_they_are),
		TEST(who_logs_in_is_left_out),
		cmocka_unit_test_setup_teardown(
			who_is_alone_stays_alone, setup_exclusive, teardown),
		cmocka_unit_test_setup_teardown(
			a_password_that_was_changed_counts, setup_password, teardown),
		TEST(a_state_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
