/* SPDX-License-Identifier: MIT */
/*
 * The kernel marks what is no plain byte, at its place: 377 0 0 is a break, 377 0 x a byte with an
 * error, 377 377 a byte of that value. What stands behind a break stays in a buffer until it has
 * been told.
 */
#include "transport/tty-marks.h"

#include "base/list.h"
#include "snapshot/reader.h"
#include "transport/transport-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RAW_BYTES = 4096, MARK = 0377, MARK_BYTES = 3 };

/**
 * struct tty_marks
 * @seen: how many bytes of a mark have been
 * @raw:  what was read and not taken, from @at to @end
 */
struct tty_marks {
	struct transport base;
	unsigned seen;
	uint8_t raw[RAW_BYTES];
	size_t at, end;
};

static struct tty_marks *marks_of(struct transport *transport)
{
	return container_of(transport, struct tty_marks, base);
}

static bool has_raw(const struct tty_marks *marks)
{
	return marks->at < marks->end;
}

static void tell_break(struct tty_marks *marks)
{
	static const struct transport_news news = { .type = TRANSPORT_BREAK };

	transport_post_news(&marks->base, &news);
}

/* Return: is the byte that of the line. */
static bool take(struct tty_marks *marks, uint8_t byte)
{
	unsigned seen = marks->seen;

	if (seen == 0 && byte == MARK) {
		marks->seen = 1;
		return false;
	}
	if (seen == 1 && byte == 0) {
		marks->seen = 2;
		return false;
	}
	marks->seen = 0;
	if (seen == 2 && byte == 0) {
		tell_break(marks);
		return false;
	}
	return true;
}

static size_t decode(struct tty_marks *marks, const struct iovec *iov, int n)
{
	size_t done = 0;

	for (int i = 0; i < n; i++) {
		uint8_t *to = iov[i].iov_base;
		size_t len = 0;

		while (len < iov[i].iov_len && has_raw(marks) && !marks->base.has_news) {
			uint8_t byte = marks->raw[marks->at++];

			if (take(marks, byte))
				to[len++] = byte;
		}
		done += len;
	}
	return done;
}

/* Return: bytes; 0: no more; -EAGAIN; -errno. */
static ssize_t fill(struct tty_marks *marks)
{
	struct iovec iov = { marks->raw, sizeof(marks->raw) };
	ssize_t n = transport_readv(marks->base.lower, &iov, 1);

	marks->at = 0;
	marks->end = n > 0 ? (size_t)n : 0;
	return n;
}

static void watch_lower(struct transport *transport)
{
	const struct tty_marks *marks = marks_of(transport);
	bool rests = has_raw(marks) || transport->has_news;

	transport_watch(transport->lower,
		rests ? transport->wanted & ~(unsigned)WATCH_READ : transport->wanted);
	if (has_raw(marks) && !transport->has_news)
		transport_kick(transport, transport->wanted & WATCH_READ);
}

static ssize_t read_marked(struct transport *transport, const struct iovec *iov, int n)
{
	struct tty_marks *marks = marks_of(transport);
	ssize_t r = 1;
	size_t done;

	if (!has_raw(marks) && !transport->has_news)
		r = fill(marks);
	done = decode(marks, iov, n);
	watch_lower(transport);
	if (done)
		return (ssize_t)done;
	return r > 0 ? -EAGAIN : r;
}

static ssize_t write_through(struct transport *transport, const struct iovec *iov, int n)
{
	return transport_writev(transport->lower, iov, n);
}

static unsigned look_at_marks(struct transport *transport)
{
	return transport_look(transport->lower) | (has_raw(marks_of(transport)) ? WATCH_READ : 0u);
}

static bool marks_have_unread(struct transport *transport)
{
	return has_raw(marks_of(transport)) || transport->has_news ||
	       transport_has_unread(transport->lower);
}

static int half_close_lower(struct transport *transport)
{
	return transport_half_close(transport->lower);
}

static void close_marks(struct transport *transport)
{
	(void)transport;
}

static void on_lower(struct transport *transport, unsigned events)
{
	transport_tell(transport, events & ~(unsigned)TRANSPORT_READY);
	if (!transport->freed)
		watch_lower(transport);
}

#define FIELD(...) SNAPSHOT_FIELD(struct tty_marks_state, __VA_ARGS__)

const struct snapshot_field tty_marks_fields[] = {
	FIELD(seen, 1, SNAPSHOT_U32, .max = MARK_BYTES - 1),
	FIELD(breaks, 2, SNAPSHOT_BOOL),
	FIELD(raw, 3, SNAPSHOT_BLOB),
	{ 0 },
};

static void save_marks(const struct transport *transport, struct snapshot_writer *writer)
{
	const struct tty_marks *marks = (const struct tty_marks *)transport;
	const struct tty_marks_state state = { .seen = marks->seen,
		.breaks = transport->has_news,
		.raw = { marks->raw + marks->at, marks->end - marks->at } };

	snapshot_put_group(writer, TRANSPORT_TAG_MARKS, tty_marks_fields, &state);
}

int tty_marks_go_on(struct transport *transport, struct snapshot_groups left)
{
	struct tty_marks *marks = marks_of(transport);
	struct tty_marks_state state;
	struct snapshot_part part;

	if (!snapshot_next_group(&left, &part) ||
		snapshot_get(&part, tty_marks_fields, &state, NULL) < 0 ||
		state.raw.len > RAW_BYTES)
		return -EBADMSG;
	marks->seen = state.seen;
	marks->end = state.raw.len;
	if (marks->end)
		memcpy(marks->raw, state.raw.data, marks->end);
	if (state.breaks)
		tell_break(marks);
	return 0;
}

static const struct transport_ops marks_ops = {
	.readv = read_marked,
	.writev = write_through,
	.watch = watch_lower,
	.look = look_at_marks,
	.has_unread = marks_have_unread,
	.half_close = half_close_lower,
	.save = save_marks,
	.close = close_marks,
	.on_lower = on_lower,
};

int tty_marks_new(struct transport *lower, struct transport **ret_transport)
{
	struct tty_marks *marks = calloc(1, sizeof(*marks));

	if (!marks)
		return -ENOMEM;
	transport_init_filter(&marks->base, &marks_ops, lower);
	marks->base.ready = true;
	*ret_transport = &marks->base;
	return 0;
}
