/* SPDX-License-Identifier: MIT */
#ifndef LIB_ESTATE_H
#define LIB_ESTATE_H

#include "control/world.h"

/**
 * struct estate - a world and who steers it: what charhubd has one of, and each context of the
 * library
 */
struct estate {
	struct world *world;
	struct monitors *monitors;
};

/** estate_init() - Return: 0; -ENOMEM with @err, nothing is left */
int estate_init(struct estate *estate, const struct world_config *config, struct error **err);

/** estate_done() - unmake everything, as world_free(); also of a zeroed one */
void estate_done(struct estate *estate);

#endif
