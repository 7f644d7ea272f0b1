/* SPDX-License-Identifier: MIT */
#ifndef HUB_LINE_H
#define HUB_LINE_H

#include "hub/member.h"

/**
 * struct hub_line - the serial line that the guest is, if it is one
 * @line, @modem: as the guest's end has told; type CHARDEV_OPENED: nothing yet
 */
struct hub_line {
	struct members *members;
	struct chardev_event line, modem;
};

/** hub_line_init() - nothing is known */
void hub_line_init(struct hub_line *line, struct members *members);

/** hub_line_told() - LINE, MODEM or BREAK of the guest, for all members. Return: 0, -ENOTSUP */
int hub_line_told(struct hub_line *line, const struct chardev_event *event);

/** hub_line_show() - tell a member how it is: it has come, or may not have what it wants */
void hub_line_show(const struct hub_line *line, struct member *member);

#endif
