/* SPDX-License-Identifier: MIT */
#ifndef PROG_NOTIFY_H
#define PROG_NOTIFY_H

/**
 * struct notify - the service manager's socket [sd_notify(3)]
 * @address: from $NOTIFY_SOCKET; NULL: nobody wants to know. Owned
 */
struct notify {
	char *address;
};

/** notify_init() - take $NOTIFY_SOCKET out of the environment, so that no child speaks for us */
void notify_init(struct notify *notify);

/** notify_send() - send "READY=1" and the like; never blocks, failing is not our problem */
void notify_send(const struct notify *notify, const char *state);

void notify_done(struct notify *notify);

#endif
