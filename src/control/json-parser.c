/* SPDX-License-Identifier: MIT */
/*
 * jansson's own parser takes neither single quotes nor names what is wrong as QEMU does, which is
 * what clients show to people. Values are jansson's.
 *
 * How deep the functions call each other is what json-stream.c lets through. What JSON may say and
 * a 64-bit integer or a double cannot is refused, not changed.
 */
#include "control/json-parser.h"

#include "base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	const struct json_tokens *tokens;
	size_t next;
	struct error *error;
};

static json_t *parse_value(struct parser *parser);

/* The first error is the one that is told. */
__attribute__((format(printf, 2, 3))) static json_t *fail(
	struct parser *parser, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!parser->error)
		error_set(&parser->error, EINVAL, "JSON parse error, %s", text);
	return NULL;
}

static json_t *out_of_memory(struct parser *parser)
{
	if (!parser->error)
		error_set(&parser->error, ENOMEM, "out of memory");
	return NULL;
}

static enum json_token peek(const struct parser *parser)
{
	return parser->next < parser->tokens->len ? parser->tokens->items[parser->next].token
						  : JSON_TOKEN_NONE;
}

static const struct json_place *take(struct parser *parser)
{
	return &parser->tokens->items[parser->next++];
}

static const char *text_of(const struct parser *parser, const struct json_place *place)
{
	return parser->tokens->text.data + place->at;
}

/* ---- strings ---- */

/* Four digits. Return: -1: they are none. */
static int32_t read_hex(const char *text, const char *end)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = text + i < end ? parse_hex_digit(text[i]) : -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool is_character(int32_t code)
{
	return code >= 0 && !(code >= 0xd800 && code < 0xe000) &&
	       !(code >= 0xfdd0 && code < 0xfdf0) && (code & 0xfffe) != 0xfffe;
}

static void put_utf8(struct strbuf *text, int32_t code)
{
	if (code < 0x80) {
		strbuf_putc(text, (char)code);
	} else if (code < 0x800) {
		strbuf_putc(text, (char)(0xc0 | code >> 6));
		strbuf_putc(text, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		strbuf_putc(text, (char)(0xe0 | code >> 12));
		strbuf_putc(text, (char)(0x80 | (code >> 6 & 0x3f)));
		strbuf_putc(text, (char)(0x80 | (code & 0x3f)));
	} else {
		strbuf_putc(text, (char)(0xf0 | code >> 18));
		strbuf_putc(text, (char)(0x80 | (code >> 12 & 0x3f)));
		strbuf_putc(text, (char)(0x80 | (code >> 6 & 0x3f)));
		strbuf_putc(text, (char)(0x80 | (code & 0x3f)));
	}
}

/* @at: behind "\u". Return: how far it goes, or NULL. */
static const char *read_unicode(
	struct parser *parser, const char *at, const char *end, struct strbuf *text)
{
	int32_t code = read_hex(at, end), low = -1;
	/* As much as QEMU shows of one that is too short: with the quote behind it. */
	const char *behind = end - at < 4 ? end + 1 : at + 4;

	if (code >= 0xd800 && code < 0xdc00 && end - behind >= 6 && behind[0] == '\\' &&
		behind[1] == 'u')
		low = read_hex(behind + 2, end);
	if (low >= 0xdc00 && low < 0xe000) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		behind += 6;
	}
	if (!is_character(code)) {
		fail(parser, "\\u%.*s is not a valid Unicode character", (int)(behind - at), at);
		return NULL;
	}
	put_utf8(text, code);
	return behind;
}

/* @at: behind the backslash. Return: how far it goes, or NULL. */
static const char *read_escape(
	struct parser *parser, const char *at, const char *end, struct strbuf *text)
{
	static const char names[] = "\"'\\/bfnrt", meant[] = "\"'\\/\b\f\n\r\t";
	const char *name = strchr(names, *at);

	if (*at == 'u')
		return read_unicode(parser, at + 1, end, text);
	if (!name) {
		fail(parser, "invalid escape sequence in string");
		return NULL;
	}
	strbuf_putc(text, meant[name - names]);
	return at + 1;
}

/* The text between the quotes. The lexer saw to it that a backslash has something behind it. */
static int decode(struct parser *parser, const struct json_place *place, struct strbuf *text)
{
	const char *at = text_of(parser, place) + 1, *end = at + place->len - 2;

	while (at && at < end) {
		const char *slash = memchr(at, '\\', (size_t)(end - at));
		const char *plain_end = slash ? slash : end;

		strbuf_append(text, at, (size_t)(plain_end - at));
		at = slash ? read_escape(parser, slash + 1, end, text) : end;
	}
	if (text->failed)
		out_of_memory(parser);
	return parser->error ? -1 : 0;
}

