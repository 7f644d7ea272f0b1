/* SPDX-License-Identifier: MIT */
#ifndef IO_REST_H
#define IO_REST_H

#include "base/list.h"
#include "io/loop.h"

#include <stdbool.h>

enum { REST_MS = 2000 };

/**
 * struct rest - something that is to be done once its owner has not been used for a while
 *
 * One timer a loop does that for all of them, and runs only while any waits for it: who rests costs
 * no wake-ups. One is dealt with in a round of the loop.
 */
struct rest {
	struct loop *loop;
	struct list node;
	bool waits, used;
	void (*fn)(void *data);
	void *data;
};

/** rest_init() - @fn is called once @rest has not been used for REST_MS, twice that at most */
void rest_init(struct rest *rest, struct loop *loop, void (*fn)(void *data), void *data);

/** rest_use() - its owner is used. Where there is no memory for the timer it will not rest */
void rest_use(struct rest *rest);

/** rest_done() - nothing is to be done any more */
void rest_done(struct rest *rest);

#endif
