/* SPDX-License-Identifier: MIT */
#ifndef TEST_FUZZ_SERVER_SCENE_H
#define TEST_FUZZ_SERVER_SCENE_H

#include "control/world.h"
#include "fuzz/server-crowd.h"

/*
 * All that a charhubd is made of, in this process, for fuzz-server.c: ways in of every kind and the
 * consoles behind them. With the guest of the first console, and with one reader of it, all is
 * well. What must not be ends the process.
 *
 * @parted: somebody at a monitor has taken the guest or the reader away, or apart
 */
struct scene {
	char dir[32];
	struct crowd crowd;
	struct loop *loop;
	struct world *world;
	struct monitors *monitors;
	struct fake_chardev *guest, *reader;
	size_t printed; /* by the guest */
	size_t memory;	/* at the start */
	unsigned fds;
	bool parted;
};

enum { PRINTED_MAX = 1 << 20 };

void scene_begin(struct scene *scene);

/** scene_end() - everybody goes; who comes then is served as ever, and nothing is left behind */
void scene_end(struct scene *scene);

/** scene_settle() - run the loop until it has nothing to do; look whether all is as it must be */
void scene_settle(struct scene *scene);

/** scene_pass() - let time pass, in steps, with all that happens in each */
void scene_pass(struct scene *scene, uint64_t ms);

/** scene_print() - the guest says @len bytes more, PRINTED_MAX in all at most */
void scene_print(struct scene *scene, size_t len);

#endif
