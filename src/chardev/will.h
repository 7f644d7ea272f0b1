/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_WILL_H
#define CHARDEV_WILL_H

#include "base/strbuf.h"
#include "io/loop.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"

#include <stdbool.h>
#include <stddef.h>

struct store;

/* Bytes that show a screen: more are in no snapshot. */
enum { CHARDEV_SHOWN_MAX = 1 << 30 };

/**
 * struct chardev_will - bytes that show a screen to another program: for classes that have one
 *
 * To make them takes long, so they are made before all consoles wait for that, packed, and are good
 * as long as the screen is not used. In the other program they wait as they are until that uses it:
 * until then they show it to a third one, too.
 *
 * @render: append them. Return: 0; -ENOMEM
 * @store:  has @len of them; NULL: they are not made, or the screen was used since
 * @is_due: the screen has yet to be shown them
 */
struct chardev_will {
	struct loop *loop;
	int (*render)(void *data, struct strbuf *out);
	void *data;
	struct store *store;
	size_t len;
	bool is_due;
};

/**
 * struct chardev_shown - members of a class's state, for its table
 * @packed: bytes of a store of @len
 * @plain:  instead, up to the version of the format that the class says: as they are
 */
struct chardev_shown {
	struct snapshot_bulk packed, plain;
	uint64_t len;
};

/** chardev_will_init() - nothing is made yet */
void chardev_will_init(struct chardev_will *will, struct loop *loop,
	int (*render)(void *data, struct strbuf *out), void *data);

/** chardev_will_done() */
void chardev_will_done(struct chardev_will *will);

/** chardev_will_prepare() - make them; where there is no memory now, there may be later */
void chardev_will_prepare(struct chardev_will *will);

/** chardev_will_forgo() - the screen is used, or not saved soon; those that are due stay */
void chardev_will_forgo(struct chardev_will *will);

/** chardev_will_save() - fill @ret_shown; those that are not made are rendered */
void chardev_will_save(const struct chardev_will *will, struct snapshot_writer *writer,
	struct chardev_shown *ret_shown);

/** chardev_will_is_left() - is there something that shows a screen */
bool chardev_will_is_left(const struct chardev_shown *shown);

/**
 * chardev_will_load() - let them be due
 * @from: stays open until store_own() says that it need not
 *
 * Return: 0; -ENOMEM; -EBADMSG, also where nothing is left.
 */
int chardev_will_load(
	struct chardev_will *will, const struct snapshot *from, const struct chardev_shown *shown);

/** chardev_will_show() - those that are due are given to @show, and are not due any more */
void chardev_will_show(struct chardev_will *will,
	void (*show)(void *data, const char *bytes, size_t len), void *data);

#endif
