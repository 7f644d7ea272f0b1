/* SPDX-License-Identifier: MIT */
#include "control/json-stream.h"
#include "control/json-text.h"
#include "control/json-writer.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* What comes of a stream: values one a line, errors as "! text". What QEMU 7.2 and 10.0 say. */
static const struct {
	const char *bytes;
	size_t len;
	const char *outcome;
} cases[] = {
#define CASE(bytes, outcome)                      \
	{                                         \
		bytes, sizeof(bytes) - 1, outcome \
	}
	CASE("{}", "{}\n"),
	CASE("{\"a\":[1,-2,0.5,true,false,null,\"x\"]}",
		"{\"a\": [1, -2, 0.5, true, false, null, \"x\"]}\n"),
	CASE("{'a':'it\\'s \"b\"'}", "{\"a\": \"it's \\\"b\\\"\"}\n"),
	CASE("{}{}[] 1 \"x\"true ", "{}\n{}\n[]\n1\n\"x\"\ntrue\n"),
	CASE(" \r\n\t", ""),
	CASE("{\"a\":1", ""),
	CASE("foo ", "! JSON parse error, invalid keyword 'foo'\n"),
	CASE("{\"a\":1,}", "! JSON parse error, expecting value\n"),
	CASE("{\"a\":1 \"b\"}", "! JSON parse error, expected separator in dict\n"),
	CASE("[1,]", "! JSON parse error, expecting value\n"),
	CASE("[1 2]", "! JSON parse error, expected separator in list\n"),
	CASE("{1:2}", "! JSON parse error, key is not a string in object\n"),
	CASE("{\"a\"}", "! JSON parse error, missing : in object pair\n"),
	CASE("{\"a\":}", "! JSON parse error, expecting value\n"),
	CASE("{\"a\":1,\"a\":1}", "! JSON parse error, duplicate key\n"),
	CASE("{\"a\":1]]", "! JSON parse error, expected separator in dict\n"
			   "! JSON parse error, expecting value\n"),
	CASE("[}", "! JSON parse error, expecting value\n"),
	CASE("}{}", "! JSON parse error, expecting value\n{}\n"),
	CASE("]", "! JSON parse error, expecting value\n"),
	CASE(",", "! JSON parse error, expecting value\n"),
	CASE("01 ", "! JSON parse error, stray '01'\n"),
	CASE("1.x\n{}", "! JSON parse error, stray '1.x'\n{}\n"),
	CASE("-\n", "! JSON parse error, stray '-\n'\n"),
	CASE("1e+\n", "! JSON parse error, stray '1e+\n'\n"),
	CASE("1\x80\n", "! JSON parse error, stray '1\x80'\n"),
	CASE("#{}", "! JSON parse error, stray '#'\n{}\n"),
	CASE("# skipped \"too\" {}", "! JSON parse error, stray '#'\n{}\n"),
	CASE("\xff\xff{}", "! JSON parse error, stray '\xff'\n"
			   "! JSON parse error, stray '\xff'\n{}\n"),
	CASE("{\"execute\":\xff{}", "! JSON parse error, stray '\xff'\n{}\n"),
	CASE("\"abc\n{}", "! JSON parse error, stray '\"abc\n'\n{}\n"),
	CASE("{\"id\":\"a\tb\"}",
		"! JSON parse error, stray '\"a\t'\n! JSON parse error, expecting value\n"),
	CASE("\"\\u0000\"", "\"\\u0000\"\n"),
	CASE("\"\\ud83d\\ude00\xc3\xa9\"", "\"\\uD83D\\uDE00\\u00E9\"\n"),
	CASE("\"\x7f/\\/\\u001f\\b\\f\\n\\r\\t\"", "\"\\u007F//\\u001F\\b\\f\\n\\r\\t\"\n"),
	CASE("\"\\x\"", "! JSON parse error, invalid escape sequence in string\n"),
	CASE("\"\\u12\"", "! JSON parse error, \\u12\" is not a valid Unicode character\n"),
	CASE("\"\\ud83d\"", "! JSON parse error, \\ud83d is not a valid Unicode character\n"),
	CASE("\"\\uffff\"", "! JSON parse error, \\uffff is not a valid Unicode character\n"),
	CASE("\"\xc3\"", "! JSON parse error, invalid UTF-8 sequence in string\n"),
	CASE("[1e3,0.1,9223372036854775807]", "[1000, 0.10000000000000001, 9223372036854775807]\n"),
	CASE("[0,-1,10,-9223372036854775808]", "[0, -1, 10, -9223372036854775808]\n"),
	/* QEMU takes these and writes what is no JSON any more, or another number. */
	CASE("1e999 ", "! JSON parse error, a number is too large\n"),
	CASE("18446744073709551616 ", "! JSON parse error, a number is too large\n"),
	CASE("{\"\\u0000\":1}", "! JSON parse error, a key has a null byte in it\n"),
};

