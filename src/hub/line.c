/* SPDX-License-Identifier: MIT */
#include "hub/line.h"

#include <errno.h>

void hub_line_init(struct hub_line *line, struct members *members)
{
	*line = (struct hub_line){ .members = members };
}

int hub_line_told(struct hub_line *line, const struct chardev_event *event)
{
	switch (event->type) {
	case CHARDEV_LINE: line->line = *event; break;
	case CHARDEV_MODEM: line->modem = *event; break;
	case CHARDEV_BREAK: break;
	default: return -ENOTSUP;
	}
	for_each_member (member, line->members)
		chardev_link_event(&member->link, event);
	return 0;
}

void hub_line_show(const struct hub_line *line, struct member *member)
{
	if (line->line.type == CHARDEV_LINE)
		chardev_link_event(&member->link, &line->line);
	if (line->modem.type == CHARDEV_MODEM)
		chardev_link_event(&member->link, &line->modem);
}
