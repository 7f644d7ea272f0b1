/* SPDX-License-Identifier: MIT */
/*
 * Two FIFOs, PATH.in for the guest's input and PATH.out for its output, or one file for both. Each
 * is opened for reading and writing, so that there is neither a wait for the other side nor an end:
 * programs come and go at the FIFOs, which keep what fits meanwhile. Always open: a write that
 * fails is tried again after a while.
 */
/* syscalls: openat */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "chardev/handover.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_MS = 1000 };

struct pipe_chardev {
	struct chardev base;
	struct fd_stream stream;
	int in, out; /* the stream's; the same: for both ways */
	char *path;
	struct timer *retry;
	bool failing; /* that is known */
};

static struct pipe_chardev *pipe_of(struct chardev *chardev)
{
	return container_of(chardev, struct pipe_chardev, base);
}

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
	AUTO_CLOSE int out = in < 0 ? in : open_both_ways(path, ".out");
	int fd = out;

	if (out >= 0) {
		*ret_in = TAKE_FD(in);
		*ret_out = TAKE_FD(out);
		return 0;
	}
	if (out == -ENOENT)
		fd = open_both_ways(path, "");
	if (fd < 0)
		return error_set(err, -fd, "Could not open '%s': %s", path, strerror(-fd));
	*ret_in = *ret_out = fd;
	return 0;
}

static void pipe_close(struct chardev *chardev)
{
	struct pipe_chardev *pipe = pipe_of(chardev);

	fd_stream_close(&pipe->stream);
	timer_free(pipe->retry);
	free(pipe->path);
}

static void retry(void *data)
{
	struct pipe_chardev *pipe = data;

	chardev_room(&pipe->base);
}

/* @in, @out: the pipe's, also where this fails */
static int begin(
	struct chardev *chardev, const struct opts *opts, int in, int out, struct error **err)
{
	struct pipe_chardev *pipe = pipe_of(chardev);
	const char *path = opts_get_string(opts, "path");
	int r;

	fd_stream_init(&pipe->stream, chardev, &fd_stream_endless, FD_STREAM_FORGIVES);
	r = fd_stream_open(&pipe->stream, in, out);
	pipe->in = in;
	pipe->out = out;
	pipe->path = strdup(path);
	pipe->retry = timer_new(chardev->loop, retry, pipe);
	if (r == 0 && (!pipe->path || !pipe->retry))
		r = -ENOMEM;
	if (r < 0) {
		pipe_close(chardev);
		return error_set(err, -r, "Could not watch '%s': %s", path, strerror(-r));
	}
	fd_stream_start(&pipe->stream);
	chardev_set_open(chardev, true);
	return 0;
}

static int pipe_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	const char *path = opts_get_string(opts, "path");
	int in = -1, out = -1, r;

	if (!path)
		return error_set(err, EINVAL, "chardev: pipe: no device path given");
	r = open_files(path, &in, &out, err);
	return r < 0 ? r : begin(chardev, opts, in, out, err);
}

/* ---- in another program's place ---- */

/**
 * struct pipe_state - what is left of one: its descriptors, since a FIFO that nobody has open
 * forgets what is in it; @out: -1: @in is for both ways
 */
struct pipe_state {
	int in, out;
};

static const struct snapshot_field pipe_fields[] = {
	SNAPSHOT_FIELD(struct pipe_state, in, 1, SNAPSHOT_FILE, .needed = true),
	SNAPSHOT_FIELD(struct pipe_state, out, 2, SNAPSHOT_FILE),
	{ 0 },
};

static void pipe_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct pipe_chardev *pipe = pipe_of(chardev);
	const struct pipe_state state = { .in = pipe->in,
		.out = pipe->out == pipe->in ? -1 : pipe->out };

	snapshot_put(&to->writer, pipe_fields, &state);
}

static int pipe_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	const struct pipe_state *state = left;

	(void)from;
	return begin(chardev, opts, state->in, state->out < 0 ? state->in : state->out, err);
}

static const struct chardev_handover pipe_handover = {
	.fields = pipe_fields,
	.size = sizeof(struct pipe_state),
	.save = pipe_save,
	.load = pipe_load,
};

static ssize_t pipe_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct pipe_chardev *pipe = pipe_of(chardev);
	ssize_t done = fd_stream_outv(&pipe->stream, iov, n);

	if (done >= 0) {
		pipe->failing = false;
		return done;
	}
	if (!pipe->failing)
		log_warning("pipe '%s': %s", chardev->id, strerror((int)-done));
	pipe->failing = true;
	timer_start(pipe->retry, RETRY_MS);
	return 0;
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
	.handover = &pipe_handover,
	.describe = pipe_describe,
};
