/* SPDX-License-Identifier: MIT */
#ifndef MUX_STAMP_H
#define MUX_STAMP_H

#include "io/byte-queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct mux_stamp - the time in front of each line that goes out
 * @on:          are lines stamped
 * @at_start:    the next byte is the first of a line
 * @since_ms:    stamps count from this moment
 */
struct mux_stamp {
	bool on, at_start;
	uint64_t since_ms;
};

/** mux_stamp_toggle() - on, counting from @now_ms and beginning with the next line; or off */
void mux_stamp_toggle(struct mux_stamp *stamp, uint64_t now_ms);

/**
 * mux_stamp_push() - append bytes, "[HH:MM:SS.mmm] " in front of each line
 * @out: where to
 *
 * Return: 0; -ENOMEM: @out and the stamp are as they were.
 */
int mux_stamp_push(struct mux_stamp *stamp, uint64_t now_ms, const char *bytes, size_t len,
	struct byte_queue *out);

#endif
