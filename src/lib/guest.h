/* SPDX-License-Identifier: MIT */
#ifndef LIB_GUEST_H
#define LIB_GUEST_H

#include "base/list.h"
#include "frontend/frontend.h"

enum { GUEST_INPUT_BYTES = 4096 };

/**
 * struct guest_ops - what a guest that is a program does; called from tasks of the loop only
 * @on_input: Return: how many bytes it takes
 */
struct guest_ops {
	size_t (*on_input)(void *data, const void *bytes, size_t len);
	void (*on_room)(void *data);
	void (*on_resize)(void *data, unsigned cols, unsigned rows);
	void (*on_break)(void *data);
	void (*on_gone)(void *data);
};

/**
 * struct guest - the guest's end of a console whose guest is the program itself
 * @ops, @data: the owner's; NULL: he has let go
 * @input:    @len bytes that were typed and not taken
 * @break_at: as many of them came before a break; -1: there was none
 * @stalled:  the owner takes no input until guest_resume()
 * @room, @resized: is to be told
 */
struct guest {
	struct frontend base;
	struct chardev_link link;
	const struct guest_ops *ops;
	void *data;
	char input[GUEST_INPUT_BYTES];
	size_t len;
	int break_at;
	bool stalled, room, resized;
	unsigned cols, rows;
	struct task task;
};

extern const struct frontend_class guest_class;

/** guest_find() - the one that holds a chardev; NULL: none */
struct guest *guest_find(struct frontend_set *set, const struct chardev *chardev);

/** guest_resume() - it takes input again */
void guest_resume(struct guest *guest);

#endif
