/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_PLAIN_H
#define DISPLAY_PLAIN_H

#include "base/strbuf.h"

#include <stdint.h>

/* Text of others on our own screens: nothing of it may be taken for a control sequence. */

/** plain_next() - the next character of UTF-8, and behind it; U+FFFD for what is none */
uint32_t plain_next(const char **at);

/**
 * plain_cut() - append text in at most @cols cells of a screen
 *
 * Of a longer one the end gives way to an ellipsis. A control character becomes a '?'.
 */
void plain_cut(struct strbuf *out, const char *text, unsigned cols);

#endif
