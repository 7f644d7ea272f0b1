/* SPDX-License-Identifier: MIT */
#ifndef VNC_SERVER_H
#define VNC_SERVER_H

#include "base/list.h"
#include "io/listener.h"
#include "vnc/encode-cache.h"
#include "vnc/options.h"
#include "vnc/viewer.h"

/**
 * struct scratch - room to make updates in, one for all viewers of a server since there is one loop
 */
struct scratch {
	struct display_update update;
	struct text_cell row[RASTER_CELLS_MAX];
	struct raster raster;
	struct tile tile;
	struct encoded encoded;
	uint8_t deflated[ENCODE_BYTES_MAX + ENCODE_BYTES_MAX / 64 + 64];
	uint8_t input[STREAM_READ_MAX];
};

/**
 * struct vnc_server - one `-vnc` option
 * @connecting: viewers that have not logged in
 * @shared:     viewers that are logged in and share
 * @exclusive:  the one that wants to be alone, or NULL
 * @lit:        phase of what blinks
 */
struct vnc_server {
	struct vnc_context context;
	struct vnc_config config;
	struct listener *listener, *websocket_listener;
	char *address, *websocket_address;
	struct list viewers;
	unsigned connecting, shared;
	struct vnc_viewer *exclusive;
	struct auth_password password, view_password;
	int64_t password_expires; /* seconds since 1970; 0: never */
	struct timer *blink;
	bool lit;
	struct scratch *scratch;
	struct encode_cache cache;
};

/**
 * server_admit() - a viewer has logged in and says whether it shares
 *
 * Return: 0; -EBUSY: the policy or the limit refuses it.
 */
int server_admit(struct vnc_server *server, struct vnc_viewer *viewer, bool shared);

/** server_forget() - a viewer goes; it is in no count and no list any more */
void server_forget(struct vnc_server *server, struct vnc_viewer *viewer);

/** server_tell() - an event to the program */
void server_tell(struct vnc_server *server, enum vnc_event event, const struct vnc_viewer *viewer);

/** server_wants_blink() - a viewer looks at something that blinks: beat the time */
void server_wants_blink(struct vnc_server *server);

/** server_check_password() - Return: 0; -EACCES; *@ret_may_type is set on success */
int server_check_password(const struct vnc_server *server, const struct vnc_viewer *viewer,
	const uint8_t response[AUTH_CHALLENGE_SIZE], bool *ret_may_type);

#endif
