/* SPDX-License-Identifier: MIT */
/*
 * Tokens are collected until as many braces and brackets have been closed as were opened, each
 * kind counted for itself as QEMU does; then they are parsed. A peer can make us hold
 * JSON_STREAM_TEXT_MAX and JSON_STREAM_TOKENS_MAX.
 */
#include "control/json-stream.h"

#include "base/cleanup.h"

#include <errno.h>

/* Memory stays for the next value, unless this was a large one. */
enum { TEXT_KEPT = 64 * 1024, TOKENS_KEPT = 4 * 1024 };

static void drop_tokens(struct json_stream *stream)
{
	struct json_tokens *tokens = &stream->tokens;

	stream->depth_curly = stream->depth_square = 0;
	tokens->len = 0;
	tokens->text.len = 0;
	tokens->text.failed = false;
	if (tokens->text.size > TEXT_KEPT)
		strbuf_done(&tokens->text);
	if (tokens->size > TOKENS_KEPT) {
		free(tokens->items);
		tokens->items = NULL;
		tokens->size = 0;
	}
}

void json_stream_reset(struct json_stream *stream)
{
	json_lexer_done(&stream->lexer);
	strbuf_done(&stream->tokens.text);
	free(stream->tokens.items);
	*stream = (struct json_stream){ 0 };
}

static int grow(struct json_tokens *tokens)
{
	size_t size = tokens->size ? tokens->size * 2 : 64;
	struct json_place *items = reallocarray(tokens->items, size, sizeof(*items));

	if (!items)
		return -ENOMEM;
	tokens->items = items;
	tokens->size = size;
	return 0;
}

static int add_token(struct json_stream *stream, enum json_token token, struct error **err)
{
	struct json_tokens *tokens = &stream->tokens;
	const struct strbuf *text = &stream->lexer.text;
	struct json_place *place;

	if (tokens->text.len + text->len > JSON_STREAM_TEXT_MAX)
		return error_set(err, EINVAL, "JSON token size limit exceeded");
	if (tokens->len == JSON_STREAM_TOKENS_MAX)
		return error_set(err, EINVAL, "JSON token count limit exceeded");
	if (stream->depth_curly + stream->depth_square > JSON_STREAM_DEPTH_MAX)
		return error_set(err, EINVAL, "JSON nesting depth limit exceeded");
	if (tokens->len == tokens->size && grow(tokens) < 0)
		return error_set(err, ENOMEM, "out of memory");
	place = &tokens->items[tokens->len];
	*place = (struct json_place){
		.at = (uint32_t)tokens->text.len, .len = (uint32_t)text->len, .token = token
	};
	strbuf_append(&tokens->text, text->data, text->len);
	if (tokens->text.failed || text->failed)
		return error_set(err, ENOMEM, "out of memory");
	tokens->len++;
	return 0;
}

static void count_depth(struct json_stream *stream, enum json_token token)
{
	stream->depth_curly += (token == JSON_TOKEN_LCURLY) - (token == JSON_TOKEN_RCURLY);
	stream->depth_square += (token == JSON_TOKEN_LSQUARE) - (token == JSON_TOKEN_RSQUARE);
}

static bool is_whole(const struct json_stream *stream)
{
	bool open = stream->depth_curly > 0 || stream->depth_square > 0;

	return !open || stream->depth_curly < 0 || stream->depth_square < 0;
}

/* Return: true: *@ret_value or *@err is there. */
static bool take_token(
	struct json_stream *stream, enum json_token token, json_t **ret_value, struct error **err)
{
	const struct strbuf *text = &stream->lexer.text;

	count_depth(stream, token);
	if (token == JSON_TOKEN_STRAY) {
		error_set(err, EINVAL, "JSON parse error, stray '%.*s'", (int)text->len,
			text->data ? text->data : "");
	} else if (add_token(stream, token, err) == 0) {
		if (!is_whole(stream))
			return false;
		*ret_value = json_parse_tokens(&stream->tokens, err);
	}
	drop_tokens(stream);
	return true;
}

/* A string that never ends. */
static bool is_too_long(struct json_stream *stream, struct error **err)
{
	struct json_lexer *lexer = &stream->lexer;

	if (!lexer->text.failed && lexer->text.len <= JSON_STREAM_TEXT_MAX)
		return false;
	error_set(err, lexer->text.failed ? ENOMEM : EINVAL,
		lexer->text.failed ? "out of memory" : "JSON token size limit exceeded");
	json_lexer_done(lexer);
	drop_tokens(stream);
	return true;
}

size_t json_stream_feed(struct json_stream *stream, const char *bytes, size_t len,
	json_t **ret_value, struct error **err)
{
	size_t at = 0;

	*ret_value = NULL;
	while (at < len) {
		bool consumed;
		enum json_token token = json_lexer_feed(&stream->lexer, bytes[at], &consumed);

		at += consumed;
		if (token ? take_token(stream, token, ret_value, err) : is_too_long(stream, err))
			break;
	}
	return at;
}
