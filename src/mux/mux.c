/* SPDX-License-Identifier: MIT */
/*
 * The mux itself: the chardev below it, whose turn it is, and what the escape keys do.
 *
 * Out: a holder's bytes go below at once, as far as they are taken; nothing is kept but what the
 * mux has made of them (stamped lines) or says itself (help), and while that waits nobody else is
 * accepted. So bytes of several holders mix at the places where the chardev below was full, and
 * none is lost or doubled.
 *
 * In: the escape keys are taken out, the rest is the focus's. A holder is told of the focus after
 * the dispatch in which it came.
 *
 * Different from QEMU's on purpose: OPENED comes when the peer is there, the help never blocks,
 * stamps double nothing, there may be any number of holders, and a viewer can not end the program.
 */
#include "mux/mux.h"

#include "base/log.h"
#include "mux/mux-impl.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	PENDING_BYTES = 4096, /* what the mux itself has to say is not said while so much waits */
	STAMP_BYTES = 4096,   /* bytes of a holder that are stamped at a time */
	HELP_BYTES = 512,
};

static struct mux *mux_of(struct chardev *chardev)
{
	return container_of(chardev, struct mux, base);
}

/* ---- out ---- */

bool mux_flush(struct mux *mux)
{
	ssize_t taken;

	if (!mux->pending.len)
		return true;
	taken = chardev_link_out(&mux->below, byte_queue_data(&mux->pending), mux->pending.len);
	if (taken < 0)
		byte_queue_clear(&mux->pending);
	else
		byte_queue_pop(&mux->pending, (size_t)taken);
	return !mux->pending.len;
}

static ssize_t out_stamped(struct mux *mux, const char *bytes, size_t len)
{
	uint64_t now_ms = loop_now_ms(mux->base.loop);
	size_t done = 0;

	while (done < len && mux_flush(mux)) {
		size_t part = len - done < STAMP_BYTES ? len - done : STAMP_BYTES;
		int r = mux_stamp_push(&mux->stamp, now_ms, bytes + done, part, &mux->pending);

		if (r < 0)
			return done ? (ssize_t)done : r;
		done += part;
	}
	mux_flush(mux);
	return (ssize_t)done;
}

ssize_t mux_out(struct mux *mux, const struct iovec *iov, int n)
{
	size_t done = 0;

	if (!mux_flush(mux))
		return 0;
	if (!mux->stamp.on)
		return chardev_link_outv(&mux->below, iov, n);
	for (int i = 0; i < n; i++) {
		ssize_t taken = out_stamped(mux, iov[i].iov_base, iov[i].iov_len);

		if (taken < 0)
			return done ? (ssize_t)done : taken;
		done += (size_t)taken;
		if ((size_t)taken < iov[i].iov_len)
			break;
	}
	return (ssize_t)done;
}

static void say(struct mux *mux, const char *text, size_t len)
{
	if (mux->pending.len + len > PENDING_BYTES || byte_queue_push(&mux->pending, text, len) < 0)
		return;
	mux_flush(mux);
}

/* ---- whose turn it is ---- */

struct mux_port *mux_next(const struct mux *mux, const struct mux_port *port)
{
	const struct list *next = port->node.next;

	if (next == &mux->ports)
		next = next->next;
	return container_of(next, struct mux_port, node);
}

static void tell_port(struct mux_port *port, enum chardev_event_type type)
{
	struct chardev_event event = { .type = type };

	if (port)
		chardev_event(&port->base, &event);
}

static void tell_focus(void *data)
{
	struct mux *mux = data;
	struct mux_port *before = mux->told;

	if (before == mux->focus)
		return;
	mux->told = NULL;
	tell_port(before, CHARDEV_MUX_OUT);
	if (mux->base.closing || !mux->focus)
		return;
	mux->told = mux->focus;
	tell_port(mux->focus, CHARDEV_MUX_IN);
	if (!mux->base.closing)
		mux_resume(mux);
}

void mux_focus(struct mux *mux, struct mux_port *port)
{
	mux->focus = port;
	if (!mux->base.closing)
		task_post(mux->base.loop, &mux->focus_task, tell_focus, mux);
}

void mux_joined(struct mux *mux)
{
	unsigned flags = 0;

	mux->base.joined = 0;
	list_for_each (port, &mux->ports, struct mux_port, node) {
		flags |= chardev_holder_flags(&port->base);
		mux->base.joined++;
	}
	chardev_link_set_flags(&mux->below, flags);
}

/* ---- in ---- */

void mux_resume(struct mux *mux)
{
	if (!mux->starved || !mux->focus || !mux_port_room(mux->focus))
		return;
	mux->starved = false;
	chardev_link_in_resume(&mux->below);
}

static size_t on_below_in_room(void *holder)
{
	struct mux *mux = holder;
	size_t room = mux->focus ? mux_port_room(mux->focus) : 0;

	mux->starved = room == 0;
	return room;
}

static void say_help(struct mux *mux)
{
	char text[HELP_BYTES];

	say(mux, text, mux_keys_help(mux->keys.escape, text, sizeof(text)));
}

static void say_no_quit(struct mux *mux)
{
	static const char text[] = "\n\r[charhub: a viewer cannot end the console]\n\r";

	say(mux, text, sizeof(text) - 1);
}

