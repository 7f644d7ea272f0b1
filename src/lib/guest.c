/* SPDX-License-Identifier: MIT */
/*
 * All that the guest is told comes from a task: its functions may do what they like without meeting
 * the hub at work. What people type waits in a buffer of fixed size until then, and for as long as
 * the guest does not take it: at no room they wait.
 */
#include "lib/guest.h"

#include "opts/opts.h"

#include <string.h>

static void tell(void *data);

static struct guest *guest_of(struct frontend *frontend)
{
	return container_of(frontend, struct guest, base);
}

static void tell_later(struct guest *guest)
{
	task_post(guest->base.loop, &guest->task, tell, guest);
}

/* How much of the input goes to the guest in one piece: a break comes between. */
static size_t piece(const struct guest *guest)
{
	return guest->break_at >= 0 ? (size_t)guest->break_at : guest->len;
}

/* Return: true: it has taken some. */
static bool offer(struct guest *guest)
{
	size_t len = piece(guest), taken = len;

	if (!len || guest->stalled)
		return false;
	if (guest->ops->on_input)
		taken = guest->ops->on_input(guest->data, guest->input, len);
	if (taken > len)
		taken = len;
	memmove(guest->input, guest->input + taken, guest->len - taken);
	guest->len -= taken;
	if (guest->break_at >= 0)
		guest->break_at -= (int)taken;
	guest->stalled = taken < len;
	return taken;
}

static void tell_break(struct guest *guest)
{
	if (guest->break_at != 0 || !guest->ops)
		return;
	guest->break_at = -1;
	if (guest->ops->on_break)
		guest->ops->on_break(guest->data);
	tell_later(guest); /* what came behind it */
}

static void tell_state(struct guest *guest)
{
	if (guest->resized && guest->ops) {
		guest->resized = false;
		if (guest->ops->on_resize)
			guest->ops->on_resize(guest->data, guest->cols, guest->rows);
	}
	if (guest->room && guest->ops) {
		guest->room = false;
		if (guest->ops->on_room)
			guest->ops->on_room(guest->data);
	}
}

/* The owner may free it in any call: then @ops is NULL, and the memory is there still. */
static void tell(void *data)
{
	struct guest *guest = data;
	bool taken;

	tell_state(guest);
	taken = guest->ops && offer(guest);
	tell_break(guest);
	if (taken && guest->ops)
		chardev_link_in_resume(&guest->link);
}

void guest_resume(struct guest *guest)
{
	if (!guest->stalled)
		return;
	guest->stalled = false;
	tell_later(guest);
}

/* ---- the holder ---- */

static size_t on_in_room(void *holder)
{
	const struct guest *guest = holder;

	return guest->stalled ? 0 : sizeof(guest->input) - guest->len;
}

static void on_in(void *holder, const void *buf, size_t len)
{
	struct guest *guest = holder;

	memcpy(guest->input + guest->len, buf, len);
	guest->len += len;
	tell_later(guest);
}

static void on_event(void *holder, const struct chardev_event *event)
{
	struct guest *guest = holder;

	if (event->type == CHARDEV_RESIZE) {
		guest->resized = true;
		guest->cols = event->cols;
		guest->rows = event->rows;
	} else if (event->type == CHARDEV_BREAK) {
		if (guest->break_at < 0)
			guest->break_at = (int)guest->len;
	} else {
		return;
	}
	tell_later(guest);
}

static void on_room(void *holder)
{
	struct guest *guest = holder;

	guest->room = true;
	tell_later(guest);
}

static const struct chardev_holder_ops holder_ops = {
	.in_room = on_in_room,
	.on_in = on_in,
	.on_event = on_event,
	.on_room = on_room,
};

/* ---- life ---- */

static int guest_open(struct frontend *frontend, const struct opts *opts, struct error **err)
{
	struct guest *guest = guest_of(frontend);
	unsigned flags = CHARDEV_LINK_CONSOLE;

	guest->break_at = -1;
	if (opts_get_bool(opts, "never-wait"))
		flags |= CHARDEV_LINK_NEVER_WAIT;
	frontend->guest_open = true;
	return frontend_attach(frontend, "chardev", opts_get_string(opts, "chardev"), &guest->link,
		flags, &holder_ops, err);
}

static void guest_close(struct frontend *frontend)
{
	struct guest *guest = guest_of(frontend);
	const struct guest_ops *ops = guest->ops;

	task_cancel(&guest->task);
	chardev_link_detach(&guest->link);
	guest->ops = NULL;
	if (ops)
		ops->on_gone(guest->data);
}

static const struct opt_desc guest_options[] = {
	{ .name = "chardev",
		.type = OPT_ID,
		.required = true,
		.help = "chardev that the guest's console is given to: a hub" },
	{ .name = "never-wait",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "the guest stands still while it waits" },
	{ 0 },
};

const struct frontend_class guest_class = {
	.name = "program",
	.summary = "a guest that is the program itself",
	.options = guest_options,
	.size = sizeof(struct guest),
	.open = guest_open,
	.close = guest_close,
};

struct guest *guest_find(struct frontend_set *set, const struct chardev *chardev)
{
	struct frontend *frontend = NULL;

	while ((frontend = frontend_set_next(set, frontend)))
		if (frontend->class == &guest_class && guest_of(frontend)->link.chardev == chardev)
			return guest_of(frontend);
	return NULL;
}
