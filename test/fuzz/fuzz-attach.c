/* SPDX-License-Identifier: MIT */
#include "attach/frame.h"

#include <stdlib.h>
#include <string.h>

/*
 * Frames as a peer may send them, in pieces whose length the first byte says: the same frames must
 * come whatever the pieces are, and none may be longer than was allowed.
 */

enum { FRAMES_MAX = 64, PAYLOAD_MAX = 512 };

/* What can be compared of a frame after it has gone. */
struct seen {
	uint8_t type;
	size_t len;
	uint32_t sum;
};

static void look(const struct attach_frame *frame)
{
	struct attach_text text;
	const uint8_t *bytes;
	unsigned cols, rows;
	uint64_t offset;
	uint32_t credit;
	size_t len;

	if (attach_get_output(frame, &offset, &bytes, &len) == 0 &&
		bytes + len != frame->payload + frame->len)
		abort();
	if (attach_get_text(frame, &text) == 0 && text.len > ATTACH_TEXT_MAX)
		abort();
	(void)attach_get_size(frame, &cols, &rows);
	(void)attach_get_credit(frame, &credit);
}

static uint32_t sum(const struct attach_frame *frame)
{
	uint32_t total = 0;

	for (size_t i = 0; i < frame->len; i++)
		total = total * 31 + frame->payload[i];
	return total;
}

/* Return: how many frames came; negative: the stream broke behind -1 - RESULT frames. */
static int read_all(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
	struct attach_decoder decoder;
	int n = 0;

	attach_decoder_init(&decoder, PAYLOAD_MAX);
	for (size_t at = 0; at < size && n < FRAMES_MAX;) {
		size_t len = size - at < piece ? size - at : piece;
		struct attach_frame frame;
		ssize_t taken = attach_decode(&decoder, data + at, len, &frame);

		if (taken < 0) {
			n = -1 - n;
			break;
		}
		if (!taken || (size_t)taken > len || (!frame.type && (size_t)taken < len))
			abort();
		at += (size_t)taken;
		if (!frame.type)
			continue;
		if (frame.len > PAYLOAD_MAX)
			abort();
		look(&frame);
		seen[n++] = (struct seen){ frame.type, frame.len, sum(&frame) };
	}
	attach_decoder_done(&decoder);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole[FRAMES_MAX] = { 0 }, pieces[FRAMES_MAX] = { 0 };
	size_t piece;

	if (!size)
		return 0;
	piece = 1 + data[0] % 7;
	if (read_all(data + 1, size - 1, SIZE_MAX, whole) !=
			read_all(data + 1, size - 1, piece, pieces) ||
		memcmp(whole, pieces, sizeof(whole)) != 0)
		abort();
	return 0;
}
