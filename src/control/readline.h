/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_READLINE_H
#define CONTROL_READLINE_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A line that a person types over a stream of bytes: keys in, what the person's terminal is to
 * show out. The terminal echoes nothing itself and may be of any kind that knows CR, BS and "erase
 * to the end of the line".
 */

enum {
	READLINE_BYTES = 4096,	/* of a line; more keys ring */
	READLINE_HISTORY = 100, /* lines that are remembered */
};

enum readline_result {
	READLINE_MORE,	 /* the line goes on */
	READLINE_DONE,	 /* it is in @line */
	READLINE_CANCEL, /* Ctrl-C: it was thrown away; a new one begins */
	READLINE_END,	 /* Ctrl-D on an empty line */
};

/**
 * struct readline - a line being edited
 * @prompt:  in front of it; static
 * @line:    what was typed, @len bytes and a 0; UTF-8
 * @at:      where the cursor is, in bytes
 * @escape:  state of a key of several bytes; @number: its parameter
 * @history: the lines before, the newest last; @n_history of them
 * @shown:   which of them is shown; @n_history: the new line, which is kept in @draft meanwhile
 * @complete: commands, of one word or more, that Tab completes to; a walk: NULL starts and ends
 */
struct readline {
	const char *prompt;
	char line[READLINE_BYTES];
	size_t len, at;
	unsigned escape, number;
	char *history[READLINE_HISTORY];
	size_t n_history, shown;
	char *draft;
	const char *(*complete)(const char *after);
};

/** readline_begin() - show the prompt, an empty line follows */
void readline_begin(struct readline *readline, struct strbuf *out);

/** readline_feed() - a byte of a key; what is to be shown is appended to @out */
enum readline_result readline_feed(struct readline *readline, char byte, struct strbuf *out);

/** readline_done() - forget the history */
void readline_done(struct readline *readline);

#endif
