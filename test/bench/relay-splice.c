/* SPDX-License-Identifier: MIT */
/*
 * The zero-copy relay. A piece of the stream is spliced from the source's socket into a pipe, tee'd
 * into one pipe a reader, moved into the last reader's, and spliced from those into the sockets.
 * The next piece is taken once every reader has the present one, since tee() always begins at the
 * head of its pipe. The sockets' own buffers let the readers run a little apart.
 *
 * relay_splice_keep() does what a hub would have to do besides: each piece is also copied into a
 * ring, for who comes late.
 */
#include "relay.h"

#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { RING_BYTES = 1 << 20, PIPE_BYTES = 1 << 20, PIECE_BYTES = 256 << 10, READERS_MAX = 256 };

struct reader {
	int fd;
	int pipe[2];
	size_t left; /* of the present piece */
};

struct splicer {
	int source;
	int pipe[2];
	int kept[2];
	char *ring; /* or NULL */
	size_t head;
	int n_readers;
	struct reader readers[READERS_MAX];
};

static void new_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
		bench_die("pipe: %m");
}

static void start(struct splicer *splicer, const struct relay_job *job)
{
	int source = bench_listen(job->source), readers = bench_listen(job->readers);

	if (job->n_readers > READERS_MAX)
		bench_die("too many readers");
	splicer->n_readers = job->n_readers;
	new_pipe(splicer->pipe);
	for (int i = 0; i < job->n_readers; i++) {
		splicer->readers[i].fd = bench_accept(readers);
		fcntl(splicer->readers[i].fd, F_SETFL, O_NONBLOCK);
		new_pipe(splicer->readers[i].pipe);
	}
	splicer->source = bench_accept(source);
}

static void start_to_keep(struct splicer *splicer)
{
	new_pipe(splicer->kept);
	splicer->ring = malloc(RING_BYTES);
	if (!splicer->ring)
		bench_die("out of memory");
}

static void keep(struct splicer *splicer, size_t len)
{
	if (tee(splicer->pipe[0], splicer->kept[1], len, 0) != (ssize_t)len)
		bench_die("tee: %m");
	while (len) {
		size_t room = RING_BYTES - splicer->head;
		size_t got = bench_read(
			splicer->kept[0], splicer->ring + splicer->head, len < room ? len : room);

		splicer->head = (splicer->head + got) % RING_BYTES;
		len -= got;
	}
}

/* All readers' pipes get the piece; they are empty, and as large as the one that it is in. */
static void share(struct splicer *splicer, size_t len)
{
	int last = splicer->n_readers - 1;

	for (int i = 0; i < last; i++) {
		if (tee(splicer->pipe[0], splicer->readers[i].pipe[1], len, 0) != (ssize_t)len)
			bench_die("tee: %m");
		splicer->readers[i].left = len;
	}
	if (splice(splicer->pipe[0], NULL, splicer->readers[last].pipe[1], NULL, len,
		    SPLICE_F_MOVE) != (ssize_t)len)
		bench_die("splice between pipes: %m");
	splicer->readers[last].left = len;
}

static void write_to(struct reader *reader)
{
	while (reader->left) {
		ssize_t done = splice(reader->pipe[0], NULL, reader->fd, NULL, reader->left,
			SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (done < 0 && errno == EAGAIN)
			return;
		if (done <= 0)
			exit(0);
		reader->left -= (size_t)done;
	}
}

static void write_out(struct splicer *splicer)
{
	struct pollfd waiting[READERS_MAX];
	nfds_t n;

	do {
		n = 0;
		for (int i = 0; i < splicer->n_readers; i++) {
			struct reader *reader = &splicer->readers[i];

			write_to(reader);
			if (reader->left)
				waiting[n++] =
					(struct pollfd){ .fd = reader->fd, .events = POLLOUT };
		}
		if (n)
			poll(waiting, n, -1);
	} while (n);
}

static void relay(struct splicer *splicer)
{
	ssize_t got;

	while ((got = splice(splicer->source, NULL, splicer->pipe[1], NULL, PIECE_BYTES,
			SPLICE_F_MOVE)) > 0) {
		if (splicer->ring)
			keep(splicer, (size_t)got);
		share(splicer, (size_t)got);
		write_out(splicer);
	}
}

static struct splicer *new_splicer(const struct relay_job *job)
{
	struct splicer *splicer = calloc(1, sizeof(*splicer));

	if (!splicer)
		bench_die("out of memory");
	start(splicer, job);
	return splicer;
}

void relay_splice(void *job)
{
	relay(new_splicer(job));
}

void relay_splice_keep(void *job)
{
	struct splicer *splicer = new_splicer(job);

	start_to_keep(splicer);
	relay(splicer);
}
