/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_WEBSOCKET_HANDSHAKE_H
#define TRANSPORT_WEBSOCKET_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	/* The most that a client may send before its handshake is complete. */
	WEBSOCKET_REQUEST_MAX = 8192,
	/* An answer with its final zero. */
	WEBSOCKET_ANSWER_MAX = 256,
	/* A path with its final zero. */
	WEBSOCKET_PATH_MAX = 256,
};

/** websocket_request_size() - bytes of the request with its empty line; 0: not complete yet */
size_t websocket_request_size(const char *text, size_t len);

/**
 * websocket_path() - what a request asks for, without the query: "/console/a"
 *
 * Return: true; false: that is longer than WEBSOCKET_PATH_MAX, and @path is empty.
 */
bool websocket_path(const char *text, size_t len, char path[WEBSOCKET_PATH_MAX]);

/**
 * websocket_answer() - what to say to a request
 * @text: complete, or longer than WEBSOCKET_REQUEST_MAX
 * @origin: of the pages that may connect: "https://example.org:8080"; "*": all; NULL: those of the
 *        host that they connect to, at any port. Who is no browser says no origin, and may
 *
 * Return: true: @answer opens the websocket; false: it says why not, and the connection ends.
 */
bool websocket_answer(
	const char *text, size_t len, const char *origin, char answer[WEBSOCKET_ANSWER_MAX]);

#endif
