/* SPDX-License-Identifier: MIT */
#include "prog/drain.h"

#include <charhub/hub.h>

#include "base/log.h"

enum { DRAIN_MS = 2000 };

static bool is_owed(const struct chardev_set *set, const struct hub_member_info *member)
{
	const struct chardev *chardev = chardev_set_find(set, member->id);

	return chardev && chardev_is_sink(chardev) && member->standing != HUB_MEMBER_OUT &&
	       member->backlog;
}

/* Return: a hub of which a file has not got all; NULL: there is none. */
static const struct chardev *next_owing(const struct chardev_set *set)
{
	const struct chardev *chardev = NULL;
	struct hub_member_info member;

	while ((chardev = chardev_set_next(set, chardev))) {
		for (size_t i = 0; chardev_is_hub(chardev); i++) {
			if (hub_member_info(chardev, i, &member) < 0)
				break;
			if (is_owed(set, &member))
				return chardev;
		}
	}
	return NULL;
}

static void on_end(void *data)
{
	*(bool *)data = true;
}

void drain(struct loop *loop, const struct chardev_set *set)
{
	const struct chardev *hub;
	bool is_over = false;
	struct timer *end = timer_new(loop, on_end, &is_over);

	if (!end)
		return;
	timer_start(end, DRAIN_MS);
	while ((hub = next_owing(set)) && !is_over)
		loop_step(loop, true);
	if (hub)
		log_warning("hub '%s': a file has not taken all that was printed", chardev_id(hub));
	timer_free(end);
}
