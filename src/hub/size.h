/* SPDX-License-Identifier: MIT */
#ifndef HUB_SIZE_H
#define HUB_SIZE_H

#include "hub/member.h"

/*
 * Whose size the console has. The guest may ask for one (CSI 8 t, DECCOLM): it gets it while no
 * member's terminal has told one; under SIZE_GUEST it always does, and then has the last word.
 */
enum size_policy { SIZE_WRITER, SIZE_SMALLEST, SIZE_LARGEST, SIZE_GUEST, SIZE_FIXED };

/**
 * struct size - how large the console is
 * @cols, @rows: what it is now
 * @known:       somebody said so; it is not only assumed
 * @by_guest:    it was the guest, at some time
 * @clock:       counts who spoke up last, for the writer policy
 */
struct size {
	struct members *members;
	enum size_policy policy;
	bool known, by_guest;
	unsigned cols, rows;
	uint64_t clock;
};

/** size_init() - @text: COLSxROWS or a policy, as the option says. Return: 0, -EINVAL with @err */
int size_init(struct size *size, struct members *members, const char *text, struct error **err);

/** size_may_ask() - whether the guest gets a size that it asks for */
bool size_may_ask(const struct size *size);

/* Each returns whether the console's size has changed by it. */

/** size_taken() - the terminal has this size now: the guest may have asked for it */
bool size_taken(struct size *size, unsigned cols, unsigned rows);

/** size_told() - a member's terminal has this size */
bool size_told(struct size *size, struct member *member, unsigned cols, unsigned rows);

/** size_typed() - a member has typed: under the writer policy its size counts */
bool size_typed(struct size *size, struct member *member);

/** size_forget() - the member is going */
bool size_forget(struct size *size, struct member *member);

#endif
