/* SPDX-License-Identifier: MIT */
/*
 * A member is a mark on the tape. It is in one of four standings:
 *
 *	OUT	nothing goes to it; OPENED makes it start anew
 *	GOOD	the window never passes it: flow.c gives the guest no more room than it leaves
 *	CATCHUP	it reads on, and becomes GOOD when it has reached the end; the window may pass it
 *	SKIPPED	it takes nothing, the window may have passed it; at its next room it is CATCHUP
 *
 * One that the window has passed is told how many bytes it missed, and brought up to date, as soon
 * as it takes bytes. It must then show that it keeps up before it can hold anybody up again.
 *
 * What it is told and shown is its prelude, which goes out before the tape's bytes. A prelude that
 * has been begun is sent to its end. While that lasts no other is made: the memory of a member that
 * reads slowly is one prelude, PRELUDE_MAX at most.
 */
#include "hub/member.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/segments.h"
#include "base/strbuf.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PUMP_BYTES = 256 * 1024, /* at most so much to one member in one go */
	PRELUDE_MAX =
		16 * 1024 * 1024, /* a screen of 1000x1000, each cell in a colour of its own */
};

static void tell(const struct member *member, enum hub_event_type type, uint64_t bytes, int error)
{
	const struct hub_event event = { .type = type,
		.member = member_id(member),
		.chardev = member->link.chardev,
		.who = member->who,
		.bytes = bytes,
		.error = error };

	member->all->ops->on_news(member->all, &event);
}

static const char *standing_name(enum hub_standing standing)
{
	static const char *const names[] = { "out", "good", "catching up", "skipped" };

	return names[standing];
}

static void set_standing(struct member *member, enum hub_standing standing)
{
	if (member->standing == standing)
		return;
	log_debug("hub '%s': member '%s' was %s and is %s", member->all->hub_id, member_id(member),
		standing_name(member->standing), standing_name(standing));
	member->standing = standing;
	member->standing_since_ms = loop_awake_ms(member->all->loop);
}

/* One line for a whole time of trouble, however often it was brought up to date meanwhile. */
static void end_trouble(struct member *member)
{
	if (!member->unlogged_bytes)
		return;
	log_info("hub '%s': member '%s' missed %" PRIu64 " bytes", member->all->hub_id,
		member_id(member), member->unlogged_bytes);
	tell(member, HUB_EVENT_RESUMED, member->unlogged_bytes, 0);
	member->unlogged_bytes = 0;
}

static void forget_prelude(struct member *member)
{
	byte_queue_clear(&member->prelude);
	member->prelude_begun = false;
}

void member_leave(struct member *member)
{
	if (member->standing != HUB_MEMBER_OUT)
		member->all->ops->on_left(member);
	end_trouble(member);
	set_standing(member, HUB_MEMBER_OUT);
	member->blocked = false;
	member->untold_bytes = 0;
	forget_prelude(member);
}

void member_skip(struct member *member)
{
	set_standing(member, HUB_MEMBER_SKIPPED);
	tell(member, HUB_EVENT_SKIPPED, 0, 0);
}

void member_sent_away(const struct member *member, const char *by, const char *reason)
{
	const struct hub_event event = { .type = HUB_EVENT_SENT_AWAY,
		.member = member_id(member),
		.chardev = member->link.chardev,
		.who = member->who,
		.by = by,
		.reason = reason };

	member->all->ops->on_news(member->all, &event);
}

int member_say(struct member *member, const void *bytes, size_t len)
{
	int r = len > PRELUDE_MAX - member->prelude.len ? -E2BIG : 0;

	if (r == 0 && len)
		r = byte_queue_push(&member->prelude, bytes, len);
	if (r < 0)
		log_warning("hub '%s': member '%s' cannot be shown %zu bytes of what was before: "
			    "%s",
			member->all->hub_id, member_id(member), len, strerror(-r));
	return r;
}

void member_seek(struct member *member, uint64_t offset)
{
	tape_seek(member->all->tape, &member->mark, offset);
}

