/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static struct {
	enum log_level level;
	const char *name;
} log_state = { LOG_INFO, "charhub" };

static const char *const level_words[] = { "", "warning: ", "info: ", "debug: " };

void log_set_level(enum log_level level)
{
	log_state.level = level;
}

void log_set_name(const char *name)
{
	log_state.name = name;
}

/* A peer's name or a path may hold anything: no control character reaches the operator's tty. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void log_message(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES], text[LINE_MAX_BYTES - 256];
	va_list ap;
	int len;

	if (level > log_state.level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	blank_controls(text);
	len = snprintf(line, sizeof(line), "%s: %s%s\n", log_state.name, level_words[level], text);
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nobody is left to tell */
}

void log_report(enum log_level level, struct error *error)
{
	const char *hint = error_hint(error);

	log_message(level, "%s", error_message(error));
	while (hint) {
		const char *end = strchrnul(hint, '\n');

		log_message(level, "%.*s", (int)(end - hint), hint);
		hint = *end ? end + 1 : NULL;
	}
	error_free(error);
}
