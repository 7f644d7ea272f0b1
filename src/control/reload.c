/* SPDX-License-Identifier: MIT */
#include "control/reload.h"

#include "control/world.h"

#include <errno.h>

const char *reload_action_name(enum reload_action action)
{
	static const char *const names[] = { "keep", "add", "remove", "change", "make-anew" };

	return names[action];
}

int reload_start(struct world *world, bool dry_run, const struct reload_listener *listener,
	struct error **err)
{
	const struct reloader *reloader = world_reloader(world);

	if (!reloader)
		return error_set(
			err, ENOTSUP, "there is no configuration that could be read again");
	return reloader->ops->start(reloader->data, dry_run, listener, err);
}

void reload_forget(struct world *world, const struct reload_listener *listener)
{
	const struct reloader *reloader = world_reloader(world);

	if (reloader)
		reloader->ops->forget(reloader->data, listener);
}