uint64_t member_miss(struct member *member, uint64_t offset)
{
	uint64_t before = member->mark.offset, missed;

	member_seek(member, offset);
	missed = member->mark.offset - before;
	member->skips++;
	member->skipped_bytes += missed;
	member->unlogged_bytes += missed;
	member->untold_bytes += missed;
	member->all->lost_bytes += missed;
	member->all->skips++;
	tell(member, HUB_EVENT_MISSED, missed, 0);
	return member->untold_bytes;
}

/* ---- bytes ---- */

/* It takes no more until it opens again: its peer is gone, or something is wrong with it. */
static void fail(struct member *member, int error)
{
	if (error != EPIPE)
		log_warning(
			"hub '%s': member '%s' failed: %s; it gets nothing until it opens again",
			member->all->hub_id, member_id(member), strerror(error));
	member_leave(member);
	tell(member, HUB_EVENT_FAILED, 0, error);
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
	if (taken) {
		member->untold_bytes = 0;
		member->prelude_begun = (size_t)taken < len;
	}
	byte_queue_pop(&member->prelude, (size_t)taken);
	member->blocked = (size_t)taken < len;
	return !member->blocked;
}

/*
 * Everything that goes before the tape's bytes. A prelude of which nothing was sent yet makes way
 * for a newer one. Return: false once the member takes no more for now.
 */
static bool bring_up_to_date(struct member *member)
{
	const struct tape *tape = member->all->tape;

	if (member->standing == HUB_MEMBER_SKIPPED)
		set_standing(member, HUB_MEMBER_CATCHUP);
	if (member->prelude_begun && !pump_prelude(member))
		return false;
	if (tape_is_lost(tape, &member->mark)) {
		assert(member->standing == HUB_MEMBER_CATCHUP);
		forget_prelude(member);
		member->all->ops->on_resume(member);
	}
	return pump_prelude(member);
}

static bool pump_tape(struct member *member, size_t max)
{
	const struct tape *tape = member->all->tape;
	struct iovec iov[2];
	int n = tape_peek(tape, &member->mark, max, iov);
	size_t offered = segments_len(iov, n);
	ssize_t taken;

	if (!n)
		return false;
	taken = chardev_link_outv(&member->link, iov, n);
	if (taken < 0) {
		fail(member, (int)-taken);
		return false;
	}
	tape_advance(tape, &member->mark, (size_t)taken);
	member->blocked = (size_t)taken < offered;
	return !member->blocked;
}

static void keeps_up(struct member *member)
{
	set_standing(member, HUB_MEMBER_GOOD);
	end_trouble(member);
}

void member_pump(struct member *member)
{
	const struct tape *tape = member->all->tape;
	size_t left = PUMP_BYTES;

	if (member->standing == HUB_MEMBER_OUT || !bring_up_to_date(member))
		return;
	while (left && !tape_is_at_end(tape, &member->mark)) {
		uint64_t before = member->mark.offset;

		if (!pump_tape(member, left))
			return;
		left -= (size_t)(member->mark.offset - before);
	}
	if (!tape_is_at_end(tape, &member->mark))
		member->all->ops->on_more(member);
	else if (member->standing == HUB_MEMBER_CATCHUP)
		keeps_up(member);
}

void member_start(struct member *member)
{
	member_leave(member);
	if (chardev_takes_nothing(member->link.chardev))
		return;
	member_seek(member, member->all->tape->readable);
	member->all->ops->on_start(member);
	set_standing(member, HUB_MEMBER_CATCHUP);
	member_pump(member);
}

/* ---- who is there ---- */

static bool has_rules(const struct hub_member_options *options)
{
	return options->view_authz || options->type_authz;
}

/*
 * A class that cannot send anybody away can still pass the words on. That there was no memory for a
 * name makes nobody another one.
 */
static void send_away(struct member *member)
{
	AUTO_STRBUF struct strbuf reason = { 0 };
	const char *hub = member->all->hub_id, *who = member->who ? member->who : "you";

	member->all->refused++;
	log_info("hub '%s': %s is refused at '%s': the rules let nobody of that name in", hub, who,
		member_id(member));
	member->all->ops->on_news(member->all, &(struct hub_event){ .type = HUB_EVENT_REFUSED,
						       .member = member_id(member),
						       .chardev = member->link.chardev,
						       .who = who });
	strbuf_printf(&reason, "console '%s' is not for %s", hub, who);
	if (!reason.data || chardev_link_disconnect(&member->link, reason.data) == 0)
		return;
	strbuf_puts(&reason, "\r\n");
	chardev_link_out(&member->link, "charhub: ", strlen("charhub: "));
	chardev_link_out(&member->link, reason.data, reason.len);
}

