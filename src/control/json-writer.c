/* SPDX-License-Identifier: MIT */
#include "control/json-writer.h"

#include <stdint.h>

enum { INDENT = 4 };

struct writer {
	struct strbuf *text;
	bool pretty;
	unsigned depth;
};

static void write_value(struct writer *writer, const json_t *value);

/* ---- strings ---- */

/* jansson holds nothing but UTF-8. */
static uint32_t next_character(const unsigned char **at)
{
	const unsigned char *s = *at;
	unsigned more = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
	uint32_t code = more == 0 ? s[0] : s[0] & (0x3fu >> more);

	for (unsigned i = 1; i <= more; i++)
		code = code << 6 | (s[i] & 0x3fu);
	*at += more + 1;
	return code;
}

static void write_escaped(struct strbuf *text, uint32_t code)
{
	static const char plain[] = "\b\f\n\r\t\"\\", named[] = "bfnrt\"\\";

	for (size_t i = 0; plain[i]; i++)
		if ((uint32_t)plain[i] == code) {
			strbuf_putc(text, '\\');
			strbuf_putc(text, named[i]);
			return;
		}
	if (code > 0xffff)
		strbuf_printf(text, "\\u%04X\\u%04X", 0xd800 + ((code - 0x10000) >> 10),
			0xdc00 + ((code - 0x10000) & 0x3ff));
	else
		strbuf_printf(text, "\\u%04X", code);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void write_string(struct strbuf *text, const char *string, size_t len)
{
	const unsigned char *at = (const unsigned char *)string, *end = at + len;

	strbuf_putc(text, '"');
	while (at < end) {
		const unsigned char *plain = at;

		while (at < end && is_plain(*at))
			at++;
		strbuf_append(text, plain, (size_t)(at - plain));
		if (at < end)
			write_escaped(text, next_character(&at));
	}
	strbuf_putc(text, '"');
}

/* ---- numbers ---- */

/* Half of a long answer is numbers, and printf() takes ten times as long. */
static void write_integer(struct strbuf *text, json_int_t number)
{
	char digits[24], *end = digits + sizeof(digits), *at = end;
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (number < 0)
		*--at = '-';
	strbuf_append(text, at, (size_t)(end - at));
}

/* ---- objects and arrays ---- */

static void new_line(struct writer *writer)
{
	if (writer->pretty)
		strbuf_printf(writer->text, "\r\n%*s", (int)(writer->depth * INDENT), "");
}

static void begin(struct writer *writer, char bracket)
{
	strbuf_putc(writer->text, bracket);
	writer->depth++;
}

static void next(struct writer *writer, bool is_first)
{
	if (!is_first)
		strbuf_puts(writer->text, writer->pretty ? "," : ", ");
	new_line(writer);
}

static void end(struct writer *writer, char bracket)
{
	writer->depth--;
	new_line(writer);
	strbuf_putc(writer->text, bracket);
}

static void write_object(struct writer *writer, const json_t *object)
{
	/* The iterator's functions take a plain pointer although they do not write. */
	json_t *walked = (json_t *)(uintptr_t)object;

	begin(writer, '{');
	for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
		const char *key = json_object_iter_key(at);

		next(writer, at == json_object_iter(walked));
		write_string(writer->text, key, json_object_iter_key_len(at));
		strbuf_puts(writer->text, ": ");
		write_value(writer, json_object_iter_value(at));
	}
	end(writer, '}');
}

static void write_array(struct writer *writer, const json_t *array)
{
	begin(writer, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		next(writer, i == 0);
		write_value(writer, json_array_get(array, i));
	}
	end(writer, ']');
}

static void write_value(struct writer *writer, const json_t *value)
{
	struct strbuf *text = writer->text;

	switch (json_typeof(value)) {
	case JSON_OBJECT: write_object(writer, value); break;
	case JSON_ARRAY: write_array(writer, value); break;
	case JSON_STRING:
		write_string(text, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER: write_integer(text, json_integer_value(value)); break;
	case JSON_REAL: strbuf_printf(text, "%.17g", json_real_value(value)); break;
	case JSON_TRUE: strbuf_puts(text, "true"); break;
	case JSON_FALSE: strbuf_puts(text, "false"); break;
	case JSON_NULL: strbuf_puts(text, "null"); break;
	}
}

void json_write(struct strbuf *text, const json_t *value, bool pretty)
{
	write_value(&(struct writer){ .text = text, .pretty = pretty }, value);
}

void json_write_line(struct strbuf *text, const json_t *value, bool pretty)
{
	json_write(text, value, pretty);
	strbuf_puts(text, "\r\n");
}
