/* SPDX-License-Identifier: MIT */
#ifndef ASCIICAST_ASCIICAST_H
#define ASCIICAST_ASCIICAST_H

#include "base/strbuf.h"

#include <stdint.h>

/*
 * A recording of a terminal as text [asciicast v2]: a line that says what it is of, and a line an
 * event. All that is appended are whole lines, or, where memory runs out, the buffer has failed.
 */

/** enum asciicast_stream - what was shown, and what was typed */
enum asciicast_stream { ASCIICAST_OUT, ASCIICAST_IN, ASCIICAST_STREAMS };

enum { ASCIICAST_HELD = 3 }; /* bytes that may be the beginning of a character */

/**
 * struct asciicast - where a recording is; all zero but for its start
 * @start_us: clock_us() of time 0; so are all @at_us
 * @held:     of a stream: the beginning of a character, @held_len bytes
 */
struct asciicast {
	uint64_t start_us;
	uint8_t held[ASCIICAST_STREAMS][ASCIICAST_HELD];
	size_t held_len[ASCIICAST_STREAMS];
};

/**
 * asciicast_begin() - append the first line; time 0 is now
 * @title: NULL: none
 */
void asciicast_begin(struct asciicast *cast, struct strbuf *out, const char *title, unsigned cols,
	unsigned rows);

/**
 * asciicast_put() - append what was shown, or typed
 *
 * What is no UTF-8 becomes U+FFFD. What may become a character with the next bytes waits for them.
 */
void asciicast_put(struct asciicast *cast, struct strbuf *out, enum asciicast_stream stream,
	uint64_t at_us, const void *bytes, size_t len);

/** asciicast_end() - append what waits for a character's end: there is none */
void asciicast_end(struct asciicast *cast, struct strbuf *out, uint64_t at_us);

/** asciicast_resize() - append that the terminal has another size */
void asciicast_resize(
	struct asciicast *cast, struct strbuf *out, uint64_t at_us, unsigned cols, unsigned rows);

/** asciicast_mark() - append a marker: a chapter begins here */
void asciicast_mark(struct asciicast *cast, struct strbuf *out, uint64_t at_us, const char *label);

#endif
