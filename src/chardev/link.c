/* SPDX-License-Identifier: MIT */
/*
 * Both ends of the arrow between a holder and a chardev: the holder's calls (chardev_link_*) and
 * the class's upcalls. Invariant: chardev->link->chardev == chardev while attached, and neither
 * side is called once one of the two is NULL.
 */
#include "chardev/link.h"

#include "base/log.h"
#include "base/segments.h"
#include "chardev/chardev-impl.h"
#include "chardev/log.h"
#include "chardev/shared.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

const char *chardev_event_name(enum chardev_event_type type)
{
	static const char *const names[] = { "OPENED", "CLOSED", "HANGUP", "BREAK", "RESIZE",
		"LINE", "MODEM", "FLUSHED", "BELL", "RIGHT", "NOTICE", "MUX_IN", "MUX_OUT" };

	return names[type];
}

/* ---- the holder's calls ---- */

static void resume_after_attach(void *data)
{
	struct chardev *chardev = data;

	if (chardev->link && !chardev->closing)
		chardev->class->in_resume(chardev);
}

/* The holder's @link leads to @chardev. Return: 0; why the class refuses, and it leads nowhere. */
static int join(struct chardev_link *link, struct chardev *chardev, struct error **err)
{
	int r;

	link->chardev = chardev;
	chardev->link = link;
	r = chardev->class->attach ? chardev->class->attach(chardev, err) : 0;
	if (r < 0) {
		chardev->link = NULL;
		link->chardev = NULL;
	}
	return r;
}

int chardev_link_attach(struct chardev_link *link, struct chardev *chardev, unsigned flags,
	const struct chardev_holder_ops *ops, void *holder, struct error **err)
{
	int r;

	if (chardev->class->join) {
		r = chardev->class->join(chardev, &chardev, err);
		if (r < 0)
			return r;
	}
	if (chardev->link)
		return error_set(err, EBUSY, "chardev '%s' is already in use", chardev->id);
	*link = (struct chardev_link){ .ops = ops, .holder = holder, .flags = flags };
	r = join(link, chardev, err);
	if (r < 0)
		return r;
	log_debug("chardev '%s': has a holder", chardev->id);
	/* The class learns after this dispatch that there may be room: no callback from in here. */
	if (chardev->class->in_resume)
		task_post(chardev->loop, &chardev->resume, resume_after_attach, chardev);
	return 0;
}

/* The last words stay to be read on a chardev that shows them. */
static void let_look(struct chardev_link *link)
{
	if (link->is_shown)
		link->ops->screen(link->holder, true);
	link->is_shown = false;
}

void chardev_link_detach(struct chardev_link *link)
{
	struct chardev *chardev = link->chardev;

	if (!chardev)
		return;
	let_look(link);
	log_debug("chardev '%s': has none any more", chardev->id);
	link->chardev = NULL;
	chardev->link = NULL;
	if (chardev->class->detach && !chardev->closing)
		chardev->class->detach(chardev);
}

static void tell(struct chardev_link *link, enum chardev_event_type type)
{
	if (link->chardev && link->ops->on_event)
		link->ops->on_event(link->holder, &(struct chardev_event){ .type = type });
}

/* In each call of the holder it may let go of the chardev. */
static void tell_moved(struct chardev_link *link, bool was_open, bool wanted_room)
{
	if (was_open) {
		tell(link, CHARDEV_CLOSED);
		tell(link, CHARDEV_HANGUP);
	}
	if (chardev_link_is_open(link))
		tell(link, CHARDEV_OPENED);
	if (wanted_room && link->chardev && link->ops->on_room)
		link->ops->on_room(link->holder);
}

int chardev_move_link(struct chardev *from, struct chardev *to, struct error **err)
{
	struct chardev_link *link = from->link;
	bool wanted_room = link->wants_room;
	int r;

	if (!(link->flags & CHARDEV_LINK_SWAPS))
		return error_set(err, EBUSY, "Chardev user does not support chardev hotswap");
	let_look(link);
	r = join(link, to, err);
	if (r < 0) {
		link->chardev = from;
		return r;
	}
	from->link = NULL;
	link->wants_room = false;
	link->n_reserved = 0;
	if (from->class->detach)
		from->class->detach(from);
	if (to->class->in_resume)
		task_post(to->loop, &to->resume, resume_after_attach, to);
	tell_moved(link, from->open, wanted_room);
	return 0;
}

