/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_HMP_SESSION_H
#define CONTROL_HMP_SESSION_H

#include "control/readline.h"

struct caller;

/**
 * struct hmp_session - a person who steers: a prompt, a line, what came of it
 * @caller: whose commands they are; outlives it
 *
 * Keys come as bytes, and what is to be shown goes out as bytes, as for a terminal.
 */
struct hmp_session {
	struct caller *caller;
	struct readline readline;
};

/** hmp_session_begin() - greet; @session is zeroed but for @caller */
void hmp_session_begin(struct hmp_session *session, struct strbuf *out);

/**
 * hmp_session_read() - take keys, as far as the end of a line, which is done then
 * @out:     what is to be shown is appended
 * @ret_end: the person wants to leave
 *
 * Return: how many bytes were taken.
 */
size_t hmp_session_read(struct hmp_session *session, const char *bytes, size_t len,
	struct strbuf *out, bool *ret_end);

/** hmp_session_done() */
void hmp_session_done(struct hmp_session *session);

#endif
