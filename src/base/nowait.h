/* SPDX-License-Identifier: MIT */
#ifndef BASE_NOWAIT_H
#define BASE_NOWAIT_H

#include <sys/uio.h>

/*
 * preadv2(2) and pwritev2(2) with RWF_NOWAIT, which a C library may not have although the kernel
 * does: musl before 1.2.5.
 */
#ifndef RWF_NOWAIT
#include <sys/syscall.h>
#include <unistd.h>

#define RWF_NOWAIT 0x00000008

/* The offset comes in two halves, of which a 64-bit kernel looks at the first. */
static inline ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	return syscall(SYS_preadv2, fd, iov, n, (long)offset, (long)(offset >> 32), flags);
}

static inline ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t offset, int flags)
{
	return syscall(SYS_pwritev2, fd, iov, n, (long)offset, (long)(offset >> 32), flags);
}
#endif

#endif
