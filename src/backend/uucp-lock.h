/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_UUCP_LOCK_H
#define BACKEND_UUCP_LOCK_H

#include "base/error.h"

struct uucp_lock;

/**
 * uucp_lock_take() - tell other programs that a device is ours, as UUCP does [FHS 3.0 5.9]
 * @device: a path, maybe a symbolic link to the device
 *
 * A lock of a process that is no more is taken over, and one that bears the number of this process
 * but that it has not taken.
 *
 * Return: 0 with the lock, or NULL where none can be made (no such folder, no permission); -EBUSY
 * with @err: a process that lives has it, maybe this one; -ENOMEM.
 */
int uucp_lock_take(const char *device, struct uucp_lock **ret_lock, struct error **err);

/** uucp_lock_release() - remove the file; NULL is fine */
void uucp_lock_release(struct uucp_lock *lock);

#endif
