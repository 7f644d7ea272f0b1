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

/* Has a hub not given all to a file? */
static bool hub_owes(const struct chardev_set *set, const struct chardev *hub)
{
	struct hub_member_info member;

	for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
		if (is_owed(set, &member))
			return true;
	return false;
}

/* Return: a chardev whose bytes are not where they belong; NULL: there is none. */
static const struct chardev *next_owing(const struct chardev_set *set)
{
	const struct chardev *chardev = NULL;

	while ((chardev = chardev_set_next(set, chardev)))
		if (chardev_owes(chardev) || (chardev_is_hub(chardev) && hub_owes(set, chardev)))
			return chardev;
	return NULL;
}

static void on_end(void *data)
{
	*(bool *)data = true;
}

void drain(struct loop *loop, const struct chardev_set *set)
{
	const struct chardev *owing;
	bool is_over = false;
	struct timer *end = timer_new(loop, on_end, &is_over);

	if (!end)
		return;
	timer_start(end, DRAIN_MS);
	while ((owing = next_owing(set)) && !is_over)
		loop_step(loop, true);
	if (owing)
		log_warning("chardev '%s': a file has not taken all that was printed",
			chardev_id(owing));
	timer_free(end);
}
