/* SPDX-License-Identifier: MIT */
#include "transport/websocket.h"
#include "lib/fake-transport.h"
#include "transport/websocket-handshake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUT_BYTES = 65536, READ_BYTES = 4096 };

/* A user that reads whatever comes. */
struct fixture {
	struct loop *loop;
	struct fake_transport *fake;
	struct transport *ws;
	char out[OUT_BYTES];
	size_t out_len;
	ssize_t result; /* of the last read */
	size_t room;	/* for the next one */
	unsigned writable, readable;
};

static const char request[] = "GET /chat HTTP/1.1\r\n"
			      "Host: server.example.com\r\n"
			      "upgrade:  WebSocket \r\n"
			      "Connection: keep-alive, Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Protocol: chat, binary\r\n"
			      "Sec-WebSocket-Version: 13\r\n\r\n";

/* [RFC 6455 1.3] gives the key and what it becomes. */
static const char response[] = "HTTP/1.1 101 Switching Protocols\r\n"
			       "Upgrade: websocket\r\n"
			       "Connection: Upgrade\r\n"
			       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
			       "Sec-WebSocket-Protocol: binary\r\n\r\n";

static void on_events(void *data, unsigned events)
{
	struct fixture *f = data;
	char buf[READ_BYTES];
	struct iovec iov = { buf, f->room };

	f->writable += (events & WATCH_WRITE) != 0;
	f->readable += (events & WATCH_READ) != 0;
	if (!(events & WATCH_READ))
		return;
	f->result = transport_readv(f->ws, &iov, 1);
	if (f->result <= 0)
		return;
	assert_true((size_t)f->result <= f->room);
	memcpy(f->out + f->out_len, buf, (size_t)f->result);
	f->out_len += (size_t)f->result;
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

static void use(struct fixture *f)
{
	transport_set_user(f->ws, &callbacks, f);
	transport_watch(f->ws, WATCH_READ);
	f->result = -EAGAIN;
}

static void make(struct fixture *f)
{
	f->fake = fake_transport_new(f->loop);
	assert_non_null(f->fake);
	assert_int_equal(websocket_new(&f->fake->base, NULL, &f->ws), 0);
	use(f);
	f->out_len = 0;
}

static void renew(struct fixture *f)
{
	transport_free(f->ws);
	make(f);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->loop = loop_new();
	assert_non_null(f->loop);
	f->room = READ_BYTES;
	make(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	transport_free(f->ws);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void feed(struct fixture *f, const void *bytes, size_t len)
{
	fake_transport_feed(f->fake, bytes, len);
	for (int i = 0; i < 8; i++)
		loop_step(f->loop, false);
}

static void feed_bytewise(struct fixture *f, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		feed(f, (const char *)bytes + i, 1);
}

static void take_reply(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(f->fake->out.len, len);
	if (len)
		assert_memory_equal(byte_queue_data(&f->fake->out), bytes, len);
	byte_queue_clear(&f->fake->out);
}

static void open_it(struct fixture *f)
{
	feed(f, request, sizeof(request) - 1);
	assert_true(transport_is_ready(f->ws));
	byte_queue_clear(&f->fake->out);
}

static void handshake_is_answered_byte_by_byte_or_whole(void **state)
{
	struct fixture *f = *state;

	feed_bytewise(f, request, sizeof(request) - 1);
	assert_true(transport_is_ready(f->ws));
	take_reply(f, response, sizeof(response) - 1);
	renew(f);
	feed(f, request, sizeof(request) - 1);
	take_reply(f, response, sizeof(response) - 1);
	assert_int_equal(f->out_len, 0);
}

static void refuses(struct fixture *f, const char *text, const char *status)
{
	renew(f);
	feed(f, text, strlen(text));
	assert_int_equal(f->result, -EPROTO);
	assert_false(transport_is_ready(f->ws));
	assert_true(f->fake->out.len > strlen(status) + 9);
	assert_memory_equal(byte_queue_data(&f->fake->out) + 9, status, strlen(status));
}

static void other_requests_are_refused_with_a_reason(void **state)
{
	refuses(*state, "POST / HTTP/1.1\r\n\r\n", "405");
	refuses(*state, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "426");
	refuses(*state, "\r\n\r\n", "405");
	refuses(*state,
		"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"426");
	refuses(*state,
		"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
		"400");
}

static void endless_request_is_cut_off(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < WEBSOCKET_REQUEST_MAX && f->result == -EAGAIN; i++)
		feed(f, "xx", 2);
	assert_int_equal(f->result, -EPROTO);
	assert_memory_equal(byte_queue_data(&f->fake->out), "HTTP/1.1 431", 12);
}

/* However many reads it takes: what was read last is looked at, also where nothing follows. */
static void what_comes_in_pieces_is_seen_to_its_last_byte(void **state)
{
	struct fixture *f = *state;
	uint8_t ping[32] = { 0x89 };

	for (size_t chunk = 1; chunk < sizeof(request); chunk++) {
		renew(f);
		f->fake->chunk = chunk;
		feed(f, request, sizeof(request) - 1);
		assert_true(transport_is_ready(f->ws));
		take_reply(f, response, sizeof(response) - 1);
	}
	renew(f);
	open_it(f);
	transport_watch(f->ws, 0);
	f->fake->chunk = 1;
	for (unsigned len = 0; len < 20; len++) {
		ping[1] = (uint8_t)(0x80 | len);
		feed(f, ping, 6 + len);
		assert_int_equal(f->fake->out.len, 2 + len);
		byte_queue_clear(&f->fake->out);
	}
}

/* "Hello" as in [RFC 6455 5.7], then fragments with a ping between them. */
static const uint8_t frames[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
	0x02, 0x83, 0, 0, 0, 0, 'a', 'b', 'c', 0x89, 0x82, 1, 2, 3, 4, 'h' ^ 1, 'i' ^ 2, 0x80, 0x81,
	0xff, 0xff, 0xff, 0xff, 'd' ^ 0xff };

static void frames_are_unmasked_and_pings_answered(void **state)
{
	struct fixture *f = *state;
	uint8_t both[sizeof(request) - 1 + sizeof(frames)];

	memcpy(both, request, sizeof(request) - 1);
	memcpy(both + sizeof(request) - 1, frames, sizeof(frames));
	feed(f, both, sizeof(both));
	assert_int_equal(f->out_len, 9);
	assert_memory_equal(f->out, "Helloabcd", 9);
	byte_queue_pop(&f->fake->out, sizeof(response) - 1);
	take_reply(f, "\x8a\x02hi", 4);
}

static void frames_may_come_byte_by_byte(void **state)
{
	struct fixture *f = *state;

	open_it(f);
	feed_bytewise(f, frames, sizeof(frames));
	assert_int_equal(f->out_len, 9);
	assert_memory_equal(f->out, "Helloabcd", 9);
	take_reply(f, "\x8a\x02hi", 4);
}

static void hand_over(struct fixture *f)
{
	struct snapshot left;

	filter_leave(f->ws, &left);
	transport_free(f->ws);
	f->fake = fake_transport_new(f->loop);
	assert_non_null(f->fake);
	assert_int_equal(
		websocket_load(&f->fake->base,
			(struct snapshot_groups){ left.all, TRANSPORT_TAG_WEBSOCKET }, &f->ws),
		0);
	snapshot_close(&left);
	use(f);
}

/* A ping may be answered by either. */
static void half_a_frame_goes_on_in_another_program(void **state)
{
	struct fixture *f = *state;

	for (size_t cut = 0; cut <= sizeof(frames); cut++) {
		size_t answered;

		renew(f);
		open_it(f);
		feed(f, frames, cut);
		answered = f->fake->out.len;
		if (answered)
			take_reply(f, "\x8a\x02hi", 4);
		hand_over(f);
		hand_over(f);
		feed(f, frames + cut, sizeof(frames) - cut);
		assert_int_equal(f->out_len, 9);
		assert_memory_equal(f->out, "Helloabcd", 9);
		take_reply(f, "\x8a\x02hi", 4 - answered);
	}
}

static void long_lengths_are_read(void **state)
{
	struct fixture *f = *state;
	uint8_t header16[] = { 0x82, 0xfe, 0x01, 0x00, 0, 0, 0, 0 };
	uint8_t header64[] = { 0x82, 0xff, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0 };
	char data[256];

	memset(data, 'x', sizeof(data));
	open_it(f);
	feed(f, header16, sizeof(header16));
	feed(f, data, sizeof(data));
	feed(f, header64, sizeof(header64));
	feed(f, data, sizeof(data));
	assert_int_equal(f->out_len, 512);
	feed(f, frames, sizeof(frames));
	assert_int_equal(f->out_len, 512 + 9);
}

static void close_is_answered_and_ends_the_stream(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bye[] = { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9, 0x81, 0x81, 0, 0, 0, 0,
		'x' };

	open_it(f);
	feed(f, bye, sizeof(bye));
	assert_int_equal(f->result, 0);
	assert_int_equal(f->out_len, 0);
	take_reply(f, "\x88\x02\x03\xe9", 4);
	assert_int_equal(transport_writev(f->ws, &(struct iovec){ f->out, 1 }, 1), -EPIPE);
}

static void bad_frames_close_with_1002(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint8_t bytes[14];
		size_t len;
	} bad[] = {
		{ { 0x82, 0x01 }, 2 },				   /* not masked */
		{ { 0x88, 0x00 }, 2 },				   /* a goodbye that is not */
		{ { 0xc2, 0x81 }, 2 },				   /* a reserved bit */
		{ { 0x83, 0x81 }, 2 },				   /* an unknown opcode */
		{ { 0x8b, 0x81 }, 2 },				   /* an unknown control opcode */
		{ { 0x80, 0x81 }, 2 },				   /* nothing to continue */
		{ { 0x09, 0x81 }, 2 },				   /* a ping in pieces */
		{ { 0x89, 0xfe, 0x00, 0x7e }, 2 },		   /* a ping of 126 bytes */
		{ { 0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0 }, 14 }, /* a length of 2^63 */
		{ { 0x88, 0x81, 0, 0, 0, 0, 3 }, 7 },		   /* half a close code */
		{ { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed }, 8 },	   /* a code that is never sent */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		renew(f);
		open_it(f);
		feed(f, bad[i].bytes, bad[i].len);
		assert_int_equal(f->result, -EPROTO);
		take_reply(f, "\x88\x02\x03\xea", 4);
	}
}

static void new_message_inside_a_fragmented_one_is_refused(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bytes[] = { 0x02, 0x81, 0, 0, 0, 0, 'a', 0x82, 0x81, 0, 0, 0, 0, 'b' };

	open_it(f);
	feed(f, bytes, sizeof(bytes));
	assert_int_equal(f->result, -EPROTO);
}

static void write_some(struct fixture *f, size_t len, ssize_t want)
{
	static char data[70000];
	struct iovec iov = { data, len };

	memset(data, 'y', sizeof(data));
	assert_int_equal(transport_writev(f->ws, &iov, 1), want);
}

static void take_frame(struct fixture *f, const char *header, size_t header_len, size_t len)
{
	assert_true(f->fake->out.len >= header_len + len);
	assert_memory_equal(byte_queue_data(&f->fake->out), header, header_len);
	byte_queue_pop(&f->fake->out, header_len + len);
}

static void frames_have_the_shortest_header(void **state)
{
	struct fixture *f = *state;

	write_some(f, 1, -EAGAIN); /* not before the handshake */
	open_it(f);
	write_some(f, 125, 125);
	take_frame(f, "\x82\x7d", 2, 125);
	write_some(f, 126, 126);
	take_frame(f, "\x82\x7e\x00\x7e", 4, 126);
	write_some(f, 16384 + 126, 16384 + 126);
	take_frame(f, "\x82\x7e\x40\x00", 4, 16384);
	take_frame(f, "\x82\x7e\x00\x7e", 4, 126);
	assert_int_equal(f->fake->out.len, 0);
}

static void only_frames_that_have_begun_are_taken(void **state)
{
	enum { FRAME = 4 + 16384, CUTS = 6 };
	static const struct {
		size_t room, taken;
	} cuts[CUTS] = { { 1, 16384 }, { FRAME - 1, 16384 }, { FRAME, 16384 }, { FRAME + 1, 32768 },
		{ 2 * FRAME + 3, 40000 }, { 2 * FRAME + 4 + 7232, 40000 } };
	struct fixture *f = *state;

	open_it(f);
	for (int i = 0; i < CUTS; i++) {
		f->fake->room = cuts[i].room;
		write_some(f, 40000, (ssize_t)cuts[i].taken);
		assert_int_equal(f->fake->out.len, cuts[i].room);
		fake_transport_give_room(f->fake, SIZE_MAX / 2);
		transport_watch(f->ws, WATCH_WRITE); /* the filter writes the rest by itself */
		fake_transport_give_room(f->fake, 1);
		for (size_t left = cuts[i].taken; left; left -= left < 16384 ? left : 16384)
			take_frame(f, left < 16384 ? "\x82\x7e\x1c\x40" : "\x82\x7e\x40\x00", 4,
				left < 16384 ? left : 16384);
		assert_int_equal(f->fake->out.len, 0);
	}
}

static void begun_frame_is_finished_before_anything_else(void **state)
{
	static const uint8_t ping[] = { 0x89, 0x81, 0, 0, 0, 0, 'p' };
	struct fixture *f = *state;

	open_it(f);
	f->fake->room = 5;
	write_some(f, 100, 100); /* taken, although 97 bytes wait */
	write_some(f, 1, -EAGAIN);
	transport_watch(f->ws, WATCH_READ | WATCH_WRITE);
	feed(f, ping, sizeof(ping));
	fake_transport_give_room(f->fake, 96);
	assert_int_equal(f->writable, 0);
	assert_int_equal(f->fake->out.len, 101);
	fake_transport_give_room(f->fake, 1000);
	assert_int_equal(f->writable, 1);
	take_frame(f, "\x82\x64", 2, 100);
	take_reply(f, "\x8a\x01p", 3);
}

static void newest_of_many_pings_is_answered(void **state)
{
	struct fixture *f = *state;
	uint8_t ping[] = { 0x89, 0x81, 0, 0, 0, 0, 0 };

	open_it(f);
	f->fake->room = 1; /* so much of the first answer goes, which is therefore finished */
	for (unsigned i = 0; i < 100000; i++) {
		ping[6] = (uint8_t)i;
		fake_transport_feed(f->fake, ping, sizeof(ping));
	}
	assert_int_equal(f->fake->out.len, 1);
	fake_transport_give_room(f->fake, 1000);
	take_reply(f, "\x8a\x01\x00\x8a\x01\x9f", 6);
}

static void ping_is_answered_while_the_user_does_not_read(void **state)
{
	static const uint8_t ping_data_ping[] = { 0x89, 0x81, 0, 0, 0, 0, '1', 0x82, 0x82, 0, 0, 0,
		0, 'a', 'b', 0x89, 0x81, 0, 0, 0, 0, '2' };
	struct fixture *f = *state;

	open_it(f);
	transport_watch(f->ws, WATCH_HANGUP);
	feed(f, ping_data_ping, sizeof(ping_data_ping));
	take_reply(f,
		"\x8a\x01"
		"1",
		3);
	assert_true(transport_has_unread(f->ws));
	assert_false(f->fake->base.wanted & WATCH_READ); /* the rest stays in the kernel */
	f->room = 1;
	transport_watch(f->ws, WATCH_READ);
	for (int i = 0; i < 8; i++)
		loop_step(f->loop, false);
	assert_int_equal(f->out_len, 2);
	take_reply(f,
		"\x8a\x01"
		"2",
		3);
	assert_false(transport_has_unread(f->ws));
}

static void failed_answer_ends_only_the_writing(void **state)
{
	static const uint8_t ping_data[] = { 0x89, 0x81, 0, 0, 0, 0, '1', 0x82, 0x81, 0, 0, 0, 0,
		'a' };
	struct fixture *f = *state;

	open_it(f);
	f->fake->error = ECONNRESET;
	feed(f, ping_data, sizeof(ping_data));
	assert_int_equal(f->out_len, 1);
	write_some(f, 1, -ECONNRESET);
}

static void half_close_says_goodbye_and_reads_on(void **state)
{
	static const uint8_t data_bye[] = { 0x82, 0x81, 0, 0, 0, 0, 'a', 0x88, 0x80, 0, 0, 0, 0 };
	struct fixture *f = *state;

	open_it(f);
	assert_int_equal(transport_half_close(f->ws), 0);
	take_reply(f, "\x88\x02\x03\xe8", 4);
	write_some(f, 1, -EPIPE);
	feed(f, data_bye, sizeof(data_bye));
	assert_int_equal(f->out_len, 1);
	assert_int_equal(f->result, 0);
	assert_int_equal(f->fake->out.len, 0); /* said once */
}

static void close_without_a_code_is_answered_without_one(void **state)
{
	struct fixture *f = *state;

	open_it(f);
	feed(f, "\x88\x80\0\0\0\0", 6);
	take_reply(f, "\x88\0", 2);
}

static void path_is_what_stands_before_the_query(void **state)
{
	char path[WEBSOCKET_PATH_MAX] = "old";
	char text[WEBSOCKET_PATH_MAX + 64];

	(void)state;
	for (const char *const *end =
			(const char *const[]){ "", " HTTP/1.1\r\n", "?a=b", "#a", NULL };
		*end; end++) {
		int len = snprintf(text, sizeof(text), "GET /console/a%s", *end);

		assert_true(websocket_path(text, (size_t)len, path));
		assert_string_equal(path, "/console/a");
	}
	memset(text + 4, 'a', sizeof(text) - 4);
	assert_true(websocket_path(text, 4 + WEBSOCKET_PATH_MAX - 1, path));
	assert_int_equal(strlen(path), WEBSOCKET_PATH_MAX - 1);
	assert_false(websocket_path(text, 4 + WEBSOCKET_PATH_MAX, path));
	assert_string_equal(path, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Is a page of @from let in by a server that is known to it as @host? */
static bool lets_in(const char *host, const char *from, const char *origin)
{
	char text[512], answer[WEBSOCKET_ANSWER_MAX];
	bool in;

	snprintf(text, sizeof(text),
		"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n%s%s%s%s"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n",
		host, *host ? "\r\n" : "", from, *from ? "\r\n" : "");
	in = websocket_answer(text, strlen(text), origin, answer);
	assert_memory_equal(answer, in ? "HTTP/1.1 101 " : "HTTP/1.1 403 ", 13);
	return in;
}

static void pages_of_other_hosts_are_refused(void **state)
{
	(void)state;
	assert_true(lets_in("Host: a.example.com:5700", "", NULL));
	assert_true(lets_in("Host: a.example.com:5700", "Origin: https://A.example.com", NULL));
	assert_true(lets_in("Host: a.example.com", "Origin: http://a.example.com:6080", NULL));
	assert_true(lets_in("Host: [::1]:5700", "Origin: http://[::1]", NULL));
	assert_false(lets_in("Host: a.example.com:5700", "Origin: https://evil.example.com", NULL));
	assert_false(
		lets_in("Host: a.example.com", "Origin: https://a.example.com.example.org", NULL));
	assert_false(lets_in("Host: [::1]:5700", "Origin: http://[::2]", NULL));
	assert_false(lets_in("Host: a.example.com", "Origin: null", NULL));
	assert_false(lets_in("Host: a.example.com", "Origin:", NULL));
	assert_false(lets_in("", "Origin: https://a.example.com", NULL));
}

static void an_origin_may_be_named(void **state)
{
	(void)state;
	assert_true(lets_in("Host: a", "Origin: https://b:8443", "https://b:8443"));
	assert_true(lets_in("Host: a", "", "https://b:8443"));
	assert_false(lets_in("Host: a", "Origin: https://b", "https://b:8443"));
	assert_false(lets_in("Host: a", "Origin: https://a", "https://b:8443"));
	assert_true(lets_in("Host: a", "Origin: https://anybody", "*"));
	assert_true(lets_in("Host: a", "Origin: null", "*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_other_hosts_are_refused),
		cmocka_unit_test(an_origin_may_be_named),
		TEST(handshake_is_answered_byte_by_byte_or_whole),
		TEST(other_requests_are_refused_with_a_reason),
		TEST(endless_request_is_cut_off),
		TEST(what_comes_in_pieces_is_seen_to_its_last_byte),
		TEST(frames_are_unmasked_and_pings_answered),
		TEST(frames_may_come_byte_by_byte),
		TEST(half_a_frame_goes_on_in_another_program),
		TEST(long_lengths_are_read),
		TEST(close_is_answered_and_ends_the_stream),
		TEST(bad_frames_close_with_1002),
		TEST(new_message_inside_a_fragmented_one_is_refused),
		TEST(frames_have_the_shortest_header),
		TEST(only_frames_that_have_begun_are_taken),
		TEST(begun_frame_is_finished_before_anything_else),
		TEST(newest_of_many_pings_is_answered),
		TEST(ping_is_answered_while_the_user_does_not_read),
		TEST(failed_answer_ends_only_the_writing),
		TEST(half_close_says_goodbye_and_reads_on),
		TEST(path_is_what_stands_before_the_query),
		TEST(close_without_a_code_is_answered_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
