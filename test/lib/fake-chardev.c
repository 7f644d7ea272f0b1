/* SPDX-License-Identifier: MIT */
#include "lib/fake-chardev.h"

#include "base/cleanup.h"
#include "opts/opts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { PIECE_BYTES = 16384 };

struct fake_chardev *fake_chardev_of(struct chardev *chardev)
{
	return (struct fake_chardev *)chardev;
}

static int fake_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct fake_chardev *fake = fake_chardev_of(chardev);

	if (opts_has(opts, "fail"))
		return error_set(err, EIO, "fake '%s': told to fail", chardev->id);
	fake->accept = fake->chunk = SIZE_MAX;
	chardev_set_open(chardev, opts_get_bool(opts, "open"));
	return 0;
}

static void fake_close(struct chardev *chardev)
{
	struct fake_chardev *fake = fake_chardev_of(chardev);

	task_cancel(&fake->hang_up);
	strbuf_done(&fake->out);
	strbuf_done(&fake->typed);
}

/* What a call may still take, or the error. */
static ssize_t fake_budget(struct fake_chardev *fake)
{
	size_t budget = fake->accept < fake->chunk ? fake->accept : fake->chunk;

	fake->out_calls++;
	if (fake->error || (!fake->base.open && !fake->takes_when_closed)) {
		fake->out_errors++;
		return fake->error ? -fake->error : -EPIPE;
	}
	return budget > SSIZE_MAX ? SSIZE_MAX : (ssize_t)budget;
}

static void fake_take(struct fake_chardev *fake, const void *bytes, size_t len)
{
	strbuf_append(&fake->out, bytes, len);
	if (fake->accept != SIZE_MAX)
		fake->accept -= len;
}

static ssize_t fake_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct fake_chardev *fake = fake_chardev_of(chardev);
	ssize_t budget = fake_budget(fake), total = 0;

	if (budget < 0)
		return budget;
	fake->out_counted = chardev_out_offset(chardev, &fake->out_offset);
	for (int i = 0; i < n && total < budget; i++) {
		size_t left = (size_t)(budget - total);
		size_t len = iov[i].iov_len < left ? iov[i].iov_len : left;

		fake_take(fake, iov[i].iov_base, len);
		total += (ssize_t)len;
	}
	return total;
}

static int fake_out_reserve(struct chardev *chardev, struct iovec iov[2])
{
	struct fake_chardev *fake = fake_chardev_of(chardev);
	ssize_t budget = fake_budget(fake);
	size_t len;

	if (budget <= 0)
		return (int)budget;
	len = (size_t)budget < sizeof(fake->memory) ? (size_t)budget : sizeof(fake->memory);
	iov[0] = (struct iovec){ fake->memory, len };
	return 1;
}

static void fake_out_commit(struct chardev *chardev, size_t len)
{
	struct fake_chardev *fake = fake_chardev_of(chardev);

	fake_take(fake, fake->memory, len);
}

/* From a copy: the holder may remove the chardev, or make the peer send more, while it looks. */
static void deliver(struct fake_chardev *fake)
{
	struct strbuf *typed = &fake->typed;
	char piece[PIECE_BYTES];

	if (fake->delivering)
		return;
	fake->delivering = true;
	while (!fake->base.closing && typed->len) {
		size_t room = chardev_in_room(&fake->base);
		size_t most = room < sizeof(piece) ? room : sizeof(piece);
		size_t len = typed->len < most ? typed->len : most;

		if (!len)
			break;
		memcpy(piece, typed->data, len);
		typed->len -= len;
		memmove(typed->data, typed->data + len, typed->len);
		chardev_in(&fake->base, piece, len);
	}
	fake->delivering = false;
}

static void fake_in_resume(struct chardev *chardev)
{
	fake_chardev_of(chardev)->resumes++;
	deliver(fake_chardev_of(chardev));
}

static int fake_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct fake_chardev *fake = fake_chardev_of(chardev);

	fake->last = *event;
	fake->events++;
	fake->bells += event->type == CHARDEV_BELL;
	return fake->event_result;
}

static void hang_up_now(void *data)
{
	fake_chardev_hang_up(data);
}

static int fake_disconnect(struct chardev *chardev, const char *reason)
{
	struct fake_chardev *fake = fake_chardev_of(chardev);

	if (fake->stays)
		return -ENOTSUP;
	fake->disconnects++;
	snprintf(fake->reason, sizeof(fake->reason), "%s", reason ? reason : "");
	task_post(chardev->loop, &fake->hang_up, hang_up_now, fake);
	return 0;
}

