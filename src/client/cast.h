/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CAST_H
#define CLIENT_CAST_H

#include "asciicast/asciicast.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * struct cast - a recording that is being written
 * @file: NULL: none
 * @lost: memory ran out, and something is missing
 */
struct cast {
	FILE *file;
	struct asciicast text;
	bool lost;
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
