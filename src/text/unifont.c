/* SPDX-License-Identifier: MIT */
/*
 * GNU Unifont as its distribution file: one line a character, sorted by number,
 *
 *	0041:0000000018242442427E424242420000		8x16: 32 digits
 *	4E00:0000...					16x16: 64 digits
 *
 * The file is mapped and searched by halves for each character that is asked for, so that nothing
 * is read before it is needed and all processes share the memory. A file that is not of this form
 * has no glyphs, or wrong ones; nothing worse. Whoever may write to it can cut it while it is
 * mapped, so it should be root's, as the distribution's is.
 */
/* syscalls: fstat mmap munmap newfstatat openat */
#include "text/unifont.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define UNIFONT_BYTES_MAX (64 << 20)

enum { NARROW_DIGITS = 32, WIDE_DIGITS = 64, NUMBER_DIGITS_MAX = 6 };

/* The files as they are, empty where the build has none; unifont-packed.S has them. */
extern const char unifont_packed[], unifont_packed_end[];
extern const char unifont_upper_packed[], unifont_upper_packed_end[];

int unifont_open(struct unifont *unifont, const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > UNIFONT_BYTES_MAX)
		return -EINVAL;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	*unifont = (struct unifont){ .text = map, .len = (size_t)st.st_size, .mapped = true };
	return 0;
}

int unifont_use_packed(struct unifont *unifont, enum unifont_part part)
{
	const char *text = part == UNIFONT_BASIC ? unifont_packed : unifont_upper_packed;
	const char *end = part == UNIFONT_BASIC ? unifont_packed_end : unifont_upper_packed_end;

	size_t len = (size_t)(end - text);

	if (!len)
		return -ENOENT;
	*unifont = (struct unifont){ .text = text, .len = len };
	return 0;
}

void unifont_close(struct unifont *unifont)
{
	if (unifont->mapped)
		munmap((void *)(uintptr_t)unifont->text, unifont->len);
	*unifont = (struct unifont){ 0 };
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The number at the start of a line; @ret_bits: what follows the colon. Return: -1: not a line. */
static int64_t line_number(const char *line, const char *end, const char **ret_bits)
{
	int64_t number = 0;

	for (int i = 0; i <= NUMBER_DIGITS_MAX && line < end; i++, line++) {
		if (*line == ':') {
			*ret_bits = line + 1;
			return i ? number : -1;
		}
		if (digit(*line) < 0)
			return -1;
		number = number * 16 + digit(*line);
	}
	return -1;
}

static const char *line_start(const char *at, const char *first)
{
	while (at > first && at[-1] != '\n')
		at--;
	return at;
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline : end;
}

/* The bits of a character between @first and @end, both at the start of a line; NULL: none. */
static const char *find_bits(
	const char *first, const char *end, uint32_t codepoint, size_t *ret_digits)
{
	while (first < end) {
		const char *line = line_start(first + (end - first) / 2, first);
		const char *stop = line_end(line, end), *bits;
		int64_t number = line_number(line, stop, &bits);

		if (number < 0)
			return NULL;
		if (number == codepoint) {
			*ret_digits = (size_t)(stop - bits);
			return bits;
		}
		if (number < codepoint)
			first = stop < end ? stop + 1 : end;
		else
			end = line;
	}
	return NULL;
}

static bool parse_bits(const char *bits, size_t digits, struct glyph *ret_glyph)
{
	struct glyph glyph = { .wide = digits == WIDE_DIGITS };
	size_t per_row = digits / TEXT_CELL_HEIGHT;

	if (digits != NARROW_DIGITS && digits != WIDE_DIGITS)
		return false;
	for (size_t i = 0; i < digits; i++) {
		uint16_t *row = &glyph.rows[i / per_row];

		if (digit(bits[i]) < 0)
			return false;
		*row = (uint16_t)(*row << 4 | digit(bits[i]));
	}
	*ret_glyph = glyph;
	return true;
}

bool unifont_find(const struct unifont *unifont, uint32_t codepoint, struct glyph *ret_glyph)
{
	const char *bits = NULL;
	size_t digits;

	if (unifont->text)
		bits = find_bits(unifont->text, unifont->text + unifont->len, codepoint, &digits);
	return bits && parse_bits(bits, digits, ret_glyph);
}
