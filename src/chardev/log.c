/* SPDX-License-Identifier: MIT */
/*
 * What a chardev accepted goes to a writer, which never waits: a file that does not take all of it
 * (full disk, slow reader, hanging server) loses bytes of the log, never of the stream, and says in
 * the log how many.
 */
#include "chardev/log.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "io/out-file.h"
#include "io/writer.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct chardev_log {
	unsigned refs;
	struct writer *writer;
	bool timestamp;
	bool at_line_start;
};

static int read_mode(const struct opts *opts, mode_t *ret_mode, struct error **err)
{
	const char *text = opts_get_string(opts, "logmode");
	unsigned mode;

	if (parse_mode(text, &mode) < 0)
		return error_set(err, EINVAL,
			"Parameter 'logmode' expects three octal digits such as 0640, not '%s'",
			text);
	*ret_mode = mode;
	return 0;
}

static int open_writer(struct loop *loop, const char *owner, const char *path,
	const struct opts *opts, struct writer **ret_writer, struct error **err)
{
	AUTO_FREE char *name = NULL;
	struct writer_options options = {
		.path = path,
		.empty = !opts_get_bool(opts, "logappend"),
	};
	int r = read_mode(opts, &options.mode, err);

	if (r < 0)
		return r;
	if (asprintf(&name, "chardev '%s': log", owner) < 0) {
		name = NULL;
		return error_set(err, ENOMEM, "chardev '%s': out of memory", owner);
	}
	options.owner = name;
	r = writer_open(loop, &options, ret_writer);
	return r < 0 ? error_set(err, -r, "Could not create '%s': %s", path, strerror(-r)) : 0;
}

int chardev_log_open(struct loop *loop, const char *owner, const struct opts *opts,
	struct chardev_log **ret_log, struct error **err)
{
	const char *path = opts_get_string(opts, "logfile");
	struct chardev_log *log;
	int r;

	*ret_log = NULL;
	if (!path)
		return 0;
	log = calloc(1, sizeof(*log));
	if (!log)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", owner);
	r = open_writer(loop, owner, path, opts, &log->writer, err);
	if (r < 0) {
		free(log);
		return r;
	}
	log->refs = 1;
	log->timestamp = opts_get_bool(opts, "logtimestamp");
	log->at_line_start = true;
	*ret_log = log;
	return 0;
}

static void put(struct chardev_log *log, const char *bytes, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };

	if (len)
		writer_put(log->writer, &iov, 1);
}

/* ISO 8601 in UTC with milliseconds and one space. */
static void append_timestamp(struct strbuf *buf)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_printf(buf, "%s.%03ldZ ", text, now.tv_nsec / 1000000);
}

static void put_stamped(struct chardev_log *log, const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf buf = { 0 };
	const char *unstamped = bytes;
	size_t whole = len;

	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t line = newline ? (size_t)(newline - bytes) + 1 : len;

		if (log->at_line_start)
			append_timestamp(&buf);
		strbuf_append(&buf, bytes, line);
		log->at_line_start = newline != NULL;
		bytes += line;
		len -= line;
	}
	if (buf.failed)
		put(log, unstamped, whole);
	else
		put(log, buf.data, buf.len);
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

void chardev_log_unref(struct chardev_log *log)
{
	if (!log || --log->refs)
		return;
	writer_close(log->writer);
	free(log);
}
