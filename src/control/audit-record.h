/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_AUDIT_RECORD_H
#define CONTROL_AUDIT_RECORD_H

#include "audit/chain.h"
#include "base/strbuf.h"

#include <jansson.h>
#include <sys/time.h>

/**
 * struct audit_record - what becomes a line of an audit (doc/audit.md)
 * @seq, @prev: its place in the chain
 * @session: of which run of the program it is
 * @what:    has happened
 * @torn:    see struct audit_line
 * @data:    an event's; NULL: there is no more to tell
 */
struct audit_record {
	uint64_t seq, torn;
	struct timeval when;
	const char *session, *what, *prev;
	const json_t *data;
};

/**
 * audit_record_write() - append it, with its newline: AUDIT_LINE_MAX bytes at most
 *
 * One that is longer goes without its details.
 *
 * Return: its length; -ENOMEM, -E2BIG: nothing was appended.
 */
ssize_t audit_record_write(struct strbuf *out, const struct audit_record *record);

/**
 * audit_last_words() - the one line that tells of lines that are not written: a `gap`
 * @lines: those, the first of them whole; it takes the place of that in the chain
 * @text:  is filled with it, and its newline
 *
 * Return: its length, 0: there is none, for lack of memory or because a line was begun. Any thread.
 */
size_t audit_last_words(const char *lines, size_t len, char *text, size_t max);

#endif
