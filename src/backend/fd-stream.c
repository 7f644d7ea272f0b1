/* SPDX-License-Identifier: MIT */
/*
 * The byte stream of every class that has descriptors or a transport: read with credit, write with
 * short accepts, and know at each moment what the peer can still do.
 *
 * A peer ends in three steps that may come at once or one by one: it sends no more (EOF), it takes
 * no more (an error of write), it is gone (both). The kernel tells them level-triggered, so each
 * is watched for only until it is known:
 *
 *	flowing			READ: end of file and errors come with it
 *	paused			HANGUP, until seen; then GONE, until out has failed too
 *	input ended		GONE, unless out has failed
 *	full			WRITE besides
 *
 * A socket that takes no more for ever is aborted: its peer sends no more either, and is gone when
 * what it has sent has been delivered. A file or a terminal may still have something to say.
 *
 * While paused, a hang-up with nothing left to read is the end at once. With bytes left, out fails
 * at once, which a holder who waits for room is told by on_room(), and the end comes when they have
 * been delivered.
 *
 * One dispatch moves at most BYTES_A_DISPATCH. The methods that the holder calls make no upcall: a
 * failure that they find is dealt with by a task.
 *
 * A hostile peer can make us read and look: each event ends in progress or in one watch fewer.
 */
/* syscalls: close */
#include "backend/fd-stream.h"

#include "backend/news.h"
#include "base/log.h"
#include "base/segments.h"
#include "transport/fd-transport.h"
#include "transport/tty-marks.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BYTES_A_DISPATCH = 256 * 1024 };

static bool is_alive(const struct fd_stream *stream)
{
	return !stream->chardev->closing && (stream->in || stream->out);
}

bool fd_stream_is_started(const struct fd_stream *stream)
{
	return stream->in || stream->out;
}

bool fd_stream_takes_out(const struct fd_stream *stream)
{
	return stream->out == FD_STREAM_OUT_READY || stream->out == FD_STREAM_OUT_FULL;
}

int fd_stream_fd(const struct fd_stream *stream)
{
	return stream->transport ? transport_fd(stream->transport) : -1;
}

/* ---- what is watched ---- */

static unsigned in_events(const struct fd_stream *stream)
{
	bool out_counts = (transport_ways(stream->transport) & TRANSPORT_DUPLEX) &&
			  stream->out != FD_STREAM_OUT_FAILED;

	if (stream->in == FD_STREAM_IN_FLOWING)
		return WATCH_READ;
	if (stream->in == FD_STREAM_IN_PAUSED && !stream->hangup_seen)
		return WATCH_HANGUP;
	return out_counts && stream->out && !stream->gone_lies ? WATCH_GONE : 0;
}

static void update_watches(struct fd_stream *stream)
{
	if (stream->transport)
		transport_watch(stream->transport,
			in_events(stream) | (stream->out == FD_STREAM_OUT_FULL ? WATCH_WRITE : 0u));
}

static void settle(void *data);

static void post_settle(struct fd_stream *stream)
{
	task_post(stream->chardev->loop, &stream->settle, settle, stream);
}

/* ---- the end ---- */

/* Last call of whoever makes it: the class may close the stream or start it anew. */
static void go(struct fd_stream *stream, int error)
{
	fd_stream_stop(stream);
	stream->ops->on_gone(stream->chardev, error);
}

static void end_input(struct fd_stream *stream, int error)
{
	stream->in = FD_STREAM_IN_NONE;
	if (stream->out == FD_STREAM_OUT_FAILED || stream->out == FD_STREAM_OUT_NONE) {
		go(stream, error ? error : stream->error);
		return;
	}
	update_watches(stream);
	if (stream->ops->on_eof)
		stream->ops->on_eof(stream->chardev);
	else
		chardev_set_open(stream->chardev, false);
}

