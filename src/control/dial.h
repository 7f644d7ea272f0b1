/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_DIAL_H
#define CONTROL_DIAL_H

#include "control/command.h"
#include "opts/opts.h"

/**
 * dial_is_needed() - would making a chardev of these options wait for somebody else's machine
 *
 * A TCP client that does not reconnect is connected before it exists, so that who asks for it hears
 * of a failure.
 */
bool dial_is_needed(const struct opts *opts);

/**
 * dial() - connect in the background, and go on
 * @opts:    of the chardev; the dial's from now on
 * @on_done: with fd= in @opts, which are the callee's; or with *@error, which is
 *
 * Return: CALL_LATER; -errno with @err, @opts are freed.
 */
int dial(struct call *call, struct opts *opts,
	void (*on_done)(struct call *call, struct opts *opts, struct error *error),
	struct error **err);

#endif
