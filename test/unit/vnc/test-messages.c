/* SPDX-License-Identifier: MIT */
#include "vnc-fixture.h"

#include "vnc/pixel-format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = fixture_new("");
	return 0;
}

static int setup_fixed(void **state)
{
	*state = fixture_new(",resize=fixed");
	return 0;
}

static int setup_direct(void **state)
{
	*state = fixture_new(",paste=direct");
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void typed(struct fixture *f, const char *text)
{
	settle(f);
	assert_int_equal(f->typed_len, strlen(text));
	assert_memory_equal(f->typed, text, strlen(text));
	f->typed_len = 0;
}

/* ---- each message, whole and byte by byte ---- */

#define KEY_A	"\x04\x01\x00\x00\x00\x00\x00\x61"
#define POINTER "\x05\x00\x00\x05\x00\x05"
#define FORMAT_565 \
	"\x00\x00\x00\x00\x10\x10\x00\x01\x00\x1f\x00\x3f\x00\x1f\x0b\x05\x00\x00\x00\x00"
#define ENCODINGS    "\x02\x00\x00\x02\x00\x00\x00\x10\x00\x00\x00\x00"
#define REQUEST	     "\x03\x01\x00\x00\x00\x00\x02\x80\x01\x80"
#define CUT_TEXT     "\x06\x00\x00\x00\x00\x00\x00\x01z"
#define COLOR_MAP    "\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define CONTINUOUS   "\x96\x00\x00\x00\x00\x00\x00\x01\x00\x01"
#define FENCE_ANSWER "\xf8\x00\x00\x00\x00\x00\x00\x00\x02hi"
#define QEMU_KEY     "\xff\x00\x00\x01\x00\x00\x00\x62\x00\x00\x00\x30"
#define QEMU_AUDIO   "\xff\x01\x00\x02\x00\x02\x00\x00\x00\x00\xff\x01\x00\x01"

static const char every_message[] = KEY_A POINTER FORMAT_565 ENCODINGS REQUEST CUT_TEXT COLOR_MAP
	CONTINUOUS FENCE_ANSWER QEMU_KEY QEMU_AUDIO KEY_A;

static void messages_may_come_whole_or_in_any_pieces(void **state)
{
	struct fixture *f = *state;

	for (size_t piece = 1; piece < sizeof(every_message); piece += 7) {
		int fd = login(f, true);

		for (size_t at = 0; at < sizeof(every_message) - 1; at += piece) {
			size_t left = sizeof(every_message) - 1 - at;

			put(f, fd, every_message + at, left < piece ? left : piece);
		}
		typed(f, "azba");
		assert_false(is_closed(fd));
		close(fd);
		settle(f);
	}
}

static void closes(struct fixture *f, const char *bytes, size_t len)
{
	int fd = login(f, true);

	put(f, fd, bytes, len);
	assert_true(is_closed(fd));
	close(fd);
}

#define CLOSES(f, literal) closes(f, literal, sizeof(literal) - 1)

static void what_can_not_be_followed_ends_the_connection(void **state)
{
	CLOSES(*state, "\x07");
	CLOSES(*state, "\xff\x02\x00\x00");
	CLOSES(*state, "\x02\x00\x04\x01");			/* 1025 encodings */
	CLOSES(*state, "\x06\x00\x00\x00\x00\x10\x00\x01");	/* 1 MiB and a byte of text */
	CLOSES(*state, "\x06\x00\x00\x00\x80\x00\x00\x00");	/* -2^31 of it */
	CLOSES(*state, "\xf8\x00\x00\x00\x80\x00\x00\x00\x41"); /* 65 bytes in a fence */
	CLOSES(*state, "\x01\x00\x00\x00\x01\x01");		/* 257 colours */
	CLOSES(*state,
		"\x00\x00\x00\x00\x18\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00");
	CLOSES(*state, "\x06\x00\x00\x00\xff\xff\xff\xfd\x00\x00\x00"); /* no room for flags */
}

/* ---- fences ---- */

static void fence_is_answered_with_the_flags_that_are_known(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd,
		"\xf8\x00\x00\x00\x80\x00\x01\x03\x03"
		"abc");
	TAKE(f, fd,
		"\xf8\x00\x00\x00\x00\x00\x00\x03\x03"
		"abc");
	close(fd);
}

