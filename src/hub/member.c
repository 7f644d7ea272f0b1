/* SPDX-License-Identifier: MIT */
/*
 * A member is a position in the journal. It is in one of four standings:
 *
 *	OUT	nothing goes to it; OPENED makes it start anew
 *	GOOD	the window never passes it: flow.c gives the guest no more room than it leaves
 *	CATCHUP	it reads on, and becomes GOOD when it has reached the head; the window may pass it,
 *		which skips it
 *	SKIPPED	it takes nothing, the window may have passed it; at its next room it is told how
 *		many bytes it missed and becomes CATCHUP
 *
 * A member that was skipped must thus show that it keeps up before it can hold anybody up again:
 * one stall costs the guest one grace at most.
 */
#include "hub/hub-internal.h"

#include "base/log.h"
#include "base/segments.h"
#include "base/strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_SEARCH_BYTES = 4096, /* how far to look for the start of a line */
	PUMP_BYTES = 256 * 1024,  /* at most so much to one member in one go */
};

/* ---- bytes ---- */

/* A member that cannot take what goes before its bytes has failed like one whose peer is gone. */
static void push_prelude(struct member *member, const void *bytes, size_t len)
{
	if (len && byte_queue_push(&member->prelude, bytes, len) < 0)
		log_warning("hub '%s': no memory to tell member '%s' what it missed",
			member->hub->base.id, chardev_id(member->link.chardev));
}

static void push_notice(struct member *member, uint64_t bytes)
{
	char text[64];
	int len;

	if (!hub_is_console(member->hub))
		return;
	len = snprintf(text, sizeof(text), "\r\n[charhub: %" PRIu64 " bytes skipped]\r\n", bytes);
	push_prelude(member, text, (size_t)len);
}

/* Where a reader that cannot have everything begins: a line start in the newer half. */
static uint64_t newest_start(const struct hub *hub)
{
	const struct journal *journal = &hub->journal;
	uint64_t half = hub->window / 2, from = journal->tail;

	if (hub->readable - from > half)
		from = hub->readable - half;
	return journal_line_start(journal, from, LINE_SEARCH_BYTES);
}

static enum hub_replay replay_kind(const struct hub *hub)
{
	if (hub->replay != HUB_REPLAY_AUTO)
		return hub->replay;
	return hub_is_console(hub) ? HUB_REPLAY_SCREEN : HUB_REPLAY_WINDOW;
}

static void count_skipped(struct member *member, uint64_t bytes)
{
	if (!bytes)
		return;
	member->skipped_bytes += bytes;
	member->skips++;
	push_notice(member, bytes);
}

/* One line for a whole time of trouble, however often it was brought up to date meanwhile. */
static void end_trouble(struct member *member)
{
	uint64_t bytes = member->skipped_bytes - member->reported_bytes;

	if (!bytes)
		return;
	log_info("hub '%s': member '%s' missed %" PRIu64 " bytes", member->hub->base.id,
		chardev_id(member->link.chardev), bytes);
	member->reported_bytes = member->skipped_bytes;
}

/* The screen as it is now. Return: from where to go on, not below the journal's tail. */
static uint64_t screen_bytes(struct hub *hub, bool history, struct strbuf *out)
{
	uint64_t offset = hub->readable;

	if (hub->screen)
		screen_replay(hub, history, out, &offset);
	return offset < hub->journal.tail ? hub->journal.tail : offset;
}

/* It takes bytes again: tell it what it missed, go on with the newest. */
static void resume_skipped(struct member *member)
{
	struct hub *hub = member->hub;
	AUTO_STRBUF struct strbuf bytes = { 0 };
	uint64_t start = hub->readable;

	if (replay_kind(hub) == HUB_REPLAY_SCREEN)
		start = screen_bytes(hub, false, &bytes);
	else if (replay_kind(hub) == HUB_REPLAY_WINDOW)
		start = newest_start(hub);
	count_skipped(member, start - member->position);
	push_prelude(member, bytes.data, bytes.len);
	member->position = start;
	member->standing = HUB_MEMBER_CATCHUP;
}

