/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>

struct daemons;

/**
 * struct client - what all verbs share
 * @daemons: whom we may talk to
 * @json:    print JSON
 * @colour:  the output is a terminal that shows colours
 */
struct client {
	struct daemons *daemons;
	bool json, colour;
};

#endif
