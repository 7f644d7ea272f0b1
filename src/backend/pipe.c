/* SPDX-License-Identifier: MIT */
/*
 * Two FIFOs, PATH.in for the guest's input and PATH.out for its output, or one file for both. Each
 * is opened for reading and writing, so that there is neither a wait for the other side nor an end:
 * programs come and go at the FIFOs, which keep what fits meanwhile. Always open.
 */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct pipe_chardev {
	struct chardev base;
	struct fd_stream stream;
	char *path;
};

static struct pipe_chardev *pipe_of(struct chardev *chardev)
{
	return container_of(chardev, struct pipe_chardev, base);
}

static void stay_open(struct chardev *chardev)
{
	(void)chardev;
}

static void end_never_comes(struct chardev *chardev, int error)
{
	(void)chardev;
	(void)error;
}

static const struct fd_stream_ops pipe_stream_ops = {
	.on_eof = stay_open,
	.on_gone = end_never_comes,
};

static int open_both_ways(const char *path, const char *suffix)
{
	AUTO_FREE char *name = NULL;
	int fd;

	if (asprintf(&name, "%s%s", path, suffix) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	fd = open(name, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int open_files(const char *path, int *ret_in, int *ret_out, struct error **err)
{
	AUTO_CLOSE int in = open_both_ways(path, ".in");
	AUTO_CLOSE int out = open_both_ways(path, ".out");

	if (in < 0 || out < 0) {
		int fd = open_both_ways(path, "");

		if (fd < 0)
			return error_set(err, -fd, "Could not open '%s': %s", path, strerror(-fd));
		*ret_in = *ret_out = fd;
		return 0;
	}
	*ret_in = TAKE_FD(in);
	*ret_out = TAKE_FD(out);
	return 0;
}

static void pipe_close(struct chardev *chardev)
{
	struct pipe_chardev *pipe = pipe_of(chardev);

	fd_stream_close(&pipe->stream);
	free(pipe->path);
}

static int pipe_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct pipe_chardev *pipe = pipe_of(chardev);
	const char *path = opts_get_string(opts, "path");
	int in = -1, out = -1, r;

	if (!path)
		return error_set(err, EINVAL, "chardev: pipe: no device path given");
	r = open_files(path, &in, &out, err);
	if (r < 0)
		return r;
	fd_stream_init(&pipe->stream, chardev, &pipe_stream_ops, FD_STREAM_FORGIVES);
	pipe->path = strdup(path);
	r = pipe->path ? fd_stream_open(&pipe->stream, in, out) : -ENOMEM;
	if (r < 0) {
		close(in);
		if (out != in)
			close(out);
		free(pipe->path);
		return error_set(err, -r, "Could not watch '%s': %s", path, strerror(-r));
	}
	fd_stream_start(&pipe->stream);
	chardev_set_open(chardev, true);
	return 0;
}

static ssize_t pipe_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return fd_stream_outv(&pipe_of(chardev)->stream, iov, n);
}

static void pipe_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&pipe_of(chardev)->stream);
}

static char *pipe_describe(const struct chardev *chardev)
{
	char *text;

	return asprintf(&text, "pipe:%s", ((const struct pipe_chardev *)chardev)->path) < 0 ? NULL
											    : text;
}

static const struct opt_desc pipe_options[] = {
	{ .name = "path",
		.type = OPT_STRING,
		.help = "FIFOs PATH.in and PATH.out, or PATH for both ways" },
	{ 0 },
};

const struct chardev_class backend_pipe_class = {
	.name = "pipe",
	.summary = "two FIFOs, or a file for both ways",
	.options = pipe_options,
	.size = sizeof(struct pipe_chardev),
	.open = pipe_open,
	.close = pipe_close,
	.out = pipe_out,
	.in_resume = pipe_in_resume,
	.describe = pipe_describe,
};
