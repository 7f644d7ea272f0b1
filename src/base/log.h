/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages for the operator, one line each. At first they are written to stderr as they come, for a
 * program that starts. One that serves sets a sink, which must not block, and from then on a line
 * of a kind is told at most LOG_KIND_LINES times in LOG_KIND_MS: what comes above that is counted,
 * and the last of it is told with "(and N more)" when the time is over. While that goes on the time
 * doubles, up to LOG_KIND_MS_MAX: who makes us talk cannot fill a disk either.
 *
 * A kind is a format and what the line is about: the first two names that the format has between
 * single quotes, "hub '%s': member '%s' ...". Our own objects are quoted, addresses of peers are
 * not: a peer would make a new kind with each connection. Where a format begins with "%s" the first
 * quoted name of the text is taken, as in "device 'a': ...".
 *
 * A thread has one log at a time (base/log-impl.h). That of a program is its only writable global,
 * and the loop thread's; a library has none but those of its contexts, and without one tells
 * nothing.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum {
	LOG_LINE_BYTES = 2048, /* with the newline; what is longer is cut */
	LOG_KIND_LINES = 5,
	LOG_KIND_MS = 1000,
	LOG_KIND_MS_MAX = 64 * LOG_KIND_MS,
};

/**
 * log_level_find() - the level called "error", "warning", "info" or "debug"
 * @len: of @word
 *
 * Return: it, or -EINVAL.
 */
int log_level_find(const char *word, size_t len);

/** log_set_level() - drop what is less important than @level; LOG_INFO at start */
void log_set_level(enum log_level level);

/**
 * log_set_folders() - of the debug lines keep those of some folders of src/
 * @folders: "vnc,vhost-user"; copied. NULL: all, as at start
 */
void log_set_folders(const char *folders);

/**
 * log_trace_folders() - tell debug lines of some folders of src/ and of no others
 * @folders: "vnc,vhost-user"; copied. NULL: of none
 *
 * Other lines are told as before: by the level that log_set_level() said, LOG_INFO where that was
 * LOG_DEBUG.
 */
void log_trace_folders(const char *folders);

/** log_folder_is_traced() - are debug lines of this folder told */
bool log_folder_is_traced(const char *folder);

/** log_set_name() - the program's name in front of each line; @name is kept, not copied */
void log_set_name(const char *name);

/**
 * log_set_place() - what the program reads or makes: every line says so, until NULL
 * @place: as it follows the name of the program and a colon: " -chardev null,id=a", "vm.cfg:12";
 *         copied, and cut where it is very long
 */
void log_set_place(const char *place);

/** log_place() - what it was told last, with a colon behind it; NULL: nothing */
const char *log_place(void);

/** log_message() - tell one line; the format has no newline; control characters become '?' */
#define log_message(level, ...) log_message_from(level, __FILE__, __VA_ARGS__)

/** log_message_from() - the same for who knows where it comes from; @file: static */
void log_message_from(enum log_level level, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...)	 log_message(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_message(LOG_INFO, __VA_ARGS__)

/**
 * log_debug() - trace what comes and goes, for `-log debug`
 *
 * The line begins with the folder of the source file. It is not counted by kind: who asks for
 * traces wants them all. Costs one test while the level is lower; the arguments are not evaluated.
 */
#define log_debug(...)                                    \
	do {                                              \
		if (log_debug_is_on)                      \
			log_trace(__FILE__, __VA_ARGS__); \
	} while (0)

extern _Thread_local bool log_debug_is_on; /* log_set_level()'s */
void log_trace(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** log_hint() - a line about the message before: it has no name, no place, and is not counted */
void log_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** log_report() - log an error with its hint, and free it */
#define log_report(level, error) log_report_from(level, __FILE__, error)
void log_report_from(enum log_level level, const char *file, struct error *error);

/* ---- where lines go ---- */

/**
 * struct log_sink - takes the lines of a program that serves
 * @line:   take a whole line of @len bytes, newline included, or count it as lost; never blocks
 * @message: instead of @line: its parts. @folder: @folder_len bytes, of the file that tells it
 * @now_ms: a monotonic clock
 * @held:   lines are held back: log_tell_held() is to be called in @ms, whatever was said before
 *
 * The functions get the sink, which its owner embeds in a struct of its own.
 */
struct log_sink {
	void (*line)(struct log_sink *sink, const char *line, size_t len);
	void (*message)(struct log_sink *sink, enum log_level level, const char *folder,
		size_t folder_len, const char *text);
	uint64_t (*now_ms)(struct log_sink *sink);
	void (*held)(struct log_sink *sink, uint64_t ms);
};

/**
 * log_set_sink() - from now on lines go to @sink, which is kept; NULL: to stderr, as they come
 *
 * What was held back is told to the old one first.
 */
void log_set_sink(struct log_sink *sink);

/** log_tell_held() - tell what was held back and is due; asks for its next call by @held */
void log_tell_held(void);

#endif
