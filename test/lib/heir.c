/* SPDX-License-Identifier: MIT */
#include "lib/heir.h"

#include <stdlib.h>
#include <unistd.h>

struct left {
	struct snapshot_groups chardevs;
};

enum { TAG_CHARDEVS = 1, TAG_STATE = 6 };

static const struct snapshot_field left_fields[] = {
	SNAPSHOT_FIELD(struct left, chardevs, TAG_CHARDEVS, SNAPSHOT_EACH,
		.of = chardev_state_fields, .size = sizeof(struct chardev_state)),
	{ 0 },
};

static void begin(struct snapshot_writer *writer)
{
	if (snapshot_begin(writer, false, NULL) < 0)
		abort();
	snapshot_begin_group(writer, TAG_CHARDEVS, false);
}

static void finish(struct snapshot_writer *writer, struct snapshot *ret_left)
{
	snapshot_end_group(writer);
	if (snapshot_finish(writer, NULL) < 0 || snapshot_open(dup(writer->fd), ret_left, NULL) < 0)
		abort();
	snapshot_done(writer);
}

void heir_leave(struct chardev *chardev, struct snapshot *ret_left)
{
	struct chardev_bequest to = { 0 };

	begin(&to.writer);
	chardev_save(chardev, &to);
	finish(&to.writer, ret_left);
}

void heir_begin(struct snapshot_writer *writer, const char *id, const char *class)
{
	const struct chardev_state about = { .id = id, .class = class };

	begin(writer);
	snapshot_put(writer, chardev_state_fields, &about);
	snapshot_begin_group(writer, TAG_STATE, false);
}

void heir_end(struct snapshot_writer *writer, struct snapshot *ret_left)
{
	snapshot_end_group(writer);
	finish(writer, ret_left);
}

void heir_find(struct chardev_set *set, const struct snapshot *left)
{
	struct left all;

	if (snapshot_check(&left->all, left_fields, sizeof(all), NULL) < 0 ||
		snapshot_get(&left->all, left_fields, &all, NULL) < 0 ||
		chardev_set_inherit(set, left, &all.chardevs) < 0)
		abort();
}
