/* SPDX-License-Identifier: MIT */
#include "attach/frame.h"
#include "base/cleanup.h"
#include "control/attach.h"
#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A hub with a guest, and a client of the attach protocol at the other end of a fake connection. */
struct fixture {
	struct loop *loop;
	struct chardev_set *set;
	struct chardev *hub, *attach;
	struct fake_chardev *connection;
	struct fake_holder guest;
};

static const struct chardev_class *const classes[] = { &fake_chardev_class, &hub_class, NULL };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->set = chardev_set_new(f->loop, classes);
	assert_int_equal(chardev_set_add_text(f->set, "fake,id=log,open=off", NULL, NULL), 0);
	assert_int_equal(chardev_set_add_text(f->set,
				 "hub,id=h,chardevs.0=log,terminal=on,window=64k", &f->hub, NULL),
		0);
	fake_holder_init(&f->guest, f->loop);
	assert_int_equal(fake_holder_attach(&f->guest, f->hub, FAKE_HOLDER_PLAIN, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->guest.faults, 0);
	fake_holder_done(&f->guest);
	chardev_set_free(f->set);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void new_client(struct fixture *f, bool view)
{
	struct hub_member_options options;
	struct chardev *peer = chardev_new_peer(f->hub, &fake_chardev_class, "c.1");

	hub_member_defaults(f->hub, &options);
	options.access = view ? HUB_ACCESS_VIEW : HUB_ACCESS_TYPE;
	f->connection = fake_chardev_of(peer);
	f->connection->accept = f->connection->chunk = SIZE_MAX;
	chardev_set_open(peer, true);
	f->attach = attach_new(f->hub, "c.1", "user:joe");
	assert_non_null(f->attach);
	assert_int_equal(hub_admit(f->hub, f->attach, &options, NULL), 0);
}

static void join(struct fixture *f)
{
	new_client(f, false);
	attach_start(f->attach, &f->connection->base, NULL, 0);
	run_idle(f->loop);
}

/* ---- what the client got ---- */

static void put_frame(struct strbuf *text, const struct attach_frame *frame)
{
	struct attach_text words;
	const uint8_t *bytes;
	unsigned cols, rows;
	uint64_t offset;
	uint32_t credit;
	size_t len;

	if (frame->type == ATTACH_SIZE && attach_get_size(frame, &cols, &rows) == 0)
		strbuf_printf(text, "Z%ux%u ", cols, rows);
	else if (frame->type == ATTACH_CREDIT && attach_get_credit(frame, &credit) == 0)
		strbuf_printf(text, "C%" PRIu32 " ", credit);
	else if (frame->type == ATTACH_SHOWN)
		strbuf_printf(text, "S ");
	else if (frame->type == ATTACH_DATA && attach_get_output(frame, &offset, &bytes, &len) == 0)
		strbuf_printf(text, "D%" PRIu64 "(%.*s) ", offset, (int)len, bytes);
	else if (attach_get_text(frame, &words) == 0)
		strbuf_printf(text, "%c%u.%u(%.*s) ", frame->type, words.number, words.what,
			(int)words.len, words.text);
}

/* All frames since the last call, which end where what was sent ends. */
static char *frames(struct fixture *f)
{
	AUTO_FREE char *bytes = NULL;
	struct strbuf text = { 0 };
	struct attach_decoder decoder;
	size_t len = f->connection->out.len;

	bytes = strbuf_take(&f->connection->out);
	attach_decoder_init(&decoder, ATTACH_PAYLOAD_MAX);
	strbuf_puts(&text, "");
	for (size_t at = 0; at < len;) {
		struct attach_frame frame;
		ssize_t taken = attach_decode(&decoder, bytes + at, len - at, &frame);

		assert_true(taken > 0);
		assert_true(frame.type);
		at += (size_t)taken;
		put_frame(&text, &frame);
	}
	attach_decoder_done(&decoder);
	return strbuf_take(&text);
}

static void got(struct fixture *f, const char *wanted)
{
	AUTO_FREE char *text = frames(f);

	assert_string_equal(text ? text : "", wanted);
}

static void send_frame(struct fixture *f, enum attach_type type, const void *payload, size_t len)
{
	uint8_t frame[ATTACH_HEADER + ATTACH_TO_DAEMON_MAX];

	assert_true(len <= ATTACH_TO_DAEMON_MAX);
	memcpy(attach_put_header(frame, type, len), payload, len);
	fake_chardev_type(f->connection, frame, ATTACH_HEADER + len);
}

static void type(struct fixture *f, const char *text)
{
	send_frame(f, ATTACH_INPUT, text, strlen(text));
}

static void print(struct fixture *f, const char *text)
{
	assert_int_equal(fake_holder_out_all(&f->guest, text, strlen(text)), 0);
	run_idle(f->loop);
}

/* ---- output ---- */

static void output_comes_with_its_offset_behind_the_screen(void **state)
{
	struct fixture *f = *state;

	print(f, "before ");
	join(f);
	got(f, "S ");
	print(f, "one ");
	print(f, "two");
	got(f, "D7(one ) D11(two) ");
}

static void nothing_goes_before_the_connection_speaks_frames(void **state)
{
	struct fixture *f = *state;

	print(f, "before ");
	new_client(f, false);
	print(f, "meanwhile ");
	assert_int_equal(f->connection->out.len, 0);
	attach_start(f->attach, &f->connection->base, NULL, 0);
	run_idle(f->loop);
	got(f, "S D7(meanwhile ) ");
}

static void who_does_not_read_is_owed_one_frame_and_told_what_he_missed(void **state)
{
	struct fixture *f = *state;
	AUTO_FREE char *text = NULL;
	size_t printed = 0;
	ssize_t accepted;
	char end[64];

	join(f);
	fake_chardev_set_accept(f->connection, 10);
	do {
		accepted = fake_holder_out(&f->guest, "some line\r\n", 11);
		printed += (size_t)accepted;
		run_idle(f->loop);
	} while (accepted == 11);
	loop_advance(f->loop, 40000);
	run_idle(f->loop);
	for (unsigned i = 0; i < 10000; i++, printed += 11)
		print(f, "more lines\n");
	fake_chardev_set_accept(f->connection, SIZE_MAX);
	run_idle(f->loop);
	print(f, "end");
	text = frames(f);
	assert_non_null(text);
	assert_memory_equal(text, "D0(some line", 12);
	assert_non_null(strstr(text, " S "));
	snprintf(end, sizeof(end), "D%zu(end) ", printed);
	assert_non_null(strstr(text, end));
}

/* It is an answer to the client that finds the room, and nothing that tells of it. */
static void output_goes_on_whatever_finds_room_for_it(void **state)
{
	struct fixture *f = *state;

	join(f);
	f->connection->accept = 10;
	print(f, "one ");
	print(f, "two ");
	f->connection->accept = SIZE_MAX;
	send_frame(f, ATTACH_REQUEST, "\1\xff", 2);
	run_idle(f->loop);
	got(f, "D0(one ) R1.22(no wish has the number 255) D4(two ) ");
}

/* ---- input ---- */

static void input_of_any_pieces_reaches_the_guest(void **state)
{
	struct fixture *f = *state;
	static const char stream[] = "\r\nI\0\0\3abcx\0\0\2??I\0\0\1d";

	join(f);
	for (size_t i = 0; i < sizeof(stream) - 1; i++)
		fake_chardev_type(f->connection, stream + i, 1);
	assert_true(fake_holder_in_is(&f->guest, "abcd"));
}

static void credit_comes_with_output_or_where_it_is_asked_for(void **state)
{
	struct fixture *f = *state;
	char many[4096];

	join(f);
	got(f, "");
	type(f, "ls");
	got(f, "");
	print(f, "ls");
	got(f, "C2 D0(ls) ");
	type(f, "x");
	type(f, "");
	got(f, "C1 ");
	memset(many, 'x', sizeof(many));
	send_frame(f, ATTACH_INPUT, many, sizeof(many));
	got(f, "C4096 ");
}

static void input_waits_for_the_guest_and_nothing_else_does(void **state)
{
	struct fixture *f = *state;
	const uint8_t size[] = { 0, 100, 0, 30 };

	join(f);
	fake_holder_set_room(&f->guest, 2);
	type(f, "abcde");
	type(f, "");
	send_frame(f, ATTACH_SIZE, size, sizeof(size));
	send_frame(f, ATTACH_BREAK, "", 0);
	assert_true(fake_holder_in_is(&f->guest, "ab"));
	assert_int_equal(f->guest.breaks, 1);
	got(f, "Z100x30 ");
	fake_holder_set_room(&f->guest, SIZE_MAX);
	assert_true(fake_holder_in_is(&f->guest, "abcde"));
	got(f, "C5 ");
}

static void a_picture_that_was_lost_is_shown_again(void **state)
{
	struct fixture *f = *state;

	join(f);
	print(f, "hello");
	got(f, "D0(hello) ");
	send_frame(f, ATTACH_SHOWN, "", 0);
	loop_advance(f->loop, 1000);
	run_idle(f->loop);
	got(f, "S ");
}

static void who_looks_only_is_taken_from_and_not_heard(void **state)
{
	struct fixture *f = *state;

	new_client(f, true);
	attach_start(f->attach, &f->connection->base, NULL, 0);
	run_idle(f->loop);
	type(f, "abc");
	type(f, "");
	assert_true(fake_holder_in_is(&f->guest, ""));
	got(f, "N0.1(this is to look only) C3 ");
}

static void wish(struct fixture *f, enum attach_wish wish, const char *text)
{
	uint8_t frame[ATTACH_HEADER + 64];
	uint8_t *end = attach_put_request(frame, ATTACH_REQUEST, 5, (uint8_t)wish, strlen(text));

	memcpy(end, text, strlen(text));
	fake_chardev_type(f->connection, frame, (size_t)(end - frame) + strlen(text));
}

static void wishes_are_answered_with_their_number(void **state)
{
	struct fixture *f = *state;

	join(f);
	wish(f, ATTACH_WISH_TAKE, "");
	got(f, "R5.22(hub 'h' has typing=all: everybody types) ");
	wish(f, ATTACH_WISH_GIVE, "log");
	got(f, "R5.1(you do not have the keyboard of 'h') ");
	wish(f, (enum attach_wish)9, "");
	got(f, "R5.22(no wish has the number 9) ");
}

static void the_keyboard_is_asked_for_and_given(void **state)
{
	struct fixture *f = *state;
	struct hub_info info;

	fake_holder_detach(&f->guest);
	chardev_free(f->hub);
	assert_int_equal(chardev_set_add_text(f->set,
				 "hub,id=h2,chardevs.0=log,terminal=on,typing=one", &f->hub, NULL),
		0);
	join(f);
	wish(f, ATTACH_WISH_REQUEST, "");
	hub_info(f->hub, &info);
	assert_string_equal(info.keyboard, "c.1");
	free(frames(f));
	wish(f, ATTACH_WISH_GIVE, "");
	hub_info(f->hub, &info);
	assert_null(info.keyboard);
	free(frames(f));
	wish(f, ATTACH_WISH_TAKE, "");
	hub_info(f->hub, &info);
	assert_string_equal(info.keyboard, "c.1");
}

static void a_notice_says_what_it_is_about(void **state)
{
	struct fixture *f = *state;

	fake_holder_detach(&f->guest);
	chardev_free(f->hub);
	assert_int_equal(chardev_set_add_text(f->set,
				 "hub,id=h2,chardevs.0=log,terminal=off,typing=one", &f->hub, NULL),
		0);
	assert_int_equal(fake_holder_attach(&f->guest, f->hub, FAKE_HOLDER_PLAIN, NULL), 0);
	join(f);
	type(f, "a");
	free(frames(f));
	assert_int_equal(hub_keyboard_request(f->hub, "log", NULL), 0);
	got(f, "N0.4('log' asks to type: Ctrl-\\ or silence allows it) ");
	assert_int_equal(hub_keyboard_take(f->hub, "log", "joe", NULL), 0);
	got(f, "N0.3(joe has taken the keyboard) ");
	type(f, "b");
	got(f, "N0.1('log' has the keyboard: Ctrl-\\ asks for it) ");
	assert_int_equal(hub_keyboard_give(f->hub, "c.1", "joe", NULL), 0);
	got(f, "N0.2(the keyboard is yours) ");
	assert_true(fake_holder_in_is(&f->guest, "a"));
}

static void a_break_that_does_not_count_is_refused(void **state)
{
	struct fixture *f = *state;

	new_client(f, true);
	attach_start(f->attach, &f->connection->base, NULL, 0);
	run_idle(f->loop);
	free(frames(f));
	send_frame(f, ATTACH_BREAK, "", 0);
	got(f, "N0.1(this is to look only) ");
}

/* ---- leaving ---- */

static void check_gone(struct fixture *f)
{
	run_idle(f->loop);
	assert_int_equal(hub_member_count(f->hub), 1);
}

static void more_input_than_credit_is_the_end(void **state)
{
	struct fixture *f = *state;
	char many[4096];

	join(f);
	fake_holder_set_room(&f->guest, 0);
	memset(many, 'x', sizeof(many));
	for (unsigned i = 0; i < ATTACH_CREDIT_START / sizeof(many); i++)
		send_frame(f, ATTACH_INPUT, many, sizeof(many));
	got(f, "");
	type(f, "x");
	got(f, "G0.2(Protocol error) ");
	check_gone(f);
}

static void a_frame_that_breaks_a_rule_is_the_end(void **state)
{
	static const struct {
		enum attach_type type;
		const char *payload;
		size_t len;
	} bad[] = {
		{ ATTACH_DATA, "", 0 },
		{ ATTACH_SIZE, "\0\0\0\0", 4 },
		{ ATTACH_SIZE, "\0\1", 2 },
		{ ATTACH_SIZE, "\4\1\0\1", 4 },
		{ ATTACH_BREAK, "x", 1 },
		{ ATTACH_REQUEST, "x", 1 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		join(f);
		send_frame(f, bad[i].type, bad[i].payload, bad[i].len);
		got(f, "G0.2(Protocol error) ");
		check_gone(f);
	}
}

static void who_is_sent_away_is_told_why(void **state)
{
	const struct chardev_event notice = { .type = CHARDEV_NOTICE, .text = "dinner is ready" };
	struct fixture *f = *state;

	join(f);
	assert_int_equal(f->attach->class->event(f->attach, &notice), 0);
	assert_int_equal(f->attach->class->disconnect(f->attach, "joe wants to be alone"), 0);
	got(f, "N0.0(dinner is ready) G0.1(joe wants to be alone) ");
	assert_int_equal(f->connection->disconnects, 1);
	check_gone(f);
}

static void whoever_goes_first_takes_the_rest_along(void **state)
{
	struct fixture *f = *state;

	join(f);
	fake_chardev_hang_up(f->connection);
	check_gone(f);
	join(f);
	chardev_free(&f->connection->base);
	check_gone(f);
	new_client(f, false);
	chardev_free(&f->connection->base);
	attach_start(f->attach, NULL, NULL, 0);
	check_gone(f);
	join(f);
	assert_int_equal(hub_remove_member(f->hub, "c.1", NULL), 0);
	check_gone(f);
	join(f);
	chardev_free(f->hub);
	run_idle(f->loop);
}

int main(void)
{
#define attach_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		attach_test(output_comes_with_its_offset_behind_the_screen),
		attach_test(nothing_goes_before_the_connection_speaks_frames),
		attach_test(who_does_not_read_is_owed_one_frame_and_told_what_he_missed),
		attach_test(output_goes_on_whatever_finds_room_for_it),
		attach_test(input_of_any_pieces_reaches_the_guest),
		attach_test(credit_comes_with_output_or_where_it_is_asked_for),
		attach_test(input_waits_for_the_guest_and_nothing_else_does),
		attach_test(a_picture_that_was_lost_is_shown_again),
		attach_test(who_looks_only_is_taken_from_and_not_heard),
		attach_test(wishes_are_answered_with_their_number),
		attach_test(the_keyboard_is_asked_for_and_given),
		attach_test(a_notice_says_what_it_is_about),
		attach_test(a_break_that_does_not_count_is_refused),
		attach_test(more_input_than_credit_is_the_end),
		attach_test(a_frame_that_breaks_a_rule_is_the_end),
		attach_test(who_is_sent_away_is_told_why),
		attach_test(whoever_goes_first_takes_the_rest_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