/* It takes no more until it opens again: its peer is gone, or something is wrong with it. */
static void fail(struct member *member, int error)
{
	if (error != EPIPE)
		log_warning(
			"hub '%s': member '%s' failed: %s; it gets nothing until it opens again",
			member->hub->base.id, chardev_id(member->link.chardev), strerror(error));
	member_leave(member);
}

/* Return: false once the member takes no more for now. */
static bool pump_prelude(struct member *member)
{
	size_t len = member->prelude.len;
	ssize_t taken;

	if (!len)
		return true;
	taken = chardev_link_out(&member->link, byte_queue_data(&member->prelude), len);
	if (taken < 0) {
		fail(member, (int)-taken);
		return false;
	}
	byte_queue_pop(&member->prelude, (size_t)taken);
	member->blocked = (size_t)taken < len;
	return !member->blocked;
}

static bool pump_journal(struct member *member, size_t max)
{
	struct hub *hub = member->hub;
	uint64_t left = hub->readable - member->position;
	struct iovec iov[2];
	int n = journal_peek(&hub->journal, member->position, left < max ? (size_t)left : max, iov);
	size_t offered = segments_len(iov, n);
	ssize_t taken;

	if (!n)
		return false;
	taken = chardev_link_outv(&member->link, iov, n);
	if (taken < 0) {
		fail(member, (int)-taken);
		return false;
	}
	member->position += (size_t)taken;
	member->blocked = (size_t)taken < offered;
	return !member->blocked;
}

static void keeps_up(struct member *member)
{
	member->standing = HUB_MEMBER_GOOD;
	end_trouble(member);
}

void member_pump(struct member *member)
{
	const struct journal *journal = &member->hub->journal;
	size_t left = PUMP_BYTES;

	if (member->standing == HUB_MEMBER_OUT)
		return;
	if (member->standing != HUB_MEMBER_GOOD && member->position < journal->tail)
		resume_skipped(member);
	else if (member->standing == HUB_MEMBER_SKIPPED)
		member->standing = HUB_MEMBER_CATCHUP;
	if (!pump_prelude(member))
		return;
	while (left && member->position < member->hub->readable) {
		uint64_t before = member->position;

		if (!pump_journal(member, left))
			return;
		left -= (size_t)(member->position - before);
	}
	if (member->position < member->hub->readable)
		hub_pump_later(member->hub);
	else if (member->standing == HUB_MEMBER_CATCHUP)
		keeps_up(member);
}

void member_leave(struct member *member)
{
	end_trouble(member);
	member->standing = HUB_MEMBER_OUT;
	member->blocked = false;
	member->stall_ends_ms = 0;
	byte_queue_clear(&member->prelude);
}

void member_skip(struct member *member)
{
	member->standing = HUB_MEMBER_SKIPPED;
	member->stall_ends_ms = 0;
}

/* What was printed before: the very first bytes, a notice of the hole, the newest ones. */
static void push_history(struct member *member)
{
	const struct journal *journal = &member->hub->journal;
	size_t kept = journal_kept(journal);
	uint64_t start = journal->tail;

	if (start > kept) {
		start = newest_start(member->hub);
		if (hub_is_console(member->hub)) {
			push_prelude(member, journal->kept, kept);
			push_notice(member, start - kept);
		}
	} else if (start) {
		push_prelude(member, journal->kept, (size_t)start);
	}
	member->position = start;
}

void member_start(struct member *member)
{
	struct hub *hub = member->hub;
	AUTO_STRBUF struct strbuf bytes = { 0 };

	member_leave(member);
	member->position = hub->readable;
	if (replay_kind(hub) == HUB_REPLAY_WINDOW) {
		push_history(member);
	} else if (replay_kind(hub) == HUB_REPLAY_SCREEN) {
		member->position = screen_bytes(hub, true, &bytes);
		push_prelude(member, bytes.data, bytes.len);
	}
	member->standing = HUB_MEMBER_CATCHUP;
	member_pump(member);
}

