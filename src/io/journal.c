/* SPDX-License-Identifier: MIT */
#include "io/journal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

int journal_init(struct journal *journal, struct loop *loop, size_t size, size_t keep)
{
	*journal = (struct journal){ .loop = loop, .keep_size = keep };
	journal->ring = store_new(loop, size);
	if (keep)
		journal->kept = store_new(loop, keep);
	if (!journal->ring || (keep && !journal->kept)) {
		journal_done(journal);
		return -ENOMEM;
	}
	journal->size = journal->ring->size;
	return 0;
}

void journal_done(struct journal *journal)
{
	store_free(journal->ring);
	store_free(journal->kept);
	*journal = (struct journal){ 0 };
}

/* Return: false: that would be a third one. */
static bool add_segment(struct iovec iov[2], int *n, char *bytes, size_t len)
{
	if (*n && (char *)iov[*n - 1].iov_base + iov[*n - 1].iov_len == bytes)
		iov[*n - 1].iov_len += len;
	else if (*n < 2)
		iov[(*n)++] = (struct iovec){ bytes, len };
	else
		return false;
	return true;
}

/* Where the bytes of [offset, offset + len) are in a ring, as many as lie in two segments. */
static int use(struct store *ring, uint64_t offset, size_t len, struct iovec iov[2])
{
	int n = 0;

	while (len) {
		size_t at = (size_t)(offset % ring->size);
		size_t part = STORE_PIECE - at % STORE_PIECE;

		part = part < ring->size - at ? part : ring->size - at;
		part = part < len ? part : len;
		store_use(ring, at, part);
		if (!add_segment(iov, &n, store_at(ring, at), part))
			break;
		offset += part;
		len -= part;
	}
	return n;
}

/* The same, where bytes are to be written; as many as there is memory for now, one at least. */
static int make(struct store *ring, uint64_t offset, size_t len, struct iovec iov[2])
{
	size_t at = (size_t)(offset % ring->size);
	size_t first = len < ring->size - at ? len : ring->size - at;
	size_t made = store_make(ring, at, first);

	if (made == first && len > first)
		made += store_make(ring, 0, len - first);
	return use(ring, offset, made, iov);
}

/* Whole pieces that are packed are set aside as they are: nobody may miss the memory for more. */
static uint64_t pass_packed(struct journal *journal, uint64_t from, uint64_t end)
{
	const struct store *ring = journal->ring;

	while (from + STORE_PIECE <= end && from % STORE_PIECE == 0 &&
		from % ring->size % STORE_PIECE == 0 &&
		store_pass(journal->ring, (size_t)(from % ring->size), journal->kept, (size_t)from))
		from += STORE_PIECE;
	return from;
}

/* The window passes what is before @tail; the first bytes of all are kept. */
static void forget(struct journal *journal, uint64_t tail)
{
	uint64_t end = tail < journal->keep_size ? tail : journal->keep_size;
	uint64_t from = pass_packed(journal, journal->tail, end);
	struct iovec iov[2];

	while (from < end) {
		use(journal->ring, from, (size_t)(end - from), iov);
		store_write(journal->kept, (size_t)from, iov[0].iov_base, iov[0].iov_len);
		from += iov[0].iov_len;
	}
	journal->tail = tail;
}

void journal_drop(struct journal *journal, uint64_t tail)
{
	struct store *ring = journal->ring;
	size_t size = ring->size, from = (size_t)(journal->head % size), held;

	forget(journal, tail);
	held = (size_t)(journal->head - tail);
	if (!held) {
		store_forget(ring, 0, size);
	} else if (from + (size - held) <= size) {
		store_forget(ring, from, size - held);
	} else {
		store_forget(ring, from, size - from);
		store_forget(ring, 0, from - held);
	}
}

void journal_drop_kept(struct journal *journal)
{
	store_free(journal->kept);
	journal->kept = NULL;
	journal->keep_size = 0;
}

int journal_resize(struct journal *journal, size_t size)
{
	struct store *ring = store_new(journal->loop, size);
	uint64_t offset;

	if (!ring)
		return -ENOMEM;
	if (journal->head - journal->tail > ring->size)
		forget(journal, journal->head - ring->size);
	offset = journal->tail;
	while (offset < journal->head) {
		size_t at = (size_t)(offset % ring->size), left = (size_t)(journal->head - offset);
		struct iovec from[2];

		journal_peek(
			journal, offset, left < ring->size - at ? left : ring->size - at, from);
		store_write(ring, at, from[0].iov_base, from[0].iov_len);
		offset += from[0].iov_len;
	}
	store_free(journal->ring);
	journal->ring = ring;
	journal->size = ring->size;
	return 0;
}

int journal_reserve(struct journal *journal, size_t len, struct iovec iov[2])
{
	if (journal->head + len > journal->tail + journal->size)
		forget(journal, journal->head + len - journal->size);
	return make(journal->ring, journal->head, len, iov);
}

void journal_commit(struct journal *journal, size_t len)
{
	struct iovec iov[2];

	use(journal->ring, journal->head, len, iov);
	journal->head += len;
}

void journal_go_on(struct journal *journal, uint64_t tail, uint64_t head)
{
	journal->tail = tail;
	journal->head = head;
}

int journal_peek(const struct journal *journal, uint64_t offset, size_t max, struct iovec iov[2])
{
	bool is_kept = offset < journal->tail;
	uint64_t left = (is_kept ? journal_kept(journal) : journal->head) - offset;
	size_t len = left < max ? (size_t)left : max;

	return len ? use(is_kept ? journal->kept : journal->ring, offset, len, iov) : 0;
}

size_t journal_end(const struct journal *journal)
{
	return journal->head < journal->size ? (size_t)journal->head : journal->size;
}

size_t journal_kept(const struct journal *journal)
{
	return journal->tail < journal->keep_size ? (size_t)journal->tail : journal->keep_size;
}

uint64_t journal_line_start(const struct journal *journal, uint64_t from, size_t max)
{
	struct iovec iov[2];
	int n = journal_peek(journal, from, max, iov);
	uint64_t offset = from;

	for (int i = 0; i < n; offset += iov[i++].iov_len) {
		const char *newline = memchr(iov[i].iov_base, '\n', iov[i].iov_len);

		if (newline)
			return offset + (uint64_t)(newline - (char *)iov[i].iov_base) + 1;
	}
	return from;
}

uint64_t journal_move(struct journal *journal, uint64_t to, uint64_t from, uint64_t len)
{
	while (len && to != from) {
		struct iovec dst[2], src[2];
		size_t part;

		make(journal->ring, to, (size_t)len, dst);
		use(journal->ring, from, (size_t)len, src);
		part = dst[0].iov_len < src[0].iov_len ? dst[0].iov_len : src[0].iov_len;
		memmove(dst[0].iov_base, src[0].iov_base, part);
		to += part;
		from += part;
		len -= part;
	}
	return to + len;
}

void journal_truncate(struct journal *journal, uint64_t head)
{
	journal->head = head;
}
