/* SPDX-License-Identifier: MIT */
/*
 * A mux in another program's place. Its holders come again in the order in which they are made, so
 * they are known by their place in it; one that is a hub's comes after the mux has been joined, and
 * then has the focus.
 */
#include "chardev/handover.h"
#include "mux/mux-impl.h"

#include <errno.h>

enum { TAG_PORT = 32 };

/** struct port_state - @in: what its holder has not taken */
struct port_state {
	struct snapshot_bytes in;
};

static const struct snapshot_field port_fields[] = {
	SNAPSHOT_FIELD(struct port_state, in, 1, SNAPSHOT_BLOB),
	{ 0 },
};

/**
 * struct mux_state - what is left of one
 * @focus:   whose turn it is, as a place among the ports from 1 on; 0: nobody's
 * @escaped: the escape character was the last byte
 * @stamps, @at_start, @since_ms: see struct mux_stamp
 * @pending: what goes out before anything else
 */
struct mux_state {
	unsigned focus;
	bool escaped, stamps, at_start;
	uint64_t since_ms;
	struct snapshot_bytes pending;
	struct snapshot_groups ports;
};

#define FIELD(...) SNAPSHOT_FIELD(struct mux_state, __VA_ARGS__)

static const struct snapshot_field mux_fields[] = {
	FIELD(focus, 1, SNAPSHOT_U32),
	FIELD(escaped, 2, SNAPSHOT_BOOL),
	FIELD(stamps, 3, SNAPSHOT_BOOL),
	FIELD(at_start, 4, SNAPSHOT_BOOL),
	FIELD(since_ms, 5, SNAPSHOT_U64),
	FIELD(pending, 6, SNAPSHOT_BLOB),
	FIELD(ports, TAG_PORT, SNAPSHOT_EACH, .of = port_fields, .size = sizeof(struct port_state)),
	{ 0 },
};

static struct mux *mux_of(struct chardev *chardev)
{
	return container_of(chardev, struct mux, base);
}

static struct snapshot_bytes bytes_of(const struct byte_queue *queue)
{
	return (struct snapshot_bytes){ byte_queue_data(queue), queue->len };
}

static void mux_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct mux *mux = mux_of(chardev);
	struct mux_state state = { .escaped = mux->keys.seen,
		.stamps = mux->stamp.on,
		.at_start = mux->stamp.at_start,
		.since_ms = mux->stamp.since_ms,
		.pending = bytes_of(&mux->pending) };
	unsigned place = 0;

	list_for_each (port, &mux->ports, struct mux_port, node) {
		place++;
		if (port == mux->focus)
			state.focus = place;
	}
	snapshot_put(&to->writer, mux_fields, &state);
	list_for_each (port, &mux->ports, struct mux_port, node) {
		const struct port_state left = { bytes_of(&port->in) };

		snapshot_put_group(&to->writer, TAG_PORT, port_fields, &left);
	}
}

static int mux_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct mux *mux = mux_of(chardev);
	const struct mux_state *state = left;
	int r = mux_open(chardev, opts, err);

	(void)from;
	if (r < 0)
		return r;
	mux->keys.seen = state->escaped;
	mux->stamp = (struct mux_stamp){
		.on = state->stamps, .at_start = state->at_start, .since_ms = state->since_ms
	};
	/* Without memory what waits is lost: help, and lines that were stamped. */
	if (state->pending.len)
		byte_queue_push(&mux->pending, state->pending.data, state->pending.len);
	return 0;
}

static void mux_join_again(struct chardev *chardev, const void *left)
{
	struct mux *mux = mux_of(chardev);
	const struct mux_state *state = left;
	struct snapshot_groups groups = state->ports;
	struct snapshot_part part;
	struct port_state of_port;
	unsigned place = 0;

	list_for_each (port, &mux->ports, struct mux_port, node) {
		if (++place == state->focus)
			mux_focus(mux, port);
		if (snapshot_next_group(&groups, &part) &&
			snapshot_get(&part, port_fields, &of_port, NULL) == 0 && of_port.in.len)
			mux_port_in(port, of_port.in.data, of_port.in.len);
	}
	mux_flush(mux); /* whoever wrote it has nothing more to offer, maybe */
}

const struct chardev_handover mux_handover = {
	.fields = mux_fields,
	.size = sizeof(struct mux_state),
	.save = mux_save,
	.load = mux_load,
	.join = mux_join_again,
};
