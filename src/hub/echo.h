/* SPDX-License-Identifier: MIT */
#ifndef HUB_ECHO_H
#define HUB_ECHO_H

#include "base/list.h"
#include "hub/hub.h"
#include "io/loop.h"

enum {
	ECHO_MS = 1000,	      /* after the end of a line: what has not come back by then does not */
	ECHO_QUIET_MS = 2000, /* nothing was typed for so long: the line ends */
	ECHO_LINE_MAX = 512,  /* a longer line is several */
	ECHO_LINES_MAX = 256, /* that wait; more are withheld */
	ECHO_BYTES = 65536,   /* of output, of a line that waits: see ECHO_MS */
};

/** struct echo_text - which bytes of a stream are text; see echo.c */
struct echo_text {
	int state;
};

/**
 * struct echo - what is typed at a console, by lines, and whether the guest has shown it
 * @on_line: a line has been judged
 * @lines:   that were not yet, the oldest first; the last may not have ended
 * @typed, @printed: of both directions
 * @before:  the last byte that was printed
 *
 * All zero but for @hub and @on_line: nothing is typed.
 */
struct echo {
	struct chardev *hub;
	void (*on_line)(struct chardev *hub, const struct hub_typed *typed);
	struct list lines;
	size_t n_lines;
	struct echo_text typed, printed;
	char before;
	struct timer *timer;
};

/** echo_init() - Return: 0; -ENOMEM */
int echo_init(struct echo *echo);

/** echo_flush() - what was not judged yet is withheld */
void echo_flush(struct echo *echo);

/** echo_done() - the same, and it is over; also of a zeroed one */
void echo_done(struct echo *echo);

/**
 * echo_typed() - bytes that go to the guest, before they do
 * @member, @who: by whom, NULL: not known; copied
 *
 * Without memory they are told of as withheld, by nobody.
 */
void echo_typed(
	struct echo *echo, const char *member, const char *who, const char *bytes, size_t len);

/** echo_waits() - is there anything that output could show */
static inline bool echo_waits(const struct echo *echo)
{
	return echo->n_lines;
}

/** echo_printed() - bytes of the guest */
void echo_printed(struct echo *echo, const char *bytes, size_t len);

#endif
