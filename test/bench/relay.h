/* SPDX-License-Identifier: MIT */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

/*
 * The yardsticks of the fan-out benchmark: each takes what one source sends and hands it to every
 * reader, as fast as it can and with nothing else to do.
 */

/**
 * struct relay_job - who is to be served
 * @source:    path of a unix socket to make, for the one source
 * @readers:   path of a unix socket to make, for the readers
 * @n_readers: how many there will be; all connect before the source sends
 */
struct relay_job {
	const char *source, *readers;
	int n_readers;
};

/** relay_ring() - one ring of 1 MiB, a cursor a reader, epoll; @job: struct relay_job */
void relay_ring(void *job);

/** relay_splice() - pipes, tee(2) and splice(2): the bytes are never copied here */
void relay_splice(void *job);

/** relay_splice_keep() - the same, with one copy into a ring of 1 MiB as a hub needs it */
void relay_splice_keep(void *job);

#endif
