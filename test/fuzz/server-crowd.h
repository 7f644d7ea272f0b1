/* SPDX-License-Identifier: MIT */
#ifndef TEST_FUZZ_SERVER_CROWD_H
#define TEST_FUZZ_SERVER_CROWD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those outside, for fuzz-server.c: they come to doors, say and read what they like, and go. */

enum { PEERS_MAX = 8, CALLS_MAX = 4, CROWD_PATH_MAX = 64 };

/** struct peer - somebody at a door; @tls: NULL: bytes go as they are */
struct peer {
	const struct door *door; /* NULL: nobody */
	int fd;
	SSL *tls;
};

/**
 * struct crowd
 * @dir:         where the sockets are; borrowed
 * @handed_over: a socket that listens, for a door that is made with fd=
 * @calls:       sockets where the server calls us, by door
 * @steered:     somebody has been at a monitor
 */
struct crowd {
	const char *dir;
	int handed_over;
	int calls[CALLS_MAX];
	bool steered;
	struct peer peers[PEERS_MAX];
};

/** crowd_init() - what must be there before the server is */
void crowd_init(struct crowd *crowd, const char *dir);

/** crowd_done() - everybody has gone; closes and removes what crowd_init() made */
void crowd_done(struct crowd *crowd);

/** crowd_come() - to one of the doors, by any number; who is there goes first */
void crowd_come(struct crowd *crowd, struct peer *peer, unsigned door);

/** crowd_come_plainly() - to the door of the first console that has no filter */
void crowd_come_plainly(struct crowd *crowd, struct peer *peer);

/** crowd_greet() - say what it takes to be let in at that door, or begin TLS */
void crowd_greet(struct peer *peer);

/** crowd_send() - as much as there is room for; nothing where nobody is */
void crowd_send(struct peer *peer, const void *bytes, size_t len);

/** crowd_send_frame() - the same as one masked message of websocket, of up to 125 bytes */
void crowd_send_frame(struct peer *peer, const void *bytes, size_t len);

/** crowd_read() - Return: how many bytes came, up to @len; 0: none */
size_t crowd_read(struct peer *peer, void *buf, size_t len);

/** crowd_half_close() - send no more */
void crowd_half_close(struct peer *peer);

void crowd_go(struct peer *peer);

/** need() - end the process where something is not so */
void need(bool so);

#endif