/* ---- callbacks of the link ---- */

static size_t on_member_in_room(void *holder)
{
	return input_room(holder);
}

static void on_member_in(void *holder, const void *buf, size_t len)
{
	input_deliver(holder, buf, len);
}

static void on_member_room(void *holder)
{
	struct member *member = holder;

	member->blocked = false;
	member_pump(member);
	flow_progress(member->hub);
}

static void handle_hangup(struct member *member)
{
	struct hub *hub = member->hub;

	if (member->server)
		member_remove(member);
	else
		member_leave(member);
	flow_progress(hub);
}

static void on_member_event(void *holder, const struct chardev_event *event)
{
	struct member *member = holder;
	struct hub *hub = member->hub;

	switch (event->type) {
	case CHARDEV_OPENED:
		member_start(member);
		hub_update_open(hub);
		break;
	case CHARDEV_CLOSED:
		input_forget(member);
		size_forget(member);
		hub_update_open(hub);
		break;
	case CHARDEV_HANGUP: handle_hangup(member); break;
	case CHARDEV_FLUSHED:
		if (replay_kind(hub) == HUB_REPLAY_SCREEN)
			member_start(member);
		break;
	case CHARDEV_RESIZE: size_told(member, event->cols, event->rows); break;
	default:
		if (member->access == HUB_ACCESS_TYPE)
			chardev_event(&hub->base, event);
	}
}

static int on_member_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct member *server = holder;
	int r = member_new(server->hub, peer, server, server->access, server->stall, err);

	if (r == 0)
		hub_update_open(server->hub);
	return r;
}

static void on_member_removed(void *holder)
{
	struct member *member = holder;
	struct hub *hub = member->hub;

	member_remove(member);
	hub_update_open(hub);
	flow_progress(hub);
}

static struct vt *member_screen(void *holder)
{
	const struct member *member = holder;

	return screen_vt(member->hub);
}

static const struct chardev_holder_ops member_ops = {
	.in_room = on_member_in_room,
	.on_in = on_member_in,
	.on_room = on_member_room,
	.on_event = on_member_event,
	.on_removed = on_member_removed,
	.on_peer = on_member_peer,
	.screen = member_screen,
};

/* ---- life ---- */

int member_new(struct hub *hub, struct chardev *chardev, struct member *server,
	enum hub_access access, enum hub_stall stall, struct error **err)
{
	struct member *member = calloc(1, sizeof(*member));
	int r;

	if (!member)
		return error_set(err, ENOMEM, "hub '%s': out of memory", hub->base.id);
	member->hub = hub;
	member->server = server;
	member->access = access;
	member->stall = stall;
	r = chardev_link_attach(&member->link, chardev,
		hub_is_console(hub) ? CHARDEV_LINK_CONSOLE : 0, &member_ops, member, err);
	if (r < 0) {
		free(member);
		return r;
	}
	list_append(&hub->members, &member->node);
	hub->n_members++;
	if (chardev_is_open(chardev))
		member_start(member);
	return 0;
}

static void reap_members(void *data)
{
	struct hub *hub = data;

	list_for_each_safe (member, &hub->members, struct member, node) {
		if (member->gone) {
			list_remove(&member->node);
			free(member);
		}
	}
}

void member_remove(struct member *member)
{
	struct hub *hub = member->hub;
	struct chardev *chardev = member->link.chardev;

	for_each_member (client, hub)
		if (client->server == member)
			member_remove(client);
	input_forget(member);
	size_forget(member);
	member_leave(member);
	member->gone = true;
	hub->n_members--;
	chardev_link_detach(&member->link);
	if (member->server)
		chardev_free(chardev);
	task_post(hub->base.loop, &hub->reap_task, reap_members, hub);
}
