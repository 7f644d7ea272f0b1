/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Locals that clean up after themselves when they go out of scope:
 *
 *	AUTO_FREE char *name = strdup(s);
 *	AUTO_CLOSE int fd = open(...);
 *	...
 *	*ret_name = TAKE_PTR(name);	the local is NULL now: ownership has moved
 *	*ret_fd = TAKE_FD(fd);		the local is -1 now
 */
#define AUTO_FREE  __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_FILE  __attribute__((cleanup(cleanup_file)))
#define AUTO_ERROR __attribute__((cleanup(cleanup_error)))

#define TAKE_PTR(p)                     \
	({                              \
		__typeof__(p) _p = (p); \
		(p) = NULL;             \
		_p;                     \
	})

#define TAKE_FD(fd)             \
	({                      \
		int _fd = (fd); \
		(fd) = -1;      \
		_fd;            \
	})

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_error(struct error **err)
{
	error_free(*err);
}

#endif
