/* SPDX-License-Identifier: MIT */
/* syscalls: close fcntl */
#include "control/fdset.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/**
 * struct passed_fd
 * @opaque:   a note; NULL: none; owned
 * @is_later: it came while the program ran
 */
struct passed_fd {
	uint64_t set;
	int fd;
	char *opaque;
	bool is_later;
};

const struct opt_desc fdset_options[] = {
	{ .name = "fd", .type = OPT_NUMBER, .help = "descriptor that is open already" },
	{ .name = "set", .type = OPT_NUMBER, .help = "number of the set that it joins" },
	{ .name = "opaque", .type = OPT_STRING, .help = "accepted: a note of the manager's" },
	{ 0 },
};

/* Negative numbers wrap around in QEMU, and are found to be negative once all else was read. */
static int wrap_around(struct opts *opts, const char *key)
{
	const char *text = opts_text(opts, key);
	uint64_t unused;

	if (!text || *text != '-' || parse_u64(text + 1, &unused) < 0)
		return 0;
	return opts_set(opts, key, "0xffffffffffffffff");
}

static int check_given(const struct opts *opts, const char *key, struct error **err)
{
	if (opts_has(opts, key) && opts_get_number(opts, key) <= INT32_MAX)
		return 0;
	return error_set(err, EINVAL, "%s option is required and must be non-negative", key);
}

/* It must be neither a standard stream nor one that we opened ourselves. */
static int check_fd(int fd, struct error **err)
{
	int flags = fcntl(fd, F_GETFD);

	if (fd <= STDERR_FILENO)
		return error_set(err, EINVAL, "fd cannot be a standard I/O stream");
	if (flags < 0 || flags & FD_CLOEXEC)
		return error_set(err, EINVAL, "fd is not valid or already in use");
	return 0;
}

