/* SPDX-License-Identifier: MIT */
#ifndef HUB_TAPE_H
#define HUB_TAPE_H

#include "io/journal.h"

#include <stdbool.h>

/**
 * struct tape - what the guest wrote, as the members may read it
 *
 * A journal whose newest bytes may be held back: what could still become a query is not for the
 * members' eyes, and a query is taken out before they may read on. All offsets are the members':
 * what was taken out was never there.
 *
 *	tail <= mark <= readable <= head
 *
 * holds for the mark of everybody who reads, and is asserted where a mark moves. A mark that the
 * window has passed (tape_is_lost()) has to be sought anew before it reads on.
 *
 * @needed: the hub's own terminal has yet to read what is from there on: the window does not pass
 *          it; TAPE_NOTHING: it needs nothing
 */
struct tape {
	struct journal journal;
	uint64_t readable, needed;
};

#define TAPE_NOTHING UINT64_MAX

/** struct tape_mark - how far somebody has read; written by the functions below only */
struct tape_mark {
	uint64_t offset;
};

/** struct tape_span - a stretch of the tape, @start to before @end */
struct tape_span {
	uint64_t start, end;
};

/** tape_init() - an empty tape; sizes as for journal_init(). Return: 0, -ENOMEM */
int tape_init(struct tape *tape, struct loop *loop, size_t window, size_t keep);

/** tape_done() - give the memory back */
void tape_done(struct tape *tape);

/** tape_window() - how many of the newest bytes it holds */
static inline size_t tape_window(const struct tape *tape)
{
	return tape->journal.size;
}

/** tape_needed_bytes() - how many there are from @needed on */
static inline uint64_t tape_needed_bytes(const struct tape *tape)
{
	return tape->needed == TAPE_NOTHING ? 0 : tape->journal.head - tape->needed;
}

/**
 * tape_piece() - the most that is reserved at a time
 *
 * What is reserved is history no more.
 */
size_t tape_piece(const struct tape *tape);

/** tape_set_window() - the newest bytes that fit stay. Return: 0; -ENOMEM: nothing has changed */
int tape_set_window(struct tape *tape, size_t window);

/**
 * tape_drop() - give up the oldest bytes and their memory
 * @tail: up to there, which nobody needs who may not miss a byte; tail..readable, at most @needed
 */
void tape_drop(struct tape *tape, uint64_t tail);

/* ---- the writer ---- */

/** tape_reserve() - where the next bytes go; as journal_reserve() */
int tape_reserve(struct tape *tape, size_t len, struct iovec iov[2]);

/** tape_commit() - @len bytes of the reservation are there; nobody may read them yet */
void tape_commit(struct tape *tape, size_t len);

/** tape_between() - bytes, whether they may be read or not; as journal_peek() */
int tape_between(const struct tape *tape, uint64_t from, uint64_t end, struct iovec iov[2]);

/**
 * tape_cut() - take stretches out as if they had never been written
 * @spans: in order, not overlapping, within the tape
 *
 * A stretch that begins below `readable` stays: its beginning may have been read.
 *
 * Return: how many bytes were taken out.
 */
uint64_t tape_cut(struct tape *tape, const struct tape_span *spans, size_t n);

/** tape_release() - what is below @offset may be read; what once was so stays so */
void tape_release(struct tape *tape, uint64_t offset);

/* ---- a reader ---- */

/** tape_seek() - go to @offset, or to the nearest that there is: tail..readable */
void tape_seek(const struct tape *tape, struct tape_mark *mark, uint64_t offset);

/** tape_peek() - what follows the mark and may be read; as journal_peek() */
int tape_peek(
	const struct tape *tape, const struct tape_mark *mark, size_t max, struct iovec iov[2]);

/** tape_advance() - @len bytes of what tape_peek() gave have been read */
void tape_advance(const struct tape *tape, struct tape_mark *mark, size_t len);

/** tape_is_lost() - has the window passed the mark */
static inline bool tape_is_lost(const struct tape *tape, const struct tape_mark *mark)
{
	return mark->offset < tape->journal.tail;
}

/** tape_is_at_end() - is there nothing more to read for now */
static inline bool tape_is_at_end(const struct tape *tape, const struct tape_mark *mark)
{
	return mark->offset == tape->readable;
}

/** tape_backlog() - bytes behind the mark, with those that may not be read yet */
static inline uint64_t tape_backlog(const struct tape *tape, const struct tape_mark *mark)
{
	return tape->journal.head - mark->offset;
}

/** tape_line_start() - where the newest @most bytes begin, rounded up to a line if one is near */
uint64_t tape_line_start(const struct tape *tape, uint64_t most);

#endif
