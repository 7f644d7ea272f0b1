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

/**
 * struct estate_kind - a kind of thing that can be made, called as the option of charhubd is
 * @implied: the key of a first element without '='
 * @make:    of options that are unchecked. Return: 0; -errno with @err
 * @remove:  by id; NULL: what was made stays
 */
struct estate_kind {
	const char *name;
	const char *implied;
	int (*make)(struct estate *estate, struct opts *opts, struct error **err);
	int (*remove)(struct estate *estate, const char *id, struct error **err);
};

/** estate_kind() - by name. Return: 0; -EINVAL with @err */
int estate_kind(const char *name, const struct estate_kind **ret_kind, struct error **err);

#endif
