/* SPDX-License-Identifier: MIT */
#ifndef LOBBY_FIRST_LINE_H
#define LOBBY_FIRST_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* As long as a name may be; what is typed beyond it is not taken. */
	FIRST_LINE_MAX = 127,
	/* The most that one byte makes appear: Ctrl-U rubs out all. */
	FIRST_LINE_ECHO_MAX = 3 * FIRST_LINE_MAX,
};

/** struct first_line - a line that is being typed; zeroed at the start */
struct first_line {
	char text[FIRST_LINE_MAX + 1]; /* ends with a NUL */
	size_t len;
};

enum first_line_end {
	FIRST_LINE_GOES_ON,
	FIRST_LINE_DONE,   /* by return or line feed: @text is what was typed */
	FIRST_LINE_LEAVES, /* by Ctrl-C or Ctrl-D: the person wants no more */
};

/**
 * first_line_feed() - take a byte that was typed
 * @ret_echo: what it makes appear on a terminal that shows nothing by itself
 * @ret_echo_len: bytes of it, 0 to FIRST_LINE_ECHO_MAX
 *
 * Backspace and delete rub out the last character, Ctrl-U all of them. What cannot be part of a
 * name is not taken.
 */
enum first_line_end first_line_feed(struct first_line *line, uint8_t byte,
	char ret_echo[FIRST_LINE_ECHO_MAX], size_t *ret_echo_len);

#endif
