/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_DOOR_H
#define VHOST_USER_DOOR_H

#include "base/error.h"
#include "io/loop.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"
#include "transport/address.h"

/** struct door - where frontends come in, one at a time; the others wait */
struct door;

struct door_ops {
	/** Somebody comes in, since nobody is there; @fd is the callee's. */
	void (*on_enter)(void *data, int fd);

	/** Who is there is to leave, since somebody waits: @why. door_is_empty() is to follow. */
	void (*on_dismiss)(void *data, const char *why);
};

/**
 * door_new() - listen for frontends
 * @address: borrowed until return
 * @fd:      socket that listens there already, taken over; -1: none
 * @owner:   "device 'a'", for messages; copied
 *
 * Return: 0; -errno with @err.
 */
int door_new(struct loop *loop, struct address *address, int fd, const char *owner,
	const struct door_ops *ops, void *data, struct door **ret_door, struct error **err);

/** door_fd() - the listening socket */
int door_fd(const struct door *door);

/** door_save() - put a group of vu_file_fields with the tag @tag for each frontend that waits */
void door_save(const struct door *door, uint16_t tag, struct snapshot_writer *to);

/** door_load() - those come again, in the same order; descriptors are borrowed */
void door_load(struct door *door, struct snapshot_groups visitors);

/** door_is_taken() - a frontend is connected over @fd, which is borrowed until door_is_empty() */
void door_is_taken(struct door *door, int fd);

/** door_has_spoken() - who is there has sent a whole message */
void door_has_spoken(struct door *door);

/** door_is_empty() - who was there has left: the next one may come in, after this dispatch */
void door_is_empty(struct door *door);

/** door_free() - send away who waits; may be called from door_ops; NULL is fine */
void door_free(struct door *door);

#endif
