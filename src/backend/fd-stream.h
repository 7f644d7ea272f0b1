/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_FD_STREAM_H
#define BACKEND_FD_STREAM_H

#include "chardev/chardev-impl.h"
#include "transport/transport.h"

/**
 * struct fd_stream_ops - what a class does when its stream ends
 *
 * Both are called from the loop, never from inside a method of the class, and after all input
 * that could be delivered has been.
 */
struct fd_stream_ops {
	/** The peer sends no more and may still take bytes. NULL: chardev_set_open(c, false). */
	void (*on_eof)(struct chardev *chardev);

	/**
	 * The peer is gone. The stream is stopped already; the class closes or restarts it and
	 * calls chardev_hang_up().
	 * @error: positive errno, 0: an orderly end
	 */
	void (*on_gone)(struct chardev *chardev, int error);

	/** With FD_STREAM_PACKET: the peer threw bytes away before it sent its first one. */
	void (*on_flushed)(struct chardev *chardev);
};

/** fd_stream_endless - of a class that is always open: that its input has ended changes nothing */
extern const struct fd_stream_ops fd_stream_endless;

enum fd_stream_flags {
	/* A terminal: the kernel hides its hang-up behind "writable". */
	FD_STREAM_TTY = 1,
	/* An error of out is told and not remembered: a file works again when the disk has room. */
	FD_STREAM_FORGIVES = 2,
	/* The master of a pty in packet mode [ioctl_tty(2) TIOCPKT]. */
	FD_STREAM_PACKET = 4,
	/* A terminal whose errors are marked, see tty_marks_new(): a break is one. */
	FD_STREAM_MARKED = 8,
};

enum fd_stream_in {
	FD_STREAM_IN_NONE,    /* no input, or it has ended */
	FD_STREAM_IN_PAUSED,  /* the holder has no room */
	FD_STREAM_IN_FLOWING, /* bytes are read as they come */
};

enum fd_stream_out {
	FD_STREAM_OUT_NONE,   /* no output */
	FD_STREAM_OUT_READY,  /* takes bytes, as far as is known */
	FD_STREAM_OUT_FULL,   /* room will be told */
	FD_STREAM_OUT_FAILED, /* takes no more for ever */
};

/** struct fd_stream - a chardev's byte stream over a transport; part of a class's object */
struct fd_stream {
	struct chardev *chardev;
	const struct fd_stream_ops *ops;
	struct transport *transport; /* NULL: none */
	struct task settle;
	unsigned flags;
	int error;	  /* positive errno of a failed out */
	uint8_t in, out;  /* enum fd_stream_in, enum fd_stream_out */
	bool hangup_seen; /* while paused */
	bool gone_lies;	  /* WATCH_GONE was told and is not so */
	bool finishing;	  /* what is there is all that will come */
	bool heard;	  /* the peer has sent something since it came */
	bool flushed;	  /* on_flushed() is due */
};

/** fd_stream_init() - no transport yet; fd_stream_close() is allowed from here on */
void fd_stream_init(struct fd_stream *stream, struct chardev *chardev,
	const struct fd_stream_ops *ops, unsigned flags);

/**
 * fd_stream_open() - take descriptors over
 * @in_fd, @out_fd: non-blocking; may be the same; -1: none. The stream's, also where this fails
 *
 * The stream rests until fd_stream_start().
 *
 * Return: 0; -ENOMEM, -EEXIST and the like, they are closed.
 */
int fd_stream_open(struct fd_stream *stream, int in_fd, int out_fd);

/** fd_stream_open_transport() - take a transport over, which rests until fd_stream_start() */
void fd_stream_open_transport(struct fd_stream *stream, struct transport *transport);

/** fd_stream_start() - a peer is there: read what the holder has room for, write what it offers */
void fd_stream_start(struct fd_stream *stream);

/** fd_stream_stop() - rest: watch nothing, take nothing; the transport stays */
void fd_stream_stop(struct fd_stream *stream);

/** fd_stream_close() - and free the transport; no-op where there is none */
void fd_stream_close(struct fd_stream *stream);

/** fd_stream_finish() - nothing will be added to what is there: deliver it, then on_gone() */
void fd_stream_finish(struct fd_stream *stream);

/** fd_stream_is_started() - between fd_stream_start() and its end */
bool fd_stream_is_started(const struct fd_stream *stream);

/** fd_stream_fd() - the descriptor that is read, for its settings; -1: none */
int fd_stream_fd(const struct fd_stream *stream);

/** fd_stream_takes_out() - not stopped, and no write has failed */
bool fd_stream_takes_out(const struct fd_stream *stream);

/** fd_stream_outv() - for chardev_class.out */
ssize_t fd_stream_outv(struct fd_stream *stream, const struct iovec *iov, int n);

/** fd_stream_event() - for chardev_class.event: what the transport's filters can say to the peer */
int fd_stream_event(struct fd_stream *stream, const struct chardev_event *event);

/** fd_stream_take_fd() - for chardev_class.take_fd */
int fd_stream_take_fd(struct fd_stream *stream);

/** fd_stream_in_resume() - for chardev_class.in_resume */
void fd_stream_in_resume(struct fd_stream *stream);

#endif
