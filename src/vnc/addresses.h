/* SPDX-License-Identifier: MIT */
#ifndef VNC_ADDRESSES_H
#define VNC_ADDRESSES_H

#include "opts/opts.h"
#include "transport/address.h"

enum { VNC_ADDRESSES_MAX = 32 }; /* of one `-vnc`, those of websockets included */

/** struct vnc_address - @websocket: for browsers */
struct vnc_address {
	struct address address;
	bool websocket;
};

/** struct vnc_addresses - all places at which one `-vnc` is served; owns its strings */
struct vnc_addresses {
	struct vnc_address items[VNC_ADDRESSES_MAX];
	size_t len;
};

/**
 * vnc_addresses_read() - what `vnc=`, `websocket=`, `to=`, `ipv4=`, `ipv6=`, `reverse=` say
 * @opts: checked against vnc_options
 *
 * `vnc=` and `websocket=` may be there several times; the former come first. With reverse=on the
 * one address is where to connect to.
 *
 * Return: 0, to be undone by vnc_addresses_done(); -EINVAL with QEMU's texts, -ENOMEM.
 */
int vnc_addresses_read(
	const struct opts *opts, struct vnc_addresses *ret_addresses, struct error **err);

void vnc_addresses_done(struct vnc_addresses *addresses);

#endif
