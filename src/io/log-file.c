/* SPDX-License-Identifier: MIT */
/* syscalls: access close faccessat fallocate flock fstat newfstatat statx unlink */
#include "io/log-file.h"

#include "base/cleanup.h"
#include "base/segments.h"
#include "base/stamp.h"
#include "io/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000, NS_A_MS = 1000000 };

/* Others may have written to it, or emptied it. */
static void look_at_size(struct log_file *file)
{
	struct stat st;

	if (fstat(file->out.fd, &st) == 0 && S_ISREG(st.st_mode))
		file->size = (uint64_t)st.st_size;
}

/* ---- room ---- */

static bool is_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT;
}

/* The next @len bytes are to have room. Return: 0, also where nobody can tell; -ENOSPC, -EDQUOT. */
static int reserve(struct log_file *file, uint64_t len)
{
	int r;

	do
		r = fallocate(file->out.fd, FALLOC_FL_KEEP_SIZE, (off_t)file->size, (off_t)len) < 0
			    ? -errno
			    : 0;
	while (r == -EINTR);
	if (r == 0)
		file->reserved = file->size + len;
	else if (!is_full(r))
		file->reserve = 0;
	return is_full(r) ? r : 0;
}

/* Return: bytes of @iov up to its last line's end in the first @max. */
static size_t find_last_line(const struct iovec *iov, int n, size_t max)
{
	size_t end = 0, start = 0;

	for (int i = 0; i < n && start < max; start += iov[i++].iov_len) {
		size_t len = max - start < iov[i].iov_len ? max - start : iov[i].iov_len;
		const char *bytes = iov[i].iov_base, *newline = memrchr(bytes, '\n', len);

		if (newline)
			end = start + (size_t)(newline - bytes) + 1;
	}
	return end;
}

/* Return: how many of the bytes have room in front of what is reserved; -errno. */
static ssize_t find_room(struct log_file *file, const struct iovec *iov, int n, bool may_wait)
{
	size_t len = segments_len(iov, n);
	int r;

	if (!file->reserve || file->size + len + file->reserve <= file->reserved)
		return (ssize_t)len;
	if (!may_wait)
		return -EAGAIN;
	r = reserve(file, len + 2 * file->reserve); /* so that not each line asks */
	while (r < 0 && len) {
		r = reserve(file, len + file->reserve);
		if (r < 0)
			len = find_last_line(iov, n, len / 2);
	}
	return r < 0 ? r : (ssize_t)len;
}

/* ---- opening ---- */

static int open_it(struct log_file *file, const char *path, unsigned flags,
	const struct log_file_options *options)
{
	int r = 0;

	flags |= options->sync ? OUT_SYNC : 0u;
	*file = (struct log_file){ .out.fd = -1, .index.fd = -1 };
	if (options->inherited)
		out_file_inherit(options->inherited, &file->out);
	else
		r = out_file_open(path, flags, options->mode, &file->out);
	if (r < 0) {
		file->out.fd = -1;
		return r;
	}
	look_at_size(file);
	if (out_file_is_inherited(path) || !out_file_is_regular(file->out.fd))
		return 0;
	file->reserve = options->reserve;
	if (file->reserve)
		reserve(file, file->reserve);
	if (options->rotates)
		flock(file->out.fd, LOCK_SH | LOCK_NB);
	if (options->indexed && rotation_is_at(path, file->out.fd))
		log_index_open(&file->index, path, file->size, options->mode);
	return 0;
}

int log_file_open(struct log_file *file, const char *path, unsigned flags,
	const struct log_file_options *options)
{
	struct log_file_options fresh = *options;
	bool was_there = options->anew && !options->inherited && access(path, F_OK) == 0;
	int r = open_it(file, path, flags, options);

	/* An empty one may be somebody's who is about to write. */
	if (r < 0 || !was_there || out_file_is_inherited(path) ||
		!out_file_is_regular(file->out.fd))
		return r;
	fresh.anew = false;
	r = log_file_rotate(file, path, &fresh);
	if (r < 0)
		log_file_close(file);
	return r;
}

