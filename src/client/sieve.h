/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_SIEVE_H
#define CLIENT_SIEVE_H

#include "base/error.h"
#include "base/plain.h"

#include <regex.h>
#include <stdbool.h>

enum { SIEVE_LINE_MAX = 64 * 1024 }; /* what is longer counts as several lines */

/**
 * struct sieve - which lines are shown, and how; filled in by sieve_init()
 * @pattern: of their text, as plain.h has it; NULL: all
 * @is_word: the pattern is nothing but what it says
 * @plain:   show their text rather than what was printed
 * @line:    the present one, as it was printed; @text: the same as text
 * @put:     shows bytes
 */
struct sieve {
	const char *pattern;
	bool is_word, plain;
	regex_t regex;
	struct plain state;
	struct strbuf line, text;
	void (*put)(const void *bytes, size_t len);
};

/**
 * sieve_init()
 * @pattern: an extended regular expression [POSIX]; NULL: none. Borrowed
 *
 * Return: 0; -EINVAL with @err: it is none.
 */
int sieve_init(struct sieve *sieve, const char *pattern, bool plain,
	void (*put)(const void *bytes, size_t len), struct error **err);

/** sieve_feed() - the next bytes */
void sieve_feed(struct sieve *sieve, const char *bytes, size_t len);

/** sieve_flush() - no more comes: a line that has begun is one */
void sieve_flush(struct sieve *sieve);

/** sieve_done() - free what it holds */
void sieve_done(struct sieve *sieve);

#endif