/* The end may have to wait for room at a holder who himself waits for room here: he is told. */
static void fail_out(struct fd_stream *stream)
{
	stream->out = FD_STREAM_OUT_FAILED;
	chardev_room_later(stream->chardev);
}

/* Both ways over one descriptor: no input and a hang-up mean that nobody takes bytes either. */
static void fail_out_on_hangup(struct fd_stream *stream, unsigned seen)
{
	if ((transport_ways(stream->transport) & TRANSPORT_DUPLEX) && (seen & WATCH_GONE))
		fail_out(stream);
}

/* HANGUP or GONE was reported while nothing is read. */
static void notice_hangup(struct fd_stream *stream)
{
	bool half_known = stream->hangup_seen || stream->in == FD_STREAM_IN_NONE;
	unsigned seen = transport_look(stream->transport);

	fail_out_on_hangup(stream, seen);
	if (half_known && !(seen & WATCH_GONE)) {
		stream->gone_lies = true;
	} else if (stream->in == FD_STREAM_IN_NONE) {
		go(stream, 0);
	} else if (seen & WATCH_HANGUP) {
		stream->hangup_seen = true;
		if (!transport_has_unread(stream->transport))
			end_input(stream, 0);
	}
}

/* ---- input ---- */

/* In packet mode a byte of status comes before the data, or alone. */
static ssize_t read_some(struct fd_stream *stream, const struct iovec *iov, int n)
{
	uint8_t status = TIOCPKT_DATA;
	struct iovec all[3] = { { &status, 1 }, iov[0], n > 1 ? iov[1] : (struct iovec){ 0 } };
	ssize_t got;

	if (!(stream->flags & FD_STREAM_PACKET))
		return transport_readv(stream->transport, iov, n);
	got = transport_readv(stream->transport, all, n + 1);
	if (got <= 0)
		return got;
	if ((status & TIOCPKT_FLUSHREAD) && !stream->heard)
		stream->flushed = true;
	if (got > 1) {
		stream->heard = true;
		return got - 1;
	}
	return -EINTR; /* no data yet: read again */
}

/* Nothing could be read. Return: false: the stream has ended, or rests. */
static bool read_nothing(struct fd_stream *stream, ssize_t got)
{
	int error = (int)-got;

	if (error == EINTR)
		return true;
	if (error == EAGAIN && !stream->finishing)
		return false;
	fail_out_on_hangup(stream, transport_look(stream->transport));
	if (error && (transport_ways(stream->transport) & TRANSPORT_DUPLEX))
		fail_out(stream);
	end_input(stream, stream->finishing ? 0 : error);
	return false;
}

static void read_in(struct fd_stream *stream)
{
	size_t budget = BYTES_A_DISPATCH;

	while (budget && is_alive(stream) && stream->in == FD_STREAM_IN_FLOWING) {
		struct iovec iov[2];
		int n = chardev_in_reserve(stream->chardev, iov);
		size_t asked;
		ssize_t got;

		if (n <= 0) {
			stream->in = FD_STREAM_IN_PAUSED;
			break;
		}
		n = segments_clip(iov, n, budget);
		asked = segments_len(iov, n);
		got = read_some(stream, iov, n);
		if (got <= 0) {
			if (!read_nothing(stream, got))
				break;
			continue;
		}
		budget -= (size_t)got;
		chardev_in_commit(stream->chardev, (size_t)got);
		if ((size_t)got < asked && !stream->finishing)
			break;
	}
	if (is_alive(stream) && stream->flushed) {
		stream->flushed = false;
		stream->ops->on_flushed(stream->chardev);
	}
	if (is_alive(stream) && stream->in == FD_STREAM_IN_FLOWING && stream->finishing && !budget)
		post_settle(stream);
}

int fd_stream_take_fd(struct fd_stream *stream)
{
	return stream->transport ? transport_take_fd(stream->transport) : -ENOENT;
}

