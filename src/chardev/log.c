/* SPDX-License-Identifier: MIT */
/*
 * What a chardev accepted goes to a writer, which never waits. The stream waits for a file that is
 * busy, a second at most. One that is in trouble by then (full disk, slow reader, hanging server)
 * loses bytes of the log, never of the stream, and says in the log how many.
 */
/* syscalls: clock_gettime */
#include "chardev/log.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/stamp.h"
#include "chardev/chardev-impl.h"
#include "chardev/rotate.h"
#include "io/out-file.h"
#include "io/writer.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/** In the order of the words of `logstamp=`. */
enum stamps { STAMPS_UTC, STAMPS_START };

struct chardev_log {
	unsigned refs;
	struct chardev *owner; /* NULL: has gone */
	struct writer *writer;
	struct loop *loop;
	char *path;
	bool is_file;
	bool timestamp, since_start;
	bool at_line_start;
	uint64_t start_ms;
};

static void on_room(void *data)
{
	struct chardev_log *log = data;

	if (log->owner)
		chardev_room(log->owner);
}

int chardev_log_check(const struct opts *opts, struct error **err)
{
	struct rotation_rules rules;
	mode_t mode;
	int r;

	if (!opts_get_string(opts, "logfile"))
		return 0;
	r = parse_mode_option("logmode", opts_get_string(opts, "logmode"), "0640", &mode, err);
	return r < 0 ? r : chardev_read_rotation(opts, &rules, err);
}

static int open_writer(struct chardev_log *log, const char *path, bool empty,
	const struct opts *opts, const struct chardev_file *left, struct error **err)
{
	AUTO_FREE char *name = NULL;
	struct writer_options options = {
		.path = path,
		.empty = empty,
		.indexed = opts_get_bool(opts, "time-index"),
		.inherited = left->fd,
		.on_room = on_room,
		.data = log,
	};
	int r = parse_mode_option(
		"logmode", opts_get_string(opts, "logmode"), "0640", &options.mode, err);

	if (r == 0)
		r = chardev_read_rotation(opts, &options.rotation, err);
	if (r < 0)
		return r;
	log->path = strdup(path);
	if (!log->path || asprintf(&name, "chardev '%s': log", log->owner->id) < 0) {
		name = NULL;
		return error_set(err, ENOMEM, "chardev '%s': out of memory", log->owner->id);
	}
	options.owner = name;
	r = writer_open(log->owner->loop, &options, &log->writer);
	if (r < 0)
		return error_set(err, -r, "Could not create '%s': %s", path, strerror(-r));
	r = chardev_check_rotation(log->writer, path, &options.rotation, err);
	if (r < 0)
		writer_close(log->writer);
	return r;
}

static void put(struct chardev_log *log, const char *bytes, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };

	if (len)
		writer_put(log->writer, &iov, 1);
}

/* What is not there is all zeroes. */
static void read_left(const struct snapshot_groups *left, struct chardev_file *ret_file)
{
	struct snapshot_groups groups;
	struct snapshot_part part;

	*ret_file = (struct chardev_file){ 0 };
	if (!left)
		return;
	groups = *left;
	if (snapshot_next_group(&groups, &part))
		snapshot_get(&part, chardev_file_fields, ret_file, NULL);
}

int chardev_log_open(struct chardev *owner, const struct opts *opts,
	const struct snapshot_groups *left, bool goes_on, struct chardev_log **ret_log,
	struct error **err)
{
	const char *path = opts_get_string(opts, "logfile");
	struct chardev_log *log;
	struct chardev_file file;
	int r;

	*ret_log = NULL;
	if (!path)
		return 0;
	log = calloc(1, sizeof(*log));
	if (!log)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", owner->id);
	log->owner = owner;
	read_left(left, &file);
	r = open_writer(log, path, !goes_on && !opts_get_bool(opts, "logappend"), opts, &file, err);
	if (r < 0) {
		free(log->path);
		free(log);
		return r;
	}
	log->is_file = writer_can_rotate(log->writer);
	put(log, file.pending.data, file.pending.len);
	log->refs = 1;
	log->loop = owner->loop;
	log->timestamp = opts_get_bool(opts, "logtimestamp");
	log->since_start = opts_get_enum(opts, "logstamp") == STAMPS_START;
	log->start_ms = file.fd ? file.start_ms : loop_now_ms(owner->loop);
	log->at_line_start = !file.mid_line;
	*ret_log = log;
	return 0;
}

static void put_stamped(struct chardev_log *log, const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf buf = { 0 };
	char stamp[STAMP_BYTES];
	struct timespec now;

	if (log->since_start) {
		stamp_elapsed(stamp, loop_now_ms(log->loop) - log->start_ms);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		stamp_utc(stamp, &now);
	}
	stamp_lines(&buf, &log->at_line_start, stamp, bytes, len);
	if (buf.failed)
		put(log, bytes, len);
	else
		put(log, buf.data, buf.len);
}

size_t chardev_log_room(struct chardev_log *log, const struct chardev *chardev)
{
	size_t room;

	if (!log || log->owner != chardev)
		return SIZE_MAX;
	room = writer_room(log->writer);
	return log->timestamp && room != SIZE_MAX ? room / (1 + STAMP_BYTES) : room;
}

void chardev_log_write(struct chardev_log *log, const struct iovec *iov, int n, size_t len)
{
	if (!log)
		return;
	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		if (log->timestamp)
			put_stamped(log, iov[i].iov_base, part);
		else
			put(log, iov[i].iov_base, part);
		len -= part;
	}
}

void chardev_log_save(const struct chardev_log *log, uint16_t tag, struct chardev_bequest *to)
{
	const struct chardev_file file = { .mid_line = !log->at_line_start,
		.start_ms = log->start_ms };

	chardev_file_save(to, tag, log->writer, &file);
}

bool chardev_log_owes(const struct chardev_log *log)
{
	return log && writer_owes(log->writer);
}

uint64_t chardev_log_left_out(const struct chardev_log *log)
{
	return log ? writer_left_out(log->writer) : 0;
}

const char *chardev_log_name(const struct chardev_log *log)
{
	return log && log->is_file ? log->path : NULL;
}

void chardev_log_reopen(struct chardev_log *log)
{
	if (log)
		writer_reopen(log->writer);
}

struct chardev_log *chardev_log_ref(struct chardev_log *log)
{
	if (log)
		log->refs++;
	return log;
}

void chardev_log_unref(struct chardev_log *log, const struct chardev *chardev)
{
	if (!log)
		return;
	if (log->owner == chardev)
		log->owner = NULL;
	if (--log->refs)
		return;
	writer_close(log->writer);
	free(log->path);
	free(log);
}
