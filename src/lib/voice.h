/* SPDX-License-Identifier: MIT */
#ifndef LIB_VOICE_H
#define LIB_VOICE_H

#include "chardev/chardev-impl.h"

enum { VOICE_OUTPUT_BYTES = 16 * 1024 };

/**
 * struct voice_ops - what a member that is a program does; called from tasks of the loop only
 * @on_output: Return: how many bytes it takes
 */
struct voice_ops {
	size_t (*on_output)(void *data, const void *bytes, size_t len);
	void (*on_room)(void *data);
	void (*on_resize)(void *data, unsigned cols, unsigned rows);
	void (*on_gone)(void *data);
};

/**
 * voice_new() - a chardev whose peer is the program itself, as a client of a hub
 * @hub:      of which it is to be a member, see hub_admit()
 * @identity: copied; "anonymous", "user:joe"
 *
 * Return: 0; -ENOMEM. Until voice_begin() it says nothing.
 */
int voice_new(
	struct chardev *hub, const char *id, const char *identity, struct chardev **ret_chardev);

/** voice_begin() - from now on @ops hear of it, until @ops are NULL */
void voice_begin(struct chardev *chardev, const struct voice_ops *ops, void *data);

/** voice_type() - Return: how many bytes were taken; fewer: on_room() comes once */
size_t voice_type(struct chardev *chardev, const void *bytes, size_t len);

/** voice_resume() - on_output() takes bytes again */
void voice_resume(struct chardev *chardev);

#endif