void fd_stream_in_resume(struct fd_stream *stream)
{
	if (stream->transport && (chardev_holder_flags(stream->chardev) & CHARDEV_LINK_TAKES_FDS))
		transport_keep_fds(stream->transport);
	if (stream->in != FD_STREAM_IN_PAUSED || !chardev_in_room(stream->chardev))
		return;
	stream->in = FD_STREAM_IN_FLOWING;
	if (stream->finishing)
		post_settle(stream);
	update_watches(stream);
}

/* ---- output ---- */

static void advance(struct iovec iov[2], int *n, size_t len)
{
	while (*n && len >= iov[0].iov_len) {
		len -= iov[0].iov_len;
		iov[0] = iov[1];
		(*n)--;
	}
	if (*n) {
		iov[0].iov_base = (char *)iov[0].iov_base + len;
		iov[0].iov_len -= len;
	}
}

static ssize_t out_error(struct fd_stream *stream, int error, size_t total)
{
	bool forgives = stream->flags & FD_STREAM_FORGIVES;

	if (error == EAGAIN || (forgives && total)) {
		stream->out = FD_STREAM_OUT_FULL;
		update_watches(stream);
		return (ssize_t)total;
	}
	if (!forgives) {
		fail_out(stream);
		stream->error = error;
		log_debug("chardev '%s': takes no more: %s", stream->chardev->id, strerror(error));
		/* A socket is of no use any more; what its peer has said still counts. */
		stream->finishing |= transport_abort(stream->transport) == 0;
		post_settle(stream);
	}
	return total ? (ssize_t)total : -error;
}

/*
 * Who was refused is told when the descriptor is writable, also where others have found room since:
 * not all that is written here is the holder's.
 */
ssize_t fd_stream_outv(struct fd_stream *stream, const struct iovec *offered, int n)
{
	struct iovec iov[2] = { offered[0], n > 1 ? offered[1] : (struct iovec){ 0 } };
	size_t total = 0;

	if (stream->out == FD_STREAM_OUT_NONE || stream->out == FD_STREAM_OUT_FAILED)
		return -EPIPE;
	while (n) {
		ssize_t done = transport_writev(stream->transport, iov, n);

		if (done < 0)
			return out_error(stream, (int)-done, total);
		total += (size_t)done;
		advance(iov, &n, (size_t)done);
	}
	return (ssize_t)total;
}

static void give_room(struct fd_stream *stream)
{
	if (stream->out != FD_STREAM_OUT_FULL)
		return;
	stream->out = FD_STREAM_OUT_READY;
	chardev_room(stream->chardev);
}

/* ---- what comes beside the bytes ---- */

int fd_stream_event(struct fd_stream *stream, const struct chardev_event *event)
{
	struct transport_news news;

	if (!fd_stream_takes_out(stream) || news_from_event(event, &news) < 0)
		return -ENOTSUP;
	return transport_send_news(stream->transport, &news);
}

static void on_news(void *data, const struct transport_news *news)
{
	struct fd_stream *stream = data;
	struct chardev_event event;

	if (is_alive(stream) && news_to_event(news, &event) == 0)
		chardev_event(stream->chardev, &event);
}

/* ---- the loop's side ---- */

/* Out failed in a call of the holder: the end, unless the peer may still have something to say. */
static void settle_failed_out(struct fd_stream *stream)
{
	if (stream->in == FD_STREAM_IN_NONE)
		go(stream, stream->error);
	else if (stream->in == FD_STREAM_IN_PAUSED &&
		 (transport_ways(stream->transport) & TRANSPORT_DUPLEX))
		notice_hangup(stream);
}

/* All input has been announced: what is unread is all there is. */
static void settle_finishing(struct fd_stream *stream)
{
	transport_look(stream->transport);
	if (stream->in == FD_STREAM_IN_FLOWING)
		read_in(stream);
	else if (stream->in == FD_STREAM_IN_NONE || !transport_has_unread(stream->transport))
		end_input(stream, 0);
}

