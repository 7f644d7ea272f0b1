/* SPDX-License-Identifier: MIT */
#include "control/upgrade.h"

#include "control/event-table.h"
#include "control/event.h"
#include "control/world.h"

#include <errno.h>

const char *upgrade_fate_name(enum upgrade_fate fate)
{
	static const char *const names[] = { "goes-on", "made-anew", "closed", "lost" };

	return names[fate];
}

void upgrade_tell_failed(struct world *world, const struct error *err)
{
	event_publish(world_events(world), &event_upgrade_failed,
		json_pack("{s:s}", "error", error_message(err)));
}

int upgrade_start(struct world *world, bool dry_run, bool force,
	const struct upgrade_listener *listener, struct error **err)
{
	const struct upgrader *upgrader = world_upgrader(world);

	if (!upgrader)
		return error_set(err, ENOTSUP,
			"there is no program that another one could take the place of");
	return upgrader->ops->start(upgrader->data, dry_run, force, listener, err);
}

void upgrade_forget(struct world *world, const struct upgrade_listener *listener)
{
	const struct upgrader *upgrader = world_upgrader(world);

	if (upgrader)
		upgrader->ops->forget(upgrader->data, listener);
}
