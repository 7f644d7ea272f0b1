/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_ROTATE_H
#define CHARDEV_ROTATE_H

#include "io/writer.h"

struct opts;

enum { ROTATE_SIZE_MIN = 4096, ROTATE_KEEP_MAX = 1000000 };

/** ROTATION_OPTIONS - what chardev_read_rotation() reads, in a table of options (opts/opts.h) */
#define ROTATION_OPTIONS                                                                      \
	{ .name = "rotate-size",                                                              \
		.type = OPT_SIZE,                                                             \
		.live = true,                                                                 \
		.min = ROTATE_SIZE_MIN,                                                       \
		.max = (uint64_t)1 << 60,                                                     \
		.help = "the log, or a file, of so many bytes is followed by a new one" },    \
		{ .name = "rotate-age",                                                       \
			.type = OPT_STRING,                                                   \
			.live = true,                                                         \
			.help = "the same of one that is so old, such as 12h, 1d or 1h30m" }, \
		{ .name = "rotate-keep",                                                      \
			.type = OPT_NUMBER,                                                   \
			.live = true,                                                         \
			.max = ROTATE_KEEP_MAX,                                               \
			.preset = "10",                                                       \
			.help = "so many old ones stay; 0: all" },                            \
	{                                                                                     \
		.name = "compress", .type = OPT_ENUM, .live = true, .preset = "none",         \
		.values = "none|zstd|gzip", .help = "how old ones are compressed"             \
	}

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
