/* SPDX-License-Identifier: MIT */
/*
 * What a hub must do at the least: each byte is read once into a ring, and written from there to
 * each reader. The source has the room that the slowest reader leaves. A reader is waited for only
 * after it took less than it was offered.
 */
#include "relay.h"

#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RING_BYTES = 1 << 20, READ_BYTES = 128 << 10, READERS_MAX = 256, EVENTS = 64 };

struct reader {
	int fd;
	uint64_t position;
	bool blocked;
};

struct ring {
	char *bytes;
	uint64_t head;
	int source, epoll;
	bool source_watched;
	int n_readers;
	struct reader readers[READERS_MAX];
};

static void watch(struct ring *ring, int op, int fd, unsigned events, unsigned index)
{
	struct epoll_event event = { .events = events, .data.u32 = index };

	if (epoll_ctl(ring->epoll, op, fd, &event) < 0)
		bench_die("epoll_ctl: %m");
}

static int segments(const struct ring *ring, uint64_t at, size_t len, struct iovec iov[2])
{
	size_t from = at % RING_BYTES, first = RING_BYTES - from < len ? RING_BYTES - from : len;

	iov[0] = (struct iovec){ ring->bytes + from, first };
	iov[1] = (struct iovec){ ring->bytes, len - first };
	return first < len ? 2 : 1;
}

static void write_to(struct ring *ring, struct reader *reader, unsigned index)
{
	while (reader->position < ring->head) {
		struct iovec iov[2];
		size_t len = (size_t)(ring->head - reader->position);
		int n = segments(ring, reader->position, len, iov);
		ssize_t done = writev(reader->fd, iov, n);

		if (done < 0 && errno != EAGAIN)
			exit(0);
		if (done > 0)
			reader->position += (uint64_t)done;
		if (done < (ssize_t)len) {
			if (!reader->blocked)
				watch(ring, EPOLL_CTL_MOD, reader->fd, EPOLLOUT, index);
			reader->blocked = true;
			return;
		}
	}
	if (reader->blocked)
		watch(ring, EPOLL_CTL_MOD, reader->fd, 0, index);
	reader->blocked = false;
}

static size_t room(const struct ring *ring)
{
	uint64_t slowest = ring->head;

	for (int i = 0; i < ring->n_readers; i++)
		if (ring->readers[i].position < slowest)
			slowest = ring->readers[i].position;
	return RING_BYTES - (size_t)(ring->head - slowest);
}

static void read_source(struct ring *ring)
{
	size_t len = room(ring);
	struct iovec iov[2];
	ssize_t got;

	if (!len)
		return;
	got = readv(ring->source, iov,
		segments(ring, ring->head, len < READ_BYTES ? len : READ_BYTES, iov));
	if (!got)
		exit(0);
	if (got < 0)
		return;
	ring->head += (uint64_t)got;
	for (int i = 0; i < ring->n_readers; i++)
		if (!ring->readers[i].blocked)
			write_to(ring, &ring->readers[i], (unsigned)i);
}

static void watch_source(struct ring *ring)
{
	bool wanted = room(ring) > 0;

	if (wanted != ring->source_watched)
		watch(ring, EPOLL_CTL_MOD, ring->source, wanted ? EPOLLIN : 0,
			(unsigned)ring->n_readers);
	ring->source_watched = wanted;
}

static void start(struct ring *ring, const struct relay_job *job)
{
	int source = bench_listen(job->source), readers = bench_listen(job->readers);

	ring->epoll = epoll_create1(EPOLL_CLOEXEC);
	ring->bytes = malloc(RING_BYTES);
	ring->n_readers = job->n_readers;
	if (ring->epoll < 0 || !ring->bytes || job->n_readers > READERS_MAX)
		bench_die("the ring relay cannot start");
	for (int i = 0; i < job->n_readers; i++) {
		ring->readers[i].fd = bench_accept(readers);
		fcntl(ring->readers[i].fd, F_SETFL, O_NONBLOCK);
		watch(ring, EPOLL_CTL_ADD, ring->readers[i].fd, 0, (unsigned)i);
	}
	ring->source = bench_accept(source);
	fcntl(ring->source, F_SETFL, O_NONBLOCK);
	watch(ring, EPOLL_CTL_ADD, ring->source, 0, (unsigned)ring->n_readers);
	watch_source(ring);
}

void relay_ring(void *job)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	struct epoll_event events[EVENTS];

	if (!ring)
		bench_die("out of memory");
	start(ring, job);
	for (;;) {
		int n = epoll_wait(ring->epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			unsigned index = events[i].data.u32;

			if (index == (unsigned)ring->n_readers)
				read_source(ring);
			else
				write_to(ring, &ring->readers[index], index);
		}
		watch_source(ring);
	}
}
