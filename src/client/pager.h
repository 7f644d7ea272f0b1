/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_PAGER_H
#define CLIENT_PAGER_H

#include "base/strbuf.h"

#include <stdbool.h>

/**
 * struct pager - text that is looked at, in the place of the console
 * @text:  NUL-terminated lines; @n_lines: how many
 * @top:   the first one that is shown
 * @escape: how far an escape sequence of a key has come
 */
struct pager {
	struct strbuf text;
	size_t n_lines, top;
	unsigned cols, rows;
	unsigned escape;
};

/** pager_open() - show text of lines; control characters of it are not shown */
void pager_open(struct pager *pager, const char *text, size_t len, bool from_end);

/** pager_feed() - a byte of what is typed. Return: false: enough */
bool pager_feed(struct pager *pager, unsigned char byte);

/** pager_draw() - on the terminal, whose size is asked for */
void pager_draw(struct pager *pager);

/** pager_close() - no-op where nothing is open */
void pager_close(struct pager *pager);

#endif
