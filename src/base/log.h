/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <charhub/error.h>

/*
 * Messages for the operator, one line each on stderr (or wherever stderr was pointed). The level
 * is the only writable global of the program.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/** log_set_level() - drop what is less important than @level; LOG_INFO at start */
void log_set_level(enum log_level level);

/** log_set_name() - the program's name in front of each line; @name is kept, not copied */
void log_set_name(const char *name);

/** log_message() - write one line; @fmt has no newline; control characters are escaped */
void log_message(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)	 log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_message(LOG_DEBUG, __VA_ARGS__)

/** log_report() - log an error with its hint, and free it */
void log_report(enum log_level level, struct error *error);

#endif
