/* SPDX-License-Identifier: MIT */
#include "prog/setup.h"

#include "opts/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int request_list_add(
	struct request_list *list, struct opts *opts, const char *where, struct error **err)
{
	size_t size = list->size ? list->size * 2 : 8;
	char *copy;

	if (list->len == list->size) {
		struct request *items = reallocarray(list->items, size, sizeof(*items));

		if (!items)
			return error_set(err, ENOMEM, "out of memory");
		list->items = items;
		list->size = size;
	}
	copy = strdup(where);
	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	list->items[list->len++] = (struct request){ opts, copy };
	return 0;
}

static void request_list_done(struct request_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		opts_free(list->items[i].opts);
		free(list->items[i].where);
	}
	free(list->items);
	*list = (struct request_list){ 0 };
}

void setup_done(struct setup *setup)
{
	request_list_done(&setup->objects);
	request_list_done(&setup->chardevs);
	request_list_done(&setup->listens);
	request_list_done(&setup->monitors);
	request_list_done(&setup->devices);
	request_list_done(&setup->vncs);
	fdsets_done(&setup->fdsets);
	activation_done(&setup->activation);
	for (size_t i = 0; i < setup->n_serials; i++)
		free(setup->serials[i]);
	free(setup->serials);
	setup->serials = NULL;
	setup->n_serials = 0;
	free(setup->name);
	setup->name = NULL;
}
