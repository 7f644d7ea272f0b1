/* SPDX-License-Identifier: MIT */
/*
 * The guest's output goes to a file, its input may come from another. There is no peer that could
 * leave: a file is always open, also when its input has been read to the end.
 */
/* syscalls: openat */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "backend/file-out.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/parse.h"
#include "chardev/rotate.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct file_chardev {
	struct chardev base;
	struct fd_stream input;
	struct file_out output;
};

static struct file_chardev *file_of(struct chardev *chardev)
{
	return container_of(chardev, struct file_chardev, base);
}

/* ---- input ---- */

static int open_input(struct file_chardev *file, const char *path, struct error **err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;

	if (fd < 0)
		return error_set(err, errno, "Could not open '%s': %s", path, strerror(errno));
	r = fd_stream_open(&file->input, fd, -1);
	return r < 0 ? error_set(err, -r, "Could not watch '%s': %s", path, strerror(-r)) : 0;
}

/* ---- output ---- */

static int open_output(struct file_chardev *file, const char *path, const struct opts *opts,
	const struct chardev_file *left, struct error **err)
{
	struct writer_options options = {
		.path = path,
		.empty = !opts_get_bool(opts, "append"),
		.indexed = opts_get_bool(opts, "time-index"),
		.inherited = left->fd,
	};
	struct iovec pending = { (void *)(uintptr_t)left->pending.data, left->pending.len };
	int r = parse_mode_option(
		"mode", opts_get_string(opts, "mode"), "0640", &options.mode, err);

	if (r == 0)
		r = chardev_read_rotation(opts, &options.rotation, err);
	if (r == 0)
		r = file_out_open(&file->output, &file->base, options, err);
	if (r == 0)
		r = chardev_check_rotation(file->output.writer, path, &options.rotation, err);
	if (r == 0 && pending.iov_len)
		writer_put(file->output.writer, &pending, 1);
	return r;
}

static ssize_t file_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return file_out_outv(&file_of(chardev)->output, iov, n);
}

/* ---- methods ---- */

static void file_close(struct chardev *chardev)
{
	struct file_chardev *file = file_of(chardev);

	file_out_close(&file->output);
	fd_stream_close(&file->input);
}

static int file_check(const struct opts *opts, struct error **err)
{
	struct rotation_rules rules;
	mode_t mode;
	int r = parse_mode_option("mode", opts_get_string(opts, "mode"), "0640", &mode, err);

	return r < 0 ? r : chardev_read_rotation(opts, &rules, err);
}

static int file_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct file_chardev *file = file_of(chardev);
	const char *path = opts_get_string(opts, "path");
	const char *input_path = opts_get_string(opts, "input-path");
	int r;

	if (!path)
		return error_set(err, EINVAL, "chardev: file: no filename given");
	fd_stream_init(&file->input, chardev, &fd_stream_endless, 0);
	r = open_output(file, path, opts, &(struct chardev_file){ 0 }, err);
	if (r == 0 && input_path)
		r = open_input(file, input_path, err);
	if (r < 0) {
		file_close(chardev);
		return r;
	}
	if (input_path)
		fd_stream_start(&file->input);
	chardev_set_open(chardev, true);
	return 0;
}

/* ---- in another program's place ---- */

enum { TAG_INPUT = 1, TAG_OUTPUT };

struct file_state {
	int input;
	struct snapshot_groups output;
};

static const struct snapshot_field file_fields[] = {
	SNAPSHOT_FIELD(struct file_state, input, TAG_INPUT, SNAPSHOT_FILE),
	SNAPSHOT_FIELD(struct file_state, output, TAG_OUTPUT, SNAPSHOT_EACH,
		.of = chardev_file_fields, .size = sizeof(struct chardev_file)),
	{ 0 },
};

static void file_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct file_chardev *file = file_of(chardev);
	const struct file_state state = { .input = fd_stream_fd(&file->input) };

	snapshot_put(&to->writer, file_fields, &state);
	chardev_file_save(to, TAG_OUTPUT, file->output.writer, &(struct chardev_file){ 0 });
}

static int file_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct file_chardev *file = file_of(chardev);
	const struct file_state *state = left;
	struct snapshot_groups groups = state->output;
	struct chardev_file output = { 0 };
	struct snapshot_part part;
	int r = 0;

	(void)from;
	fd_stream_init(&file->input, chardev, &fd_stream_endless, 0);
	if (!snapshot_next_group(&groups, &part) ||
		snapshot_get(&part, chardev_file_fields, &output, err) < 0)
		r = -EBADMSG;
	if (r == 0)
		r = open_output(file, opts_get_string(opts, "path"), opts, &output, err);
	if (r == 0 && state->input >= 0)
		r = fd_stream_open(&file->input, state->input, -1);
	if (r < 0) {
		file_close(chardev);
		return r;
	}
	if (state->input >= 0)
		fd_stream_start(&file->input);
	chardev_set_open(chardev, true);
	return 0;
}

static const struct chardev_handover file_handover = {
	.fields = file_fields,
	.size = sizeof(struct file_state),
	.save = file_save,
	.load = file_load,
};

static void file_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&file_of(chardev)->input);
}

static bool file_owes(const struct chardev *chardev)
{
	return file_out_owes(&((const struct file_chardev *)chardev)->output);
}

static int file_change(struct chardev *chardev, const struct opts *opts, const struct opts *old,
	struct error **err)
{
	struct rotation_rules rules;
	int r = chardev_read_rotation(opts, &rules, err);

	(void)old;
	if (r == 0)
		r = chardev_check_rotation(file_of(chardev)->output.writer,
			opts_get_string(opts, "path"), &rules, err);
	if (r == 0 && writer_set_rotation(file_of(chardev)->output.writer, &rules) < 0)
		r = error_set(err, ENOMEM, "chardev '%s': out of memory", chardev->id);
	return r;
}

static void file_reopen(struct chardev *chardev)
{
	file_out_reopen(&file_of(chardev)->output);
}

static const struct opt_desc file_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "file for the guest's output" },
	{ .name = "input-path", .type = OPT_STRING, .help = "file or FIFO with the guest's input" },
	{ .name = "append",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "add to the file instead of emptying it" },
	{ .name = "mode",
		.type = OPT_STRING,
		.preset = "0640",
		.help = "permissions of a file that is made, whatever the umask" },
	{ 0 },
};

const struct chardev_class backend_file_class = {
	.name = "file",
	.summary = "writes to a file, may read from another",
	.is_sink = true,
	.rotates = true,
	.options = file_options,
	.size = sizeof(struct file_chardev),
	.check = file_check,
	.open = file_open,
	.close = file_close,
	.out = file_out,
	.in_resume = file_in_resume,
	.owes = file_owes,
	.handover = &file_handover,
	.reopen = file_reopen,
	.change = file_change,
};
