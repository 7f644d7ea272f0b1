/* SPDX-License-Identifier: MIT */
/*
 * `-device console`: any chardev as the guest's end. What @guest delivers is the guest's output
 * and goes out to @shared; what @shared delivers goes to the guest. Where @shared has memory of
 * its own to offer (a hub's journal), the guest's chardev reads straight into it.
 *
 * @guest may be a server of several clients: then the first one is the guest, and the others take
 * part in @shared as clients of one of its members do: people open the path that the VMM has
 * dialled. When the guest has gone, the next client is the guest if it is the same user as the
 * first one was, or the one that `guest-user=` names.
 *
 * Nothing is buffered here but the rest of a short accept: while there is such a rest its producer
 * has no room. A guest that is not there takes no input: the members' bytes wait in the kernel.
 * What is lost all the same is told in the log.
 */
#include "frontend/frontend.h"

#include "base/log.h"
#include "base/segments.h"
#include "io/byte-queue.h"
#include "opts/opts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_BYTES = 64 * 1024, INPUT_ROOM_BYTES = 4096 };

/**
 * struct rest - what one side has not accepted yet
 * @lost_bytes: what it did not accept and nobody keeps, since the log told
 */
struct rest {
	struct byte_queue bytes;
	uint64_t lost_bytes;
};

/**
 * struct console
 * @line:        to the guest: @guest, or @caller
 * @caller:      to the client of the server @guest that is the guest
 * @guest_user:  who may be the guest of a server with several clients; NULL: not known yet
 * @out, @in:    towards @shared, towards the guest
 * @rests:       to offer what another program had not
 * @cols, @rows: the size that the guest was told last; 0: none
 */
struct console {
	struct frontend base;
	struct chardev_link guest, shared, caller;
	struct chardev_link *line;
	const struct chardev_holder_ops *caller_ops;
	char *guest_user;
	struct rest out, in;
	unsigned cols, rows;
	struct task rests;
};

static void lose_rest(struct rest *rest)
{
	rest->lost_bytes += rest->bytes.len;
	byte_queue_clear(&rest->bytes);
}

/* Offer the rest again. Return: true once nothing is left of it. */
static bool flush_rest(struct rest *rest, struct chardev_link *link)
{
	ssize_t taken;

	if (!rest->bytes.len)
		return true;
	taken = chardev_link_out(link, byte_queue_data(&rest->bytes), rest->bytes.len);
	if (taken < 0)
		lose_rest(rest);
	else
		byte_queue_pop(&rest->bytes, (size_t)taken);
	return !rest->bytes.len;
}

/* Offer bytes, keep what is not accepted, unless there is nobody to take it. */
static void offer(struct rest *rest, struct chardev_link *link, const char *buf, size_t len)
{
	ssize_t taken = chardev_link_out(link, buf, len);
	size_t done = taken < 0 ? 0 : (size_t)taken;

	if (taken < 0 || byte_queue_push(&rest->bytes, buf + done, len - done) < 0)
		rest->lost_bytes += len - done;
}

/* Input that the guest did not live to take. */
static void tell_lost_in(struct console *console)
{
	if (console->in.lost_bytes)
		log_warning("console '%s': %" PRIu64 " bytes of input for the guest are lost",
			chardev_link_id(console->line), console->in.lost_bytes);
	console->in.lost_bytes = 0;
}

/* Output while nobody was there: told when somebody is, since that may last. */
static void tell_lost_out(struct console *console)
{
	if (console->out.lost_bytes)
		log_info("console '%s': %" PRIu64 " bytes of the guest went to nobody",
			chardev_link_id(console->line), console->out.lost_bytes);
	console->out.lost_bytes = 0;
}

/* ---- guest to world ---- */

static int on_guest_reserve(void *holder, struct iovec iov[2])
{
	struct console *console = holder;

	return chardev_link_out_reserve(&console->shared, iov);
}

static void on_guest_commit(void *holder, size_t len)
{
	struct console *console = holder;

	chardev_link_out_commit(&console->shared, len);
}

static size_t on_guest_room_direct(void *holder)
{
	struct iovec iov[2];
	int n = on_guest_reserve(holder, iov);

	return segments_len(iov, n);
}

static size_t on_guest_room(void *holder)
{
	struct console *console = holder;

	return console->out.bytes.len ? 0 : ROOM_BYTES;
}

static void on_guest_out(void *holder, const void *buf, size_t len)
{
	struct console *console = holder;

	offer(&console->out, &console->shared, buf, len);
}

static void on_shared_room(void *holder)
{
	struct console *console = holder;

	if (flush_rest(&console->out, &console->shared))
		chardev_link_in_resume(console->line);
}

/* ---- world to guest ---- */

static size_t on_shared_in_room(void *holder)
{
	struct console *console = holder;

	if (console->in.bytes.len || !chardev_link_is_open(console->line))
		return 0;
	return INPUT_ROOM_BYTES;
}

static void on_shared_in(void *holder, const void *buf, size_t len)
{
	struct console *console = holder;

	offer(&console->in, console->line, buf, len);
	tell_lost_in(console);
}

