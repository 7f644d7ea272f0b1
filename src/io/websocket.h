/* SPDX-License-Identifier: MIT */
#ifndef IO_WEBSOCKET_H
#define IO_WEBSOCKET_H

#include "io/byte-queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The server's side of a websocket [RFC 6455] as a filter between a byte stream and its user:
 * the caller does the reading and writing. What comes in is decoded in place; what goes out gets
 * a frame header in front. Messages are a byte stream here: where one ends does not matter to
 * the user.
 */

/* The most that a client may send before its handshake is complete. */
#define WEBSOCKET_HANDSHAKE_MAX 8192u

/* The longest frame header of a server, which does not mask. */
#define WEBSOCKET_HEADER_MAX 10u

enum websocket_state {
	WEBSOCKET_HANDSHAKE, /* no payload yet in either direction */
	WEBSOCKET_OPEN,
	WEBSOCKET_CLOSED, /* the client has said goodbye: send what waits, then close */
	WEBSOCKET_FAILED, /* the client broke the protocol: the same */
};

/**
 * struct websocket - the state of one connection; all zero at start
 *
 * All members but @state are the filter's own.
 */
struct websocket {
	enum websocket_state state;
	struct byte_queue request; /* the handshake so far */
	uint8_t header[14];	   /* of the present frame, as far as it has arrived */
	uint8_t header_len;
	bool in_payload;
	bool in_message;      /* a fragmented message has begun */
	uint64_t left;	      /* bytes of the present frame that are still to come */
	uint64_t done;	      /* and those that have come */
	uint8_t control[125]; /* payload of a ping or close */
	uint8_t control_len;
};

/**
 * websocket_in() - decode bytes of the client
 * @buf:     as received; what they carry is written to its front
 * @len:     1 or more
 * @reply:   gets what is to be sent: the answer to the handshake, pongs, the close frame
 *
 * Return: payload bytes in @buf, 0..@len. 0 with @state WEBSOCKET_CLOSED: the end of the stream.
 *         -EPROTO: the client broke the protocol, @reply has the reason; -ENOMEM.
 */
ssize_t websocket_in(struct websocket *ws, void *buf, size_t len, struct byte_queue *reply);

/**
 * websocket_header() - what to send before @len bytes of payload, as one binary message
 * @len: 1 or more
 *
 * Return: length of the header.
 */
size_t websocket_header(uint64_t len, uint8_t header[WEBSOCKET_HEADER_MAX]);

/**
 * websocket_close() - append a close frame [RFC 6455 7.4.1: 1000, 1001, ...]. Return: 0, -ENOMEM
 */
int websocket_close(struct websocket *ws, uint16_t code, struct byte_queue *reply);

/** websocket_done() - free what it holds */
void websocket_done(struct websocket *ws);

#endif
