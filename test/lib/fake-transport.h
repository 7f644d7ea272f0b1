/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_FAKE_TRANSPORT_H
#define TEST_LIB_FAKE_TRANSPORT_H

#include "io/byte-queue.h"
#include "snapshot/reader.h"
#include "transport/transport-impl.h"

/**
 * struct fake_transport - the bottom of a stack whose peer is the test
 * @in:    what the peer has sent and nobody has read
 * @out:   what was written
 * @room:  how many bytes more may be written; no limit at start
 * @chunk: the most that one read gives; no limit at start
 * @error: positive errno of the next writes; 0: none
 * @eof:   the peer sends no more
 *
 * Freed as every transport, with the queues.
 */
struct fake_transport {
	struct transport base;
	struct byte_queue in, out;
	size_t room, chunk;
	int error;
	bool eof, half_closed;
};

/** fake_transport_new() - NULL: no memory */
struct fake_transport *fake_transport_new(struct loop *loop);

/** fake_transport_feed() - the peer sends; told at once, as by the loop, while anybody reads */
void fake_transport_feed(struct fake_transport *fake, const void *bytes, size_t len);

/** fake_transport_give_room() - the peer has read: @len bytes more may be written */
void fake_transport_give_room(struct fake_transport *fake, size_t len);

/** fake_transport_end() - the peer sends no more */
void fake_transport_end(struct fake_transport *fake);

/** filter_leave() - what a filter leaves to another program, to be closed; what fails aborts */
void filter_leave(const struct transport *filter, struct snapshot *ret_left);

#endif
