/* SPDX-License-Identifier: MIT */
#include "attach/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { STREAM_MAX = 256 };

/* One of each kind, as they follow each other on the wire. */
static size_t make_stream(uint8_t *stream)
{
	uint8_t *at = attach_put_size(stream, 132, 43);

	at = attach_put_output(at, ATTACH_DATA, 0x123456789abcdef0, 5);
	memcpy(at, "hello", 5);
	at = attach_put_credit(at + 5, 70000);
	at = attach_put_request(at, ATTACH_REPLY, 7, EPERM, 3);
	memcpy(at, "no!", 3);
	at = attach_put_notice(at + 3, ATTACH_NOTICE, ATTACH_NOTICE_LOST, 2);
	memcpy(at, "hm", 2);
	at = attach_put_header(at + 2, ATTACH_BREAK, 0);
	return (size_t)(at - stream);
}

static void check_frame(unsigned n, const struct attach_frame *frame)
{
	struct attach_text text;
	const uint8_t *bytes;
	unsigned cols, rows;
	uint64_t offset;
	uint32_t credit;
	size_t len;

	switch (n) {
	case 0:
		assert_int_equal(attach_get_size(frame, &cols, &rows), 0);
		assert_int_equal(cols, 132);
		assert_int_equal(rows, 43);
		break;
	case 1:
		assert_int_equal(frame->type, ATTACH_DATA);
		assert_int_equal(attach_get_output(frame, &offset, &bytes, &len), 0);
		assert_true(offset == 0x123456789abcdef0);
		assert_int_equal(len, 5);
		assert_memory_equal(bytes, "hello", 5);
		break;
	case 2:
		assert_int_equal(attach_get_credit(frame, &credit), 0);
		assert_int_equal(credit, 70000);
		break;
	case 3:
		assert_int_equal(attach_get_text(frame, &text), 0);
		assert_int_equal(text.number, 7);
		assert_int_equal(text.what, EPERM);
		assert_int_equal(text.len, 3);
		assert_memory_equal(text.text, "no!", 3);
		break;
	case 4:
		assert_int_equal(frame->type, ATTACH_NOTICE);
		assert_int_equal(attach_get_text(frame, &text), 0);
		assert_int_equal(text.what, ATTACH_NOTICE_LOST);
		assert_int_equal(text.len, 2);
		assert_memory_equal(text.text, "hm", 2);
		break;
	default:
		assert_int_equal(n, 5);
		assert_int_equal(frame->type, ATTACH_BREAK);
		assert_int_equal(frame->len, 0);
	}
}

static void frames_come_whatever_the_pieces(void **state)
{
	uint8_t stream[STREAM_MAX];
	size_t size = make_stream(stream);

	(void)state;
	for (size_t piece = 1; piece <= size; piece++) {
		struct attach_decoder decoder;
		unsigned n = 0;

		attach_decoder_init(&decoder, ATTACH_PAYLOAD_MAX);
		for (size_t at = 0; at < size;) {
			size_t len = size - at < piece ? size - at : piece;
			struct attach_frame frame;
			ssize_t taken = attach_decode(&decoder, stream + at, len, &frame);

			assert_in_range(taken, 1, len);
			at += (size_t)taken;
			if (frame.type)
				check_frame(n++, &frame);
			else
				assert_true(at == size || (size_t)taken == len);
		}
		assert_int_equal(n, 6);
		attach_decoder_done(&decoder);
	}
}

static void the_longest_frame_is_taken_and_no_longer_one(void **state)
{
	static uint8_t stream[ATTACH_HEADER + ATTACH_TO_DAEMON_MAX + 1];
	struct attach_decoder decoder;
	struct attach_frame frame;

	(void)state;
	attach_decoder_init(&decoder, ATTACH_TO_DAEMON_MAX);
	attach_put_header(stream, ATTACH_INPUT, ATTACH_TO_DAEMON_MAX);
	assert_int_equal(attach_decode(&decoder, stream, sizeof(stream), &frame),
		ATTACH_HEADER + ATTACH_TO_DAEMON_MAX);
	assert_int_equal(frame.len, ATTACH_TO_DAEMON_MAX);
	attach_put_header(stream, ATTACH_INPUT, ATTACH_TO_DAEMON_MAX + 1);
	assert_int_equal(attach_decode(&decoder, stream, sizeof(stream), &frame), -EMSGSIZE);
	attach_decoder_done(&decoder);
	attach_decoder_init(&decoder, ATTACH_TO_DAEMON_MAX);
	assert_int_equal(attach_decode(&decoder, stream, 2, &frame), 2);
	assert_int_equal(attach_decode(&decoder, stream + 2, 2, &frame), -EMSGSIZE);
	attach_decoder_done(&decoder);
}

static void zero_is_no_type(void **state)
{
	struct attach_decoder decoder;
	struct attach_frame frame;

	(void)state;
	attach_decoder_init(&decoder, ATTACH_PAYLOAD_MAX);
	assert_int_equal(attach_decode(&decoder, "\0\0\0\1x", 5, &frame), -EPROTO);
	attach_decoder_done(&decoder);
}

static void a_payload_of_the_wrong_length_is_refused(void **state)
{
	const struct attach_frame size = { .type = ATTACH_SIZE, (const uint8_t *)"abcde", 5 };
	const struct attach_frame data = { .type = ATTACH_DATA, (const uint8_t *)"abcdefg", 7 };
	const struct attach_frame reply = { .type = ATTACH_REPLY, (const uint8_t *)"a", 1 };
	const struct attach_frame gone = { .type = ATTACH_GONE, (const uint8_t *)"", 0 };
	const struct attach_frame notice = { .type = ATTACH_NOTICE, (const uint8_t *)"", 0 };
	struct attach_text text;
	const uint8_t *bytes;
	unsigned cols, rows;
	uint64_t offset;
	uint32_t credit;
	size_t len;

	(void)state;
	assert_int_equal(attach_get_size(&size, &cols, &rows), -EPROTO);
	assert_int_equal(attach_get_credit(&size, &credit), -EPROTO);
	assert_int_equal(attach_get_output(&data, &offset, &bytes, &len), -EPROTO);
	assert_int_equal(attach_get_text(&reply, &text), -EPROTO);
	assert_int_equal(attach_get_text(&gone, &text), -EPROTO);
	assert_int_equal(attach_get_text(&notice, &text), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_whatever_the_pieces),
		cmocka_unit_test(the_longest_frame_is_taken_and_no_longer_one),
		cmocka_unit_test(zero_is_no_type),
		cmocka_unit_test(a_payload_of_the_wrong_length_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
