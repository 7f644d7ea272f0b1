/* SPDX-License-Identifier: MIT */
#ifndef PROG_NOTIFY_H
#define PROG_NOTIFY_H

/**
 * struct notify - the service manager's socket [sd_notify(3)]
 * @address: from $NOTIFY_SOCKET; NULL: nobody wants to know. Owned
 * @fd:      opened first, so that a limit cannot keep from the manager that all is ready; or -1
 */
struct notify {
	char *address;
	int fd;
};

/** notify_init() - take $NOTIFY_SOCKET out of the environment, so that no child speaks for us */
void notify_init(struct notify *notify);

/** notify_send() - send "READY=1" and the like; never blocks, failing is not our problem */
void notify_send(const struct notify *notify, const char *state);

void notify_done(struct notify *notify);

#endif
