/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_LISTENS_H
#define CONTROL_LISTENS_H

#include "chardev/chardev.h"
#include "opts/opts.h"

/** struct listens - what `-listen` asked for */
struct listens {
	struct lobby **items;
	size_t len;
};

/** listens_options - those of `-listen` that the class "socket" has not */
extern const struct opt_desc listens_options[];

/**
 * listens_check() - make the options of a socket of those of `-listen`
 * @opts: as parsed; "listen" is [HOST]:PORT, unix:PATH or fd:NAME, where the socket's own host= and
 *        so on do not say it
 *
 * Return: 0; -EINVAL, -ENOMEM with @err.
 */
int listens_check(struct opts *opts, struct error **err);

/** listens_add() - a server and a lobby behind it; @opts: checked. Return: 0; -errno with @err */
int listens_add(struct listens *listens, struct loop *loop, struct chardev_set *chardevs,
	struct opts *opts, struct error **err);

/** listens_drop() - the server and its lobby go; who has chosen a console goes, too */
void listens_drop(struct listens *listens, struct chardev_set *chardevs, const char *id);

/** listens_done() - before the chardevs go */
void listens_done(struct listens *listens);

#endif
