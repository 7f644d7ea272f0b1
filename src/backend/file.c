/* SPDX-License-Identifier: MIT */
/*
 * The guest's output goes to a file, its input may come from another. There is no peer that could
 * leave: a file is always open, also when its input has been read to the end. An error (a full
 * disk, a FIFO without a reader) is told to the holder each time and not remembered.
 */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct file_chardev {
	struct chardev base;
	struct fd_stream stream;
};

static struct file_chardev *file_of(struct chardev *chardev)
{
	return container_of(chardev, struct file_chardev, base);
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

static const struct fd_stream_ops file_stream_ops = {
	.on_eof = stay_open,
	.on_gone = end_never_comes,
};

/* A FIFO that nobody reads yet is opened both ways: the kernel keeps what fits until one does. */
static int open_out(const char *path, bool append)
{
	int flags = O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (append ? O_APPEND : O_TRUNC);
	int fd = open(path, flags | O_WRONLY, 0666);

	if (fd < 0 && errno == ENXIO)
		fd = open(path, flags | O_RDWR, 0666);
	return fd;
}

static int no_file(const char *path, struct error **err)
{
	int code = errno;

	return error_set(err, code, "Could not open '%s': %s", path, strerror(code));
}

static int file_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct file_chardev *file = file_of(chardev);
	const char *path = opts_get_string(opts, "path");
	const char *input_path = opts_get_string(opts, "input-path");
	AUTO_CLOSE
	int out_fd = -1, in_fd = -1;
	int r;

	if (!path)
		return error_set(err, EINVAL, "chardev: file: no filename given");
	out_fd = open_out(path, opts_get_bool(opts, "append"));
	if (out_fd < 0)
		return no_file(path, err);
	if (input_path) {
		in_fd = open(input_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (in_fd < 0)
			return no_file(input_path, err);
	}
	fd_stream_init(&file->stream, chardev, &file_stream_ops, FD_STREAM_FORGIVES);
	r = fd_stream_open(&file->stream, in_fd, out_fd);
	if (r < 0)
		return error_set(err, -r, "Could not watch '%s': %s", path, strerror(-r));
	(void)TAKE_FD(out_fd);
	(void)TAKE_FD(in_fd);
	fd_stream_start(&file->stream);
	chardev_set_open(chardev, true);
	return 0;
}

static void file_close(struct chardev *chardev)
{
	fd_stream_close(&file_of(chardev)->stream);
}

static ssize_t file_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return fd_stream_outv(&file_of(chardev)->stream, iov, n);
}

static void file_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&file_of(chardev)->stream);
}

static const struct opt_desc file_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "file for the guest's output" },
	{ .name = "input-path", .type = OPT_STRING, .help = "file or FIFO with the guest's input" },
	{ .name = "append",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "add to the file instead of emptying it" },
	{ 0 },
};

const struct chardev_class backend_file_class = {
	.name = "file",
	.summary = "writes to a file, may read from another",
	.is_sink = true,
	.options = file_options,
	.size = sizeof(struct file_chardev),
	.open = file_open,
	.close = file_close,
	.out = file_out,
	.in_resume = file_in_resume,
};
