/* SPDX-License-Identifier: MIT */
#ifndef CHARHUB_HUB_H
#define CHARHUB_HUB_H

#include <charhub/chardev.h>

/*
 * Class "hub": one holder, any number of chardevs as members. What the guest writes goes to every
 * member; what a member sends goes to the guest. The journal of the hub lets members read at their
 * own pace within its window. A chardev that is freed while it is a member leaves the hub.
 */
extern const struct chardev_class hub_class;

struct object;

enum hub_access {
	HUB_ACCESS_TYPE,
	HUB_ACCESS_VIEW,
	HUB_ACCESS_NONE, /* rules allow neither */
};
enum hub_stall { HUB_STALL_SKIP, HUB_STALL_WAIT, HUB_STALL_CLOSE };
enum hub_replay { HUB_REPLAY_AUTO, HUB_REPLAY_SCREEN, HUB_REPLAY_WINDOW, HUB_REPLAY_NONE };

/**
 * struct hub_member_options - what a member may have of its own
 * @access: may it send input to the guest
 * @stall:  what happens when it does not keep up
 * @replay: what it gets first
 * @view_authz, @type_authz: rules about who is at its other end (object/authz.h), of which the
 *          member takes care that they stay; NULL: none. They take of @access, and add nothing
 *
 * The clients of a server have those of the server.
 */
struct hub_member_options {
	enum hub_access access;
	enum hub_stall stall;
	enum hub_replay replay;
	struct object *view_authz, *type_authz;
};

enum hub_standing {
	HUB_MEMBER_OUT,	    /* closed or in error: gets nothing until it opens again */
	HUB_MEMBER_GOOD,    /* gets every byte; the guest's room depends on it */
	HUB_MEMBER_CATCHUP, /* gets every byte if it is fast enough; holds nobody up */
	HUB_MEMBER_SKIPPED, /* takes nothing; is told what it missed when it does again */
};

/**
 * struct hub_member_info - what is known about a member
 * @id:            of its chardev; owned by it
 * @identity:      who is there, see chardev_identity(); owned by the member; NULL: nobody
 * @access:        what those may who are there
 * @backlog:       bytes of the journal that it has not been given yet
 * @skipped_bytes: bytes that it never got, in all; @skips: how often that happened
 * @refused_bytes: input that was dropped since it may only view
 */
struct hub_member_info {
	const char *id, *identity;
	struct hub_member_options options;
	enum hub_access access;
	enum hub_standing standing;
	bool open;
	uint64_t backlog;
	uint64_t out_bytes, in_bytes;
	uint64_t skipped_bytes, skips, refused_bytes;
};

/** chardev_is_hub() */
bool chardev_is_hub(const struct chardev *chardev);

/**
 * hub_add_member() - let one more chardev take part; at any time
 * @options: borrowed; NULL: may type, the rest as the hub's options say
 *
 * Return: 0; -EBUSY "chardev 'a' is already in use"; -ELOOP if the hub would contain itself;
 * -EINVAL if the guest cannot be made to wait and @options say so; -ENOMEM.
 */
int hub_add_member(struct chardev *hub, struct chardev *chardev,
	const struct hub_member_options *options, struct error **err);

/** hub_remove_member() - the chardev is free again. Return: 0; -ENOENT */
int hub_remove_member(struct chardev *hub, const char *id, struct error **err);

/** hub_member_count() */
size_t hub_member_count(const struct chardev *hub);

/** hub_member_info() - of member @index, 0 the oldest. Return: 0; -ENOENT: there are fewer */
int hub_member_info(const struct chardev *hub, size_t index, struct hub_member_info *ret_info);

#endif
