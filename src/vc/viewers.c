/* SPDX-License-Identifier: MIT */
/*
 * Who looks at a vc that takes part in a hub is a client of the vc, as those are who come to a
 * socket: a chardev of his own, which the hub makes a member. So he has all that people have there:
 * a name, a coming and a going, the keyboard or not, somebody who can send him away. What he sees
 * is the display's: no byte of the guest comes here. What he may is judged by his view, by the
 * rules of the hub.
 *
 * The display tells in the middle of its work that somebody has come or gone, and the hub is told
 * after the dispatch, by looking who is there. So nobody has gone who turns away and back within
 * one, nor whose view is made again by another program in our place.
 *
 * What the guest has not taken of his input when he goes is dropped, as a terminal's is that hangs
 * up.
 */
#include "vc/viewers.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "chardev/handover.h"
#include "vc/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct vc_viewer
 * @all:    NULL: the vc has gone
 * @number: of his view
 * @input:  what he has typed and the guest has not taken
 * @size:   of his window, to be told: of type CHARDEV_RESIZE
 * @may_type: as the holder knows it
 * @is_offered: the holder has been asked to take him
 * @has_left: his view is gone
 * @work:   tell the size, deliver the input
 */
struct vc_viewer {
	struct chardev base;
	struct list node;
	struct vc_viewers *all;
	unsigned number;
	char *identity, *address;
	struct byte_queue input;
	struct chardev_event size;
	bool may_type, is_offered, has_left;
	struct task work;
};

static struct vc_viewer *viewer_of(struct chardev *chardev)
{
	return container_of(chardev, struct vc_viewer, base);
}

/* NULL: he does not look here any more. */
static struct display_view *view_of(const struct vc_viewer *viewer)
{
	struct display_view *view = NULL;

	if (!viewer->all)
		return NULL;
	while ((view = display_console_next_view(viewer->all->console, view)))
		if (display_view_number(view) == viewer->number)
			return view;
	return NULL;
}

/* ---- to the holder ---- */

/* The size that he wanted is had, or not. */
static void tell_decided(const struct vc_viewer *viewer)
{
	struct display_view *view = view_of(viewer);

	if (view)
		display_view_size_decided(view);
}

static void tell_size(struct vc_viewer *viewer)
{
	const struct chardev_event size = viewer->size;

	viewer->size = (struct chardev_event){ 0 };
	chardev_event(&viewer->base, &size);
	/* The holder may have resized its engine there and then. */
	if (viewer->all)
		display_console_changed(viewer->all->console);
	tell_decided(viewer);
}

static void post(struct vc_viewer *viewer);

static void work(void *data)
{
	struct vc_viewer *viewer = data;

	if (!viewer->base.link)
		return;
	if (viewer->size.type == CHARDEV_RESIZE)
		tell_size(viewer);
	if (!viewer->base.closing && vc_input_deliver(&viewer->base, &viewer->input))
		post(viewer);
}

static void post(struct vc_viewer *viewer)
{
	task_post(viewer->base.loop, &viewer->work, work, viewer);
}

/* ---- the class ---- */

static void viewer_close(struct chardev *chardev)
{
	struct vc_viewer *viewer = viewer_of(chardev);

	task_cancel(&viewer->work);
	list_remove(&viewer->node);
	byte_queue_clear(&viewer->input);
	free(viewer->identity);
	free(viewer->address);
	tell_decided(viewer);
	if (viewer->all && !viewer->has_left)
		vc_viewers_look(viewer->all); /* he is still there */
	viewer->all = NULL;
}

static void viewer_in_resume(struct chardev *chardev)
{
	post(viewer_of(chardev));
}

static int viewer_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct display_view *view = view_of(viewer_of(chardev));

	if (!view || (event->type != CHARDEV_BELL && event->type != CHARDEV_NOTICE))
		return -ENOTSUP;
	display_view_bell(view);
	if (event->type == CHARDEV_NOTICE)
		display_view_notice(view, event->text);
	return 0;
}

static int viewer_disconnect(struct chardev *chardev, const char *reason)
{
	struct display_view *view = view_of(viewer_of(chardev));

	(void)reason; /* there is no place for last words */
	if (!view)
		return -ENOTSUP;
	display_view_send_away(view);
	return 0;
}

static const char *viewer_identity(const struct chardev *chardev)
{
	return container_of(chardev, const struct vc_viewer, base)->identity;
}

