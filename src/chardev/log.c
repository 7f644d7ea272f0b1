/* SPDX-License-Identifier: MIT */
/*
 * The log of a chardev is written in the same dispatch in which the bytes were accepted, with
 * non-blocking calls: a file that cannot take them (full disk, FIFO without a reader, socket whose
 * reader stalls) loses bytes of the log, never of the stream, and never waits.
 *
 * `/dev/fd/N` is a descriptor that the caller of the program left open. It is opened anew where
 * the kernel allows that, so that the non-blocking flag is ours alone; a socket cannot be opened
 * and is duplicated and written with MSG_DONTWAIT.
 */
#include "chardev/log.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

struct chardev_log {
	unsigned refs;
	char *owner, *path;
	int fd;
	bool is_socket;
	bool timestamp;
	bool at_line_start;
	bool failing;
	uint64_t lost_bytes; /* since it began to fail */
};

/* The N of /dev/fd/N, or -1. */
static int inherited_fd(const char *path)
{
	uint64_t fd;

	if (strncmp(path, "/dev/fd/", 8) || parse_u64(path + 8, &fd) < 0 || fd > INT32_MAX)
		return -1;
	return (int)fd;
}

static int open_log(const char *path, int mode_flag)
{
	int flags = O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | mode_flag;
	int fd = open(path, O_WRONLY | flags, 0666);

	/* A FIFO without a reader, or a descriptor that is a socket. */
	if (fd < 0 && errno == ENXIO && inherited_fd(path) >= 0)
		fd = fcntl(inherited_fd(path), F_DUPFD_CLOEXEC, 3);
	else if (fd < 0 && errno == ENXIO)
		fd = open(path, O_RDWR | flags, 0666);
	return fd < 0 ? -errno : fd;
}

static bool fd_is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

int chardev_log_open(const char *owner, const struct opts *opts, struct chardev_log **ret_log,
	struct error **err)
{
	const char *path = opts_get_string(opts, "logfile");
	struct chardev_log *log;
	int fd;

	*ret_log = NULL;
	if (!path)
		return 0;
	fd = open_log(path, opts_get_bool(opts, "logappend") ? O_APPEND : O_TRUNC);
	if (fd < 0)
		return error_set(err, -fd, "Could not create '%s': %s", path, strerror(-fd));
	log = calloc(1, sizeof(*log));
	if (log) {
		log->owner = strdup(owner);
		log->path = strdup(path);
	}
	if (!log || !log->owner || !log->path) {
		close(fd);
		if (log) {
			free(log->owner);
			free(log->path);
		}
		free(log);
		return error_set(err, ENOMEM, "chardev '%s': out of memory", owner);
	}
	log->refs = 1;
	log->fd = fd;
	log->is_socket = fd_is_socket(fd);
	log->timestamp = opts_get_bool(opts, "logtimestamp");
	log->at_line_start = true;
	*ret_log = log;
	return 0;
}

static void report_failure(struct chardev_log *log, int code, size_t lost)
{
	if (!log->failing)
		log_warning("chardev '%s': log '%s' loses bytes: %s", log->owner, log->path,
			strerror(code));
	log->failing = true;
	log->lost_bytes += lost;
}

static void report_recovery(struct chardev_log *log)
{
	if (log->failing)
		log_warning("chardev '%s': log '%s' works again, %llu bytes are missing in it",
			log->owner, log->path, (unsigned long long)log->lost_bytes);
	log->failing = false;
	log->lost_bytes = 0;
}

static ssize_t write_once(const struct chardev_log *log, const char *bytes, size_t len)
{
	return log->is_socket ? send(log->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			      : write(log->fd, bytes, len);
}

static void write_bytes(struct chardev_log *log, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write_once(log, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			report_failure(log, n < 0 ? errno : EIO, len);
			return;
		}
		report_recovery(log);
		bytes += n;
		len -= (size_t)n;
	}
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

static void write_stamped(struct chardev_log *log, const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf buf = { 0 };
	const size_t whole = len;

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
		report_failure(log, ENOMEM, whole);
	else
		write_bytes(log, buf.data, buf.len);
}

void chardev_log_write(struct chardev_log *log, const struct iovec *iov, int n, size_t len)
{
	if (!log)
		return;
	for (int i = 0; i < n && len; i++) {
		size_t part = iov[i].iov_len < len ? iov[i].iov_len : len;

		if (!part)
			continue;
		if (log->timestamp)
			write_stamped(log, iov[i].iov_base, part);
		else
			write_bytes(log, iov[i].iov_base, part);
		len -= part;
	}
}

void chardev_log_reopen(struct chardev_log *log)
{
	int fd;

	if (!log || inherited_fd(log->path) >= 0)
		return;
	fd = open_log(log->path, O_APPEND);
	if (fd < 0) {
		log_warning("chardev '%s': could not reopen log '%s': %s; the old file stays",
			log->owner, log->path, strerror(-fd));
		return;
	}
	close(log->fd);
	log->fd = fd;
	log->is_socket = fd_is_socket(fd);
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
	close(log->fd);
	free(log->owner);
	free(log->path);
	free(log);
}
