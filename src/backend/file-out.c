/* SPDX-License-Identifier: MIT */
#include "backend/file-out.h"

#include "base/cleanup.h"
#include "base/segments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool takes_all(const struct file_out *out)
{
	return writer_is_failing(out->writer) &&
	       !(chardev_holder_flags(out->chardev) & CHARDEV_LINK_PATIENT);
}

static void on_room(void *data)
{
	struct file_out *out = data;

	chardev_room(out->chardev);
}

/* The rest of a short accept, which its holder still has, is taken now. */
static void on_retry(void *data)
{
	struct file_out *out = data;

	if (takes_all(out))
		chardev_room(out->chardev);
}

static void on_trouble(void *data)
{
	struct file_out *out = data;

	task_post(out->chardev->loop, &out->retry, on_retry, out);
}

int file_out_open(struct file_out *out, struct chardev *chardev, struct writer_options options,
	struct error **err)
{
	AUTO_FREE char *owner = NULL;
	int r;

	if (asprintf(&owner, "chardev '%s': file", chardev->id) < 0) {
		owner = NULL;
		return error_set(err, ENOMEM, "chardev '%s': out of memory", chardev->id);
	}
	options.owner = owner;
	options.on_room = on_room;
	options.on_trouble = on_trouble;
	options.data = out;
	out->chardev = chardev;
	r = writer_open(chardev->loop, &options, &out->writer);
	return r < 0 ? error_set(err, -r, "Could not open '%s': %s", options.path, strerror(-r))
		     : 0;
}

void file_out_close(struct file_out *out)
{
	task_cancel(&out->retry);
	writer_close(out->writer);
	out->writer = NULL;
}

bool file_out_is_open(const struct file_out *out)
{
	return out->writer;
}

ssize_t file_out_outv(struct file_out *out, const struct iovec *iov, int n)
{
	if (!takes_all(out))
		return (ssize_t)writer_write(out->writer, iov, n);
	writer_put(out->writer, iov, n);
	return (ssize_t)segments_len(iov, n);
}

bool file_out_owes(const struct file_out *out)
{
	return out->writer && writer_owes(out->writer);
}

void file_out_reopen(struct file_out *out)
{
	writer_reopen(out->writer);
}
