/* SPDX-License-Identifier: MIT */
#include "control/guests.h"

#include "base/list.h"
#include "chardev/chardev-impl.h"
#include "control/console.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "hub/hub.h"

#include <errno.h>
#include <stdlib.h>

/** struct guest - of one hub; @name: the hub's */
struct guest {
	struct name name;
	const struct frontend *frontend;
};

static struct guest *find(const struct guests *guests, const struct chardev *hub)
{
	struct name *name = names_find(&guests->hubs, chardev_id(hub));

	return name ? container_of(name, struct guest, name) : NULL;
}

/* All hubs that a guest's console is, or is made of. */
static void note(struct guests *guests, const struct chardev *chardev, const struct frontend *owner)
{
	struct guest *guest = chardev_is_hub(chardev) ? find(guests, chardev) : NULL;
	const struct chardev *child;

	if (guest && !guest->frontend)
		guest->frontend = owner;
	for (size_t i = 0; chardev->class->child && (child = chardev->class->child(chardev, i));
		i++)
		note(guests, child, owner);
}

int guests_look(const struct world *world, struct guests *guests)
{
	const struct frontend *frontend = NULL;
	const struct chardev *hub = NULL;
	struct guest *guest;
	size_t n = 0;

	while ((hub = console_next(world, hub)))
		n++;
	guest = guests->all = calloc(n + 1, sizeof(*guest));
	if (!guest)
		return -ENOMEM;
	while ((hub = console_next(world, hub)))
		names_add(&guests->hubs, &guest++->name, chardev_id(hub));
	while ((frontend = frontend_set_next(world_frontends(world), frontend)))
		if (frontend->console && frontend->console->chardev)
			note(guests, frontend->console->chardev, frontend);
	return 0;
}

const struct frontend *guests_find(const struct guests *guests, const struct chardev *hub)
{
	const struct guest *guest = find(guests, hub);

	return guest ? guest->frontend : NULL;
}

void guests_done(struct guests *guests)
{
	names_done(&guests->hubs);
	free(guests->all);
	*guests = (struct guests){ 0 };
}
