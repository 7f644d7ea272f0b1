/* SPDX-License-Identifier: MIT */
#include "control/people.h"

#include "base/strbuf.h"
#include "chardev/chardev.h"
#include "hub/hub.h"
#include "transport/identity.h"

#include <string.h>

/* A client of a server is in no set; of the rest the class tells: files are no people. */
static bool is_person(const struct chardev_set *set, const struct hub_member_info *member)
{
	static const char *const classes[] = { "pty", "socket", "stdio" };
	const struct chardev *chardev = chardev_set_find(set, member->id);

	if (!member->open || (member->server && chardev_is_sink(member->server)) ||
		member->access == HUB_ACCESS_NONE)
		return false;
	for (size_t i = 0; chardev && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strcmp(chardev_class_name(chardev), classes[i]))
			return true;
	return !chardev;
}

static bool is_member(const struct chardev *hub, const char *id)
{
	struct hub_member_info member;

	for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
		if (!strcmp(member.id, id))
			return true;
	return false;
}

/* "s0.1 (user:joe)"; "s0.1 (user:joe) types" where one has the keyboard */
static void put_member(const struct hub_member_info *member,
	void (*put)(void *names, const char *name), void *names)
{
	struct strbuf name AUTO_STRBUF = { 0 };

	strbuf_puts(&name, member->id);
	if (member->identity && strcmp(member->identity, IDENTITY_ANONYMOUS) != 0)
		strbuf_printf(&name, " (%s)", member->identity);
	if (member->has_keyboard)
		strbuf_puts(&name, " types");
	if (!name.failed)
		put(names, name.data);
}

void people_at(
	void *chardevs, const char *label, void (*put)(void *names, const char *name), void *names)
{
	const struct chardev_set *set = chardevs;
	struct chardev *hub = NULL;
	struct hub_member_info member;

	while ((hub = chardev_set_next(set, hub))) {
		if (!chardev_is_hub(hub) || !is_member(hub, label))
			continue;
		for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
			if (member.has_keyboard || is_person(set, &member))
				put_member(&member, put, names);
	}
}