static void sync_next_is_answered_after_the_next_message(void **state)
{
	static const char map_header[] = "\x01\x00\x00\x00\x01\x00";
	struct fixture *f = *state;
	int fd = login(f, true);
	uint8_t reply[PIXEL_MAP_SIZE + 10];

	PUT(f, fd, "\xf8\x00\x00\x00\x80\x00\x00\x04\x01x");
	TAKE(f, fd, "");
	PUT(f, fd,
		"\x00\x00\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
	assert_int_equal(take_some(fd, reply, sizeof(reply)), sizeof(reply));
	assert_memory_equal(reply, map_header, 6);
	assert_memory_equal(reply + PIXEL_MAP_SIZE, "\xf8\x00\x00\x00\x00\x00\x00\x04\x01x", 10);
	close(fd);
}

static void two_fences_in_a_row_are_both_answered(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, "\xf8\x00\x00\x00\x80\x00\x00\x04\x01x\xf8\x00\x00\x00\x80\x00\x00\x00\x01y");
	TAKE(f, fd, "\xf8\x00\x00\x00\x00\x00\x00\x04\x01x\xf8\x00\x00\x00\x00\x00\x00\x00\x01y");
	close(fd);
}

static void support_of_fences_and_continuous_updates_is_announced(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	set_encodings(f, fd, 2, -312, -313);
	TAKE(f, fd, "\x96\xf8\x00\x00\x00\x80\x00\x00\x00\x00");
	PUT(f, fd, "\x96\x01\x00\x00\x00\x00\x02\x80\x01\x80");
	drain(f, fd);
	PUT(f, fd, "\x96\x00\x00\x00\x00\x00\x02\x80\x01\x80");
	TAKE(f, fd, "\x96");
	close(fd);
}

/* ---- clipboard ---- */

static void latin1_text_is_typed_as_utf8(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd,
		"\x06\x00\x00\x00\x00\x00\x00\x05"
		"a\xe9\n\xff"
		"b");
	typed(f, "a\xc3\xa9\r\xc3\xbf"
		 "b");
	close(fd);
}

static void a_megabyte_of_text_arrives_whole(void **state)
{
	static char text[8 + (1 << 20)];
	struct fixture *f = *state;
	int fd = login(f, true);

	memset(text, 'x', sizeof(text));
	memcpy(text, "\x06\x00\x00\x00\x00\x10\x00\x00", 8);
	for (size_t at = 0; at < sizeof(text); at += 4096) {
		size_t left = sizeof(text) - at;

		put(f, fd, text + at, left < 4096 ? left : 4096);
	}
	assert_int_equal(f->typed_total, 1 << 20);
	close(fd);
}

#define CAPS "\xff\xff\xff\xf8\x1f\x00\x00\x01\x00\x00\x00\x00"

static void send_provide(struct fixture *f, int fd, const char *text, size_t len)
{
	uint8_t plain[512], wire[512] = { 6, 0, 0, 0, 0xff, 0xff, 0, 0, 0x10, 0, 0, 1 };
	uLongf size = sizeof(wire) - 12;
	unsigned negative;

	plain[0] = plain[1] = plain[2] = 0;
	plain[3] = (uint8_t)len;
	memcpy(plain + 4, text, len);
	assert_int_equal(compress(wire + 12, &size, plain, len + 4), Z_OK);
	negative = 0x10000u - 4 - (unsigned)size;
	wire[6] = (uint8_t)(negative >> 8);
	wire[7] = (uint8_t)negative;
	put(f, fd, wire, 12 + size);
}

static void extended_text_is_asked_for_and_typed(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	set_encodings(f, fd, 1, (int)0xc0a1e5ce);
	TAKE(f, fd, "\x03\x00\x00\x00" CAPS);
	PUT(f, fd, "\x06\x00\x00\x00\xff\xff\xff\xfc\x08\x00\x00\x01");
	TAKE(f, fd, "\x03\x00\x00\x00\xff\xff\xff\xfc\x02\x00\x00\x01");
	send_provide(f, fd, "\xe6\xbc\xa2\r\n\0", 6);
	typed(f, "\xe6\xbc\xa2");
	close(fd);
}

static void extended_text_that_nobody_asked_for_is_ignored(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	send_provide(f, fd, "rm -rf\n", 7);
	typed(f, "");
	assert_false(is_closed(fd));
	close(fd);
}

