/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_LINES_H
#define BACKEND_LINES_H

#include "base/plain.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * struct lines - cuts what a console prints into lines as a person would read them; zeroed but @max
 * @max:   a line that is longer comes in parts of so many bytes
 * @plain: what makes text of it; what of the line is there by now is @text
 * @lost:  lines for which there was no memory; the owner's to take
 *
 * There are no empty lines, nor such of blanks: they have nothing to say where nobody sees how the
 * screen is set out. What a line needs is bounded: @max and some KiB.
 */
struct lines {
	size_t max;
	struct plain plain;
	struct strbuf text;
	uint64_t lost;
};

/**
 * lines_fn - a line, or a part of one
 * @text:  @len bytes, 1 or more, without a newline; borrowed until return; it may be no UTF-8
 * @whole: nothing more comes of this line
 *
 * Return: false: this is to be the last for now, but for what comes of the same few bytes.
 */
typedef bool lines_fn(void *data, const char *text, size_t len, bool whole);

/** lines_feed() - Return: how many bytes are in lines, or will be: all unless @fn stops */
size_t lines_feed(struct lines *lines, const char *bytes, size_t len, lines_fn *fn, void *data);

/** lines_give_part() - what of a line is there now, but for a character that is not whole yet */
void lines_give_part(struct lines *lines, lines_fn *fn, void *data);

/** lines_has_part() - is there some of a line that is not at its end */
bool lines_has_part(const struct lines *lines);

/** lines_done() - free what they hold */
void lines_done(struct lines *lines);

#endif
