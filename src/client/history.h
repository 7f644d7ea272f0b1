/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_HISTORY_H
#define CLIENT_HISTORY_H

#include "client/session.h"

/**
 * history_read() - what a console has printed
 * @range: arguments of console-history that say from where on, borrowed; NULL: all that is held
 * @out:   gets the bytes
 * @ret_end: offset of what is printed next; may be NULL
 *
 * Return: 0; -errno with @err.
 */
int history_read(struct session *session, const char *console, const json_t *range,
	struct strbuf *out, uint64_t *ret_end, struct error **err);

/** struct plain - takes the text out of what a console prints, in pieces; starts zeroed */
struct plain {
	int state;
};

/** plain_feed() - append the text of the next bytes: without escape sequences */
void plain_feed(struct plain *plain, const void *bytes, size_t len, struct strbuf *out);

/** history_plain() - the same of all bytes at once */
void history_plain(const char *bytes, size_t len, struct strbuf *out);

#endif
