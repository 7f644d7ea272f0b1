/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_PACE_H
#define VHOST_USER_PACE_H

#include "virtio/console.h"

#include <stdint.h>

/*
 * Whether a device is to be looked at again without being kicked, from how often it had something.
 *
 * A guest spins while its console's buffer waits for us. Where buffers come within PACE_SPIN_NS of
 * each other, being woken takes longer than the guest's own work: look again at once.
 *
 * A serial port's guest has a ring to fill, and sleeps only where that is full. Where buffers come
 * within PACE_LIMIT_NS, look again after PACE_SLEEP_US and take several together: fewer kicks and
 * interrupts, longer writes. Where it is only one, somebody waits for the answer to each: no more
 * of it for the next PACE_REST times. (Of 100 to 400 us of sleep, more than 200 gained nothing.)
 *
 * Where more comes for such a guest than it has read, its ring is full, and it gives back one
 * buffer after the other, each with a kick. It is the same with these: it has enough to read.
 */
enum {
	PACE_SPIN_NS = 50 * 1000,
	PACE_LIMIT_NS = 500 * 1000,
	PACE_SLEEP_US = 200,
	PACE_REST = 16,
};

/** struct pace - zeroed at first; @polling: what pace_follow() said last */
struct pace {
	unsigned polling;
	struct virtio_console_taken taken;
	uint64_t console_ns, serial_ns, input_ns; /* when there was something last */
	unsigned rest;
};

/**
 * pace_follow() - a device was looked at
 * @taken:  what it has taken so far
 * @now_ns: monotonic
 *
 * Return: enum virtio_console_polling: what to look at again without being kicked.
 */
unsigned pace_follow(struct pace *pace, const struct virtio_console_taken *taken, uint64_t now_ns);

#endif
