/* SPDX-License-Identifier: MIT */
#ifndef VNC_SERVER_H
#define VNC_SERVER_H

#include "transport/listener.h"
#include "vnc/studio.h"
#include "vnc/viewer.h"

/**
 * struct vnc_server - one `-vnc` option
 * @host:       what viewers see of it
 * @doors:      listeners, as the configuration's addresses; NULL: not yet, or none
 * @connecting: viewers that have not logged in
 * @exclusive:  the one that wants to be alone, or NULL
 * @lit:        phase of what blinks
 */
struct vnc_server {
	struct vnc_host host;
	struct vnc_context context;
	struct listener *doors[VNC_ADDRESSES_MAX];
	struct list viewers;
	unsigned connecting;
	struct vnc_viewer *exclusive;
	struct auth_password password, view_password;
	int64_t password_expires; /* seconds since 1970; 0: never */
	struct timer *blink;
	bool lit;
};

/** server_take() - a viewer that another program has let in, which is not told */
void server_take(struct vnc_server *server, struct vnc_viewer *viewer, bool shares, bool alone);

#endif
