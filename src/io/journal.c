/* SPDX-License-Identifier: MIT */
#include "io/journal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096 };

static size_t round_up(size_t len)
{
	return (len + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

/* Zero pages until they are written: an idle journal costs address space only. */
static char *map_memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int journal_init(struct journal *journal, size_t size, size_t keep)
{
	*journal = (struct journal){ .size = round_up(size), .keep_size = keep };
	journal->ring = map_memory(journal->size);
	if (!journal->ring)
		return -ENOMEM;
	if (keep) {
		journal->kept = map_memory(round_up(keep));
		if (!journal->kept) {
			journal_done(journal);
			return -ENOMEM;
		}
	}
	return 0;
}

void journal_done(struct journal *journal)
{
	if (journal->ring)
		munmap(journal->ring, journal->size);
	if (journal->kept)
		munmap(journal->kept, round_up(journal->keep_size));
	*journal = (struct journal){ 0 };
}

/* The memory of [offset, offset + len) in a ring of @size bytes. */
static int segments(char *ring, size_t size, uint64_t offset, size_t len, struct iovec iov[2])
{
	size_t at = (size_t)(offset % size), first = size - at < len ? size - at : len;

	iov[0].iov_base = ring + at;
	iov[0].iov_len = first;
	iov[1].iov_base = ring;
	iov[1].iov_len = len - first;
	return !len ? 0 : first < len ? 2 : 1;
}

/* The window passes what is before @tail; the first bytes of all are kept. */
static void forget(struct journal *journal, uint64_t tail)
{
	uint64_t from = journal->tail, end = tail < journal->keep_size ? tail : journal->keep_size;
	struct iovec iov[2];
	int n = 0;

	if (from < end)
		n = segments(journal->ring, journal->size, from, (size_t)(end - from), iov);
	for (int i = 0; i < n; from += iov[i++].iov_len)
		memcpy(journal->kept + from, iov[i].iov_base, iov[i].iov_len);
	journal->tail = tail;
}

int journal_resize(struct journal *journal, size_t size)
{
	struct iovec from[2], to[2];
	uint64_t offset;
	char *ring;

	size = round_up(size);
	if (size == journal->size)
		return 0;
	ring = map_memory(size);
	if (!ring)
		return -ENOMEM;
	if (journal->head - journal->tail > size)
		forget(journal, journal->head - size);
	offset = journal->tail;
	while (offset < journal->head) {
		size_t len;

		journal_peek(journal, offset, (size_t)(journal->head - offset), from);
		segments(ring, size, offset, (size_t)(journal->head - offset), to);
		len = from[0].iov_len < to[0].iov_len ? from[0].iov_len : to[0].iov_len;
		memcpy(to[0].iov_base, from[0].iov_base, len);
		offset += len;
	}
	munmap(journal->ring, journal->size);
	journal->ring = ring;
	journal->size = size;
	return 0;
}

int journal_reserve(struct journal *journal, size_t len, struct iovec iov[2])
{
	if (journal->head + len > journal->tail + journal->size)
		forget(journal, journal->head + len - journal->size);
	return segments(journal->ring, journal->size, journal->head, len, iov);
}

void journal_commit(struct journal *journal, size_t len)
{
	journal->head += len;
}

int journal_peek(const struct journal *journal, uint64_t offset, size_t max, struct iovec iov[2])
{
	size_t len = (size_t)(journal->head - offset);

	return segments(journal->ring, journal->size, offset, len < max ? len : max, iov);
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

		segments(journal->ring, journal->size, to, (size_t)len, dst);
		segments(journal->ring, journal->size, from, (size_t)len, src);
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
