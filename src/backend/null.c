/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"

#include "opts/opts.h"

static int null_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	(void)opts;
	(void)err;
	chardev_set_open(chardev, true);
	return 0;
}

static void null_close(struct chardev *chardev)
{
	(void)chardev;
}

static const struct opt_desc null_options[] = { { 0 } };

const struct chardev_class backend_null_class = {
	.name = "null",
	.summary = "swallows everything and never sends",
	.is_sink = true,
	.options = null_options,
	.size = sizeof(struct chardev),
	.open = null_open,
	.close = null_close,
};