static void on_guest_in_room(void *holder)
{
	struct console *console = holder;

	if (flush_rest(&console->in, console->line))
		chardev_link_in_resume(&console->shared);
}

/* ---- events ---- */

static void tell_size(struct console *console)
{
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = console->cols, .rows = console->rows
	};

	if (console->cols)
		chardev_link_event(console->line, &event);
}

static void guest_comes(struct console *console)
{
	log_info("console '%s': the guest is there", chardev_link_id(console->line));
	console->base.guest_open = true;
	tell_size(console);
	chardev_link_in_resume(&console->shared);
}

static void guest_goes(struct console *console)
{
	log_info("console '%s': the guest is gone", chardev_link_id(console->line));
	console->base.guest_open = false;
	lose_rest(&console->in);
	tell_lost_in(console);
}

static void on_guest_event(void *holder, const struct chardev_event *event)
{
	struct console *console = holder;

	switch (event->type) {
	case CHARDEV_OPENED: guest_comes(console); break;
	case CHARDEV_CLOSED: guest_goes(console); break;
	case CHARDEV_BREAK:
	case CHARDEV_LINE:
	case CHARDEV_MODEM: chardev_link_event(&console->shared, event); break;
	default: break;
	}
}

/* Nobody takes the rest, nor tells of room: the guest goes on, as it does with nobody there. */
static void shared_goes(struct console *console)
{
	lose_rest(&console->out);
	chardev_link_in_resume(console->line);
}

static void on_shared_event(void *holder, const struct chardev_event *event)
{
	struct console *console = holder;

	if (event->type == CHARDEV_OPENED) {
		tell_lost_out(console);
	} else if (event->type == CHARDEV_HANGUP) {
		shared_goes(console);
	} else if (event->type == CHARDEV_RESIZE) {
		console->cols = event->cols;
		console->rows = event->rows;
		tell_size(console);
	} else if (event->type == CHARDEV_BREAK || event->type == CHARDEV_LINE ||
		   event->type == CHARDEV_MODEM) {
		chardev_link_event(console->line, event);
	}
}

/* ---- a server of several clients as the guest's end ---- */

static void let_caller_go(struct console *console)
{
	struct chardev *caller = console->caller.chardev;

	chardev_link_detach(&console->caller);
	console->line = &console->guest;
	chardev_free(caller);
}

static void on_caller_event(void *holder, const struct chardev_event *event)
{
	on_guest_event(holder, event);
	if (event->type == CHARDEV_HANGUP)
		let_caller_go(holder);
}

/* The first one says by coming who the guest's user is. */
static bool may_be_guest(struct console *console, const struct chardev *peer)
{
	const char *identity = chardev_identity(peer);

	if (console->caller.chardev || !identity)
		return false;
	if (!console->guest_user)
		console->guest_user = strdup(identity);
	return console->guest_user && !strcmp(console->guest_user, identity);
}

static int on_guest_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct console *console = holder;
	int r;

	if (!may_be_guest(console, peer))
		return chardev_adopt(console->shared.chardev, peer, err);
	r = chardev_link_attach(
		&console->caller, peer, CHARDEV_LINK_GOES_ON, console->caller_ops, console, err);
	if (r < 0)
		return r;
	console->line = &console->caller;
	guest_comes(console);
	return 0;
}

/* ---- life ---- */

#define DIRECT                                                           \
	.in_room = on_guest_room_direct, .in_reserve = on_guest_reserve, \
	.in_commit = on_guest_commit, .on_room = on_guest_in_room

#define COPIED .in_room = on_guest_room, .on_in = on_guest_out, .on_room = on_guest_in_room

/* By whether @shared has memory of its own to offer. */
static const struct chardev_holder_ops guest_ops[] = {
	{ COPIED, .on_event = on_guest_event, .on_peer = on_guest_peer },
	{ DIRECT, .on_event = on_guest_event, .on_peer = on_guest_peer },
};
static const struct chardev_holder_ops caller_ops[] = {
	{ COPIED, .on_event = on_caller_event },
	{ DIRECT, .on_event = on_caller_event },
};

static const struct chardev_holder_ops shared_ops = {
	.in_room = on_shared_in_room,
	.on_in = on_shared_in,
	.on_room = on_shared_room,
	.on_event = on_shared_event,
};

static void console_close(struct frontend *frontend)
{
	struct console *console = container_of(frontend, struct console, base);

	task_cancel(&console->rests);
	tell_lost_out(console);
	if (console->caller.chardev)
		let_caller_go(console);
	chardev_link_detach(&console->guest);
	chardev_link_detach(&console->shared);
	byte_queue_clear(&console->out.bytes);
	byte_queue_clear(&console->in.bytes);
	free(console->guest_user);
}

static int read_guest_user(struct console *console, const struct opts *opts, struct error **err)
{
	const char *user = opts_get_string(opts, "guest-user");

	console->line = &console->guest;
	if (user && asprintf(&console->guest_user, "user:%s", user) < 0) {
		console->guest_user = NULL;
		return error_set(err, ENOMEM, "console: out of memory");
	}
	return 0;
}

