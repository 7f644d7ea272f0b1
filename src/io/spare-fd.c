/* SPDX-License-Identifier: MIT */
/* syscalls: close eventfd2 */
#include "io/spare-fd.h"

#include "io/loop-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/**
 * struct spare_fd - of a loop
 * @fd: -1: was given up
 */
struct spare_fd {
	int fd;
	size_t users;
};

static struct spare_fd *spare_of(struct loop *loop)
{
	return *loop_slot(loop, LOOP_SLOT_SPARE_FD);
}

/* Any will do: one that needs no file, which another root may not have. */
static int open_one(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

static int make(struct loop *loop)
{
	struct spare_fd *spare = calloc(1, sizeof(*spare));
	int r;

	if (!spare)
		return -ENOMEM;
	spare->fd = open_one();
	if (spare->fd < 0) {
		r = -errno;
		free(spare);
		return r;
	}
	*loop_slot(loop, LOOP_SLOT_SPARE_FD) = spare;
	return 0;
}

int spare_fd_join(struct loop *loop)
{
	int r = spare_of(loop) ? 0 : make(loop);

	if (r == 0)
		spare_of(loop)->users++;
	return r;
}

void spare_fd_leave(struct loop *loop)
{
	struct spare_fd *spare = spare_of(loop);

	if (--spare->users)
		return;
	spare_fd_give_up(loop);
	*loop_slot(loop, LOOP_SLOT_SPARE_FD) = NULL;
	free(spare);
}

bool spare_fd_give_up(struct loop *loop)
{
	struct spare_fd *spare = spare_of(loop);

	if (spare->fd < 0)
		return false;
	close(spare->fd);
	spare->fd = -1;
	return true;
}

void spare_fd_take_back(struct loop *loop)
{
	struct spare_fd *spare = spare_of(loop);

	if (spare->fd < 0)
		spare->fd = open_one();
}