/* Feed all of @bytes in pieces of @piece. */
static void feed(struct json_stream *stream, const char *bytes, size_t len, size_t piece,
	struct strbuf *outcome)
{
	for (size_t at = 0; at < len;) {
		size_t n = len - at < piece ? len - at : piece;
		AUTO_ERROR struct error *err = NULL;
		json_t *value;

		at += json_stream_feed(stream, bytes + at, n, &value, &err);
		if (err)
			strbuf_printf(outcome, "! %s\n", error_message(err));
		if (!value)
			continue;
		json_write(outcome, value, false);
		strbuf_putc(outcome, '\n');
		json_decref(value);
	}
}

static void streams_become_values_and_errors(void **state)
{
	static const size_t pieces[] = { 1, 2, 7, 4096 };

	(void)state;
	for (size_t i = 0; i < 4 * sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_STRBUF struct strbuf outcome = { 0 };
		struct json_stream stream = { 0 };

		feed(&stream, cases[i / 4].bytes, cases[i / 4].len, pieces[i % 4], &outcome);
		assert_string_equal(outcome.data ? outcome.data : "", cases[i / 4].outcome);
		json_stream_reset(&stream);
	}
}

static void feed_many(struct json_stream *stream, char c, size_t n, struct strbuf *outcome)
{
	char bytes[4096];

	memset(bytes, c, sizeof(bytes));
	for (size_t at = 0; at < n; at += sizeof(bytes))
		feed(stream, bytes, n - at < sizeof(bytes) ? n - at : sizeof(bytes), 4096, outcome);
}

static void what_a_value_may_be_is_limited(void **state)
{
	struct json_stream stream = { 0 };
	AUTO_STRBUF struct strbuf outcome = { 0 };

	(void)state;
	feed_many(&stream, '[', JSON_STREAM_DEPTH_MAX, &outcome);
	assert_int_equal(outcome.len, 0);
	feed_many(&stream, '{', 1, &outcome);
	assert_string_equal(outcome.data, "! JSON nesting depth limit exceeded\n");

	outcome.len = 0;
	feed_many(&stream, '[', 1, &outcome);
	feed_many(&stream, ',', JSON_STREAM_TOKENS_MAX - 1, &outcome);
	assert_int_equal(outcome.len, 0);
	feed_many(&stream, ',', 1, &outcome);
	assert_string_equal(outcome.data, "! JSON token count limit exceeded\n");

	outcome.len = 0;
	feed_many(&stream, '"', 1, &outcome);
	feed_many(&stream, 'a', JSON_STREAM_TEXT_MAX - 1, &outcome);
	assert_int_equal(outcome.len, 0);
	feed_many(&stream, 'a', 1, &outcome);
	assert_string_equal(outcome.data, "! JSON token size limit exceeded\n");

	outcome.len = 0;
	feed(&stream, "{}", 2, 2, &outcome);
	assert_string_equal(outcome.data, "{}\n");
	json_stream_reset(&stream);
}

static void a_reset_forgets_half_a_value(void **state)
{
	struct json_stream stream = { 0 };
	AUTO_STRBUF struct strbuf outcome = { 0 };

	(void)state;
	feed(&stream, "{\"a", 3, 3, &outcome);
	json_stream_reset(&stream);
	feed(&stream, "{}", 2, 2, &outcome);
	assert_string_equal(outcome.data, "{}\n");
	json_stream_reset(&stream);
}

static void pretty_values_have_lines(void **state)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	json_t *value = json_pack("{s:{},s:[i,s],s:[]}", "a", "b", 1, "x", "c");

	(void)state;
	json_write_line(&text, value, true);
	assert_string_equal(text.data,
		"{\r\n    \"a\": {\r\n    },\r\n    \"b\": [\r\n        1,\r\n"
		"        \"x\"\r\n    ],\r\n    \"c\": [\r\n    ]\r\n}\r\n");
	json_decref(value);
}

static void expect_text(const char *bytes, size_t len, const char *text)
{
	json_t *value = json_of_bytes(bytes, len);

	assert_string_equal(json_string_value(value), text);
	json_decref(value);
}

#define BAD "\xef\xbf\xbd"

static void bytes_become_text(void **state)
{
	(void)state;
	expect_text("", 0, "");
	expect_text("a\xc3\xa9\xf0\x9f\x98\x80", 7, "a\xc3\xa9\xf0\x9f\x98\x80");
	expect_text("\xff", 1, BAD);
	expect_text("\xc3", 1, BAD);
	expect_text("\xe2\x82z", 3, BAD "z");
	expect_text("\xa9\xa9", 2, BAD BAD);
	expect_text("\xed\xa0\x80", 3, BAD);
	expect_text("\xc0\x80", 2, BAD BAD);
	expect_text("\xf4\x90\x80\x80", 4, BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_become_values_and_errors),
		cmocka_unit_test(what_a_value_may_be_is_limited),
		cmocka_unit_test(a_reset_forgets_half_a_value),
		cmocka_unit_test(pretty_values_have_lines),
		cmocka_unit_test(bytes_become_text),
	};

	return cmocka_run_group_tests_name("control/json-stream", tests, NULL, NULL);
}
