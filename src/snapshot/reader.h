/* SPDX-License-Identifier: MIT */
#ifndef SNAPSHOT_READER_H
#define SNAPSHOT_READER_H

#include "base/error.h"
#include "snapshot/fields.h"

#include <sys/types.h>

/**
 * struct snapshot - one that was opened: whole, of a version that is read, each record within its
 * group
 * @map, @map_len: all of it
 * @all: the records
 * @version: of who wrote it
 */
struct snapshot {
	const uint8_t *map;
	size_t map_len;
	struct snapshot_part all;
	struct snapshot_version version;
};

/**
 * snapshot_open() - check the file from its first byte to its last
 * @fd: closed where this succeeds
 *
 * Return: 0; -EBADMSG: it is none, or broken; -ENOTSUP: of another major version; with @err.
 */
int snapshot_open(int fd, struct snapshot *ret_snapshot, struct error **err);

/** snapshot_close() - what was borrowed from it is gone; no-op where it is closed */
void snapshot_close(struct snapshot *snapshot);

/**
 * snapshot_get() - read the members of a struct
 * @into: all of it is set, also where this fails
 *
 * Strings and bytes are borrowed from the snapshot.
 *
 * Return: 0; -EBADMSG: a record is missing, there twice, or out of bounds; -ENOTSUP: there is one
 * that is not known here and may not be skipped; with @err.
 */
int snapshot_get(const struct snapshot_part *part, const struct snapshot_field *fields, void *into,
	struct error **err);

/** snapshot_check() - the same of a struct of at most @size bytes and all groups below it */
int snapshot_check(const struct snapshot_part *part, const struct snapshot_field *fields,
	size_t size, struct error **err);

/** snapshot_next_group() - Return: false: there are no more */
bool snapshot_next_group(struct snapshot_groups *groups, struct snapshot_part *ret_part);

/** snapshot_count_groups() - how many there are to be walked */
size_t snapshot_count_groups(struct snapshot_groups groups);

/** snapshot_bulk() - the bytes of a stretch, borrowed from the snapshot */
const void *snapshot_bulk(const struct snapshot *snapshot, const struct snapshot_bulk *bulk);

/**
 * snapshot_set_fds() - let the descriptors that it refers to have other numbers
 * @fds: as many as there are records of one, in their order
 *
 * Return: 0; -EBADMSG: they are not as many; -errno: it cannot be changed; with @err.
 */
int snapshot_set_fds(struct snapshot *snapshot, const int *fds, size_t n, struct error **err);

/** snapshot_close_fds() - close the descriptors: nobody has taken them */
void snapshot_close_fds(const struct snapshot_part *part);

/** snapshot_own_fds() - no program that is executed from now on gets them */
void snapshot_own_fds(const struct snapshot_part *part);

#endif
