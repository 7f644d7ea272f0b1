/* SPDX-License-Identifier: MIT */
#include "config/request.h"

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
	list->items[list->len++] = (struct request){ .opts = opts, .where = copy };
	return 0;
}

bool request_list_shrink(struct request_list *list)
{
	struct request *last;

	if (!list->len)
		return false;
	last = &list->items[--list->len];
	opts_free(last->opts);
	free(last->where);
	free(last->name);
	free(last->text);
	free(last->group);
	return true;
}

void request_list_done(struct request_list *list)
{
	while (request_list_shrink(list))
		;
	free(list->items);
	*list = (struct request_list){ 0 };
}

bool wanted_shrink(struct wanted *wanted)
{
	for (int kind = 0; kind < THING_KINDS; kind++)
		if (request_list_shrink(&wanted->lists[kind]))
			return true;
	return false;
}

void wanted_done(struct wanted *wanted)
{
	for (int kind = 0; kind < THING_KINDS; kind++)
		request_list_done(&wanted->lists[kind]);
}
