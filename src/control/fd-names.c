/* SPDX-License-Identifier: MIT */
/* syscalls: close */
#include "control/fd-names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fd_names {
	size_t len;
	struct {
		char *name;
		int fd;
	} items[FD_NAMES_MAX];
};

int fd_names_take(struct fd_names *names, const char *name)
{
	for (size_t i = 0; names && i < names->len; i++) {
		int fd = names->items[i].fd;

		if (strcmp(names->items[i].name, name))
			continue;
		free(names->items[i].name);
		names->items[i] = names->items[--names->len];
		return fd;
	}
	return -ENOENT;
}

int fd_names_put(struct fd_names **names, const char *name, int fd)
{
	int old = fd_names_take(*names, name);
	char *copy;

	if (old >= 0)
		close(old);
	if (*names && (*names)->len == FD_NAMES_MAX)
		return -ENOSPC;
	if (!*names)
		*names = calloc(1, sizeof(**names));
	copy = *names ? strdup(name) : NULL;
	if (!copy)
		return -ENOMEM;
	(*names)->items[(*names)->len].name = copy;
	(*names)->items[(*names)->len].fd = fd;
	(*names)->len++;
	return 0;
}

void fd_names_free(struct fd_names *names)
{
	for (size_t i = 0; names && i < names->len; i++) {
		free(names->items[i].name);
		close(names->items[i].fd);
	}
	free(names);
}
