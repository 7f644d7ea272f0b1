/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_UPGRADE_H
#define CONTROL_UPGRADE_H

#include "base/error.h"

#include <stdbool.h>

struct world;

/** enum upgrade_fate - what becomes of a thing, or of a connection */
enum upgrade_fate {
	UPGRADE_GOES_ON,   /* nobody notices */
	UPGRADE_MADE_ANEW, /* of its options */
	UPGRADE_CLOSED,	   /* a connection: its peer has to come again */
	UPGRADE_LOST,	   /* a guest's device: the guest loses it; only with @force */
};

/** upgrade_fate_name() - "goes-on", "made-anew", "closed", "lost" */
const char *upgrade_fate_name(enum upgrade_fate fate);

/**
 * struct upgrade_listener - who waits for an upgrade; called from the loop
 * @on_step: this becomes of it. @what: "chardev", ...; @why: NULL: no word about that
 * @on_end:  the last call; @err: it is not done, and all goes on; NULL: it will be done after this
 *           dispatch, or with @dry_run would be. The callee's
 */
struct upgrade_listener {
	void (*on_step)(void *data, enum upgrade_fate fate, const char *what, const char *name,
		const char *why);
	void (*on_end)(void *data, struct error *err);
	void *data;
};

/** struct upgrader_ops - who can put another program in this one's place */
struct upgrader_ops {
	/**
	 * @dry_run: do nothing but say what would be done. @force: even if a guest loses its
	 * console. Return: 0, on_end() comes; -errno with @err
	 */
	int (*start)(void *data, bool dry_run, bool force, const struct upgrade_listener *listener,
		struct error **err);

	/** The listener does not listen any more. */
	void (*forget)(void *data, const struct upgrade_listener *listener);
};

/** struct upgrader */
struct upgrader {
	const struct upgrader_ops *ops;
	void *data;
};

/**
 * upgrade_tell_failed() - tell all who listen to events why there was none
 *
 * Whoever asked for it may have heard by then that it begins.
 */
void upgrade_tell_failed(struct world *world, const struct error *err);

/** upgrade_start() - as upgrader_ops.start; -ENOTSUP: there is nobody who could */
int upgrade_start(struct world *world, bool dry_run, bool force,
	const struct upgrade_listener *listener, struct error **err);

/** upgrade_forget() - no-op where it is over */
void upgrade_forget(struct world *world, const struct upgrade_listener *listener);

#endif
