/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_RELOAD_H
#define CONFIG_RELOAD_H

#include "config/request.h"
#include "control/reload.h"

struct loop;
struct world;

/**
 * struct config_source - who reads the configuration, piece by piece
 */
struct config_source {
	/**
	 * From the start. @group: only those consoles; NULL: all; valid until end().
	 * Return: 0; -errno with @err
	 */
	int (*begin)(void *data, const char *group, struct error **err);

	/** One more piece; the place of messages says where. Return: 1: more; 0: all; -errno */
	int (*step)(void *data, struct error **err);

	/** What was read; valid until end(). */
	struct wanted *(*wanted)(void *data);

	/**
	 * It is over. @used: what was read is what there is now; else it is forgotten.
	 * Return: 1: called again, there is more to clear away; 0: all is.
	 */
	int (*end)(void *data, bool used);
};

/**
 * struct config_reload - reads the configuration anew, and carries out what has changed
 *
 * In slices of RELOAD_SLICE_MS, so that consoles do not notice.
 */
struct config_reload;

enum { RELOAD_SLICE_MS = 2 };

/** config_reload_new() - Return: 0; -ENOMEM. The world's reloader from now on */
int config_reload_new(struct loop *loop, struct world *world, const struct config_source *source,
	void *data, struct config_reload **ret_reload);

/** config_reload_free() - before the world; NULL is fine */
void config_reload_free(struct config_reload *reload);

/** config_reload_start() - or once more, when the present one is over; nobody waits for it */
void config_reload_start(struct config_reload *reload);

/** config_reload_start_group() - the same of some consoles: what they depend on has changed */
void config_reload_start_group(struct config_reload *reload, const char *group);

#endif