static void extended_text_that_is_broken_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	set_encodings(f, fd, 1, (int)0xc0a1e5ce);
	PUT(f, fd, "\x06\x00\x00\x00\xff\xff\xff\xfc\x08\x00\x00\x01");
	PUT(f, fd, "\x06\x00\x00\x00\xff\xff\xff\xf8\x10\x00\x00\x01nope");
	assert_true(is_closed(fd));
	close(fd);
}

#define HI	 "\x06\x00\x00\x00\x00\x00\x00\x02hi"
#define SHIFT	 "\x04\x01\x00\x00\x00\x00\xff\xe1"
#define SHIFT_UP "\x04\x00\x00\x00\x00\x00\xff\xe1"
#define CTRL	 "\x04\x01\x00\x00\x00\x00\xff\xe3"
#define CTRL_UP	 "\x04\x00\x00\x00\x00\x00\xff\xe3"
#define INSERT	 "\x04\x01\x00\x00\x00\x00\xff\x63"
#define V	 "\x04\x01\x00\x00\x00\x00\x00\x56"
#define MIDDLE	 "\x05\x02\x00\x05\x00\x05\x05\x00\x00\x05\x00\x05"

static void text_is_kept_until_a_paste_key(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, HI);
	typed(f, "");
	PUT(f, fd, SHIFT INSERT SHIFT_UP);
	typed(f, "hi");
	PUT(f, fd, CTRL SHIFT V SHIFT_UP CTRL_UP);
	typed(f, "hi");
	PUT(f, fd, MIDDLE);
	typed(f, "hi");
	close(fd);
}

static void without_text_the_paste_keys_type_nothing(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, SHIFT INSERT SHIFT_UP MIDDLE);
	typed(f, "");
	close(fd);
}

static void what_was_selected_last_is_pasted(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	fixture_feed(f, "word");
	PUT(f, fd, HI);
	PUT(f, fd, "\x05\x01\x00\x01\x00\x05\x05\x01\x00\x1f\x00\x05\x05\x00\x00\x1f\x00\x05");
	PUT(f, fd, MIDDLE);
	typed(f, "word");
	PUT(f, fd, HI MIDDLE);
	typed(f, "hi");
	close(fd);
}

static void with_direct_the_same_twice_is_one(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, HI HI);
	typed(f, "hi");
	loop_advance(f->loop, 999);
	PUT(f, fd, HI);
	typed(f, "");
	loop_advance(f->loop, 1);
	PUT(f, fd, HI);
	typed(f, "hi");
	close(fd);
}

static void with_direct_the_last_newline_waits_for_the_user(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd,
		"\x06\x00\x00\x00\x00\x00\x00\x04"
		"a\nb\n");
	typed(f, "a\rb");
	fixture_feed(f, "\033[?2004h");
	PUT(f, fd,
		"\x06\x00\x00\x00\x00\x00\x00\x03"
		"ls\n");
	typed(f, "\033[200~ls\r\033[201~");
	close(fd);
}

static void text_of_the_guest_reaches_both_kinds_of_clipboards(void **state)
{
	struct fixture *f = *state;
	int old = login(f, true), new = login(f, true);

	set_encodings(f, new, 1, (int)0xc0a1e5ce);
	PUT(f, new, "\x06\x00\x00\x00" CAPS);
	drain(f, new);
	display_console_clipboard(f->console, "\xc3\xa9\xe6\xbc\xa2\n", 6);
	TAKE(f, old, "\x03\x00\x00\x00\x00\x00\x00\x03\xe9?\n");
	TAKE(f, new, "\x03\x00\x00\x00\xff\xff\xff\xfc\x08\x00\x00\x01");
	PUT(f, new, "\x06\x00\x00\x00\xff\xff\xff\xfc\x02\x00\x00\x01");
	{
		uint8_t wire[256], plain[64];
		uLongf len = sizeof(plain);
		ssize_t n = take_some(new, wire, sizeof(wire));

		assert_true(n > 12);
		assert_memory_equal(wire + 8, "\x10\x00\x00\x01", 4);
		assert_int_equal(uncompress(plain, &len, wire + 12, (uLong)n - 12), Z_OK);
		assert_int_equal(len, 12);
		assert_memory_equal(plain, "\0\0\0\x08\xc3\xa9\xe6\xbc\xa2\r\n\0", 12);
	}
	close(old);
	close(new);
}

