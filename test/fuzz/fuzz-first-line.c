/* SPDX-License-Identifier: MIT */
#include "lobby/first-line.h"

#include <stdlib.h>
#include <string.h>

/*
 * What somebody types who has not chosen a console. A terminal that shows the echo, and nothing
 * else, shows the line.
 */

/* Backspaces and blanks, as first_line_feed() rubs out. */
static size_t shown(char *screen, size_t len, const char *echo, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (echo[i] == '\b') {
			if (n - i < 3 || memcmp(echo + i, "\b \b", 3) || !len)
				abort();
			len--;
			i += 2;
		} else {
			screen[len++] = echo[i];
		}
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct first_line line = { 0 };
	char screen[FIRST_LINE_MAX + 1];
	size_t len = 0;

	for (size_t i = 0; i < size; i++) {
		char echo[FIRST_LINE_ECHO_MAX];
		size_t n;
		enum first_line_end end = first_line_feed(&line, data[i], echo, &n);

		if (n > sizeof(echo))
			abort();
		len = shown(screen, len, echo, n);
		if (len != line.len || strlen(line.text) != len || memcmp(line.text, screen, len))
			abort();
		if (end != FIRST_LINE_GOES_ON) {
			line = (struct first_line){ 0 };
			len = 0;
		}
	}
	return 0;
}
