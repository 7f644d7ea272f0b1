/* SPDX-License-Identifier: MIT */
#ifndef LIB_MEMBER_H
#define LIB_MEMBER_H

#include "hub/hub.h"
#include "lib/context.h"

/* What a member is made of. */
enum member_kind { MEMBER_CHARDEV, MEMBER_FD, MEMBER_CALLBACKS };

/**
 * struct charhub_member - a handle
 * @peer:     of MEMBER_FD, MEMBER_CALLBACKS: the chardev, which is the hub's; NULL: it has gone
 * @hub:      of MEMBER_CHARDEV: where it takes part; NULL: no more; @observer tells so
 * @id:       the member's name
 * @gone:     the task that tells @on_gone
 */
struct charhub_member {
	struct charhub *charhub;
	struct list node;
	struct charhub_member_config config;
	enum member_kind kind;
	struct chardev *peer, *hub;
	struct hub_observer observer;
	char *id;
	struct task gone, reap;
};

/** members_forget() - free all handles, before what they stand for goes; nobody is told */
void members_forget(struct charhub *charhub);

#endif
