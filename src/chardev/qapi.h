/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_QAPI_H
#define CHARDEV_QAPI_H

#include "opts/opts.h"

/**
 * qapi_flatten() - turn QEMU's nested form of a chardev into ours, in place
 *
 * The nested form is that of QMP's chardev-add and of JSON on QEMU's command line:
 *
 *	{"id": "a", "backend": {"type": "socket", "data": {"addr": {"type": "unix",
 *	 "data": {"path": "p"}}, "server": true}}}
 *
 * Options without "backend.type" are left alone. A socket is a server that does not wait there,
 * unless the object says otherwise.
 *
 * Return: 0; -EINVAL: an address of another kind than unix, inet, fd; -ENOMEM.
 */
int qapi_flatten(struct opts *opts, struct error **err);

#endif
