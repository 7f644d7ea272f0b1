/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** utf8_wanted() - length of the character that begins with @first; 0: none does */
int utf8_wanted(uint8_t first);

/**
 * utf8_character() - length of the character that @len bytes, 1 or more, begin with
 *
 * Return: 1..4; 0: they are none; -1: they are the beginning of one.
 */
int utf8_character(const void *bytes, size_t len);

/** utf8_is_valid() - are all of the bytes characters */
bool utf8_is_valid(const char *bytes, size_t len);

/** utf8_is_inside() - is it of a character, but not its first byte */
static inline bool utf8_is_inside(char byte)
{
	return (byte & 0xc0) == 0x80;
}

#endif