static bool viewer_peer(const struct chardev *chardev, struct chardev_peer *ret_peer)
{
	const struct vc_viewer *viewer = container_of(chardev, const struct vc_viewer, base);

	if (!viewer->address)
		return false;
	*ret_peer = (struct chardev_peer){ .address = viewer->address };
	return true;
}

static bool viewer_may_type(const struct chardev *chardev)
{
	const struct display_view *view =
		view_of(container_of(chardev, const struct vc_viewer, base));

	return view && display_view_may_type(view);
}

static char *viewer_describe(const struct chardev *chardev)
{
	const struct vc_viewer *viewer = container_of(chardev, const struct vc_viewer, base);
	char *text;

	return asprintf(&text, "viewer:%s", viewer->address ? viewer->address : "") < 0 ? NULL
											: text;
}

static bool goes_on(const struct chardev *chardev)
{
	return container_of(chardev, const struct vc_viewer, base)->all;
}

/* What is left of one its vc has. */
static const struct chardev_handover viewer_handover = { .goes_on = goes_on };

static const struct chardev_class viewer_class = {
	.name = "viewer",
	.summary = "somebody who looks at a vc",
	.takes_nothing = true,
	.size = sizeof(struct vc_viewer),
	.close = viewer_close,
	.in_resume = viewer_in_resume,
	.event = viewer_event,
	.disconnect = viewer_disconnect,
	.identity = viewer_identity,
	.peer = viewer_peer,
	.may_type = viewer_may_type,
	.handover = &viewer_handover,
	.describe = viewer_describe,
};

/* ---- who is there ---- */

/* NULL: no memory. */
static struct vc_viewer *new_viewer(
	struct vc_viewers *all, unsigned number, const char *identity, const char *address)
{
	AUTO_FREE char *id = NULL;
	struct chardev *chardev;
	struct vc_viewer *viewer;

	if (asprintf(&id, "%s.%u", all->server->id, number) < 0) {
		id = NULL;
		return NULL;
	}
	chardev = chardev_new_peer(all->server, &viewer_class, id);
	if (!chardev)
		return NULL;
	viewer = viewer_of(chardev);
	viewer->number = number;
	list_append(&all->list, &viewer->node);
	if (copy_text(identity, &viewer->identity) < 0 ||
		copy_text(address, &viewer->address) < 0) {
		chardev_free(chardev);
		return NULL;
	}
	viewer->all = all;
	chardev_set_open(chardev, true);
	return viewer;
}

/* The one who has this view; who has just come is noted here. NULL: no memory. */
static struct vc_viewer *meet(struct vc_viewers *all, const struct display_view *view)
{
	list_for_each (viewer, &all->list, struct vc_viewer, node)
		if (viewer->number == display_view_number(view))
			return viewer;
	return new_viewer(all, display_view_number(view), display_view_identity(view),
		display_view_address(view));
}

static void meet_all(struct vc_viewers *all)
{
	struct display_view *view = NULL;

	while ((view = display_console_next_view(all->console, view)))
		if (!meet(all, view))
			log_warning("vc '%s': out of memory: %s is at no hub", all->server->id,
				display_view_name(view));
}

static bool is_gone(const struct vc_viewer *viewer)
{
	return !viewer->has_left && !view_of(viewer);
}

static bool is_new(const struct vc_viewer *viewer)
{
	return !viewer->is_offered;
}

static bool is_judged_anew(const struct vc_viewer *viewer)
{
	return !viewer->has_left && viewer->may_type != viewer_may_type(&viewer->base);
}

/* The holder may do what it likes when it is told: each time the first one is looked for again. */
static struct vc_viewer *first(
	const struct vc_viewers *all, bool (*is_wanted)(const struct vc_viewer *viewer))
{
	list_for_each (viewer, &all->list, struct vc_viewer, node)
		if (is_wanted(viewer))
			return viewer;
	return NULL;
}

static void let_go(struct vc_viewer *viewer)
{
	viewer->has_left = true;
	vc_input_deliver(&viewer->base, &viewer->input);
	chardev_free(&viewer->base);
}

static void offer(struct vc_viewers *all, struct vc_viewer *viewer)
{
	AUTO_ERROR struct error *err = NULL;

	viewer->is_offered = true;
	viewer->may_type = viewer_may_type(&viewer->base);
	if (chardev_offer_peer(all->server, &viewer->base, &err) == 0)
		return;
	log_warning("vc '%s': '%s' is at no hub: %s", all->server->id, viewer->base.id,
		err ? error_message(err) : "");
	viewer->has_left = true;
	chardev_free(&viewer->base);
}