static int check(struct opts *opts, struct error **err)
{
	int r;

	if (wrap_around(opts, "fd") < 0 || wrap_around(opts, "set") < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = opts_check(
		opts, "add-fd", (const struct opt_desc *const[]){ fdset_options, NULL }, err);
	if (r == 0)
		r = check_given(opts, "fd", err);
	if (r == 0)
		r = check_fd((int)opts_get_number(opts, "fd"), err);
	return r < 0 ? r : check_given(opts, "set", err);
}

/* Behind those of its set and of lower ones. @opaque is the item's. */
static int insert(struct fdsets *fdsets, const struct passed_fd *passed)
{
	struct passed_fd *items = reallocarray(fdsets->items, fdsets->len + 1, sizeof(*items));
	size_t at = fdsets->len;

	if (!items)
		return -ENOMEM;
	fdsets->items = items;
	for (; at && items[at - 1].set > passed->set; at--)
		items[at] = items[at - 1];
	items[at] = *passed;
	fdsets->len++;
	return 0;
}

static char *copy_opaque(const char *opaque)
{
	return opaque ? strdup(opaque) : NULL;
}

int fdsets_add(struct fdsets *fdsets, struct opts *opts, struct error **err)
{
	struct passed_fd passed = { 0 };
	const char *opaque;
	int fd, r = check(opts, err);

	if (r < 0)
		return r;
	fd = (int)opts_get_number(opts, "fd");
	opaque = opts_get_string(opts, "opaque");
	passed = (struct passed_fd){ opts_get_number(opts, "set"), fd, copy_opaque(opaque), false };
	if ((opaque && !passed.opaque) || insert(fdsets, &passed) < 0) {
		free(passed.opaque);
		return error_set(err, ENOMEM, "out of memory");
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static uint64_t lowest_free(const struct fdsets *fdsets)
{
	uint64_t set = 0;

	for (size_t i = 0; i < fdsets->len && fdsets->items[i].set <= set; i++)
		if (fdsets->items[i].set == set)
			set++;
	return set;
}

int fdsets_put(struct fdsets *fdsets, int64_t set, int fd, const char *opaque, int64_t *ret_set)
{
	struct passed_fd passed = { .fd = fd, .is_later = true };

	if (fdsets->len >= FDSETS_MAX)
		return -ENOSPC;
	passed.set = set == FDSET_NEW ? lowest_free(fdsets) : (uint64_t)set;
	passed.opaque = copy_opaque(opaque);
	if ((opaque && !passed.opaque) || insert(fdsets, &passed) < 0) {
		free(passed.opaque);
		return -ENOMEM;
	}
	*ret_set = (int64_t)passed.set;
	return 0;
}

int fdsets_remove(struct fdsets *fdsets, int64_t set, int fd)
{
	size_t kept = 0, len = fdsets->len;

	for (size_t i = 0; i < len; i++) {
		struct passed_fd *passed = &fdsets->items[i];

		if (passed->set != (uint64_t)set || (fd != FDSET_ALL && passed->fd != fd)) {
			fdsets->items[kept++] = *passed;
			continue;
		}
		close(passed->fd);
		free(passed->opaque);
	}
	fdsets->len = kept;
	return kept < len ? 0 : -ENOENT;
}

int fdsets_next(
	const struct fdsets *fdsets, size_t index, int64_t *ret_set, const char **ret_opaque)
{
	if (index >= fdsets->len)
		return -ENOENT;
	*ret_set = (int64_t)fdsets->items[index].set;
	*ret_opaque = fdsets->items[index].opaque;
	return fdsets->items[index].fd;
}

/* Which of a set's descriptors was opened for this? Return: it; -EACCES: none; -ENOENT: no set. */
static int find(const struct fdsets *fdsets, uint64_t set, int access)
{
	int found = -ENOENT;

	for (size_t i = 0; i < fdsets->len && found < 0; i++) {
		const struct passed_fd *passed = &fdsets->items[i];

		if (passed->set == set)
			found = (fcntl(passed->fd, F_GETFL) & O_ACCMODE) == access ? passed->fd
										   : -EACCES;
	}
	return found;
}

/* QEMU has texts of its own where it opens logs. */
static int refuse(const char *key, const char *path, int flags, int code, struct error **err)
{
	if (strcmp(key, "logfile"))
		return error_set(err, -code, "Could not open '%s': %s", path, strerror(-code));
	if (code == -EINVAL)
		return error_set(err, -code, "Could not parse fdset %s", path);
	if (code == -ENOENT)
		return error_set(err, -code, "Failed to find fdset %s", path);
	return error_set(err, -code, "Failed to find file descriptor with matching flags=0x%x",
		(unsigned)flags);
}

/* @flags: those with which the path would have been opened. */
static int resolve(const struct fdsets *fdsets, struct opts *opts, const char *key, int flags,
	struct error **err)
{
	static const char prefix[] = "/dev/fdset/";
	const char *path = opts_text(opts, key);
	char name[32];
	uint64_t set;
	int fd;

	if (!path || strncmp(path, prefix, strlen(prefix)))
		return 0;
	fd = parse_u64(path + strlen(prefix), &set) < 0 ? -EINVAL
							: find(fdsets, set, flags & O_ACCMODE);
	if (fd < 0)
		return refuse(key, path, flags, fd, err);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	return opts_set(opts, key, name) < 0 ? error_set(err, ENOMEM, "out of memory") : 0;
}

static int writing(const struct opts *opts, const char *append_key)
{
	const char *text = opts_text(opts, append_key);
	bool append = false;

	if (text)
		parse_bool(text, &append);
	return O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC);
}

int fdsets_resolve(const struct fdsets *fdsets, struct opts *opts, struct error **err)
{
	int r = resolve(fdsets, opts, "logfile", writing(opts, "logappend"), err);

	if (r == 0)
		r = resolve(fdsets, opts, "path", writing(opts, "append"), err);
	if (r == 0)
		r = resolve(fdsets, opts, "input-path", O_RDONLY, err);
	return r;
}

void fdsets_done(struct fdsets *fdsets)
{
	for (size_t i = 0; i < fdsets->len; i++) {
		if (fdsets->items[i].is_later)
			close(fdsets->items[i].fd);
		free(fdsets->items[i].opaque);
	}
	free(fdsets->items);
	*fdsets = (struct fdsets){ 0 };
}
