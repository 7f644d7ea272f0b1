/* SPDX-License-Identifier: MIT */
#ifndef FRONTEND_INHERITANCE_H
#define FRONTEND_INHERITANCE_H

#include "frontend/frontend.h"

/** struct frontend_inheritance - what another program has left of frontends */
struct frontend_inheritance;

/** frontend_inheritance_new() - see frontend_set_inherit() */
int frontend_inheritance_new(
	const struct snapshot_groups *frontends, struct frontend_inheritance **ret_inheritance);

/** frontend_inheritance_free() - what nobody has taken is closed; NULL is fine */
void frontend_inheritance_free(struct frontend_inheritance *all);

/** frontend_inheritance_find() - what was left of this one, once; owned by @all; NULL: nothing */
const void *frontend_inheritance_find(
	struct frontend_inheritance *all, const struct frontend *frontend);

/** frontend_inheritance_load() - load those of the set of which something was found */
void frontend_inheritance_load(struct frontend_inheritance *all, const struct frontend_set *set);

#endif