static void set_open(struct member *member, bool open)
{
	if (member->open == open)
		return;
	member->open = open;
	member->all->n_open += open ? 1 : (size_t)-1;
	member->since = open ? time(NULL) : 0;
	tell(member, open ? HUB_EVENT_OPENED : HUB_EVENT_CLOSED, 0, 0);
}

static void depart(struct member *member)
{
	authz_forget(&member->question);
	if (member->who && has_rules(&member->options) && member->access != HUB_ACCESS_NONE)
		log_info("hub '%s': %s has left '%s'", member->all->hub_id, member->who,
			member_id(member));
	free(member->who);
	member->who = NULL;
}

static enum hub_access access_by(const struct member *member, enum authz_right right)
{
	return right == AUTHZ_VIEW ? HUB_ACCESS_VIEW : member->options.access;
}

static void let_in(struct member *member, enum authz_right right)
{
	const struct chardev_event size = member->size_said;

	member->access = access_by(member, right);
	if (member->who)
		member->all->admitted++;
	if (member->who && has_rules(&member->options))
		log_info("hub '%s': %s is at '%s'%s", member->all->hub_id, member->who,
			member_id(member),
			member->access == HUB_ACCESS_VIEW ? ", to look only" : "");
	set_open(member, chardev_link_is_open(&member->link));
	member_start(member);
	member->all->ops->on_open(member);
	if (size.type == CHARDEV_RESIZE)
		member->all->ops->on_event(member, &size);
}

static void on_right(void *data, enum authz_right right)
{
	struct member *member = data;

	if (right == AUTHZ_NOTHING)
		send_away(member);
	else
		let_in(member, right);
	chardev_link_in_resume(&member->link);
}

/* Return: an enum authz_right; -EINPROGRESS: on_right() comes. */
static int judge(struct member *member)
{
	const struct authz_gate gate = { .view = member->options.view_authz,
		.type = member->options.type_authz };
	const char *who = chardev_identity(member->link.chardev);
	int may_type = chardev_may_type(member->link.chardev);

	authz_forget(&member->question);
	if (may_type >= 0)
		return may_type ? AUTHZ_TYPE : AUTHZ_VIEW;
	return who ? authz_ask(&member->question, &gate, who, who, on_right, member) : AUTHZ_TYPE;
}

/* Until it is known what he may, he gets nothing, and what he sends stays where it is. */
static void keep_out(struct member *member)
{
	member->access = HUB_ACCESS_NONE;
	member_leave(member);
}

static void arrive(struct member *member)
{
	const char *who = chardev_identity(member->link.chardev);
	int right;

	depart(member); /* one that had only closed its half */
	keep_out(member);
	member->size_said = (struct chardev_event){ 0 };
	member->who = who ? strdup(who) : NULL;
	right = judge(member);
	if (right == AUTHZ_NOTHING)
		send_away(member);
	else if (right != -EINPROGRESS)
		let_in(member, (enum authz_right)right);
}

static void judge_again(struct member *member)
{
	int right = judge(member);

	if (right == AUTHZ_NOTHING || right == -EINPROGRESS)
		keep_out(member);
	if (right == AUTHZ_NOTHING)
		send_away(member);
	else if (right != -EINPROGRESS && member->access == HUB_ACCESS_NONE)
		let_in(member, (enum authz_right)right);
	else if (right != -EINPROGRESS)
		member->access = access_by(member, (enum authz_right)right);
}

void member_set_options(struct member *member, const struct hub_member_options *options)
{
	const struct hub_member_options old = member->options;

	object_get(options->view_authz);
	object_get(options->type_authz);
	member->options = *options;
	object_put(old.view_authz);
	object_put(old.type_authz);
	if (member->who || chardev_link_is_open(&member->link))
		judge_again(member);
	else
		member->access = options->access;
	member->all->ops->on_judged(member);
}

/* ---- callbacks of the link ---- */

