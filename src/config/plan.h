/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_PLAN_H
#define CONFIG_PLAN_H

#include "config/request.h"
#include "control/reload.h"

#include <stdbool.h>

struct world;

/**
 * struct plan - how to get from what there is to what is wanted
 *
 * Made and carried out in steps, so that the loop has its turn between them. What is the same
 * stays. What differs in options that its class can change takes them; else it is made anew, and so
 * is what leans on it, unless that can change its hold.
 */
struct plan {
	struct world *world;
	struct wanted *wanted;
	const char *group;
	const struct reload_listener *listener;
	struct inventory *names;
	int phase, kind;
	size_t index;
};

/**
 * config_plan_init() - nothing is looked at yet
 * @wanted: the plan's until config_plan_done()
 * @group:  only what belongs to this group is compared; NULL: all
 *
 * Return: 0; -ENOMEM.
 */
int config_plan_init(
	struct plan *plan, struct world *world, struct wanted *wanted, const char *group);

enum plan_progress { PLAN_DONE, PLAN_MORE };

/**
 * config_plan_check_step() - look at one more thing
 *
 * Where something is wrong the place of messages is that request.
 *
 * Return: PLAN_MORE; PLAN_DONE: it can be carried out; -errno with @err: it will not be.
 */
int config_plan_check_step(struct plan *plan, struct error **err);

/** config_plan_tell() - tell a listener what would be done */
void config_plan_tell(const struct plan *plan, const struct reload_listener *listener);

/**
 * config_plan_apply_step() - do one more thing
 *
 * What cannot be done is told to the listener and in the log; the rest is done all the same.
 *
 * Return: PLAN_MORE, PLAN_DONE.
 */
int config_plan_apply_step(struct plan *plan, const struct reload_listener *listener);

/** config_plan_shrink() - a piece of config_plan_done(). Return: false: no more is left of it */
bool config_plan_shrink(struct plan *plan);

/** config_plan_done() - also of a zeroed one */
void config_plan_done(struct plan *plan);

#endif
