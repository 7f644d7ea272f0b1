/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_REQUEST_H
#define CONFIG_REQUEST_H

#include "base/error.h"

#include "control/inventory.h"
#include "control/reload.h"

#include <stdbool.h>
#include <stddef.h>

struct opts;

/**
 * struct request - something that is asked for
 * @opts:  owned
 * @where: its origin as log_set_place() takes it: " -chardev null,id=a" or "vm.cfg:12"; owned
 * @name, @text, @group: as in struct thing; NULL: not known yet, none; owned
 * @action: what is to be done for it
 */
struct request {
	struct opts *opts;
	char *where;
	char *name, *text, *group;
	enum reload_action action;
};

struct request_list {
	struct request *items;
	size_t len, size;
};

/**
 * request_list_add() - append a request
 * @opts:  the list's on success
 * @where: copied
 *
 * Return: 0; -ENOMEM with @err.
 */
int request_list_add(
	struct request_list *list, struct opts *opts, const char *where, struct error **err);

/** request_list_done() - also of a zeroed one */
void request_list_done(struct request_list *list);

/** request_list_shrink() - the last one goes. Return: false: there was none */
bool request_list_shrink(struct request_list *list);

/** struct wanted - all that is asked for, each kind in the order of the text */
struct wanted {
	struct request_list lists[THING_KINDS];
};

/** wanted_shrink() - one of all goes. Return: false: there was none */
bool wanted_shrink(struct wanted *wanted);

/** wanted_done() - also of a zeroed one */
void wanted_done(struct wanted *wanted);

#endif
