/* SPDX-License-Identifier: MIT */
/*
 * As lib/guest.c at the other side: all that the program is told comes from a task, and output
 * waits until then in a buffer of fixed size. When that is full the hub waits, or skips the member.
 */
#include "lib/voice.h"

#include "base/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct voice
 * @ops:      NULL: nobody hears
 * @output:   @len bytes that the program has not taken
 * @stalled:  it takes none until voice_resume()
 * @full:     the hub was told that there is no room
 * @waits:    input was not taken: @room is to be told once it is
 */
struct voice {
	struct chardev base;
	const struct voice_ops *ops;
	void *data;
	char *identity;
	char output[VOICE_OUTPUT_BYTES];
	size_t len;
	bool stalled, full, waits, room, resized;
	unsigned cols, rows;
	struct task task;
};

static struct voice *voice_of(struct chardev *chardev)
{
	return container_of(chardev, struct voice, base);
}

static void tell(void *data);

static void tell_later(struct voice *voice)
{
	task_post(voice->base.loop, &voice->task, tell, voice);
}

static void tell_state(struct voice *voice)
{
	if (voice->resized && voice->ops) {
		voice->resized = false;
		voice->ops->on_resize(voice->data, voice->cols, voice->rows);
	}
	if (voice->room && voice->ops) {
		voice->room = false;
		voice->ops->on_room(voice->data);
	}
}

static void offer(struct voice *voice)
{
	size_t taken;

	if (!voice->ops || voice->stalled || !voice->len)
		return;
	taken = voice->ops->on_output(voice->data, voice->output, voice->len);
	if (taken > voice->len)
		taken = voice->len;
	voice->len -= taken;
	memmove(voice->output, voice->output + taken, voice->len);
	voice->stalled = voice->len;
}

/* It may be freed in any call: then @ops is NULL, and the memory is there still. */
static void tell(void *data)
{
	struct voice *voice = data;

	tell_state(voice);
	offer(voice);
	if (voice->full && voice->len < sizeof(voice->output) && !voice->base.closing) {
		voice->full = false;
		chardev_room(&voice->base);
	}
}

/* ---- the program's side ---- */

void voice_begin(struct chardev *chardev, const struct voice_ops *ops, void *data)
{
	voice_of(chardev)->ops = ops;
	voice_of(chardev)->data = data;
	tell_later(voice_of(chardev));
}

size_t voice_type(struct chardev *chardev, const void *bytes, size_t len)
{
	size_t done = 0;

	while (done < len && !chardev->closing) {
		size_t room = chardev_in_room(chardev), part = len - done;

		if (!room)
			break;
		part = part < room ? part : room;
		chardev_in(chardev, (const char *)bytes + done, part);
		done += part;
	}
	voice_of(chardev)->waits |= done < len;
	return done;
}

void voice_resume(struct chardev *chardev)
{
	if (!voice_of(chardev)->stalled)
		return;
	voice_of(chardev)->stalled = false;
	tell_later(voice_of(chardev));
}

/* ---- the chardev ---- */

static size_t take(struct voice *voice, const struct iovec *segment)
{
	size_t room = sizeof(voice->output) - voice->len;
	size_t part = segment->iov_len < room ? segment->iov_len : room;

	memcpy(voice->output + voice->len, segment->iov_base, part);
	voice->len += part;
	return part;
}

static ssize_t voice_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct voice *voice = voice_of(chardev);
	size_t done = 0;

	for (int i = 0; i < n; i++) {
		size_t part = take(voice, &iov[i]);

		done += part;
		if (part < iov[i].iov_len) {
			voice->full = true;
			break;
		}
	}
	tell_later(voice);
	return (ssize_t)done;
}

static void voice_in_resume(struct chardev *chardev)
{
	struct voice *voice = voice_of(chardev);

	if (!voice->waits)
		return;
	voice->waits = false;
	voice->room = true;
	tell_later(voice);
}

static int voice_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct voice *voice = voice_of(chardev);

	if (event->type != CHARDEV_RESIZE)
		return -ENOTSUP;
	voice->resized = true;
	voice->cols = event->cols;
	voice->rows = event->rows;
	tell_later(voice);
	return 0;
}

static void hang_up(void *data)
{
	chardev_hang_up(&((struct voice *)data)->base);
}

/* What it has not heard yet is of no use to who is sent away. */
static int voice_disconnect(struct chardev *chardev, const char *reason)
{
	struct voice *voice = voice_of(chardev);

	(void)reason;
	task_cancel(&voice->task);
	task_post(chardev->loop, &voice->task, hang_up, voice);
	return 0;
}

static const char *voice_identity(const struct chardev *chardev)
{
	return ((const struct voice *)chardev)->identity;
}

static void voice_close(struct chardev *chardev)
{
	struct voice *voice = voice_of(chardev);
	const struct voice_ops *ops = voice->ops;

	task_cancel(&voice->task);
	voice->ops = NULL;
	free(voice->identity);
	voice->identity = NULL;
	if (ops)
		ops->on_gone(voice->data);
}

static const struct chardev_class voice_class = {
	.name = "program",
	.summary = "a member that is the program itself",
	.size = sizeof(struct voice),
	.close = voice_close,
	.out = voice_out,
	.in_resume = voice_in_resume,
	.event = voice_event,
	.disconnect = voice_disconnect,
	.identity = voice_identity,
};

int voice_new(
	struct chardev *hub, const char *id, const char *identity, struct chardev **ret_chardev)
{
	struct chardev *chardev = chardev_new_peer(hub, &voice_class, id);

	if (!chardev)
		return -ENOMEM;
	voice_of(chardev)->identity = strdup(identity);
	if (!voice_of(chardev)->identity) {
		chardev_free(chardev);
		return -ENOMEM;
	}
	chardev_set_open(chardev, true);
	*ret_chardev = chardev;
	return 0;
}