static int console_open(struct frontend *frontend, const struct opts *opts, struct error **err)
{
	struct console *console = container_of(frontend, struct console, base);
	struct iovec iov[2];
	bool direct;
	int r;

	r = frontend_attach(frontend, "chardev", opts_get_string(opts, "chardev"), &console->shared,
		CHARDEV_LINK_CONSOLE | CHARDEV_LINK_GOES_ON, &shared_ops, err);
	if (r < 0)
		return r;
	direct = chardev_link_out_reserve(&console->shared, iov) != -ENOTSUP;
	console->caller_ops = &caller_ops[direct];
	r = read_guest_user(console, opts, err);
	if (r == 0)
		r = frontend_attach(frontend, "guest", opts_get_string(opts, "guest"),
			&console->guest, CHARDEV_LINK_SWAPS | CHARDEV_LINK_GOES_ON,
			&guest_ops[direct], err);
	if (r < 0) {
		chardev_link_detach(&console->shared);
		free(console->guest_user);
	}
	frontend->guest_open = r == 0 && chardev_link_is_open(&console->guest);
	return r;
}

/* ---- in another program's place ---- */

/**
 * struct console_state
 * @caller: the client that is the guest; NULL: none
 */
struct console_state {
	unsigned cols, rows;
	const char *guest_user, *caller;
	struct snapshot_bytes out, in;
};

#define FIELD(...) SNAPSHOT_FIELD(struct console_state, __VA_ARGS__)

static const struct snapshot_field console_fields[] = {
	FIELD(cols, 1, SNAPSHOT_U32),
	FIELD(rows, 2, SNAPSHOT_U32),
	FIELD(guest_user, 3, SNAPSHOT_STRING),
	FIELD(caller, 4, SNAPSHOT_STRING),
	FIELD(out, 5, SNAPSHOT_BLOB),
	FIELD(in, 6, SNAPSHOT_BLOB),
	{ 0 },
};

static struct snapshot_bytes bytes_of(const struct rest *rest)
{
	return (struct snapshot_bytes){ byte_queue_data(&rest->bytes), rest->bytes.len };
}

static void console_save(const struct frontend *frontend, struct chardev_bequest *to)
{
	const struct console *console = (const struct console *)frontend;
	const struct chardev *caller = console->caller.chardev;
	const struct console_state state = { .cols = console->cols,
		.rows = console->rows,
		.guest_user = console->guest_user,
		.caller = caller && chardev_goes_on(caller) ? chardev_id(caller) : NULL,
		.out = bytes_of(&console->out),
		.in = bytes_of(&console->in) };

	snapshot_put(&to->writer, console_fields, &state);
}

static void keep_rest(struct rest *rest, const struct snapshot_bytes *bytes)
{
	if (bytes->len && byte_queue_push(&rest->bytes, bytes->data, bytes->len) < 0)
		rest->lost_bytes += bytes->len;
}

/* What was not accepted yet goes before all that comes now. */
static void offer_rests(void *data)
{
	struct console *console = data;

	on_shared_room(console);
	on_guest_in_room(console);
}

static void console_load(struct frontend *frontend, const void *left)
{
	struct console *console = container_of(frontend, struct console, base);
	const struct console_state *state = left;
	struct chardev *caller =
		state->caller ? chardev_take_orphan(frontend->chardevs, state->caller) : NULL;

	if (!console->guest_user && state->guest_user)
		console->guest_user = strdup(state->guest_user);
	if (caller && chardev_link_attach(&console->caller, caller, CHARDEV_LINK_GOES_ON,
			      console->caller_ops, console, NULL) == 0) {
		console->line = &console->caller;
		frontend->guest_open = true;
	} else {
		chardev_free(caller);
	}
	console->cols = state->cols;
	console->rows = state->rows;
	keep_rest(&console->out, &state->out);
	keep_rest(&console->in, &state->in);
	task_post(frontend->loop, &console->rests, offer_rests, console);
}

static const struct frontend_handover console_handover = {
	.fields = console_fields,
	.size = sizeof(struct console_state),
	.save = console_save,
	.load = console_load,
};

static const struct opt_desc console_options[] = {
	{ .name = "guest",
		.type = OPT_ID,
		.required = true,
		.help = "chardev that leads to the guest: an exec, a socket, a serial line" },
	{ .name = "chardev",
		.type = OPT_ID,
		.required = true,
		.help = "chardev that the guest's console is given to: a hub" },
	{ .name = "guest-user",
		.type = OPT_STRING,
		.help = "where guest is a server of several clients: the user whose client is the "
			"guest; default: that of the first one" },
	{ .name = "name", .type = OPT_STRING, .help = "what people call it" },
	{ 0 },
};

const struct frontend_class frontend_console_class = {
	.name = "console",
	.summary = "any chardev as the guest's end of a console",
	.options = console_options,
	.size = sizeof(struct console),
	.open = console_open,
	.close = console_close,
	.handover = &console_handover,
};
