/* SPDX-License-Identifier: MIT */
#include "lib/fake-holder.h"

#include <errno.h>
#include <string.h>

enum { IDLE_ROUNDS = 16 };

static void note_len(struct fake_holder *holder, size_t len)
{
	holder->in_calls++;
	strbuf_printf(&holder->log, "in(%zu) ", len);
	if (!len || len > holder->room)
		holder->faults++;
	if (holder->room != SIZE_MAX)
		holder->room -= len < holder->room ? len : holder->room;
}

static size_t holder_in_room(void *data)
{
	return ((struct fake_holder *)data)->room;
}

static void holder_on_in(void *data, const void *buf, size_t len)
{
	struct fake_holder *holder = data;

	note_len(holder, len);
	strbuf_append(&holder->in, buf, len);
	if (holder->in_hook)
		holder->in_hook(holder);
}

/* Two segments of odd sizes, so that nobody gets away with using the first only. */
static int holder_in_reserve(void *data, struct iovec iov[2])
{
	struct fake_holder *holder = data;
	size_t room = holder->room < sizeof(holder->memory) ? holder->room : sizeof(holder->memory);
	size_t first = room > 2 ? room / 3 : room;

	iov[0] = (struct iovec){ holder->memory, first };
	iov[1] = (struct iovec){ holder->memory + first, room - first };
	return room ? 1 + (first < room) : 0;
}

static void holder_in_commit(void *data, size_t len)
{
	struct fake_holder *holder = data;

	note_len(holder, len);
	if (len <= sizeof(holder->memory))
		strbuf_append(&holder->in, holder->memory, len);
	if (holder->in_hook)
		holder->in_hook(holder);
}

static void note_open(struct fake_holder *holder, bool open)
{
	if (open == holder->open)
		holder->faults++;
	holder->open = open;
	if (open)
		holder->hung_up = false;
}

static void holder_on_event(void *data, const struct chardev_event *event)
{
	struct fake_holder *holder = data;

	holder->last = *event;
	strbuf_printf(&holder->log, "%s ", chardev_event_name(event->type));
	switch (event->type) {
	case CHARDEV_OPENED:
		holder->opened++;
		note_open(holder, true);
		break;
	case CHARDEV_CLOSED:
		holder->closed++;
		note_open(holder, false);
		break;
	case CHARDEV_HANGUP:
		holder->hangups++;
		if (holder->open || holder->hung_up)
			holder->faults++;
		holder->hung_up = true;
		holder->owed_room |= holder->owes_room;
		holder->owes_room = false;
		break;
	case CHARDEV_BREAK: holder->breaks++; break;
	case CHARDEV_RESIZE: holder->resizes++; break;
	default: break;
	}
	if (holder->event_hook)
		holder->event_hook(holder);
}

static void holder_on_room(void *data)
{
	struct fake_holder *holder = data;

	strbuf_puts(&holder->log, "room ");
	holder->room_calls++;
	if (!holder->owes_room && !holder->owed_room)
		holder->faults++;
	holder->owes_room = holder->owed_room = false;
	if (holder->room_hook)
		holder->room_hook(holder);
}

static void holder_on_removed(void *data)
{
	struct fake_holder *holder = data;

	strbuf_puts(&holder->log, "removed ");
	holder->removed++;
	if (holder->open)
		holder->faults++;
	if (holder->removed_hook)
		holder->removed_hook(holder);
}

static int holder_on_peer(void *data, struct chardev *peer, struct error **err)
{
	struct fake_holder *holder = data;

	holder->peer_calls++;
	if (holder->refuse_peers)
		return error_set(err, holder->refuse_peers, "the fake takes no more clients");
	if (holder->n_peers == sizeof(holder->peers) / sizeof(holder->peers[0]))
		return error_set(err, ENOSPC, "the fake has no place for more clients");
	holder->peers[holder->n_peers++] = peer;
	return 0;
}

#define PLAIN_OPS                                                                      \
	.in_room = holder_in_room, .on_in = holder_on_in, .on_event = holder_on_event, \
	.on_room = holder_on_room, .on_removed = holder_on_removed

static const struct chardev_holder_ops holder_ops[] = {
	[FAKE_HOLDER_PLAIN] = { PLAIN_OPS },
	[FAKE_HOLDER_RESERVE] = { PLAIN_OPS, .in_reserve = holder_in_reserve,
		.in_commit = holder_in_commit },
	[FAKE_HOLDER_PEERS] = { PLAIN_OPS, .on_peer = holder_on_peer },
	[FAKE_HOLDER_DEAF] = { 0 },
};

void fake_holder_init(struct fake_holder *holder, struct loop *loop)
{
	*holder = (struct fake_holder){ .loop = loop, .room = SIZE_MAX };
}

void fake_holder_done(struct fake_holder *holder)
{
	chardev_link_detach(&holder->link);
	while (holder->n_peers)
		chardev_free(holder->peers[--holder->n_peers]);
	strbuf_done(&holder->in);
	strbuf_done(&holder->log);
}

int fake_holder_attach(struct fake_holder *holder, struct chardev *chardev,
	enum fake_holder_kind kind, struct error **err)
{
	int r = chardev_link_attach(&holder->link, chardev, 0, &holder_ops[kind], holder, err);

	if (r == 0) {
		holder->open = chardev_is_open(chardev);
		holder->hung_up = false;
		holder->owes_room = holder->owed_room = false;
	}
	return r;
}

void fake_holder_detach(struct fake_holder *holder)
{
	chardev_link_detach(&holder->link);
}

void fake_holder_set_room(struct fake_holder *holder, size_t room)
{
	bool was_full = holder->room == 0;

	holder->room = room;
	if (was_full && room)
		chardev_link_in_resume(&holder->link);
}

ssize_t fake_holder_out(struct fake_holder *holder, const void *buf, size_t len)
{
	ssize_t accepted = chardev_link_out(&holder->link, buf, len);

	if (accepted > (ssize_t)len)
		holder->faults++;
	holder->owes_room |= accepted >= 0 && accepted < (ssize_t)len;
	return accepted;
}

int fake_holder_out_all(struct fake_holder *holder, const void *buf, size_t len)
{
	const char *at = buf;

	while (len) {
		ssize_t accepted = fake_holder_out(holder, at, len);

		if (accepted < 0)
			return (int)accepted;
		at += accepted;
		len -= (size_t)accepted;
		while (len && holder->owes_room)
			loop_step(holder->loop, true);
	}
	return 0;
}

bool fake_holder_in_is(const struct fake_holder *holder, const char *text)
{
	size_t len = strlen(text);

	return holder->in.len == len && !memcmp(len ? holder->in.data : "", text, len);
}

void fake_holder_forget(struct fake_holder *holder)
{
	holder->in.len = holder->log.len = 0;
	holder->opened = holder->closed = holder->hangups = holder->breaks = holder->resizes = 0;
	holder->room_calls = holder->in_calls = holder->peer_calls = 0;
}

void run_idle(struct loop *loop)
{
	for (int i = 0; i < IDLE_ROUNDS; i++)
		loop_step(loop, false);
}
