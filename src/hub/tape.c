/* SPDX-License-Identifier: MIT */
#include "hub/tape.h"

#include <assert.h>

enum { LINE_SEARCH_BYTES = 4096 }; /* how far to look for the start of a line */

/* The most that is reserved at a time; also at most a quarter of the window. */
enum { PIECE_BYTES = 256 * 1024 };

int tape_init(struct tape *tape, struct loop *loop, size_t window, size_t keep)
{
	tape->readable = 0;
	tape->needed = TAPE_NOTHING;
	return journal_init(&tape->journal, loop, window, keep);
}

void tape_done(struct tape *tape)
{
	journal_done(&tape->journal);
}

/* What the window has passed is no query any more, whatever comes. */
static void keep_order(struct tape *tape)
{
	if (tape->readable < tape->journal.tail)
		tape->readable = tape->journal.tail;
	assert(tape->readable <= tape->journal.head);
	assert(tape->journal.tail <= tape->needed);
}

size_t tape_piece(const struct tape *tape)
{
	size_t most = tape_window(tape) / 4;

	return most < PIECE_BYTES ? most : PIECE_BYTES;
}

int tape_set_window(struct tape *tape, size_t window)
{
	int r = journal_resize(&tape->journal, window);

	keep_order(tape);
	return r;
}

void tape_drop(struct tape *tape, uint64_t tail)
{
	journal_drop(&tape->journal, tail);
	keep_order(tape);
}

/* ---- the writer ---- */

int tape_reserve(struct tape *tape, size_t len, struct iovec iov[2])
{
	int n = journal_reserve(&tape->journal, len, iov);

	keep_order(tape);
	return n;
}

void tape_commit(struct tape *tape, size_t len)
{
	journal_commit(&tape->journal, len);
	keep_order(tape);
}

int tape_between(const struct tape *tape, uint64_t from, uint64_t end, struct iovec iov[2])
{
	return journal_peek(&tape->journal, from, (size_t)(end - from), iov);
}

uint64_t tape_cut(struct tape *tape, const struct tape_span *spans, size_t n)
{
	struct journal *journal = &tape->journal;
	uint64_t end, head = journal->head;

	while (n && spans->start < tape->readable) {
		spans++;
		n--;
	}
	if (!n)
		return 0;
	end = spans[0].start;
	for (size_t i = 0; i < n; i++) {
		uint64_t from = spans[i].end, next = i + 1 < n ? spans[i + 1].start : head;

		assert(spans[i].start <= from && from <= next);
		end = journal_move(journal, end, from, next - from);
	}
	journal_truncate(journal, end);
	return head - end;
}

void tape_release(struct tape *tape, uint64_t offset)
{
	if (offset > tape->readable)
		tape->readable = offset;
	keep_order(tape);
}

/* ---- a reader ---- */

static void check_mark(const struct tape *tape, const struct tape_mark *mark)
{
	assert(tape->journal.tail <= mark->offset);
	assert(mark->offset <= tape->readable);
	assert(tape->readable <= tape->journal.head);
	(void)tape;
	(void)mark;
}

void tape_seek(const struct tape *tape, struct tape_mark *mark, uint64_t offset)
{
	mark->offset = offset < tape->journal.tail ? tape->journal.tail
		       : offset > tape->readable   ? tape->readable
						   : offset;
	check_mark(tape, mark);
}

int tape_peek(
	const struct tape *tape, const struct tape_mark *mark, size_t max, struct iovec iov[2])
{
	uint64_t left = tape->readable - mark->offset;

	check_mark(tape, mark);
	return journal_peek(&tape->journal, mark->offset, left < max ? (size_t)left : max, iov);
}

void tape_advance(const struct tape *tape, struct tape_mark *mark, size_t len)
{
	mark->offset += len;
	check_mark(tape, mark);
}

uint64_t tape_line_start(const struct tape *tape, uint64_t most)
{
	uint64_t from = tape->journal.tail;
	uint64_t start;

	if (tape->readable - from > most)
		from = tape->readable - most;
	start = journal_line_start(&tape->journal, from, LINE_SEARCH_BYTES);
	return start < tape->readable ? start : tape->readable;
}
