/* SPDX-License-Identifier: MIT */
#include "asciicast/asciicast.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

struct fixture {
	struct asciicast cast;
	struct strbuf out;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->cast.start_us = 1000000;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	strbuf_done(&f->out);
	free(f);
	return 0;
}

/* What was appended since the last call is exactly this. */
static void expect(struct fixture *f, const char *text)
{
	assert_string_equal(f->out.len ? f->out.data : "", text);
	strbuf_truncate(&f->out, 0);
}

static void shown(struct fixture *f, const char *bytes)
{
	asciicast_put(&f->cast, &f->out, ASCIICAST_OUT, 2500001, bytes, strlen(bytes));
}

static void first_line_says_what_it_is_of(void **state)
{
	struct fixture *f = *state;
	json_t *header;

	asciicast_begin(&f->cast, &f->out, "a \"console\"\x80", 132, 43);
	assert_int_equal(f->out.data[f->out.len - 1], '\n');
	header = json_loads(f->out.data, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(header, "version")), 2);
	assert_int_equal(json_integer_value(json_object_get(header, "width")), 132);
	assert_int_equal(json_integer_value(json_object_get(header, "height")), 43);
	assert_true(json_integer_value(json_object_get(header, "timestamp")) > 1000000000);
	assert_string_equal(
		json_string_value(json_object_get(header, "title")), "a \"console\"\xef\xbf\xbd");
	json_decref(header);
	assert_true(f->cast.start_us);
}

static void events_have_times_and_are_escaped(void **state)
{
	struct fixture *f = *state;

	shown(f, "a\"\\\r\n\033[m\x7f\xc3\xa4");
	expect(f, "[1.500001, \"o\", "
		  "\"a\\\"\\\\\\r\\n\\u001b[m\\u007f\xc3\xa4\"]\n");
	asciicast_put(&f->cast, &f->out, ASCIICAST_IN, 0, "x\r", 2);
	expect(f, "[0.000000, \"i\", \"x\\r\"]\n");
	asciicast_resize(&f->cast, &f->out, 1000001, 100, 30);
	expect(f, "[0.000001, \"r\", \"100x30\"]\n");
	asciicast_mark(&f->cast, &f->out, 61000000, "here");
	expect(f, "[60.000000, \"m\", \"here\"]\n");
	shown(f, "");
	expect(f, "");
}

static void nul_is_a_character(void **state)
{
	struct fixture *f = *state;

	asciicast_put(&f->cast, &f->out, ASCIICAST_OUT, 1000000, "a\0b", 3);
	expect(f, "[0.000000, \"o\", \"a\\u0000b\"]\n");
}

/* Wherever it stands in a line, beside whatever. */
static void each_byte_stands_for_itself_or_is_escaped(void **state)
{
	struct fixture *f = *state;
	char text[20], expected[64];

	for (int byte = 0; byte < 0x80; byte++)
		for (size_t at = 0; at < sizeof(text); at++) {
			bool plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
			const char *letter = strchr("\"\"\\\\\rr\nn\tt", byte);

			memset(text, "a\x7e"[at % 2], sizeof(text));
			text[at] = (char)byte;
			snprintf(expected, sizeof(expected),
				plain		 ? "%.*s%c"
				: byte && letter ? "%.*s\\%c"
						 : "%.*s\\u%04x",
				(int)at, text, plain || !byte || !letter ? byte : letter[1]);
			asciicast_put(&f->cast, &f->out, ASCIICAST_OUT, 0, text, sizeof(text));
			assert_non_null(strstr(f->out.data, expected));
			strbuf_truncate(&f->out, 0);
		}
}

static void character_that_comes_in_pieces_is_one(void **state)
{
	struct fixture *f = *state;

	shown(f, "a\xf0");
	expect(f, "[1.500001, \"o\", \"a\"]\n");
	shown(f, "\x9f");
	shown(f, "\x98");
	expect(f, "");
	shown(f, "\x80z");
	expect(f, "[1.500001, \"o\", \"\xf0\x9f\x98\x80z\"]\n");
}

static void streams_do_not_share_a_character(void **state)
{
	struct fixture *f = *state;

	shown(f, "\xc3");
	asciicast_put(&f->cast, &f->out, ASCIICAST_IN, 1000000, "\xa4", 1);
	expect(f, "[0.000000, \"i\", \"\\ufffd\"]\n");
	shown(f, "\xa4");
	expect(f, "[1.500001, \"o\", \"\xc3\xa4\"]\n");
}

static void what_is_no_character_is_replaced(void **state)
{
	struct fixture *f = *state;

	shown(f, "a\xff\xc0z");
	expect(f, "[1.500001, \"o\", \"a\\ufffd\\ufffdz\"]\n");
	shown(f, "\xe2\x82");
	shown(f, "zz\xc3");
	expect(f, "[1.500001, \"o\", \"\\ufffd\\ufffdzz\"]\n");
	asciicast_end(&f->cast, &f->out, 3000000);
	expect(f, "[2.000000, \"o\", \"\\ufffd\"]\n");
	asciicast_end(&f->cast, &f->out, 3000000);
	expect(f, "");
}

/* Append the text of all "o" events. */
static void collect(const struct strbuf *lines, struct strbuf *text)
{
	for (const char *at = lines->data; at && *at; at = strchr(at, '\n') + 1) {
		json_t *event = json_loads(at, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
		const json_t *data = json_array_get(event, 2);

		assert_non_null(data);
		strbuf_append(text, json_string_value(data), json_string_length(data));
		json_decref(event);
	}
}

static void however_it_is_cut_the_text_is_the_same(void **state)
{
	static const char bytes[] = "\xff"
				    "a\xc3\xa4\xf0\x9f\x98\x80\xe2\x82z\xe2\x82\xac\xf0\x9f"
				    "\xc3\xc3\xa4\xed\xa0\x80\xf4\x90\x80\x80~";
	AUTO_STRBUF struct strbuf whole = { 0 };
	struct fixture *f = *state;

	shown(f, bytes);
	collect(&f->out, &whole);
	for (size_t step = 1; step < sizeof(bytes); step++) {
		AUTO_STRBUF struct strbuf text = { 0 }, lines = { 0 };
		struct asciicast cast = { 0 };

		for (size_t at = 0; at < sizeof(bytes) - 1; at += step) {
			size_t left = sizeof(bytes) - 1 - at;

			asciicast_put(&cast, &lines, ASCIICAST_OUT, 0, bytes + at,
				left < step ? left : step);
		}
		collect(&lines, &text);
		assert_string_equal(text.data, whole.data);
	}
}

#define cast_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cast_test(first_line_says_what_it_is_of),
		cast_test(events_have_times_and_are_escaped),
		cast_test(nul_is_a_character),
		cast_test(each_byte_stands_for_itself_or_is_escaped),
		cast_test(character_that_comes_in_pieces_is_one),
		cast_test(streams_do_not_share_a_character),
		cast_test(what_is_no_character_is_replaced),
		cast_test(however_it_is_cut_the_text_is_the_same),
	};

	return cmocka_run_group_tests_name("asciicast/asciicast", tests, NULL, NULL);
}