static void settle(void *data)
{
	struct fd_stream *stream = data;

	if (!is_alive(stream))
		return;
	if (stream->finishing)
		settle_finishing(stream);
	else if (stream->out == FD_STREAM_OUT_FAILED)
		settle_failed_out(stream);
	if (is_alive(stream))
		update_watches(stream);
}

static void on_events(void *data, unsigned events)
{
	struct fd_stream *stream = data;

	if ((events & WATCH_WRITE) && (stream->flags & FD_STREAM_TTY) &&
		(transport_look(stream->transport) & WATCH_GONE))
		events = WATCH_READ | WATCH_HANGUP;
	if (stream->in == FD_STREAM_IN_FLOWING && (events & ~(unsigned)WATCH_WRITE))
		read_in(stream);
	else if (events & (WATCH_HANGUP | WATCH_GONE))
		notice_hangup(stream);
	if (is_alive(stream) && (events & WATCH_WRITE))
		give_room(stream);
	if (is_alive(stream))
		update_watches(stream);
}

static const struct transport_callbacks transport_callbacks = { .on_events = on_events,
	.on_news = on_news };

/* ---- who is always open ---- */

static void ignore_eof(struct chardev *chardev)
{
	(void)chardev;
}

static void ignore_end(struct chardev *chardev, int error)
{
	(void)chardev;
	(void)error;
}

const struct fd_stream_ops fd_stream_endless = { .on_eof = ignore_eof, .on_gone = ignore_end };

/* ---- open and close ---- */

void fd_stream_init(struct fd_stream *stream, struct chardev *chardev,
	const struct fd_stream_ops *ops, unsigned flags)
{
	*stream = (struct fd_stream){ .chardev = chardev, .ops = ops, .flags = flags };
}

static void close_both(int in_fd, int out_fd)
{
	if (in_fd >= 0)
		close(in_fd);
	if (out_fd >= 0 && out_fd != in_fd)
		close(out_fd);
}

static int add_marks(struct transport **transport)
{
	struct transport *lower = *transport;
	int r = tty_marks_new(lower, transport);

	if (r < 0)
		transport_free(lower);
	return r;
}

int fd_stream_open(struct fd_stream *stream, int in_fd, int out_fd)
{
	struct transport *transport;
	int r = fd_transport_new(stream->chardev->loop, in_fd, out_fd, &transport);

	if (r < 0)
		close_both(in_fd, out_fd);
	else if (stream->flags & FD_STREAM_MARKED)
		r = add_marks(&transport);
	if (r == 0)
		fd_stream_open_transport(stream, transport);
	return r;
}

void fd_stream_open_transport(struct fd_stream *stream, struct transport *transport)
{
	stream->transport = transport;
	transport_set_user(transport, &transport_callbacks, stream);
}

void fd_stream_start(struct fd_stream *stream)
{
	unsigned ways = transport_ways(stream->transport);

	stream->in = ways & TRANSPORT_IN ? FD_STREAM_IN_PAUSED : FD_STREAM_IN_NONE;
	stream->out = ways & TRANSPORT_OUT ? FD_STREAM_OUT_READY : FD_STREAM_OUT_NONE;
	stream->error = 0;
	stream->hangup_seen = stream->gone_lies = stream->finishing = false;
	stream->heard = stream->flushed = false;
	fd_stream_in_resume(stream);
	update_watches(stream);
}

void fd_stream_stop(struct fd_stream *stream)
{
	stream->in = FD_STREAM_IN_NONE;
	stream->out = FD_STREAM_OUT_NONE;
	task_cancel(&stream->settle);
	update_watches(stream);
}

void fd_stream_close(struct fd_stream *stream)
{
	fd_stream_stop(stream);
	transport_free(stream->transport);
	stream->transport = NULL;
}

void fd_stream_finish(struct fd_stream *stream)
{
	if (!is_alive(stream))
		return;
	stream->finishing = true;
	fail_out(stream);
	post_settle(stream);
}
