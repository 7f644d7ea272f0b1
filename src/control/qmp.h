/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_QMP_H
#define CONTROL_QMP_H

#include <charhub/error.h>

#include <stdbool.h>

struct chardev;
struct world;

/** struct qmp - a monitor on a chardev that speaks QEMU's machine protocol */
struct qmp;

enum {
	/* What a session that does not read may have waiting before it is read no further. */
	QMP_OUT_MAX = 256 * 1024,
	/* It is closed when it has not read anything for this long. */
	QMP_STALL_MS = 60 * 1000,
};

/**
 * qmp_new() - become the holder of a chardev
 * @pretty: answer in several lines
 *
 * Each client of a server that takes several has a session of its own; else there is one, which
 * begins anew whenever the chardev is opened.
 *
 * Return: 0; -EBUSY: the chardev is in use; -ENOMEM and the like.
 */
int qmp_new(struct world *world, struct chardev *chardev, bool pretty, struct qmp **ret_qmp,
	struct error **err);

/** qmp_free() - send what there is to say, end all sessions; NULL is fine */
void qmp_free(struct qmp *qmp);

#endif
