/* SPDX-License-Identifier: MIT */
/* Those that are to be prepared are known by their ids: between two rounds any may come and go. */
#include "chardev/preparation.h"

#include "chardev/chardev-impl.h"

#include <stdlib.h>
#include <string.h>

/**
 * struct chardev_preparation
 * @ids:  of those that were there in the beginning and have something to prepare, @n of them
 * @next: the first of them that has not been in this run
 */
struct chardev_preparation {
	struct chardev_set *set;
	struct loop *loop;
	struct task task;
	char **ids;
	size_t n, next;
	uint64_t end_ms;
	void (*fn)(void *data);
	void *data;
};

static bool is_prepared(const struct chardev *chardev)
{
	return chardev->class->handover && chardev->class->handover->prepare;
}

static void prepare_one(void *data)
{
	struct chardev_preparation *all = data;
	struct chardev *chardev;

	if (all->next == all->n || loop_now_ms(all->loop) >= all->end_ms) {
		all->fn(all->data);
		return;
	}
	chardev = chardev_set_find(all->set, all->ids[all->next++]);
	if (chardev && is_prepared(chardev))
		chardev->class->handover->prepare(chardev);
	task_post(all->loop, &all->task, prepare_one, all);
}

static int note_ids(struct chardev_preparation *all)
{
	struct chardev *chardev = NULL;
	size_t n = 0;

	while ((chardev = chardev_set_next(all->set, chardev)))
		n += is_prepared(chardev);
	all->ids = calloc(n + 1, sizeof(*all->ids));
	if (!all->ids)
		return -1;
	while ((chardev = chardev_set_next(all->set, chardev)))
		if (is_prepared(chardev) && !(all->ids[all->n++] = strdup(chardev_id(chardev))))
			return -1;
	return 0;
}

struct chardev_preparation *chardev_preparation_new(struct loop *loop, struct chardev_set *set)
{
	struct chardev_preparation *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	all->loop = loop;
	all->set = set;
	if (note_ids(all) == 0)
		return all;
	chardev_preparation_free(all);
	return NULL;
}

void chardev_preparation_run(
	struct chardev_preparation *all, unsigned max_ms, void (*fn)(void *data), void *data)
{
	all->next = 0;
	all->end_ms = loop_now_ms(all->loop) + max_ms;
	all->fn = fn;
	all->data = data;
	task_post(all->loop, &all->task, prepare_one, all);
}

void chardev_preparation_free(struct chardev_preparation *all)
{
	struct chardev *chardev = NULL;

	if (!all)
		return;
	while ((chardev = chardev_set_next(all->set, chardev)))
		if (is_prepared(chardev))
			chardev->class->handover->forgo(chardev);
	task_cancel(&all->task);
	for (size_t i = 0; i < all->n; i++)
		free(all->ids[i]);
	free(all->ids);
	free(all);
}
