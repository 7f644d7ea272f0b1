/* SPDX-License-Identifier: MIT */
#ifndef VNC_HOST_H
#define VNC_HOST_H

#include "object/authz.h"
#include "object/tls-creds.h"
#include "vnc/auth.h"
#include "vnc/door.h"
#include "vnc/options.h"
#include "vnc/vnc.h"

#include <stdbool.h>

/*
 * The server as its viewers see it: what they may look at, and the few things that they may ask of
 * it. Neither a viewer nor a part of one knows more about the server than this.
 */
struct vnc_host;
struct studio;

/** struct vnc_host_ops - what the server does for a viewer; all of them are there */
struct vnc_host_ops {
	/**
	 * A viewer has logged in and says whether it shares. Others may have to go.
	 *
	 * Return: 0; -EBUSY: the policy or the limit refuses it.
	 */
	int (*admit)(struct vnc_host *host, struct vnc_viewer *viewer, bool shared);

	/**
	 * Somebody at this address has said a password. Return: milliseconds until it may be
	 * checked, 0: now; -EAGAIN: there were too many wrong ones.
	 */
	int64_t (*password_wait)(struct vnc_host *host, const struct door_address *address);

	/** Check it. Return: 0, *@ret_may_type is set; -EACCES: it is wrong, which is remembered */
	int (*check_password)(struct vnc_host *host, const struct door_address *address,
		const uint8_t challenge[AUTH_CHALLENGE_SIZE],
		const uint8_t response[AUTH_CHALLENGE_SIZE], bool *ret_may_type);

	/** What may somebody of this name. */
	enum authz_right (*right)(struct vnc_host *host, const char *who);

	/** An event for the program: VNC_CONNECTED, VNC_INITIALIZED */
	void (*tell)(struct vnc_host *host, enum vnc_event event, const struct vnc_viewer *viewer);

	/** A viewer goes; it is in no count and no list any more, and the program is told */
	void (*forget)(struct vnc_host *host, struct vnc_viewer *viewer);

	/** Something that a viewer looks at blinks: beat the time */
	void (*wants_blink)(struct vnc_host *host);
};

/**
 * struct vnc_host - embedded in the server
 * @tls:    by which connections are encrypted; NULL: they are not
 * @tls_rule: whom of those that have shaken hands it takes; NULL: all
 * @studio: where pictures are encoded
 * @shared: viewers that are logged in and share
 */
struct vnc_host {
	const struct vnc_host_ops *ops;
	struct loop *loop;
	struct display *display;
	struct vnc_config config;
	struct tls_creds *tls;
	struct object *tls_rule;
	struct studio *studio;
	unsigned shared;
};

#endif
