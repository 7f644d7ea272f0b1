/* SPDX-License-Identifier: MIT */
#ifndef BASE_NOREPLACE_H
#define BASE_NOREPLACE_H

#include <stdio.h>

/*
 * renameat2(2) with RENAME_NOREPLACE, which a C library may not have although the kernel does: musl
 * before 1.2.5.
 */
#ifndef RENAME_NOREPLACE
#include <sys/syscall.h>
#include <unistd.h>

#define RENAME_NOREPLACE 1
#define renameat2(...)	 (int)syscall(SYS_renameat2, __VA_ARGS__)
#endif

#endif
