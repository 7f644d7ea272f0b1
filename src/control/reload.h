/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "base/error.h"

#include <stdbool.h>

#include "control/inventory.h"

struct world;

/** enum reload_action - what becomes of a thing; RELOAD_KEEP: nothing */
enum reload_action { RELOAD_KEEP, RELOAD_ADD, RELOAD_REMOVE, RELOAD_CHANGE, RELOAD_MAKE_ANEW };

/** reload_action_name() - "add", "remove", "change", "make-anew" */
const char *reload_action_name(enum reload_action action);

/**
 * struct reload_listener - who waits for a reload; all are called from the loop
 * @on_step: something is done, or would be; @err: it could not be done, NULL: it could
 * @on_end:  the last call; @err: of what was read nothing is used; NULL: it is. The callee's
 */
struct reload_listener {
	void (*on_step)(void *data, enum reload_action action, enum thing_kind kind,
		const char *name, const struct error *err);
	void (*on_end)(void *data, struct error *err);
	void *data;
};

/**
 * struct reloader_ops - who can read the configuration again
 */
struct reloader_ops {
	/** @dry_run: do nothing but say what would be done. Return: 0, on_end() comes; -errno */
	int (*start)(void *data, bool dry_run, const struct reload_listener *listener,
		struct error **err);

	/** The listener does not listen any more. */
	void (*forget)(void *data, const struct reload_listener *listener);
};

/** reload_start() - as reloader_ops.start; -ENOTSUP: there is nobody who could */
int reload_start(struct world *world, bool dry_run, const struct reload_listener *listener,
	struct error **err);

/** reload_forget() - no-op where it is over */
void reload_forget(struct world *world, const struct reload_listener *listener);

#endif