static const char *fake_identity(const struct chardev *chardev)
{
	return ((const struct fake_chardev *)chardev)->identity;
}

static int fake_attach(struct chardev *chardev, struct error **err)
{
	(void)err;
	fake_chardev_of(chardev)->attached++;
	return 0;
}

static void fake_detach(struct chardev *chardev)
{
	fake_chardev_of(chardev)->detached++;
}

static const struct opt_desc fake_options[] = {
	{ .name = "open",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "whether the peer is there from the start" },
	{ .name = "fail", .type = OPT_BOOL, .help = "fail to open" },
	{ 0 },
};

#define FAKE_METHODS                                                                            \
	.options = fake_options, .size = sizeof(struct fake_chardev), .open = fake_open,        \
	.close = fake_close, .out = fake_out, .in_resume = fake_in_resume, .event = fake_event, \
	.disconnect = fake_disconnect, .identity = fake_identity, .attach = fake_attach,        \
	.detach = fake_detach

const struct chardev_class fake_chardev_class = {
	.name = "fake",
	.summary = "for tests: the peer is the test",
	FAKE_METHODS,
};

const struct chardev_class fake_reserve_chardev_class = {
	.name = "fake-reserve",
	.summary = "for tests: the same, and offers its memory",
	FAKE_METHODS,
	.out_reserve = fake_out_reserve,
	.out_commit = fake_out_commit,
};

const struct chardev_class fake_sink_chardev_class = {
	.name = "fake-sink",
	.summary = "for tests: the same, and nobody reads it",
	.is_sink = true,
	FAKE_METHODS,
};

static bool fake_may_type(const struct chardev *chardev)
{
	return ((const struct fake_chardev *)chardev)->may_type;
}

const struct chardev_class fake_viewer_chardev_class = {
	.name = "fake-viewer",
	.summary = "for tests: a client of a screen",
	.takes_nothing = true,
	.may_type = fake_may_type,
	FAKE_METHODS,
};

struct fake_chardev *fake_chardev_add(struct chardev_set *set, const char *id)
{
	struct opts *opts = opts_new();
	struct chardev *chardev = NULL;

	if (!opts)
		return NULL;
	if (opts_set(opts, "backend", "fake") == 0 && opts_set(opts, "id", id) == 0)
		chardev_set_add(set, opts, &chardev, NULL);
	opts_free(opts);
	return chardev ? fake_chardev_of(chardev) : NULL;
}

void fake_chardev_set_open(struct fake_chardev *fake, bool open)
{
	fake->takes_when_closed = false;
	chardev_set_open(&fake->base, open);
}

void fake_chardev_half_close(struct fake_chardev *fake)
{
	fake->takes_when_closed = true;
	chardev_set_open(&fake->base, false);
}

void fake_chardev_hang_up(struct fake_chardev *fake)
{
	fake->takes_when_closed = false;
	chardev_hang_up(&fake->base);
}

void fake_chardev_set_accept(struct fake_chardev *fake, size_t accept)
{
	fake->accept = accept;
	if (accept)
		chardev_room(&fake->base);
}

void fake_chardev_fail(struct fake_chardev *fake, int error)
{
	fake->error = error;
}

void fake_chardev_type(struct fake_chardev *fake, const void *bytes, size_t len)
{
	strbuf_append(&fake->typed, bytes, len);
	deliver(fake);
}

void fake_chardev_judge(struct fake_chardev *fake, bool may_type)
{
	const struct chardev_event event = { .type = CHARDEV_RIGHT };

	fake->may_type = may_type;
	chardev_event(&fake->base, &event);
}

void fake_chardev_break(struct fake_chardev *fake)
{
	chardev_event(&fake->base, &(struct chardev_event){ .type = CHARDEV_BREAK });
}

void fake_chardev_resize(struct fake_chardev *fake, unsigned cols, unsigned rows)
{
	chardev_event(&fake->base,
		&(struct chardev_event){ .type = CHARDEV_RESIZE, .cols = cols, .rows = rows });
}

bool fake_chardev_out_is(const struct fake_chardev *fake, const char *text)
{
	size_t len = strlen(text);

	return fake->out.len == len && !memcmp(len ? fake->out.data : "", text, len);
}