static size_t on_link_in_room(void *holder)
{
	struct member *member = holder;

	return authz_is_asked(&member->question) ? 0 : member->all->ops->in_room(member);
}

static void on_link_in(void *holder, const void *buf, size_t len)
{
	struct member *member = holder;

	member->all->ops->on_in(member, buf, len);
}

static void on_link_room(void *holder)
{
	struct member *member = holder;

	member->blocked = false;
	member_pump(member);
	member->all->ops->on_progress(member);
}

static void hang_up(struct member *member)
{
	depart(member);
	if (member->passing)
		member_remove(member);
	else
		member_leave(member);
	member->all->ops->on_progress(member);
}

static void on_link_event(void *holder, const struct chardev_event *event)
{
	struct member *member = holder;

	switch (event->type) {
	case CHARDEV_OPENED: arrive(member); break;
	case CHARDEV_CLOSED:
		set_open(member, false);
		member->all->ops->on_open(member);
		break;
	case CHARDEV_HANGUP: hang_up(member); break;
	case CHARDEV_RIGHT:
		judge_again(member);
		member->all->ops->on_judged(member);
		break;
	default:
		if (authz_is_asked(&member->question) && event->type == CHARDEV_RESIZE)
			member->size_said = *event;
		if (member->access != HUB_ACCESS_NONE)
			member->all->ops->on_event(member, event);
	}
}

static int on_link_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct member *server = holder;

	return member_new_passing(
		server->all, peer, server, &server->options, server->link.flags, err);
}

static void on_link_removed(void *holder)
{
	struct member *member = holder;

	member_remove(member);
	member->all->ops->on_open(member);
	member->all->ops->on_progress(member);
}

static struct vt *link_screen(void *holder, bool look)
{
	struct member *member = holder;

	return member->all->ops->screen(member, look);
}

static void link_rules(void *holder, struct object **ret_view, struct object **ret_type)
{
	const struct member *member = holder;

	*ret_view = member->options.view_authz;
	*ret_type = member->options.type_authz;
}

static bool link_offset(void *holder, uint64_t *ret_offset)
{
	const struct member *member = holder;

	*ret_offset = member->mark.offset;
	return !member->prelude.len;
}

static const char *link_console(void *holder)
{
	const struct member *member = holder;

	return member->all->hub_id;
}

static const struct chardev_holder_ops link_ops = {
	.in_room = on_link_in_room,
	.on_in = on_link_in,
	.on_room = on_link_room,
	.on_event = on_link_event,
	.on_peer = on_link_peer,
	.on_removed = on_link_removed,
	.screen = link_screen,
	.rules = link_rules,
	.offset = link_offset,
	.console = link_console,
};

/* ---- life ---- */

void members_init(struct members *members)
{
	list_init(&members->list);
	list_init(&members->gone);
}

static struct member *new_member(
	struct members *members, const struct hub_member_options *options, struct error **err)
{
	struct member *member = calloc(1, sizeof(*member));

	if (!member) {
		error_set(err, ENOMEM, "hub '%s': out of memory", members->hub_id);
		return NULL;
	}
	member->all = members;
	member->options = *options;
	member->access = options->access;
	list_init(&member->clients);
	list_init(&member->sibling);
	list_init(&member->typist);
	return member;
}

/* Return: as chardev_link_attach(), @member is freed where this fails. */
static int attach(
	struct member *member, struct chardev *chardev, unsigned flags, struct error **err)
{
	struct members *members = member->all;
	int r = chardev_link_attach(&member->link, chardev, flags, &link_ops, member, err);

	if (r < 0) {
		list_remove(&member->sibling);
		free(member);
		return r;
	}
	object_get(member->options.view_authz);
	object_get(member->options.type_authz);
	list_append(&members->list, &member->node);
	members->count++;
	log_debug("hub '%s': member '%s' joins", members->hub_id, member_id(member));
	tell(member, HUB_EVENT_JOINED, 0, 0);
	return 0;
}

static int join(struct member *member, struct chardev *chardev, unsigned flags, struct error **err)
{
	int r = attach(member, chardev, flags, err);

	if (r == 0 && chardev_link_is_open(&member->link))
		arrive(member);
	return r;
}

