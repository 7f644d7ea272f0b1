/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define MILLENNIUM (365250 * (uint64_t)DAY)

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

int parse_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_digit(char c, int base)
{
	return parse_hex_digit(c) >= 0 && parse_hex_digit(c) < base;
}

/* Digits of @base up to the first other character, which *@ret_end is set to. */
static int parse_digits(const char *text, int base, const char **ret_end, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool too_large = false;
	const char *p = text;

	for (; is_digit(*p, base); p++) {
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
			__builtin_add_overflow(value, (uint64_t)parse_hex_digit(*p), &value))
			too_large = true;
	}
	if (p == text)
		return -EINVAL;
	*ret_end = p;
	if (too_large)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int parse_u64(const char *text, uint64_t *ret_value)
{
	const char *end = NULL;
	uint64_t value;
	int base = 10, r;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && text[1]) {
		base = 8;
	}
	r = parse_digits(text, base, &end, &value);
	if (end && *end)
		return -EINVAL;
	if (r == 0)
		*ret_value = value;
	return r;
}

/* "0.", "0.5": the part of @unit that the digits after the point stand for. */
static int parse_fraction(const char **text, uint64_t unit, uint64_t *ret_bytes)
{
	double value = 0, scale = 0.1;
	const char *p = *text + 1;

	for (; isdigit((unsigned char)*p); p++, scale /= 10)
		value += (*p - '0') * scale;
	*text = p;
	*ret_bytes = (uint64_t)(value * (double)unit);
	return 0;
}

static int suffix_shift(const char *suffix, unsigned *ret_shift)
{
	static const char letters[] = "BKMGTPE";
	const char *at;

	*ret_shift = 0;
	if (!*suffix)
		return 0;
	at = strchr(letters, toupper((unsigned char)*suffix));
	if (!at || !*at || suffix[1])
		return -EINVAL;
	*ret_shift = (unsigned)(at - letters) * 10;
	return 0;
}

int parse_size(const char *text, uint64_t *ret_bytes)
{
	const char *end = NULL, *point = NULL;
	uint64_t whole = 0, fraction = 0;
	unsigned shift;
	int r;

	if (*text == '-' && isdigit((unsigned char)text[1]))
		return -ERANGE;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_u64(text, ret_bytes);
	r = parse_digits(text, 10, &end, &whole);
	if (!end)
		return r;
	if (*end == '.') {
		point = end++;
		while (isdigit((unsigned char)*end))
			end++;
	}
	if (suffix_shift(end, &shift) < 0)
		return -EINVAL;
	if (r < 0 || (shift && whole >> (64 - shift)))
		return -ERANGE;
	if (point)
		parse_fraction(&point, (uint64_t)1 << shift, &fraction);
	if (__builtin_add_overflow(whole << shift, fraction, ret_bytes))
		return -ERANGE;
	return 0;
}

static uint64_t seconds_of(char unit)
{
	switch (unit) {
	case 's': return 1;
	case 'm': return MINUTE;
	case 'h': return HOUR;
	case 'd': return DAY;
	case 'w': return 7 * (uint64_t)DAY;
	default: return 0;
	}
}

int parse_duration(const char *text, uint64_t *ret_s)
{
	uint64_t total = 0, value;
	const char *end;

	do {
		int r = parse_digits(text, 10, &end, &value);

		if (r == -EINVAL || !seconds_of(*end))
			return -EINVAL;
		if (r < 0 || value > MILLENNIUM / seconds_of(*end))
			return -ERANGE;
		total += value * seconds_of(*end);
		text = end + 1;
	} while (*text);
	if (total > MILLENNIUM)
		return -ERANGE;
	*ret_s = total;
	return 0;
}

static bool is_one_of(const char *text, const char *const words[4])
{
	for (int i = 0; i < 4; i++)
		if (!strcmp(text, words[i]))
			return true;
	return false;
}

int parse_mode(const char *text, unsigned *ret_mode)
{
	size_t len = strlen(text);
	const char *end = NULL;
	uint64_t mode;

	if (len < 3 || len > 4 || parse_digits(text, 8, &end, &mode) < 0 || *end || mode > 0777)
		return -EINVAL;
	*ret_mode = (unsigned)mode;
	return 0;
}

int parse_mode_option(const char *key, const char *text, const char *example, mode_t *ret_mode,
	struct error **err)
{
	unsigned mode;

	if (parse_mode(text, &mode) < 0)
		return error_set(err, EINVAL,
			"Parameter '%s' expects three octal digits such as %s, not '%s'", key,
			example, text);
	*ret_mode = mode;
	return 0;
}

int parse_bool(const char *text, bool *ret_value)
{
	static const char *const on[] = { "on", "yes", "true", "y" };
	static const char *const off[] = { "off", "no", "false", "n" };

	if (!is_one_of(text, on) && !is_one_of(text, off))
		return -EINVAL;
	*ret_value = is_one_of(text, on);
	return 0;
}

bool parse_id_is_valid(const char *text)
{
	if (!isalpha((unsigned char)*text))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("-._", *text))
			return false;
	return true;
}

int parse_geometry(const char *text, unsigned max, unsigned *ret_cols, unsigned *ret_rows)
{
	uint64_t cols = 0, rows = 0;
	const char *end = NULL;
	int r, s;

	r = parse_digits(text, 10, &end, &cols);
	if (!end || *end != 'x')
		return -EINVAL;
	s = parse_digits(end + 1, 10, &end, &rows);
	if (s == -EINVAL || *end)
		return -EINVAL;
	if (r < 0 || s < 0 || cols < 1 || cols > max || rows < 1 || rows > max)
		return -ERANGE;
	*ret_cols = (unsigned)cols;
	*ret_rows = (unsigned)rows;
	return 0;
}