static json_t *parse_string(struct parser *parser)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	json_t *string;

	if (decode(parser, take(parser), &text) < 0)
		return NULL;
	string = json_stringn(text.data ? text.data : "", text.len);
	return string ? string : fail(parser, "invalid UTF-8 sequence in string");
}

/* ---- the other scalars ---- */

static json_t *parse_number(struct parser *parser)
{
	const struct json_place *place = take(parser);
	json_t *number = json_loadb(text_of(parser, place), place->len, JSON_DECODE_ANY, NULL);

	return number ? number : fail(parser, "a number is too large");
}

static json_t *parse_keyword(struct parser *parser)
{
	const struct json_place *place = take(parser);
	const char *text = text_of(parser, place);
	static const struct {
		const char *word;
		json_t *(*make)(void);
	} words[] = { { "true", json_true }, { "false", json_false }, { "null", json_null } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == place->len && !memcmp(words[i].word, text, place->len))
			return words[i].make();
	return fail(parser, "invalid keyword '%.*s'", (int)place->len, text);
}

/* ---- objects and arrays ---- */

static int add_pair(struct parser *parser, json_t *object, const json_t *key)
{
	const char *name = json_string_value(key);
	json_t *value;

	if (!json_is_string(key))
		return fail(parser, "key is not a string in object") ? 0 : -1;
	if (strlen(name) != json_string_length(key))
		return fail(parser, "a key has a null byte in it") ? 0 : -1;
	if (peek(parser) != JSON_TOKEN_COLON)
		return fail(parser, "missing : in object pair") ? 0 : -1;
	take(parser);
	value = parse_value(parser);
	if (!value)
		return -1;
	if (json_object_get(object, name)) {
		json_decref(value);
		return fail(parser, "duplicate key") ? 0 : -1;
	}
	if (json_object_set_new(object, name, value) < 0)
		return out_of_memory(parser) ? 0 : -1;
	return 0;
}

static int parse_pair(struct parser *parser, json_t *object)
{
	json_t *key = parse_value(parser);
	int r = key ? add_pair(parser, object, key) : -1;

	json_decref(key);
	return r;
}

static int parse_element(struct parser *parser, json_t *array)
{
	json_t *value = parse_value(parser);

	if (!value)
		return -1;
	return json_array_append_new(array, value) < 0 && !out_of_memory(parser) ? -1 : 0;
}

static json_t *parse_many(struct parser *parser, json_t *many, enum json_token close,
	int (*parse_one)(struct parser *parser, json_t *many), const char *no_separator)
{
	take(parser);
	if (!many)
		return out_of_memory(parser);
	if (peek(parser) == close) {
		take(parser);
		return many;
	}
	while (parse_one(parser, many) == 0) {
		enum json_token token = peek(parser);

		if (token == close || token == JSON_TOKEN_COMMA)
			take(parser);
		if (token == close)
			return many;
		if (token != JSON_TOKEN_COMMA) {
			fail(parser, "%s", token ? no_separator : "premature EOI");
			break;
		}
	}
	json_decref(many);
	return NULL;
}

static json_t *parse_value(struct parser *parser)
{
	switch (peek(parser)) {
	case JSON_TOKEN_LCURLY:
		return parse_many(parser, json_object(), JSON_TOKEN_RCURLY, parse_pair,
			"expected separator in dict");
	case JSON_TOKEN_LSQUARE:
		return parse_many(parser, json_array(), JSON_TOKEN_RSQUARE, parse_element,
			"expected separator in list");
	case JSON_TOKEN_INTEGER:
	case JSON_TOKEN_FLOAT: return parse_number(parser);
	case JSON_TOKEN_STRING: return parse_string(parser);
	case JSON_TOKEN_KEYWORD: return parse_keyword(parser);
	case JSON_TOKEN_NONE: return fail(parser, "premature EOI");
	default: return fail(parser, "expecting value");
	}
}

json_t *json_parse_tokens(const struct json_tokens *tokens, struct error **err)
{
	struct parser parser = { .tokens = tokens };
	json_t *value = parse_value(&parser);

	if (!value && !parser.error)
		out_of_memory(&parser);
	if (value)
		return value;
	if (err)
		*err = parser.error;
	else
		error_free(parser.error);
	return NULL;
}