void log_file_close(struct log_file *file)
{
	log_index_close(&file->index);
	if (file->out.fd >= 0)
		close(TAKE_FD(file->out.fd));
}

/* ---- writing ---- */

/* Return: is what comes now to be in the index? */
static bool is_due(struct log_file *file, uint64_t *now)
{
	if (file->index.fd < 0)
		return false;
	*now = stamp_now_ms();
	if (!log_index_is_due(&file->index, *now, file->size))
		return false;
	look_at_size(file);
	return true;
}

static void note_mid_line(struct log_file *file, const struct iovec *iov, size_t len)
{
	for (; len > iov->iov_len; iov++)
		len -= iov->iov_len;
	file->mid_line = ((const char *)iov->iov_base)[len - 1] != '\n';
}

static ssize_t put_all(struct log_file *file, const struct iovec *iov, int n, bool may_wait)
{
	uint64_t now = 0;
	bool due = is_due(file, &now);
	ssize_t done = may_wait ? out_file_write(&file->out, iov, n)
				: out_file_write_now(&file->out, iov, n);

	if (done <= 0)
		return done;
	if (due)
		log_index_add(&file->index, now, file->size);
	log_index_flush(&file->index, may_wait);
	file->size += (uint64_t)done;
	note_mid_line(file, iov, (size_t)done);
	return done;
}

static ssize_t put(struct log_file *file, const struct iovec *iov, int n, bool may_wait)
{
	struct iovec ours[2] = { iov[0], n > 1 ? iov[1] : (struct iovec){ 0 } };
	ssize_t len = find_room(file, iov, n, may_wait);

	return len < 0 ? len : put_all(file, ours, segments_clip(ours, n, (size_t)len), may_wait);
}

ssize_t log_file_write(struct log_file *file, const struct iovec *iov, int n)
{
	return put(file, iov, n, true);
}

ssize_t log_file_write_now(struct log_file *file, const struct iovec *iov, int n)
{
	return put(file, iov, n, false);
}

ssize_t log_file_write_last(struct log_file *file, const struct iovec *iov, int n)
{
	return put_all(file, iov, n, true);
}

/* ---- rotation ---- */

/* By the wall clock. Return: false: nobody knows; musl asks for it since 1.2.4. */
static bool birth_ms(int fd, uint64_t *ret_ms)
{
#ifdef STATX_BTIME
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &st) < 0 || !(st.stx_mask & STATX_BTIME) ||
		st.stx_btime.tv_sec < 0)
		return false;
	*ret_ms = (uint64_t)st.stx_btime.tv_sec * MS + st.stx_btime.tv_nsec / NS_A_MS;
	return true;
#else
	(void)fd;
	(void)ret_ms;
	return false;
#endif
}

uint64_t log_file_age_ms(const struct log_file *file)
{
	uint64_t now = stamp_now_ms(), born;

	return file->size && birth_ms(file->out.fd, &born) && born < now ? now - born : 0;
}

int log_file_rotate(struct log_file *file, const char *path, const struct log_file_options *options)
{
	AUTO_FREE char *aside = NULL;
	struct log_file fresh;
	int r;

	log_index_flush(&file->index, true);
	r = rotation_move(path, file->out.fd, options->keep, stamp_now_ms(), &aside);
	if (r < 0)
		return r;
	r = log_file_open(&fresh, path, 0, options);
	if (r == 0 && !out_file_is_regular(fresh.out.fd)) {
		log_file_close(&fresh);
		r = -EEXIST;
	}
	if (r == 0 && fresh.reserve && !fresh.reserved) {
		log_file_close(&fresh);
		unlink(path);
		r = -ENOSPC;
	}
	if (r < 0) {
		if (aside)
			rotation_move_back(path, aside);
		return r;
	}
	log_file_close(file);
	*file = fresh;
	return 0;
}
