/* SPDX-License-Identifier: MIT */
#include "io/websocket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct websocket ws;
	struct byte_queue reply;
	char out[4096];
	size_t out_len;
	ssize_t result;
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

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	websocket_done(&f->ws);
	byte_queue_clear(&f->reply);
	free(f);
	return 0;
}

/* From memory of exactly that size, so that reading past it is seen. */
static void feed(struct fixture *f, const void *bytes, size_t len)
{
	char *buf = malloc(len);

	assert_non_null(buf);
	memcpy(buf, bytes, len);
	f->result = websocket_in(&f->ws, buf, len, &f->reply);
	if (f->result > 0) {
		assert_true((size_t)f->result <= len);
		memcpy(f->out + f->out_len, buf, (size_t)f->result);
		f->out_len += (size_t)f->result;
	}
	free(buf);
}

static void feed_bytewise(struct fixture *f, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		feed(f, (const char *)bytes + i, 1);
}

static void take_reply(struct fixture *f, const void *bytes, size_t len)
{
	assert_int_equal(f->reply.len, len);
	if (len)
		assert_memory_equal(byte_queue_data(&f->reply), bytes, len);
	byte_queue_clear(&f->reply);
}

static void open_it(struct fixture *f)
{
	feed(f, request, sizeof(request) - 1);
	assert_int_equal(f->ws.state, WEBSOCKET_OPEN);
	byte_queue_clear(&f->reply);
}

static void handshake_is_answered_byte_by_byte_or_whole(void **state)
{
	struct fixture *f = *state;

	feed_bytewise(f, request, sizeof(request) - 1);
	assert_int_equal(f->ws.state, WEBSOCKET_OPEN);
	take_reply(f, response, sizeof(response) - 1);
	memset(&f->ws, 0, sizeof(f->ws));
	feed(f, request, sizeof(request) - 1);
	take_reply(f, response, sizeof(response) - 1);
	assert_int_equal(f->out_len, 0);
}

static void refuses(struct fixture *f, const char *text, const char *status)
{
	memset(&f->ws, 0, sizeof(f->ws));
	feed(f, text, strlen(text));
	assert_int_equal(f->result, -EPROTO);
	assert_int_equal(f->ws.state, WEBSOCKET_FAILED);
	assert_true(f->reply.len > strlen(status) + 9);
	assert_memory_equal(byte_queue_data(&f->reply) + 9, status, strlen(status));
	byte_queue_clear(&f->reply);
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

	for (unsigned i = 0; i < WEBSOCKET_HANDSHAKE_MAX && f->ws.state == WEBSOCKET_HANDSHAKE; i++)
		feed(f, "xx", 2);
	assert_int_equal(f->ws.state, WEBSOCKET_FAILED);
	assert_int_equal(f->result, -EPROTO);
	assert_memory_equal(byte_queue_data(&f->reply), "HTTP/1.1 431", 12);
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
	byte_queue_pop(&f->reply, sizeof(response) - 1);
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
	assert_false(f->ws.in_payload);
}

static void close_is_answered_and_ends_the_stream(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bye[] = { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9, 0x81, 0x81, 0, 0, 0, 0,
		'x' };

	open_it(f);
	feed(f, bye, sizeof(bye));
	assert_int_equal(f->result, 0);
	assert_int_equal(f->ws.state, WEBSOCKET_CLOSED);
	take_reply(f, "\x88\x02\x03\xe8", 4);
}

static void bad_frames_close_with_1002(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint8_t bytes[14];
		size_t len;
	} bad[] = {
		{ { 0x82, 0x01 }, 6 },				   /* not masked */
		{ { 0xc2, 0x81 }, 6 },				   /* a reserved bit */
		{ { 0x83, 0x81 }, 6 },				   /* an unknown opcode */
		{ { 0x8b, 0x81 }, 6 },				   /* an unknown control opcode */
		{ { 0x80, 0x81 }, 6 },				   /* nothing to continue */
		{ { 0x09, 0x81 }, 6 },				   /* a ping in pieces */
		{ { 0x89, 0xfe, 0x00, 0x7e }, 8 },		   /* a ping of 126 bytes */
		{ { 0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0 }, 14 }, /* a length of 2^63 */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&f->ws, 0, sizeof(f->ws));
		open_it(f);
		feed(f, bad[i].bytes, bad[i].len);
		assert_int_equal(f->result, -EPROTO);
		assert_int_equal(f->ws.state, WEBSOCKET_FAILED);
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

static void headers_have_the_shortest_length(void **state)
{
	uint8_t header[WEBSOCKET_HEADER_MAX];

	(void)state;
	assert_int_equal(websocket_header(125, header), 2);
	assert_memory_equal(header, "\x82\x7d", 2);
	assert_int_equal(websocket_header(126, header), 4);
	assert_memory_equal(header, "\x82\x7e\x00\x7e", 4);
	assert_int_equal(websocket_header(65535, header), 4);
	assert_int_equal(websocket_header(65536, header), 10);
	assert_memory_equal(header, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(handshake_is_answered_byte_by_byte_or_whole),
		TEST(other_requests_are_refused_with_a_reason),
		TEST(endless_request_is_cut_off),
		TEST(frames_are_unmasked_and_pings_answered),
		TEST(frames_may_come_byte_by_byte),
		TEST(long_lengths_are_read),
		TEST(close_is_answered_and_ends_the_stream),
		TEST(bad_frames_close_with_1002),
		TEST(new_message_inside_a_fragmented_one_is_refused),
		TEST(headers_have_the_shortest_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
