/* SPDX-License-Identifier: MIT */
#ifndef IO_WRITER_IMPL_H
#define IO_WRITER_IMPL_H

#include "base/cleanup.h"
#include "io/byte-queue.h"
#include "io/log-file.h"
#include "io/loop-impl.h"
#include "io/rotation.h"
#include "io/work-pool.h"
#include "io/writer.h"

/*
 * What the writer's two files share: writer.c (in the loop's thread), writer-thread.c (in the
 * pool's).
 *
 * Who may touch what:
 *
 *	at rest		all is the loop's: bytes go straight to the file as far as it takes them
 *			without waiting, the rest is queued
 *	at work		(work.state is not WORK_RESTING) @file, @writing and @next are the
 *			thread's; what else is shared, see struct writer, and which file @file
 *			is, is touched under the pool's lock
 *
 * A regular file is written by the pool, unless its file system can say that a write would wait
 * (RWF_NOWAIT) and says that it would not. A FIFO, a device, a socket is written here, since it can
 * say so always; the pool only opens it anew. There is one write at a time, and nothing passes what
 * is queued: order is kept.
 *
 * A file that is full, or old, is followed by a new one before the next byte is written, in a
 * thread. What becomes of old files is another piece of work (io/rotation.h). Where there can be no
 * new file the present one goes on; the next attempt is when it has grown, or aged, as much again.
 *
 * An error stops the writing until the timer tries again. The timer runs in times of trouble only.
 * They begin with an error or a byte that was left out and end when neither was seen for a while:
 * a slow reader of a FIFO is one line in the log of the operator, not one a write.
 */

/**
 * struct writer
 * @queue:    behind @writing; shared
 * @writing:  what the file gets next
 * @next:     a file that was opened anew, or fd -1
 * @error:    positive errno that stopped the writing; shared
 * @next_error: why @next could not be opened
 * @reopen, @closing, @wants_room: what the loop asks the thread for; shared
 * @tried_last: a write has failed since it was closed; the next one that does is the last
 * @opened:   it has tried to open @next since it was asked last; else @next is to be closed; shared
 * @how:      how files are opened
 * @last_words: see struct writer_options
 * @rules, @limit: when the file is followed by a new one: as asked for, and in bytes; shared
 * @first_ms: when its first byte was written, by the loop's clock; WRITER_UNWRITTEN: not yet
 * @is_old:   it is older than the rules allow; shared
 * @rotated, @rotate_error: what has become of that, for the loop to hear of; shared
 * @is_regular: what was opened, and not what it is by now
 * @cannot_tell: the file system does not know RWF_NOWAIT
 * @used:     there were bytes for the file
 * @missing:  bytes left out since the last line in the file about that
 * @lost:     bytes left out in this time of trouble; @left_out: in all
 * @calm_ms:  how long there has been no trouble
 */
struct writer {
	struct work work;
	struct loop *loop;
	struct work_pool *pool;
	struct watch *watch; /* NULL: a file, or a device that is always ready */
	struct timer *timer;
	struct task room;
	char *path, *owner;
	void (*on_room)(void *data);
	void (*on_trouble)(void *data);
	void *data;
	size_t (*last_words)(const char *rest, size_t len, char *text, size_t max);
	int follower;
	struct log_file_options how;
	struct rotation_rules rules;
	uint64_t limit;
	int64_t first_ms;
	bool is_old, rotated;
	int rotate_error;
	struct sweep *sweep; /* NULL: the file is not rotated */
	struct log_file file, next;
	struct byte_queue queue, writing;
	int error, next_error;
	bool reopen, opened, closing, tried_last, wants_room;
	bool is_regular, cannot_tell, used;
	bool in_trouble, saw_trouble, mid_line, held_up;
	uint64_t missing, lost, left_out;
	unsigned retry_ms, calm_ms;
};

enum { WRITER_UNWRITTEN = -1 };

static inline struct writer *writer_of_work(struct work *work)
{
	return container_of(work, struct writer, work);
}

static inline size_t writer_backlog(const struct writer *writer)
{
	return writer->queue.len + writer->writing.len;
}

static inline bool writer_has_room_again(const struct writer *writer)
{
	return writer_backlog(writer) <= WRITER_QUEUE_BYTES / 2;
}

/** When the file that is written is full */
static inline uint64_t writer_fresh_limit(const struct writer *writer)
{
	return writer->how.anew ? 0 : writer->rules.size;
}

/* All of these with the pool's lock held. */

/** Next in turn is what is queued. */
void writer_turn_over(struct writer *writer);

/** How many of these bytes are the present file's. */
size_t writer_share(const struct writer *writer, const struct iovec *iov, int n);

/** The follower is the file's. Takes as long as it takes to close what the descriptor was. */
void writer_follow(const struct writer *writer, const struct log_file *file);

/** Return: is there a new one to go on in? The old one is to be closed. */
bool writer_swap_files(struct writer *writer);

/** The piece of work: what is asked for, and what can be written to a file. */
enum work_result writer_run(struct work *work);

/** It has no file any more, and no watch, timer or pool. */
void writer_free(struct writer *writer);

#endif
