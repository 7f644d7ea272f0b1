/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CAST_H
#define CLIENT_CAST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct cast - a recording that is being written [asciicast v2]
 * @start_us: CLOCK_MONOTONIC of time 0
 * @held:     of output: the beginning of a character; @held_in: of input
 */
struct cast {
	FILE *file;
	uint64_t start_us;
	uint8_t held[4], held_in[4];
	size_t held_len, held_in_len;
};

/** cast_open() - of a terminal of that size. Return: 0; -errno with @err */
int cast_open(struct cast *cast, const char *path, const char *title, unsigned cols, unsigned rows,
	struct error **err);

/** cast_output() - what was shown; no-op where nothing is open, as all that follow */
void cast_output(struct cast *cast, const void *bytes, size_t len);

/** cast_input() - what was typed */
void cast_input(struct cast *cast, const void *bytes, size_t len);

/** cast_resize() */
void cast_resize(struct cast *cast, unsigned cols, unsigned rows);

/** cast_mark() - a chapter begins here */
void cast_mark(struct cast *cast, const char *label);

/** cast_close() - Return: 0; -errno: some of it is missing */
int cast_close(struct cast *cast);

/**
 * cast_play() - show a recording on standard output at its pace
 * @speed:   times as fast
 * @idle_ms: the longest pause; 0: as it was
 * @wait:    for so many milliseconds; Return: false: stop
 *
 * Return: 0: to its end; -EINTR: stopped; another -errno with @err.
 */
int cast_play(const char *path, double speed, uint64_t idle_ms, bool (*wait)(uint64_t ms),
	struct error **err);

#endif
