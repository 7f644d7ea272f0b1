/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_MEMORY_H
#define VIRTIO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The guest's memory as the device sees it: regions of files that the frontend shares. Everything
 * in it can change at any time, and the file can be cut short: see shared-map.h.
 */
struct guest_memory;

enum {
	GUEST_MEMORY_REGIONS_MAX = 64,
};

/**
 * struct guest_memory_region - one piece, as the frontend describes it
 * @guest_addr:  guest-physical address
 * @size:        bytes, at least 1
 * @user_addr:   address in the frontend's process; rings are given by it
 * @file_offset: where it begins in its file
 */
struct guest_memory_region {
	uint64_t guest_addr, size, user_addr, file_offset;
};

/** guest_memory_new() - without regions; NULL if memory ran out */
struct guest_memory *guest_memory_new(void);

/** guest_memory_free() - NULL is fine */
void guest_memory_free(struct guest_memory *memory);

/**
 * guest_memory_add() - map a region
 * @fd:      a regular file (memfd, hugetlbfs); borrowed
 * @ret_why: set where it is refused: a sentence's end, static
 *
 * Return: 0; -EINVAL: empty, overlaps another or wraps around; -ENOSPC: too many; -ENOMEM;
 * -EBADF: an fd of the wrong kind; -ERANGE: the file is shorter; or why mmap(2) failed.
 */
int guest_memory_add(struct guest_memory *memory, const struct guest_memory_region *region, int fd,
	const char **ret_why);

/**
 * guest_memory_remove() - unmap the region with these two addresses and this size
 *
 * Return: 0; -ENOENT.
 */
int guest_memory_remove(struct guest_memory *memory, const struct guest_memory_region *region);

/** guest_memory_clear() - unmap all */
void guest_memory_clear(struct guest_memory *memory);

/** guest_memory_count() - number of regions */
unsigned guest_memory_count(const struct guest_memory *memory);

/**
 * guest_memory_region() - the region number @index, below guest_memory_count()
 *
 * Return: the descriptor of its file, borrowed.
 */
int guest_memory_region(
	const struct guest_memory *memory, unsigned index, struct guest_memory_region *ret_region);

/**
 * guest_memory_at() - where a guest-physical address is mapped
 * @len:     bytes wanted, at least 1
 * @ret_len: how many of them are there in one piece: fewer where the region ends
 *
 * Return: a pointer valid until regions change; NULL: not in guest memory.
 */
void *guest_memory_at(
	struct guest_memory *memory, uint64_t guest_addr, size_t len, size_t *ret_len);

/** guest_memory_at_user() - where @len bytes at a frontend's address are, in one region; or NULL */
void *guest_memory_at_user(const struct guest_memory *memory, uint64_t user_addr, size_t len);

/** guest_memory_user_to_guest() - the guest-physical address of a frontend's one; 0: none */
uint64_t guest_memory_user_to_guest(const struct guest_memory *memory, uint64_t user_addr);

/**
 * guest_memory_read() - copy bytes out of guest memory, across regions if need be
 *
 * The copy is made once: what is looked at afterwards cannot change.
 *
 * Return: 0; -EFAULT: not all of it is guest memory.
 */
int guest_memory_read(struct guest_memory *memory, uint64_t guest_addr, void *buf, size_t len);

/** guest_memory_is_broken() - has a file been cut short under us */
bool guest_memory_is_broken(const struct guest_memory *memory);

/* ---- dirty logging, for migration ---- */

/**
 * guest_memory_set_log() - a bitmap in which pages that the device writes are marked
 * @log:  one bit for 4 KiB of guest-physical address space, least significant first; NULL: none;
 *        borrowed
 * @size: bytes
 */
void guest_memory_set_log(struct guest_memory *memory, uint8_t *log, size_t size);

/** guest_memory_log_enable() - mark from now on, or no longer (VHOST_F_LOG_ALL) */
void guest_memory_log_enable(struct guest_memory *memory, bool on);

/** guest_memory_mark() - bytes at a guest-physical address have been written by the device */
void guest_memory_mark(struct guest_memory *memory, uint64_t guest_addr, size_t len);

#endif
