/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_SHARED_MAP_H
#define VIRTIO_SHARED_MAP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct shared_map - part of a file that a peer shares with us, mapped for reading and writing
 * @data:   the first byte asked for
 * @size:   bytes asked for
 * @fd:     the file, a descriptor of its own; @offset: of @data in it
 * @broken: set when the peer has cut the file short under us; the memory is zero from then on,
 *          private, and still safe to touch
 *
 * All members are read only. The object must not move while it is mapped.
 */
struct shared_map {
	uint8_t *data;
	size_t size;
	int fd;
	uint64_t offset;
	volatile sig_atomic_t broken;
	void *base; /* as mapped: whole pages */
	size_t length;
	struct shared_map *prev, *next;
};

/**
 * shared_map_init() - map a part of a file
 * @fd:      a regular file, memfd or hugetlbfs file; borrowed
 * @ret_why: set where it is refused: a sentence's end, static
 *
 * Return: 0; -EBADF: an fd of the wrong kind; -ERANGE: the file is shorter; -errno of mmap(2).
 */
int shared_map_init(
	struct shared_map *map, int fd, uint64_t offset, uint64_t size, const char **ret_why);

/** shared_map_done() - unmap; no-op on a zeroed object */
void shared_map_done(struct shared_map *map);

#endif