/* ---- keys, bell ---- */

static void keys_reach_the_guest_and_the_bell_the_viewer(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, "\x04\x01\x00\x00\x00\x00\xff\x52\x04\x00\x00\x00\x00\x00\xff\x52");
	typed(f, "\033[A");
	fixture_feed(f, "\a\a");
	TAKE(f, fd, "\x02");
	close(fd);
}

static void consoles_are_switched_for_one_viewer_only(void **state)
{
	struct fixture *f = *state;
	int a = login(f, true), b = login(f, true);
	struct vnc_viewer *first = vnc_server_next_viewer(f->server, NULL);

	PUT(f, a,
		"\x04\x01\x00\x00\x00\x00\xff\xe3\x04\x01\x00\x00\x00\x00\xff\xe9"
		"\x04\x01\x00\x00\x00\x00\x00\x31");
	assert_int_equal(vnc_viewer_console(first), 1);
	assert_int_equal(vnc_viewer_console(vnc_server_next_viewer(f->server, first)), 2);
	close(a);
	close(b);
}

static void lock_keys_are_not_spoken_of(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	set_encodings(f, fd, 2, 0, -261);
	request_update(f, fd, false);
	drain(f, fd);
	request_update(f, fd, true);
	PUT(f, fd, "\x04\x01\x00\x00\x00\x00\x00\x41\x04\x01\x00\x00\x00\x00\xff\xe5");
	loop_advance(f->loop, 50);
	TAKE(f, fd, "");
	close(fd);
}

static void dead_keys_make_characters(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	PUT(f, fd, "\x04\x01\x00\x00\x00\x00\xfe\x52\x04\x00\x00\x00\x00\x00\xfe\x52");
	typed(f, "");
	PUT(f, fd, "\x04\x01\x00\x00\x00\x00\x00\x61");
	typed(f, "\xc3\xa2");
	close(fd);
}

static void the_place_of_a_key_makes_it_a_control_character(void **state)
{
	struct fixture *f = *state;
	int fd = login(f, true);

	/* Ctrl and the Cyrillic letter es, on the key of a Latin x. */
	PUT(f, fd, "\xff\x00\x00\x01\x00\x00\xff\xe3\x00\x00\x00\x1d");
	PUT(f, fd, "\xff\x00\x00\x01\x00\x00\x06\xd3\x00\x00\x00\x2d");
	typed(f, "\x18");
	close(fd);
}

/* ---- size ---- */

#define WISH_800x480                                               \
	"\xfb\x00\x03\x20\x01\xe0\x01\x00\x00\x00\x00\x00\x00\x00" \
	"\x00\x00\x03\x20\x01\xe0\x00\x00\x00\x00"
#define SIZE_RECT(reason, status, width, height)                                        \
	"\x00\x00\x00\x01\x00" reason "\x00" status width height                        \
	"\xff\xff\xfe\xcc\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" width height \
	"\x00\x00\x00\x00"

static int login_for_size(struct fixture *f)
{
	int fd = login(f, true);

	set_encodings(f, fd, 1, -308);
	request_update(f, fd, true);
	TAKE(f, fd, SIZE_RECT("\x00", "\x00", "\x02\x80", "\x01\x80"));
	loop_advance(f->loop, 50);
	request_update(f, fd, true);
	drain(f, fd);
	loop_advance(f->loop, 50);
	request_update(f, fd, true);
	return fd;
}

static void a_viewer_resizes_the_console(void **state)
{
	struct fixture *f = *state;
	int fd = login_for_size(f);

	PUT(f, fd, WISH_800x480);
	TAKE(f, fd, SIZE_RECT("\x01", "\x00", "\x03\x20", "\x01\xe0"));
	assert_int_equal(vt_cols(f->vt), 100);
	assert_int_equal(vt_rows(f->vt), 30);
	close(fd);
}

/* The policy of a hub decides in a task of its own. */
static void answer_waits_for_the_decision(
	struct fixture *f, unsigned cols, unsigned rows, const void *answer, size_t len)
{
	int fd = login_for_size(f);

	f->decides_later = true;
	PUT(f, fd, WISH_800x480);
	PUT(f, fd, WISH_800x480); /* one that comes meanwhile is seen to afterwards */
	assert_int_equal(take_some(fd, (char[1]){ 0 }, 1), -1);
	assert_int_equal(f->size_requests, 1);
	fixture_decide_size(f, cols, rows);
	take(f, fd, answer, len);
	close(fd);
}