int member_new(struct members *members, struct chardev *chardev,
	const struct hub_member_options *options, unsigned flags, struct error **err)
{
	struct member *member = new_member(members, options, err);

	return member ? join(member, chardev, flags, err) : -ENOMEM;
}

int member_new_passing(struct members *members, struct chardev *peer, struct member *server,
	const struct hub_member_options *options, unsigned flags, struct error **err)
{
	struct member *member = new_member(members, options, err);

	if (!member)
		return -ENOMEM;
	member->passing = true;
	member->server = server;
	if (server)
		list_append(&server->clients, &member->sibling);
	return join(member, peer, flags, err);
}

static void reap_members(void *data)
{
	struct members *members = data;

	list_for_each_safe (member, &members->gone, struct member, gone_node) {
		list_remove(&member->gone_node);
		list_remove(&member->node);
		free(member);
	}
}

/* Who reads at a pace of his own is owed nothing; what a file was given, it tells of itself. */
static void tell_backlog(const struct member *member)
{
	uint64_t backlog = member_backlog(member);

	if (backlog && chardev_is_sink(member->link.chardev))
		log_warning("hub '%s': member '%s' has not got the last %" PRIu64 " bytes",
			member->all->hub_id, member_id(member), backlog);
}

void member_remove(struct member *member)
{
	struct members *members = member->all;
	struct chardev *chardev = member->link.chardev;

	while (!list_is_empty(&member->clients))
		member_remove(container_of(member->clients.next, struct member, sibling));
	tell_backlog(member);
	log_debug("hub '%s': member '%s' leaves", members->hub_id, member_id(member));
	member->gone = true;
	list_append(&members->gone, &member->gone_node);
	task_post(members->loop, &members->reap_task, reap_members, members);
	list_remove(&member->sibling);
	members->count--;
	set_open(member, false);
	depart(member);
	object_put(member->options.view_authz);
	object_put(member->options.type_authz);
	member_leave(member);
	tell(member, HUB_EVENT_LEFT, 0, 0);
	chardev_link_detach(&member->link);
	members->ops->on_removed(member);
	if (member->passing)
		chardev_free(chardev);
}

/* ---- in another program's place ---- */

#define FIELD(...) SNAPSHOT_FIELD(struct member_state, __VA_ARGS__)

const struct snapshot_field member_fields[] = {
	FIELD(id, 1, SNAPSHOT_STRING, .needed = true),
	FIELD(server, 2, SNAPSHOT_STRING),
	FIELD(view_authz, 3, SNAPSHOT_STRING),
	FIELD(type_authz, 4, SNAPSHOT_STRING),
	FIELD(who, 5, SNAPSHOT_STRING),
	FIELD(access, 6, SNAPSHOT_U32, .max = HUB_ACCESS_NONE),
	FIELD(stall, 7, SNAPSHOT_U32, .max = HUB_STALL_CLOSE),
	FIELD(replay, 8, SNAPSHOT_U32, .max = HUB_REPLAY_NONE),
	FIELD(may, 9, SNAPSHOT_U32, .max = HUB_ACCESS_NONE),
	FIELD(standing, 10, SNAPSHOT_U32, .max = HUB_MEMBER_SKIPPED),
	FIELD(passing, 11, SNAPSHOT_BOOL),
	FIELD(asked, 12, SNAPSHOT_BOOL),
	FIELD(open, 13, SNAPSHOT_BOOL),
	FIELD(prelude_begun, 14, SNAPSHOT_BOOL),
	FIELD(show_again, 15, SNAPSHOT_BOOL),
	FIELD(since, 16, SNAPSHOT_U64),
	FIELD(typed_ms, 17, SNAPSHOT_U64),
	FIELD(typed_told_ms, 18, SNAPSHOT_U64),
	FIELD(offset, 19, SNAPSHOT_U64),
	FIELD(prelude, 20, SNAPSHOT_BLOB),
	FIELD(skipped_bytes, 21, SNAPSHOT_U64),
	FIELD(skips, 22, SNAPSHOT_U64),
	FIELD(untold_bytes, 23, SNAPSHOT_U64),
	FIELD(unlogged_bytes, 24, SNAPSHOT_U64),
	FIELD(spent, 25, SNAPSHOT_U64),
	FIELD(refused_bytes, 26, SNAPSHOT_U64),
	FIELD(turned_down_ms, 27, SNAPSHOT_U64),
	FIELD(cols, 28, SNAPSHOT_U32),
	FIELD(rows, 29, SNAPSHOT_U32),
	FIELD(size_told_at, 30, SNAPSHOT_U64),
	{ 0 },
};

