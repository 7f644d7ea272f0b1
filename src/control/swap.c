/* SPDX-License-Identifier: MIT */
#include "control/swap.h"

#include "chardev/chardev-impl.h"
#include "control/world.h"
#include "hub/hub.h"

#include <errno.h>
#include <string.h>

/* The hub that a chardev is a member of; NULL: none. */
static struct chardev *find_hub(
	const struct world *world, const char *id, struct hub_member_info *ret_member)
{
	struct chardev *at = NULL;

	while ((at = chardev_set_next(world_chardevs(world), at)))
		if (chardev_is_hub(at) && hub_member_find(at, id, ret_member, NULL) == 0 &&
			!ret_member->server)
			return at;
	return NULL;
}

int swap_check(const struct world *world, const char *id, struct error **err)
{
	struct chardev *chardev = chardev_set_find(world_chardevs(world), id);
	struct hub_member_info member;

	if (!chardev)
		return error_set(err, ENOENT, "Chardev '%s' does not exist", id);
	if (chardev_is_hub(chardev) || !strcmp(chardev_class_name(chardev), "mux"))
		return error_set(err, EBUSY, "For mux or hub device hotswap is not supported yet");
	if (chardev_is_held(chardev) && !(chardev_holder_flags(chardev) & CHARDEV_LINK_SWAPS) &&
		!find_hub(world, id, &member))
		return error_set(err, EBUSY, "Chardev user does not support chardev hotswap");
	return 0;
}

/* It leaves the hub, and joins it again as what it is then. */
static int swap_member(struct world *world, struct chardev *hub,
	const struct hub_member_options *options, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err)
{
	struct chardev *chardev;
	int r = hub_remove_member(hub, id, err);

	if (r < 0)
		return r;
	r = world_change_chardev(world, id, opts, ret_chardev, err);
	chardev = r == 0 ? *ret_chardev : chardev_set_find(world_chardevs(world), id);
	if (r < 0)
		hub_add_member(hub, chardev, options, NULL);
	else
		r = hub_add_member(hub, chardev, options, err);
	return r;
}

int swap_chardev(struct world *world, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err)
{
	struct hub_member_info member;
	struct chardev *hub;
	int r = swap_check(world, id, err);

	if (r < 0)
		return r;
	hub = find_hub(world, id, &member);
	if (!hub)
		return world_change_chardev(world, id, opts, ret_chardev, err);
	return swap_member(world, hub, &member.options, id, opts, ret_chardev, err);
}