static void size_is_answered_when_it_is_decided(void **state)
{
	static const char answer[] = SIZE_RECT("\x01", "\x00", "\x03\x20", "\x01\xe0");

	answer_waits_for_the_decision(*state, 100, 30, answer, sizeof(answer) - 1);
}

static void another_size_is_what_it_was_decided_to_be(void **state)
{
	static const char answer[] = SIZE_RECT("\x01", "\x00", "\x02\xd0", "\x01\x80");

	answer_waits_for_the_decision(*state, 90, 24, answer, sizeof(answer) - 1);
}

static void size_that_is_decided_to_stay_is_prohibited(void **state)
{
	static const char answer[] = SIZE_RECT("\x01", "\x01", "\x02\x80", "\x01\x80");

	answer_waits_for_the_decision(*state, 80, 24, answer, sizeof(answer) - 1);
}

static void many_wishes_for_a_size_cost_one_resize(void **state)
{
	struct fixture *f = *state;
	int fd = login_for_size(f);

	for (unsigned i = 0; i < 50; i++)
		PUT(f, fd, WISH_800x480 WISH_800x480);
	assert_int_equal(f->size_requests, 1);
	loop_advance(f->loop, 200);
	settle(f);
	assert_true(f->size_requests <= 2);
	close(fd);
}

static void fixed_size_is_prohibited(void **state)
{
	struct fixture *f = *state;
	int fd = login_for_size(f);

	PUT(f, fd, WISH_800x480);
	TAKE(f, fd, SIZE_RECT("\x01", "\x01", "\x02\x80", "\x01\x80"));
	assert_int_equal(vt_cols(f->vt), 80);
	close(fd);
}

static void a_size_of_nothing_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = login_for_size(f);

	PUT(f, fd,
		"\xfb\x00\x00\x04\x00\x04\x01\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x04\x00\x04\x00\x00\x00\x00");
	TAKE(f, fd, SIZE_RECT("\x01", "\x03", "\x02\x80", "\x01\x80"));
	close(fd);
}

#define TEST_DIRECT(name) cmocka_unit_test_setup_teardown(name, setup_direct, teardown)
#define TEST(name)	  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_FIXED(name)  cmocka_unit_test_setup_teardown(name, setup_fixed, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_DIRECT(messages_may_come_whole_or_in_any_pieces),
		TEST(what_can_not_be_followed_ends_the_connection),
		TEST(fence_is_answered_with_the_flags_that_are_known),
		TEST(sync_next_is_answered_after_the_next_message),
		TEST(two_fences_in_a_row_are_both_answered),
		TEST(support_of_fences_and_continuous_updates_is_announced),
		TEST_DIRECT(latin1_text_is_typed_as_utf8),
		TEST_DIRECT(a_megabyte_of_text_arrives_whole),
		TEST_DIRECT(extended_text_is_asked_for_and_typed),
		TEST_DIRECT(extended_text_that_nobody_asked_for_is_ignored),
		TEST_DIRECT(extended_text_that_is_broken_ends_the_connection),
		TEST(text_is_kept_until_a_paste_key),
		TEST(without_text_the_paste_keys_type_nothing),
		TEST(what_was_selected_last_is_pasted),
		TEST_DIRECT(with_direct_the_same_twice_is_one),
		TEST_DIRECT(with_direct_the_last_newline_waits_for_the_user),
		TEST(text_of_the_guest_reaches_both_kinds_of_clipboards),
		TEST(keys_reach_the_guest_and_the_bell_the_viewer),
		TEST(consoles_are_switched_for_one_viewer_only),
		TEST(lock_keys_are_not_spoken_of),
		TEST(dead_keys_make_characters),
		TEST(the_place_of_a_key_makes_it_a_control_character),
		TEST(a_viewer_resizes_the_console),
		TEST(size_is_answered_when_it_is_decided),
		TEST(another_size_is_what_it_was_decided_to_be),
		TEST(size_that_is_decided_to_stay_is_prohibited),
		TEST(many_wishes_for_a_size_cost_one_resize),
		TEST_FIXED(fixed_size_is_prohibited),
		TEST(a_size_of_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