static const char *rule_id(const struct object *rule)
{
	return rule ? rule->id : NULL;
}

void member_save(struct member *member, struct snapshot_writer *writer)
{
	const struct hub_member_options *options = &member->options;
	const struct member_state state = { .id = member_id(member),
		.server = member->server ? member_id(member->server) : NULL,
		.view_authz = rule_id(options->view_authz),
		.type_authz = rule_id(options->type_authz),
		.who = member->who,
		.access = options->access,
		.stall = options->stall,
		.replay = options->replay,
		.may = member->access,
		.standing = member->standing,
		.passing = member->passing,
		.asked = authz_is_asked(&member->question),
		.open = member->open,
		.prelude_begun = member->prelude_begun,
		.show_again = member->show_again,
		.since = (uint64_t)member->since,
		.typed_ms = member->typed_ms,
		.typed_told_ms = member->typed_told_ms,
		.offset = member->mark.offset,
		.prelude = { byte_queue_data(&member->prelude), member->prelude.len },
		.skipped_bytes = member->skipped_bytes,
		.skips = member->skips,
		.untold_bytes = member->untold_bytes,
		.unlogged_bytes = member->unlogged_bytes,
		.spent = member->pause.spent,
		.refused_bytes = member->refused_bytes,
		.turned_down_ms = member->turned_down_ms,
		.cols = member->cols,
		.rows = member->rows,
		.size_told_at = member->size_told_at };

	snapshot_put(writer, member_fields, &state);
}

/* Who is there has been let in; he gets what comes next. */
static void go_on(struct member *member, const struct member_state *state)
{
	const struct tape *tape = member->all->tape;

	set_open(member, chardev_link_is_open(&member->link));
	member->since = (int64_t)state->since;
	member->access = (enum hub_access)state->may;
	member->standing = (enum hub_standing)state->standing;
	member->standing_since_ms = loop_awake_ms(member->all->loop);
	member->mark.offset = state->offset < tape->readable ? state->offset : tape->readable;
	if (tape_is_lost(tape, &member->mark) && member->standing == HUB_MEMBER_GOOD)
		member->standing = HUB_MEMBER_CATCHUP;
	if (state->prelude.len)
		member_say(member, state->prelude.data, state->prelude.len);
	member->prelude_begun = state->prelude_begun && member->prelude.len;
	member->show_again = state->show_again;
	member->cols = state->cols;
	member->rows = state->rows;
	member->size_told_at = state->size_told_at;
}

static void take_counts(struct member *member, const struct member_state *state)
{
	member->typed_ms = state->typed_ms;
	member->typed_told_ms = state->typed_told_ms;
	member->skipped_bytes = state->skipped_bytes;
	member->skips = state->skips;
	member->untold_bytes = state->untold_bytes;
	member->unlogged_bytes = state->unlogged_bytes;
	member->pause.spent = state->spent;
	member->pause.earns_from_ms = loop_awake_ms(member->all->loop);
	member->refused_bytes = state->refused_bytes;
	member->turned_down_ms = state->turned_down_ms;
}

int member_load(struct members *members, struct chardev *chardev, struct member *server,
	const struct hub_member_options *options, unsigned flags, const struct member_state *state,
	struct error **err)
{
	struct member *member = new_member(members, options, err);
	int r;

	if (!member)
		return -ENOMEM;
	member->passing = state->passing;
	member->server = server;
	if (server)
		list_append(&server->clients, &member->sibling);
	r = attach(member, chardev, flags, err);
	if (r < 0)
		return r;
	take_counts(member, state);
	member->who = state->who ? strdup(state->who) : NULL;
	if (state->asked || (chardev_link_is_open(&member->link) && !state->open &&
				    state->standing == HUB_MEMBER_OUT))
		arrive(member);
	else if (chardev_link_is_open(&member->link) || state->standing != HUB_MEMBER_OUT)
		go_on(member, state);
	return 0;
}