static void tell_right(struct vc_viewer *viewer)
{
	const struct chardev_event event = { .type = CHARDEV_RIGHT };

	viewer->may_type = !viewer->may_type;
	chardev_event(&viewer->base, &event);
}

static void look(void *data)
{
	struct vc_viewers *all = data;
	struct vc_viewer *viewer;

	while ((viewer = first(all, is_gone)))
		let_go(viewer);
	if (!vc_viewers_are_clients(all))
		return;
	meet_all(all);
	while ((viewer = first(all, is_new)))
		offer(all, viewer);
	while ((viewer = first(all, is_judged_anew)))
		tell_right(viewer);
}

void vc_viewers_look(struct vc_viewers *all)
{
	task_post(all->server->loop, &all->look, look, all);
}

bool vc_viewers_are_clients(const struct vc_viewers *all)
{
	return chardev_takes_peers(all->server) && chardev_console(all->server);
}

int vc_viewers_type(
	struct vc_viewers *all, const struct display_view *view, const char *bytes, size_t len)
{
	struct vc_viewer *viewer = meet(all, view);
	int r = viewer ? vc_input_queue(&viewer->input, bytes, len) : -ENOMEM;

	if (r == 0)
		post(viewer);
	return r;
}

int vc_viewers_resize(
	struct vc_viewers *all, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct vc_viewer *viewer = meet(all, view);

	if (!viewer)
		return -ENOMEM;
	viewer->size = (struct chardev_event){ .type = CHARDEV_RESIZE, .cols = cols, .rows = rows };
	post(viewer);
	return -EINPROGRESS;
}

/* ---- life ---- */

void vc_viewers_init(
	struct vc_viewers *all, struct chardev *server, struct display_console *console)
{
	*all = (struct vc_viewers){ .server = server, .console = console };
	list_init(&all->list);
}

void vc_viewers_done(struct vc_viewers *all)
{
	task_cancel(&all->look);
	list_for_each_safe (viewer, &all->list, struct vc_viewer, node) {
		list_remove(&viewer->node);
		viewer->all = NULL;
		if (!viewer->base.link)
			chardev_free(&viewer->base);
	}
}

/* ---- in another program's place ---- */

#define FIELD(...) SNAPSHOT_FIELD(struct vc_viewer_state, __VA_ARGS__)

const struct snapshot_field vc_viewer_fields[] = {
	FIELD(number, 1, SNAPSHOT_U32, .max = INT32_MAX),
	FIELD(identity, 2, SNAPSHOT_STRING),
	FIELD(address, 3, SNAPSHOT_STRING),
	FIELD(in_bytes, 4, SNAPSHOT_U64),
	FIELD(input, 5, SNAPSHOT_BLOB),
	{ 0 },
};

void vc_viewers_save(const struct vc_viewers *all, uint16_t tag, struct snapshot_writer *writer)
{
	list_for_each (viewer, &all->list, struct vc_viewer, node) {
		const struct vc_viewer_state state = { .number = viewer->number,
			.identity = viewer->identity,
			.address = viewer->address,
			.in_bytes = viewer->base.in_bytes,
			.input = { byte_queue_data(&viewer->input), viewer->input.len } };

		if (!viewer->base.link)
			continue;
		snapshot_begin_group(writer, tag, false);
		snapshot_put(writer, vc_viewer_fields, &state);
		snapshot_end_group(writer);
	}
}

static int load(struct vc_viewers *all, const struct vc_viewer_state *state)
{
	struct vc_viewer *viewer = new_viewer(all, state->number, state->identity, state->address);
	int r = viewer ? 0 : -ENOMEM;

	if (r == 0 && state->input.len)
		r = vc_input_queue(&viewer->input, state->input.data, state->input.len);
	if (r < 0)
		return r;
	viewer->base.in_bytes = state->in_bytes;
	viewer->is_offered = true;
	chardev_leave_orphan(&viewer->base);
	return 0;
}

int vc_viewers_load(struct vc_viewers *all, struct snapshot_groups left)
{
	struct vc_viewer_state state;
	struct snapshot_part part;
	int r = 0;

	while (r == 0 && snapshot_next_group(&left, &part))
		if (snapshot_get(&part, vc_viewer_fields, &state, NULL) == 0)
			r = load(all, &state);
	vc_viewers_look(all);
	return r;
}
