/* SPDX-License-Identifier: MIT */
#ifndef VNC_HOST_H
#define VNC_HOST_H

#include "object/authz.h"
#include "object/login.h"
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
	 * Is it the response to a password?
	 *
	 * Return: 0, *@ret_may_type is set; -EACCES: no; -EKEYEXPIRED: to one that was good once.
	 */
	int (*check_password)(struct vnc_host *host, const uint8_t challenge[AUTH_CHALLENGE_SIZE],
		const uint8_t response[AUTH_CHALLENGE_SIZE], bool *ret_may_type);

	/** An event for the program: VNC_CONNECTED, VNC_INITIALIZED, VNC_REFUSED */
	void (*tell)(struct vnc_host *host, enum vnc_event event, const struct vnc_viewer *viewer);

	/** A viewer goes; it is in no count and no list any more, and the program is told */
	void (*forget)(struct vnc_host *host, struct vnc_viewer *viewer);

	/** Something that a viewer looks at blinks: beat the time */
	void (*wants_blink)(struct vnc_host *host);
};

/**
 * struct vnc_host - embedded in the server
 * @tls:    by which connections are encrypted; NULL: they are not
 * @login:  where users and their passwords are checked, of whoever comes; NULL: nowhere
 * @gate:   who may what; its rules are held
 * @admin:  who of them may use the page behind the overview; held; NULL: nobody
 * @door:   who has said a wrong password
 * @studio: where pictures are encoded
 * @shared: viewers that are logged in and share
 * @logins: how many were let in, and how many were not
 */
struct vnc_host {
	const struct vnc_host_ops *ops;
	struct loop *loop;
	struct display *display;
	struct vnc_config config;
	struct tls_creds *tls;
	struct login *login;
	struct authz_gate gate;
	struct object *admin;
	struct door door;
	struct studio *studio;
	unsigned shared;
	struct vnc_logins logins;
};

#endif
