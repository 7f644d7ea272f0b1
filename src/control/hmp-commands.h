/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_HMP_COMMANDS_H
#define CONTROL_HMP_COMMANDS_H

#include "base/strbuf.h"

struct caller;

/**
 * hmp_run() - do what a line of the human monitor says
 * @caller: nothing runs for it
 * @line:   as typed
 * @out:    what a person is to read is appended, lines ending with "\n"
 *
 * Errors are lines too: "Error: ...", "unknown command: 'x'".
 */
void hmp_run(struct caller *caller, const char *line, struct strbuf *out);

/** hmp_put_lines() - append @lines as terminals want them, with a return before each line feed */
void hmp_put_lines(struct strbuf *out, const struct strbuf *lines);

/** hmp_next_name() - walk the names of the commands; NULL starts and ends */
const char *hmp_next_name(const char *after);

#endif