/* Who can wait does so for a log that is busy. Return: how much its log lets through now. */
static size_t log_room(const struct chardev_link *link)
{
	const struct chardev *chardev = link->chardev;

	if (link->flags & CHARDEV_LINK_NEVER_WAIT)
		return SIZE_MAX;
	return chardev_log_room(chardev->log, chardev);
}

static void keep_promise(void *data)
{
	chardev_room(data);
}

void chardev_room_later(struct chardev *chardev)
{
	task_post(chardev->loop, &chardev->room, keep_promise, chardev);
}

/*
 * What a holder was refused it may be told of by one part of it and take up by another. If room was
 * promised and found before it was told of, the class has nothing to tell any more: we do. @owed:
 * the class, or the log, will tell.
 */
static void note_room(struct chardev_link *link, bool is_full, bool owed)
{
	link->wants_room |= is_full;
	if (link->wants_room && !owed)
		chardev_room_later(link->chardev);
}

ssize_t chardev_link_outv(struct chardev_link *link, const struct iovec *from, int n)
{
	struct chardev *chardev = link->chardev;
	struct iovec iov[2] = { from[0], n > 1 ? from[1] : (struct iovec){ 0 } };
	size_t offered = segments_len(iov, n), let_through;
	ssize_t accepted;

	if (!chardev || chardev->closing)
		return -EPIPE;
	n = segments_clip(iov, n, log_room(link));
	let_through = segments_len(iov, n);
	if (!n)
		accepted = 0;
	else
		accepted = chardev->class->out ? chardev->class->out(chardev, iov, n)
					       : (ssize_t)let_through;
	if (accepted < 0)
		return accepted;
	/* Who took all that the log let through is not full, and the log was not asked for more. */
	note_room(link, (size_t)accepted < offered, !n || (size_t)accepted < let_through);
	chardev->out_bytes += (size_t)accepted;
	chardev_log_write(chardev->log, iov, n, (size_t)accepted);
	return accepted;
}

ssize_t chardev_link_out(struct chardev_link *link, const void *buf, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };

	return chardev_link_outv(link, &iov, 1);
}

int chardev_link_out_reserve(struct chardev_link *link, struct iovec iov[2])
{
	struct chardev *chardev = link->chardev;
	int n;

	if (!chardev || chardev->closing)
		return -EPIPE;
	if (!chardev->class->out_reserve)
		return -ENOTSUP;
	n = chardev->class->out_reserve(chardev, iov);
	if (n > 0)
		n = segments_clip(iov, n, log_room(link));
	note_room(link, n == 0, n == 0);
	link->n_reserved = n > 0 ? n : 0;
	for (int i = 0; i < link->n_reserved; i++)
		link->reserved[i] = iov[i];
	return n;
}

void chardev_link_out_commit(struct chardev_link *link, size_t len)
{
	struct chardev *chardev = link->chardev;
	int n = link->n_reserved;

	link->n_reserved = 0;
	if (!len || !n || !chardev || chardev->closing)
		return;
	chardev->out_bytes += len;
	chardev_log_write(chardev->log, link->reserved, n, len);
	chardev->class->out_commit(chardev, len);
}

const char *chardev_link_id(const struct chardev_link *link)
{
	return link->chardev ? link->chardev->id : "(removed)";
}

bool chardev_link_is_open(const struct chardev_link *link)
{
	return link->chardev && link->chardev->open;
}

void chardev_link_set_flags(struct chardev_link *link, unsigned flags)
{
	link->flags = flags;
}

void chardev_link_in_resume(struct chardev_link *link)
{
	struct chardev *chardev = link->chardev;

	if (chardev && !chardev->closing && chardev->class->in_resume)
		chardev->class->in_resume(chardev);
}

int chardev_link_event(struct chardev_link *link, const struct chardev_event *event)
{
	struct chardev *chardev = link->chardev;

	if (!chardev || chardev->closing || !chardev->class->event)
		return -ENOTSUP;
	return chardev->class->event(chardev, event);
}

int chardev_link_take_fd(struct chardev_link *link)
{
	struct chardev *chardev = link->chardev;

	return chardev && !chardev->closing && chardev->class->take_fd
		       ? chardev->class->take_fd(chardev)
		       : -ENOENT;
}

