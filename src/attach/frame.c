/* SPDX-License-Identifier: MIT */
#include "attach/frame.h"

#include "base/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t payload_len(const uint8_t *header)
{
	return (size_t)header[1] << 16 | get_be16(header + 2);
}

/* ---- the decoder ---- */

void attach_decoder_init(struct attach_decoder *decoder, size_t max)
{
	*decoder = (struct attach_decoder){ .max = max };
}

void attach_decoder_done(struct attach_decoder *decoder)
{
	free(decoder->held);
	decoder->held = NULL;
	decoder->len = decoder->size = 0;
}

static int make_room(struct attach_decoder *decoder, size_t size)
{
	uint8_t *grown;

	if (size <= decoder->size)
		return 0;
	grown = realloc(decoder->held, size);
	if (!grown)
		return -ENOMEM;
	decoder->held = grown;
	decoder->size = size;
	return 0;
}

/* Hold bytes until there are @wanted. Return: how many were taken; -ENOMEM. */
static ssize_t hold(struct attach_decoder *decoder, const uint8_t *bytes, size_t len, size_t wanted)
{
	size_t taken = wanted - decoder->len;

	if (make_room(decoder, wanted) < 0)
		return -ENOMEM;
	if (taken > len)
		taken = len;
	memcpy(decoder->held + decoder->len, bytes, taken);
	decoder->len += taken;
	return (ssize_t)taken;
}

static void tell(const uint8_t *from, struct attach_frame *ret_frame)
{
	*ret_frame = (struct attach_frame){
		.type = from[0], .payload = from + ATTACH_HEADER, .len = payload_len(from)
	};
}

static int is_allowed(const struct attach_decoder *decoder, const uint8_t *header)
{
	if (!header[0])
		return -EPROTO;
	return payload_len(header) <= decoder->max ? 0 : -EMSGSIZE;
}

/* A frame that is there as a whole need not be copied. Return: its length; 0: it is not. */
static size_t whole_frame(const struct attach_decoder *decoder, const uint8_t *bytes, size_t len)
{
	size_t wanted;

	if (decoder->len || len < ATTACH_HEADER)
		return 0;
	wanted = ATTACH_HEADER + payload_len(bytes);
	return wanted <= len && is_allowed(decoder, bytes) == 0 ? wanted : 0;
}

ssize_t attach_decode(struct attach_decoder *decoder, const void *bytes, size_t len,
	struct attach_frame *ret_frame)
{
	size_t whole, wanted;
	ssize_t head = 0, rest;

	*ret_frame = (struct attach_frame){ 0 };
	/* The last one was held: whoever got it is done with it. */
	if (decoder->len >= ATTACH_HEADER &&
		decoder->len == ATTACH_HEADER + payload_len(decoder->held))
		attach_decoder_done(decoder);
	whole = whole_frame(decoder, bytes, len);
	if (whole) {
		tell(bytes, ret_frame);
		return (ssize_t)whole;
	}
	if (decoder->len < ATTACH_HEADER) {
		head = hold(decoder, bytes, len, ATTACH_HEADER);
		if (head < 0 || decoder->len < ATTACH_HEADER)
			return head;
	}
	rest = is_allowed(decoder, decoder->held);
	if (rest < 0)
		return rest;
	wanted = ATTACH_HEADER + payload_len(decoder->held);
	rest = hold(decoder, (const uint8_t *)bytes + head, len - (size_t)head, wanted);
	if (rest < 0)
		return rest;
	if (decoder->len == wanted)
		tell(decoder->held, ret_frame);
	return head + rest;
}

/* ---- making ---- */

uint8_t *attach_put_header(uint8_t *at, enum attach_type type, size_t len)
{
	at[0] = (uint8_t)type;
	at[1] = (uint8_t)(len >> 16);
	return put_be16(at + 2, len & 0xffff);
}

uint8_t *attach_put_output(uint8_t *at, enum attach_type type, uint64_t offset, size_t len)
{
	at = attach_put_header(at, type, ATTACH_OFFSET + len);
	at = put_be32(at, (uint32_t)(offset >> 32));
	return put_be32(at, (uint32_t)offset);
}

uint8_t *attach_put_size(uint8_t *at, unsigned cols, unsigned rows)
{
	return put_be16(put_be16(attach_put_header(at, ATTACH_SIZE, 4), cols), rows);
}

uint8_t *attach_put_credit(uint8_t *at, uint32_t bytes)
{
	return put_be32(attach_put_header(at, ATTACH_CREDIT, 4), bytes);
}

uint8_t *attach_put_notice(uint8_t *at, enum attach_type type, uint8_t what, size_t text_len)
{
	at = attach_put_header(at, type, 1 + text_len);
	*at++ = what;
	return at;
}

uint8_t *attach_put_request(
	uint8_t *at, enum attach_type type, uint8_t number, uint8_t what, size_t text_len)
{
	at = attach_put_header(at, type, 2 + text_len);
	*at++ = number;
	*at++ = what;
	return at;
}

/* ---- reading ---- */

int attach_get_output(const struct attach_frame *frame, uint64_t *ret_offset,
	const uint8_t **ret_bytes, size_t *ret_len)
{
	if (frame->len < ATTACH_OFFSET)
		return -EPROTO;
	*ret_offset = (uint64_t)get_be32(frame->payload) << 32 | get_be32(frame->payload + 4);
	*ret_bytes = frame->payload + ATTACH_OFFSET;
	*ret_len = frame->len - ATTACH_OFFSET;
	return 0;
}

int attach_get_size(const struct attach_frame *frame, unsigned *ret_cols, unsigned *ret_rows)
{
	if (frame->len != 4)
		return -EPROTO;
	*ret_cols = get_be16(frame->payload);
	*ret_rows = get_be16(frame->payload + 2);
	return 0;
}

int attach_get_credit(const struct attach_frame *frame, uint32_t *ret_bytes)
{
	if (frame->len != 4)
		return -EPROTO;
	*ret_bytes = get_be32(frame->payload);
	return 0;
}

/* How many numbers stand before the words. */
static size_t numbers_of(uint8_t type)
{
	if (type == ATTACH_REPLY || type == ATTACH_REQUEST)
		return 2;
	return type == ATTACH_NOTICE || type == ATTACH_GONE ? 1 : 0;
}

int attach_get_text(const struct attach_frame *frame, struct attach_text *ret_text)
{
	size_t numbers = numbers_of(frame->type);

	if (frame->len < numbers || frame->len - numbers > ATTACH_TEXT_MAX)
		return -EPROTO;
	*ret_text = (struct attach_text){
		.number = numbers == 2 ? frame->payload[0] : 0,
		.what = numbers ? frame->payload[numbers - 1] : 0,
		.text = (const char *)frame->payload + numbers,
		.len = frame->len - numbers,
	};
	return 0;
}
