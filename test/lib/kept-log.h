/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_KEPT_LOG_H
#define TEST_LIB_KEPT_LOG_H

#include "base/log.h"
#include "base/strbuf.h"

/**
 * struct kept_log - what is logged, for the test instead of the terminal; time stands still
 * @sink:  its line() may be another one's that calls kept_log_line()
 * @lines: how many have come
 * @last:  of these; "": none
 * @text:  all of them
 */
struct kept_log {
	struct log_sink sink;
	unsigned lines;
	char last[LOG_LINE_BYTES];
	struct strbuf text;
};

/** kept_log_begin() - from now on lines come here */
void kept_log_begin(struct kept_log *log);

/** kept_log_end() - no more, and @text is let go */
void kept_log_end(struct kept_log *log);

/** kept_log_line() - as line() of @sink */
void kept_log_line(struct log_sink *sink, const char *line, size_t len);

#endif
