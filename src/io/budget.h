/* SPDX-License-Identifier: MIT */
#ifndef IO_BUDGET_H
#define IO_BUDGET_H

#include "base/list.h"
#include "io/loop.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	BUDGET_CALLS = 16,	   /* so many of give() in a dispatch, and as many of tell() */
	BUDGET_SHORTAGE_MS = 1000, /* how long a time of shortage is; then it is told */
	BUDGET_RETRY_MS = 1000, /* when all have given what they can, they are asked again then */
	BUDGET_PATIENCE_MS = 3000, /* after a calm time, packing has so long to make enough room */
	BUDGET_CALM_MS = 60000,	   /* nobody was asked for so long */
};

/** enum budget_need - how much is asked for; what costs the most is asked for when all gave less */
enum budget_need { BUDGET_SPARE, BUDGET_DEAR };

struct budget_share;

/**
 * struct budget_ops - what a holder of memory can do for the others
 */
struct budget_ops {
	/** Give back a piece. Return: true: ask again; false: there is no more for this @need. */
	bool (*give)(struct budget_share *share, enum budget_need need);

	/** A time of shortage is over in which it has said budget_gave(). */
	void (*tell)(struct budget_share *share);
};

/**
 * struct budget_share - one that holds memory in stores and can give some of it back
 *
 * The stores of a loop (io/store.h) have one budget. While they take more, those are asked for some
 * of theirs who have not used it for the longest time, in tasks of a bounded length. While they
 * take less nobody is asked, and nothing is done but to keep the order. What passes the budget for
 * the first time in a long while may be small in a moment: it is packed before anybody is asked.
 */
struct budget_share {
	struct budget *budget;
	const struct budget_ops *ops;
	struct list node, giver;
};

/**
 * budget_set() - what the stores of a loop may take, as it is and compressed; at once
 * @bytes: 0: any, which is what a loop begins with; also before the loop goes
 *
 * Return: 0; -ENOMEM: nothing has changed.
 */
int budget_set(struct loop *loop, size_t bytes);

/** budget_get() - what budget_set() was told last */
size_t budget_get(struct loop *loop);

/** budget_join() - @share has been used now. Return: 0, -ENOMEM */
int budget_join(struct loop *loop, struct budget_share *share, const struct budget_ops *ops);

/** budget_use() - of all shares, this one is used last */
void budget_use(struct budget_share *share);

/** budget_gave() - it has just given something back, of which it will tell */
void budget_gave(struct budget_share *share);

/** budget_leave() - no-op on one that never joined, if zeroed; it is not told any more */
void budget_leave(struct budget_share *share);

#endif