int chardev_link_disconnect(struct chardev_link *link, const char *reason)
{
	struct chardev *chardev = link->chardev;

	if (!chardev || chardev->closing || !chardev->class->disconnect)
		return -ENOTSUP;
	return chardev->class->disconnect(chardev, reason);
}

/* ---- the class's upcalls ---- */

size_t chardev_in_room(struct chardev *chardev)
{
	struct chardev_link *link = chardev->link;

	return link && !chardev->closing && link->ops->in_room ? link->ops->in_room(link->holder)
							       : 0;
}

/* For a holder that only offers its own memory: copy into it. */
static void copy_in(const struct chardev_link *link, const char *buf, size_t len)
{
	struct iovec iov[2];
	int n = link->ops->in_reserve(link->holder, iov);
	size_t room = segments_len(iov, n), taken = len < room ? len : room;

	if (taken)
		segments_fill(iov, buf, taken);
	link->ops->in_commit(link->holder, taken);
}

void chardev_in(struct chardev *chardev, const void *buf, size_t len)
{
	struct chardev_link *link = chardev->link;

	chardev->in_bytes += len;
	if (link && link->ops->on_in)
		link->ops->on_in(link->holder, buf, len);
	else if (link && link->ops->in_reserve)
		copy_in(link, buf, len);
}

int chardev_in_reserve(struct chardev *chardev, struct iovec iov[2])
{
	struct chardev_link *link = chardev->link;
	size_t room = chardev_in_room(chardev);

	chardev->scratch.iov_base = NULL;
	if (!room)
		return 0;
	if (link->ops->in_reserve)
		return link->ops->in_reserve(link->holder, iov);
	chardev->scratch.iov_base = chardev->shared->scratch;
	iov[0].iov_base = chardev->scratch.iov_base;
	iov[0].iov_len = room < CHARDEV_SCRATCH_BYTES ? room : CHARDEV_SCRATCH_BYTES;
	return 1;
}

void chardev_in_commit(struct chardev *chardev, size_t len)
{
	struct chardev_link *link = chardev->link;

	if (chardev->scratch.iov_base) {
		chardev_in(chardev, chardev->scratch.iov_base, len);
		return;
	}
	chardev->in_bytes += len;
	if (link && link->ops->in_commit)
		link->ops->in_commit(link->holder, len);
}

void chardev_room(struct chardev *chardev)
{
	struct chardev_link *link = chardev->link;

	if (!link || !link->wants_room || chardev->closing)
		return;
	link->wants_room = false;
	if (link->ops->on_room)
		link->ops->on_room(link->holder);
}

void chardev_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct chardev_link *link = chardev->link;

	if (!link || chardev->closing)
		return;
	log_debug("chardev '%s': %s", chardev->id, chardev_event_name(event->type));
	if (link->ops->on_event)
		link->ops->on_event(link->holder, event);
}

void chardev_set_open(struct chardev *chardev, bool open)
{
	struct chardev_event event = { .type = open ? CHARDEV_OPENED : CHARDEV_CLOSED };

	if (open == chardev->open)
		return;
	chardev->open = open;
	chardev_event(chardev, &event);
}

void chardev_hang_up(struct chardev *chardev)
{
	struct chardev_event event = { .type = CHARDEV_HANGUP };

	chardev_set_open(chardev, false);
	chardev_event(chardev, &event);
}

unsigned chardev_holder_flags(const struct chardev *chardev)
{
	return chardev->link ? chardev->link->flags : 0;
}

void chardev_rules(
	const struct chardev *chardev, struct object **ret_view, struct object **ret_type)
{
	const struct chardev_link *link = chardev->link;

	*ret_view = *ret_type = NULL;
	if (link && link->ops->rules)
		link->ops->rules(link->holder, ret_view, ret_type);
}

struct vt *chardev_screen(const struct chardev *chardev, bool look)
{
	struct chardev_link *link = chardev->link;

	if (!link || !link->ops->screen)
		return NULL;
	link->is_shown = true;
	return link->ops->screen(link->holder, look);
}

bool chardev_out_offset(const struct chardev *chardev, uint64_t *ret_offset)
{
	const struct chardev_link *link = chardev->link;

	*ret_offset = 0;
	return link && link->ops->offset && link->ops->offset(link->holder, ret_offset);
}

const char *chardev_console(const struct chardev *chardev)
{
	const struct chardev_link *link = chardev->link;

	return link && link->ops->console ? link->ops->console(link->holder) : NULL;
}
