/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_ROTATE_H
#define CHARDEV_ROTATE_H

#include "io/writer.h"

struct opts;

/**
 * chardev_read_rotation() - by `rotate-size=`, `rotate-age=`, `rotate-keep=`, `compress=`
 * @opts: checked
 *
 * Return: 0; -EINVAL with @err.
 */
int chardev_read_rotation(
	const struct opts *opts, struct rotation_rules *ret_rules, struct error **err);

/**
 * chardev_check_rotation() - can a file that was opened be rotated, where that is asked for
 *
 * Return: 0; -EINVAL with @err.
 */
int chardev_check_rotation(const struct writer *writer, const char *path,
	const struct rotation_rules *rules, struct error **err);

#endif
