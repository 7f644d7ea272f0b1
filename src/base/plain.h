/* SPDX-License-Identifier: MIT */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include "base/strbuf.h"

#include <stddef.h>

/**
 * struct plain - makes text of what a console prints, in pieces; starts zeroed
 * @state:  where in a control function it is
 * @param:  the first number of a control sequence; of a string how long it is by now
 * @behind: bytes of the line from the cursor on
 *
 * A line is what a terminal would show of it at its end: a carriage return, a backspace and the
 * sequences that move along the line (CUF, CUB, CHA) move the cursor, what is printed takes the
 * place of what stands there, EL and DCH take away. Every character is one column, and a line is
 * as long as it is; all other control functions are left out, those that move to other lines, too.
 * Other control characters than the tab are left out.
 */
struct plain {
	int state;
	unsigned param;
	size_t behind;
};

/**
 * plain_feed() - append the text of the next bytes
 * @out: its last line may be changed by what comes; the caller may drop what stands there between
 *       calls
 */
void plain_feed(struct plain *plain, const void *bytes, size_t len, struct strbuf *out);

/** plain_text() - the same of all bytes at once */
void plain_text(const char *bytes, size_t len, struct strbuf *out);

#endif
