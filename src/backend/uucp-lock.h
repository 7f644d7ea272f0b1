/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_UUCP_LOCK_H
#define BACKEND_UUCP_LOCK_H

#include "base/error.h"

/**
 * uucp_lock_take() - tell other programs that a device is ours, as UUCP does [FHS 3.0 5.9]
 * @device: a path, maybe a symbolic link to the device
 *
 * A lock of a process that is no more is taken over.
 *
 * Return: 0 with the lock's file, or NULL where none can be made (no such folder, no permission);
 * -EBUSY with @err: a process that lives has it; -ENOMEM.
 */
int uucp_lock_take(const char *device, char **ret_lock, struct error **err);

/** uucp_lock_release() - remove the file and free the string; NULL is fine */
void uucp_lock_release(char *lock);

#endif
