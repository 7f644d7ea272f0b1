/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_IMPL_H
#define BASE_LOG_IMPL_H

#include "base/log.h"

/* A log is its owner's memory: a program's (base/log-standard.c), or a context's of the library. */

enum {
	LOG_KINDS = 64,		   /* one of them for those that found no row */
	LOG_KIND_TEXT_BYTES = 256, /* of a line that is held back; what is longer is cut */
	LOG_PLACE_BYTES = 512,
	LOG_FOLDERS_BYTES = 512,
};

/**
 * struct log_kind - a row of the table: free once its time is over and nothing is held back
 * @id:    of the format and the object, see kind_of()
 * @until_ms, @time_ms: its time ends then, and is so long
 * @told:  lines since it began
 * @held:  lines that were not told, of which @text was the last, told as the @held_at-th line
 * @file:  that said @text
 */
struct log_kind {
	uint64_t id;
	uint64_t until_ms, time_ms;
	unsigned told;
	uint64_t held, held_at;
	enum log_level level;
	const char *file;
	char text[LOG_KIND_TEXT_BYTES];
};

/**
 * struct log - all zero but for @level and @name: to stderr
 * @said:   the level of the last line
 * @traces: debug lines are told whatever the level is
 */
struct log {
	enum log_level level, said;
	const char *name;
	bool traces, has_folders;
	char folders[LOG_FOLDERS_BYTES];
	char place[LOG_PLACE_BYTES];
	struct log_sink *sink;
	uint64_t lines;
	struct log_kind kinds[LOG_KINDS];
};

/**
 * log_current - where this thread's messages go; NULL: nowhere
 *
 * A program that does not define it gets that of log-standard.c with this library's archive.
 */
extern _Thread_local struct log *log_current;

/** log_use() - from now on messages of this thread go to @log. Return: where they went before */
struct log *log_use(struct log *log);

#endif
