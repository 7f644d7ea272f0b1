/* SPDX-License-Identifier: MIT */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include "io/store.h"

#include <stdint.h>
#include <sys/uio.h>

/**
 * struct journal - a bounded log of a byte stream: every byte once, at a 64-bit offset
 * @head: offset of the next byte
 * @tail: offset of the oldest byte that the window still has
 * @size: the window: how many bytes it holds
 *
 * One writer, any number of readers, each of which keeps its own offset. The writer overwrites the
 * oldest bytes without asking: who must not lose any limits what is reserved. The very first bytes
 * (`keep`) are set aside for ever when the window passes them: no byte is held twice.
 *
 * Both are stores (io/store.h). Memory is taken as bytes come, and what rests is compressed:
 *
 *	hot	is written and read where it lies, by whoever is at the end
 *	cold	is opened by journal_peek() of whoever comes late, and by a reservation over it
 *
 * A window holds what it holds, whatever has been read of it: its front is not used again before
 * its end, or a late reader would miss bytes that were promised him.
 */
struct journal {
	uint64_t head, tail;
	size_t size;
	struct loop *loop;
	struct store *ring;
	struct store *kept; /* NULL: nothing is to be */
	size_t keep_size;
};

/**
 * journal_init() - an empty journal
 * @loop: whose stores the memory is of
 * @size: of the window, rounded up to whole pages
 * @keep: how many of the first bytes to hold for ever
 *
 * Return: 0, -ENOMEM.
 */
int journal_init(struct journal *journal, struct loop *loop, size_t size, size_t keep);

/** journal_done() - give the memory back */
void journal_done(struct journal *journal);

/**
 * journal_resize() - change the window; the newest bytes that fit stay
 *
 * Return: 0; -ENOMEM: nothing has changed.
 */
int journal_resize(struct journal *journal, size_t size);

/**
 * journal_reserve() - where the next bytes go
 * @len: 1..@size; as many of the oldest bytes are given up as this needs
 *
 * A journal that has had little gives less: its memory doubles as it is filled.
 *
 * Return: segments in @iov, 1 or 2, of 1..@len bytes in all.
 */
int journal_reserve(struct journal *journal, size_t len, struct iovec iov[2]);

/**
 * journal_drop() - give up the oldest bytes of the window, and the memory of pieces that had them
 * @tail: up to there; tail..head
 *
 * The very first ones are set aside as ever.
 */
void journal_drop(struct journal *journal, uint64_t tail);

/** journal_drop_kept() - give up the very first bytes, for ever */
void journal_drop_kept(struct journal *journal);

/** journal_commit() - @len bytes of the reservation are there */
void journal_commit(struct journal *journal, size_t len);

/**
 * journal_peek() - bytes from @offset on
 * @offset: tail..head, or below journal_kept(), up to which bytes are given then
 * @max:    at most so many
 *
 * Bytes lie side by side as long as memory does. A page of them is given at least, where there is.
 *
 * Return: segments in @iov, 0 (nothing there) to 2; valid until the next journal_reserve() or the
 *         end of the dispatch.
 */
int journal_peek(const struct journal *journal, uint64_t offset, size_t max, struct iovec iov[2]);

/**
 * journal_move() - move bytes towards the tail, over others
 * @to, @from: tail <= @to <= @from; nobody has read past @to yet
 * @len:       @from + @len is at most head
 *
 * For taking stretches out as if they had never been written; ends with journal_truncate().
 *
 * Return: the offset behind the moved bytes.
 */
uint64_t journal_move(struct journal *journal, uint64_t to, uint64_t from, uint64_t len);

/** journal_truncate() - forget everything from @head on */
void journal_truncate(struct journal *journal, uint64_t head);

/**
 * journal_go_on() - in the place of another one of the same sizes; its stores have taken the parts
 * @tail, @head: at most the size apart
 */
void journal_go_on(struct journal *journal, uint64_t tail, uint64_t head);

/** journal_end() - up to where its ring has had bytes: all of it, once it has gone round */
size_t journal_end(const struct journal *journal);

/** journal_kept() - how many of the first bytes the window has passed and are set aside */
size_t journal_kept(const struct journal *journal);

/**
 * journal_line_start() - the first start of a line in @from..@from+@max, or @from if none is there
 * @from: tail..head
 */
uint64_t journal_line_start(const struct journal *journal, uint64_t from, size_t max);

#endif
