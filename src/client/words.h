/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_WORDS_H
#define CLIENT_WORDS_H

#include <stddef.h>
#include <stdint.h>

/**
 * words_clean() - text of others, for a terminal
 *
 * Without control characters, and without what is no UTF-8: each becomes a '?'.
 *
 * Return: the caller frees; NULL if memory ran out.
 */
char *words_clean(const char *text, size_t len);

/** How well a pattern fits a name. */
enum words_fit { WORDS_NO_FIT, WORDS_PREFIX, WORDS_GLOB, WORDS_EXACT };

/** words_match() - is @name what @pattern means: it begins so, is of that pattern, or is it */
enum words_fit words_match(const char *pattern, const char *name);

/**
 * words_thousandths() - a decimal number with up to three digits behind the point: "0.25" is 250
 *
 * Return: 0; -EINVAL: it is none; -ERANGE: it is above @max thousandths.
 */
int words_thousandths(const char *text, uint64_t max, uint64_t *ret_value);

#endif
