/* SPDX-License-Identifier: MIT */
#ifndef VNC_DOOR_H
#define VNC_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Who has said a wrong password lately, and how long such a one has to wait. One address has one
 * answer at a time, however many connections it makes: each wrong password doubles the time to the
 * next answer. The clock is the caller's.
 */

enum {
	DOOR_RECORDS = 256,   /* addresses that are remembered; the one longest ago makes room */
	DOOR_DELAY_MS = 1000, /* after the first wrong password */
	DOOR_DELAY_MAX_MS = 16000,
	DOOR_WAIT_MAX_MS = 20000, /* who would have to wait longer is sent away at once */
	DOOR_FORGET_MS = 600000,
};

/** struct door_address - a peer as far as it counts: IPv4, the network of IPv6 (/64), unix: zero */
struct door_address {
	uint8_t bytes[16];
};

/**
 * struct door_record - an address with a wrong password
 * @next_ms: when the next answer is given
 * @seen_ms: of the last wrong password
 */
struct door_record {
	struct door_address address;
	unsigned failures;
	uint64_t next_ms, seen_ms;
};

/** struct door - all zero is one where nobody has been */
struct door {
	struct door_record records[DOOR_RECORDS];
	unsigned len;
};

/** door_address_of() - of a connected socket */
struct door_address door_address_of(int fd);

bool door_address_equal(const struct door_address *a, const struct door_address *b);

/** door_is_public() - whether others than this machine can come to a listening socket */
bool door_is_public(int fd);

/**
 * door_wait() - a peer has said a password: how long until it is looked at
 *
 * That time is taken: the next one waits until after it. Return: milliseconds, 0: now; -EAGAIN:
 * longer than DOOR_WAIT_MAX_MS, nothing is taken.
 */
int64_t door_wait(struct door *door, const struct door_address *address, uint64_t now_ms);

/** door_failed() - it was wrong */
void door_failed(struct door *door, const struct door_address *address, uint64_t now_ms);

/** door_passed() - it was right: what was before is forgotten */
void door_passed(struct door *door, const struct door_address *address);

#endif
