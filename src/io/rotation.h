/* SPDX-License-Identifier: MIT */
#ifndef IO_ROTATION_H
#define IO_ROTATION_H

#include "io/archive.h"
#include "io/work-pool.h"

#include <sys/uio.h>

enum {
	ROTATION_LINE = 4096, /* a file that is full takes so much more, to the end of a line */
	ROTATION_KEEP_PRESET = 10,
};

/**
 * struct rotation_rules - when a file is followed by a new one, and what becomes of the old ones
 * @size:   it holds so many bytes; 0: never
 * @age_s:  its first byte is so old, and there is another one to write; 0: never
 * @keep:   old files that stay, by their names the newest; 0: all
 * @form:   how they are kept
 */
struct rotation_rules {
	uint64_t size, age_s;
	unsigned keep;
	enum archive_form form;
};

/** rotation_is_on() - does a file get old at all */
bool rotation_is_on(const struct rotation_rules *rules);

/**
 * rotation_share() - how many of the next bytes belong in a file
 * @limit: its file is full with so many bytes, 0: never
 * @size:  bytes that it has
 * @mid_line: the last of them ends no line
 *
 * A file that is full ends with the line at which it became so, ROTATION_LINE bytes later at most.
 *
 * Return: bytes of the @n segments, 0: it is to be followed by a new one.
 */
size_t rotation_share(uint64_t limit, uint64_t size, bool mid_line, const struct iovec *iov, int n);

/** rotation_is_at() - is the file that @fd writes to the one of this name */
bool rotation_is_at(const char *path, int fd);

/**
 * rotation_drop() - let the oldest of our old files go, in whatever form they are
 * @archive: as listed a moment ago; others may drop and pack the same files meanwhile
 * @keep:    so many stay
 *
 * Return: how many went; -errno of one, and it and those behind it may be there still.
 */
int rotation_drop(const struct archive *archive, size_t keep);

/**
 * rotation_move() - move the file that @fd writes to aside, and its index
 * @path:  its name
 * @keep:  old files that there are then at most, which the oldest go for first; 0: all stay
 * @now_ms: since 1970
 *
 * Return: 0, the caller frees *@ret_aside, its name from now on; NULL where somebody else moved it
 * away already. -errno: it is where it was.
 */
int rotation_move(const char *path, int fd, unsigned keep, uint64_t now_ms, char **ret_aside);

/** rotation_move_back() - no file could be made in its place */
void rotation_move_back(const char *path, const char *aside);

/* ---- what becomes of old files ---- */

/**
 * struct sweep - packs the old files of a log, and lets the oldest go, in a thread
 *
 * What there is to do is seen from the folder alone: files that a crash or the end of the program
 * left as they were are found like any other. Nobody waits for it: that there are no more old files
 * than are kept is seen to by rotation_move(), whatever becomes of the sweep.
 */
struct sweep;

/**
 * sweep_new()
 * @path, @owner: of the log, and who it is for messages; copied
 *
 * Return: NULL: no memory.
 */
struct sweep *sweep_new(struct work_pool *pool, const char *path, const char *owner);

/** sweep_start() - do what there is to do by these rules; in the loop's thread, without the lock */
void sweep_start(struct sweep *sweep, const struct rotation_rules *rules);

/** sweep_free() - what is being packed stays as it was; with the lock held. NULL is fine */
void sweep_free(struct sweep *sweep);

#endif
