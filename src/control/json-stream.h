/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_JSON_STREAM_H
#define CONTROL_JSON_STREAM_H

#include "control/json-lexer.h"
#include "control/json-parser.h"

/* What one value may be; QEMU's limits are 64 MiB, 2 million and 1024. */
enum {
	JSON_STREAM_TEXT_MAX = 4 * 1024 * 1024,
	JSON_STREAM_TOKENS_MAX = 256 * 1024,
	JSON_STREAM_DEPTH_MAX = 1024,
};

/**
 * struct json_stream - a stream of JSON values as QEMU's monitors read it; all zero at the start
 *
 * Values need nothing between them. What is none makes an error, and reading goes on behind it.
 */
struct json_stream {
	struct json_lexer lexer;
	struct json_tokens tokens;
	long depth_curly, depth_square;
};

/**
 * json_stream_feed() - read bytes up to the end of the first value
 * @ret_value: a value, the caller's; NULL: none yet, or @err is set
 *
 * Return: how many bytes have been read; the rest is for the next call.
 */
size_t json_stream_feed(struct json_stream *stream, const char *bytes, size_t len,
	json_t **ret_value, struct error **err);

/** json_stream_reset() - forget what has been read of a value, and free it */
void json_stream_reset(struct json_stream *stream);

#endif