static void obey(struct mux *mux, enum mux_command command)
{
	switch (command) {
	case MUX_HELP: say_help(mux); break;
	case MUX_QUIT: say_no_quit(mux); break;
	case MUX_STAMPS: mux_stamp_toggle(&mux->stamp, loop_now_ms(mux->base.loop)); break;
	case MUX_BREAK: tell_port(mux->focus, CHARDEV_BREAK); break;
	case MUX_NEXT:
		if (mux->focus) {
			mux_focus(mux, mux_next(mux, mux->focus));
			tell_focus(mux);
		}
		break;
	default: break;
	}
}

static void on_below_in(void *holder, const void *buf, size_t len)
{
	struct mux *mux = holder;
	const char *at = buf, *text = NULL;
	size_t text_len = 0;

	while (len && !mux->base.closing) {
		enum mux_command command = mux_keys_next(&mux->keys, &at, &len, &text, &text_len);

		if (command != MUX_TEXT)
			obey(mux, command);
		else if (text_len && mux->focus)
			mux_port_in(mux->focus, text, text_len);
	}
}

/* ---- the chardev below ---- */

/*
 * The next port that was not told in @round; the @skip-th of them first. Any port may go while one
 * is told.
 */
static struct mux_port *next_to_tell(const struct mux *mux, unsigned long round, unsigned long skip)
{
	struct mux_port *found = NULL;

	list_for_each (port, &mux->ports, struct mux_port, node) {
		if (port->round >= round)
			continue;
		found = port;
		if (!skip--)
			break;
	}
	if (found)
		found->round = round;
	return found;
}

/* Each in turn is the first: who is offered room first takes most of it. */
static void on_below_room(void *holder)
{
	struct mux *mux = holder;
	unsigned long round = ++mux->round;
	unsigned long skip = mux->base.joined ? round % mux->base.joined : 0;
	struct mux_port *port;

	if (!mux_flush(mux))
		return;
	for (; (port = next_to_tell(mux, round, skip)); skip = 0)
		chardev_room(&port->base);
}

static void set_open(struct mux *mux, bool open)
{
	unsigned long round = ++mux->round;
	struct mux_port *port;

	mux->base.open = open;
	while (mux->base.open == open && (port = next_to_tell(mux, round, 0)))
		chardev_set_open(&port->base, open);
}

static void tell_all(struct mux *mux, const struct chardev_event *event)
{
	unsigned long round = ++mux->round;
	struct mux_port *port;

	while ((port = next_to_tell(mux, round, 0)))
		chardev_event(&port->base, event);
}

static void on_below_event(void *holder, const struct chardev_event *event)
{
	struct mux *mux = holder;

	switch (event->type) {
	case CHARDEV_OPENED: set_open(mux, true); break;
	case CHARDEV_CLOSED:
		mux->keys.seen = false;
		set_open(mux, false);
		break;
	case CHARDEV_BREAK:
	case CHARDEV_MODEM:
		if (mux->focus)
			chardev_event(&mux->focus->base, event);
		break;
	default:
		if (event->type == CHARDEV_HANGUP)
			byte_queue_clear(&mux->pending);
		tell_all(mux, event);
	}
}

static const struct chardev_holder_ops below_ops = {
	.in_room = on_below_in_room,
	.on_in = on_below_in,
	.on_room = on_below_room,
	.on_event = on_below_event,
};

/* ---- life ---- */

static void mux_close(struct chardev *chardev)
{
	struct mux *mux = mux_of(chardev);

	while (!list_is_empty(&mux->ports))
		chardev_free(&container_of(mux->ports.next, struct mux_port, node)->base);
	task_cancel(&mux->focus_task);
	byte_queue_clear(&mux->pending);
	chardev_link_detach(&mux->below);
}

int mux_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct mux *mux = mux_of(chardev);
	const char *id = opts_get_string(opts, "chardev");
	struct chardev *below;
	int r;

	list_init(&mux->ports);
	if (!id)
		return error_set(err, EINVAL, "chardev: mux: no chardev given");
	below = chardev_set_find(chardev->set, id);
	if (!below)
		return error_set(err, ENOENT, "mux: base chardev %s not found", id);
	mux->keys.escape = chardev_escape(chardev);
	r = chardev_link_attach(&mux->below, below, CHARDEV_LINK_GOES_ON, &below_ops, mux, err);
	if (r == 0)
		chardev_set_open(chardev, chardev_link_is_open(&mux->below));
	return r;
}

static int mux_join(struct chardev *chardev, struct chardev **ret_port, struct error **err)
{
	return mux_port_new(mux_of(chardev), ret_port, err);
}

static struct chardev *mux_child(const struct chardev *chardev, size_t index)
{
	const struct mux *mux = (const struct mux *)chardev;

	return index ? NULL : mux->below.chardev;
}

static void mux_raise(struct chardev *chardev, const struct chardev_event *event)
{
	struct mux *mux = mux_of(chardev);

	if (mux->focus)
		chardev_event(&mux->focus->base, event);
}

static char *mux_describe(const struct chardev *chardev)
{
	const struct mux *mux = (const struct mux *)chardev;

	return mux->below.chardev ? chardev_describe(mux->below.chardev) : strdup("mux");
}

static const struct opt_desc mux_options[] = {
	{ .name = "chardev", .type = OPT_STRING, .help = "the chardev that is shared" },
	{ 0 },
};

const struct chardev_class mux_class = {
	.name = "mux",
	.summary = "shares a chardev between several holders, one of which has the keyboard",
	.options = mux_options,
	.size = sizeof(struct mux),
	.open = mux_open,
	.close = mux_close,
	.join = mux_join,
	.raise = mux_raise,
	.handover = &mux_handover,
	.describe = mux_describe,
	.child = mux_child,
};
