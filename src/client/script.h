/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_SCRIPT_H
#define CLIENT_SCRIPT_H

#include "base/error.h"
#include "base/strbuf.h"

#include <regex.h>
#include <stdint.h>

/*
 * A conversation with a console, a line a step:
 *
 *	# a comment
 *	timeout 30		seconds for each expect, and for a guest that is not there when
 *				something is to be sent, from here on; 10 at the start
 *	send root\r		type; \r \n \t \e \\ \xHH as in C, the newline of the line is none
 *	expect login:		wait for this regular expression [POSIX.1 9.4], from here on
 *	break			send a break
 *	sleep 0.5		type nothing for so many seconds
 */
enum script_kind { SCRIPT_SEND, SCRIPT_EXPECT, SCRIPT_BREAK, SCRIPT_SLEEP };

/**
 * struct script_step - one of them
 * @text:    SEND: the bytes; EXPECT: the expression, as it was written
 * @ms:      EXPECT, SEND: the timeout; SLEEP: for how long
 */
struct script_step {
	enum script_kind kind;
	struct strbuf text;
	regex_t regex;
	uint64_t ms;
};

struct script {
	struct script_step *steps;
	size_t len;
	uint64_t timeout_ms;
};

/** script_init() - without a step */
void script_init(struct script *script);

/** script_add() - one line. Return: 0; -EINVAL, -ENOMEM with @err */
int script_add(struct script *script, const char *line, struct error **err);

/** script_add_file() - all lines; "-": of standard input. Return: 0; -errno with @err */
int script_add_file(struct script *script, const char *path, struct error **err);

/** script_done() */
void script_done(struct script *script);
#define AUTO_SCRIPT __attribute__((cleanup(script_done)))

#endif
