/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_WRAP_OPEN_H
#define TEST_LIB_WRAP_OPEN_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>

/*
 * Calls to open(), by whatever name, in a program that is linked with --wrap for each of them
 * (open_calls of test/lib/meson.build). Who includes this says what happens before.
 */

/** before_open() - Return: may the file be opened; false: the call has failed, with errno */
static bool before_open(const char *path, int flags);

/* What open() is called where files may be large (open64), and where its calls are checked. */
#define WRAP_OPEN(name)                                                                        \
	int __wrap_##name(const char *path, int flags, ...);                                   \
	int __wrap_##name(const char *path, int flags, ...)                                    \
	{                                                                                      \
		mode_t mode = 0;                                                               \
		va_list ap;                                                                    \
                                                                                               \
		va_start(ap, flags);                                                           \
		if (flags & O_CREAT)                                                           \
			mode = va_arg(ap, mode_t);                                             \
		va_end(ap);                                                                    \
		return before_open(path, flags) ? __real_open(path, flags | O_LARGEFILE, mode) \
						: -1;                                          \
	}

int __real_open(const char *path, int flags, ...);
WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPEN(__open_2)
WRAP_OPEN(__open64_2)

#endif
