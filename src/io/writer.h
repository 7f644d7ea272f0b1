/* SPDX-License-Identifier: MIT */
#ifndef IO_WRITER_H
#define IO_WRITER_H

#include "base/strbuf.h"
#include "io/loop.h"
#include "io/rotation.h"

#include <sys/types.h>
#include <sys/uio.h>

/**
 * struct writer - a file that is written without ever waiting for it
 *
 * What the file does not take at once is queued, WRITER_QUEUE_BYTES at most. A disk that is full, a
 * reader that is slow or away, a file server that does not answer: bytes wait in the queue and go
 * on by themselves, in order, when that is over. What finds no place is the caller's to keep
 * (writer_write()) or is left out (writer_put()), and a line in the file says how many bytes were.
 * The operator is told when a time of trouble begins and when it is over, and of bytes that are
 * missing when the file is closed.
 */
struct writer;

enum {
	WRITER_QUEUE_BYTES = 256 * 1024,
	WRITER_RETRY_MS = 1000, /* doubles while a file stays broken, up to: */
	WRITER_RETRY_MS_MAX = 8000,
	WRITER_CALM_MS = 5000,	   /* no trouble for so long: it is over */
	WRITER_PATIENCE_MS = 1000, /* see writer_room() */
	WRITER_LAST_WORDS = 4096,
};

/**
 * struct writer_options
 * @path:  see out_file_open(); copied
 * @empty: a regular file begins anew
 * @anew:  a regular file that is there is moved aside first, as by a rotation; there is no other:
 *         @rotation says what becomes of old files, and whoever writes when this one ends
 * @later: the file is opened by a thread; that it cannot be is trouble as any other
 * @shared: see OUT_SHARED
 * @mode:  permissions of a file that is made
 * @follower: a descriptor that becomes this file, too, now and after each writer_reopen(); 0: none
 * @inherited: an open file that is gone on in, the writer's where this succeeds; 0: @path is opened
 * @owner: for messages, "chardev 'a': log"; copied; NULL: it is the file of the messages, and tells
 *         nothing but that it could not be opened anew
 * @rotation: when a regular file is followed by a new one
 * @indexed:  keep an index beside a regular file, see io/log-index.h
 * @sync:     what was written is on the disk; never in the loop's thread
 * @reserve:  keep so many bytes of the disk behind a regular file for @last_words; 0: none
 * @last_words: whole lines, those of @rest, find no room now that it is closed: fill in @text, of
 *            @max bytes, what to write there instead. In any thread, when @data may be gone.
 *            Return: its length; 0: nothing. NULL: they are lost
 * @on_room: there is room after writer_write() took less than was offered, or after
 *           writer_room() was 0; once each time
 * @on_trouble: the file gives an error, at each attempt; may be NULL; may not close the writer
 */
struct writer_options {
	const char *path;
	bool empty, anew, later, shared;
	mode_t mode;
	int follower, inherited;
	const char *owner;
	struct rotation_rules rotation;
	bool indexed, sync;
	size_t reserve;
	size_t (*last_words)(const char *rest, size_t len, char *text, size_t max);
	void (*on_room)(void *data);
	void (*on_trouble)(void *data);
	void *data;
};

/**
 * writer_open() - open the file; unless @later, the only call that takes as long as the file system
 * does
 *
 * Return: 0; -errno.
 */
int writer_open(
	struct loop *loop, const struct writer_options *options, struct writer **ret_writer);

/**
 * writer_write() - offer bytes
 *
 * Return: how many were taken, in order. Fewer than offered: on_room() comes once.
 */
size_t writer_write(struct writer *writer, const struct iovec *iov, int n);

/** writer_put() - take all bytes: those that find no place are left out and counted */
void writer_put(struct writer *writer, const struct iovec *iov, int n);

/**
 * writer_put_last() - take all bytes, however much is queued: writer_close() comes next
 *
 * Return: 0; -ENOMEM.
 */
int writer_put_last(struct writer *writer, const void *bytes, size_t len);

/**
 * writer_room() - how many bytes writer_put() takes without leaving any out
 *
 * For those who rather wait for a moment: a disk that works is busy at times. 0: on_room() comes
 * once, after WRITER_PATIENCE_MS at the latest. From then on and while the trouble lasts nobody
 * is to wait, and there is room for all.
 */
size_t writer_room(struct writer *writer);

/** writer_is_stream() - is it a FIFO or a device, which takes bytes only while the loop runs */
bool writer_is_stream(const struct writer *writer);

/**
 * writer_owes() - does a FIFO or a device still have to take bytes, which only the loop gives it
 *
 * What a regular file has to take is written after writer_close(), too.
 */
bool writer_owes(const struct writer *writer);

/** writer_left_out() - how many bytes writer_put() has left out in all */
uint64_t writer_left_out(const struct writer *writer);

/** writer_is_failing() - does the file give errors, as a full disk does */
bool writer_is_failing(const struct writer *writer);

/** writer_can_rotate() - was a regular file with a name of its own opened */
bool writer_can_rotate(const struct writer *writer);

/** writer_set_rotation() - other rules from now on. Return: 0; -ENOMEM */
int writer_set_rotation(struct writer *writer, const struct rotation_rules *rules);

/** writer_set_how() - open it anew, with these permissions where it is made; see @sync */
void writer_set_how(struct writer *writer, mode_t mode, bool sync);

/**
 * writer_reopen() - go on in a new file of the same name: the old one was moved away
 *
 * What cannot be opened leaves the old file; the operator is told why. No-op for a descriptor that
 * was inherited.
 */
void writer_reopen(struct writer *writer);

/**
 * writer_fd() - the file, for another process to go on in
 *
 * What is to be written before, writer_pending() gives, and writer_put() takes there.
 */
int writer_fd(const struct writer *writer);

/** writer_pending() - add what the file has not taken yet, as nothing is under way */
void writer_pending(const struct writer *writer, struct strbuf *out);

/**
 * writer_close() - waits for nothing: what is queued is written behind the caller's back
 *
 * But for a FIFO or a device: what it does not take now is lost, and the operator is told how much
 * that is. See writer_owes().
 *
 * See work_pool_put() for the end of the program. NULL is fine.
 */
void writer_close(struct writer *writer);

#endif
