/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Where there is no memory for an error, this one is handed out; error_free() leaves it alone. */
struct error {
	int code;
	char *message;
	char *hint;
};

static const struct error error_no_memory = { .code = ENOMEM };

__attribute__((format(printf, 1, 0))) static char *format(const char *fmt, va_list ap)
{
	char *text = NULL;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

int error_set(struct error **err, int code, const char *fmt, ...)
{
	struct error *error;
	va_list ap;

	if (!err)
		return -code;
	error = calloc(1, sizeof(*error));
	if (!error) {
		*err = (struct error *)(uintptr_t)&error_no_memory;
		return -code;
	}
	error->code = code;
	va_start(ap, fmt);
	error->message = format(fmt, ap);
	va_end(ap);
	*err = error;
	return -code;
}

void error_set_hint(struct error **err, const char *fmt, ...)
{
	va_list ap;

	if (!err || !*err || *err == &error_no_memory)
		return;
	free((*err)->hint);
	va_start(ap, fmt);
	(*err)->hint = format(fmt, ap);
	va_end(ap);
}

void error_prefix(struct error **err, const char *fmt, ...)
{
	char *prefix, *text = NULL;
	va_list ap;

	if (!err || !*err || *err == &error_no_memory)
		return;
	va_start(ap, fmt);
	prefix = format(fmt, ap);
	va_end(ap);
	if (prefix && asprintf(&text, "%s%s", prefix, error_message(*err)) >= 0) {
		free((*err)->message);
		(*err)->message = text;
	}
	free(prefix);
}

int error_move(struct error **err, struct error **why)
{
	int code = (*why)->code;

	if (err)
		*err = *why;
	else
		error_free(*why);
	*why = NULL;
	return -code;
}

const char *error_message(const struct error *error)
{
	return error->message ? error->message : "out of memory";
}

const char *error_hint(const struct error *error)
{
	return error->hint;
}

int error_code(const struct error *error)
{
	return error->code;
}

void error_free(struct error *error)
{
	if (!error || error == &error_no_memory)
		return;
	free(error->message);
	free(error->hint);
	free(error);
}
