/* SPDX-License-Identifier: MIT */
#ifndef VNC_DEFLATER_H
#define VNC_DEFLATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/*
 * ZRLE and Tight have a zlib stream for each viewer that goes on from rectangle to rectangle. What
 * one deflater makes of a rectangle fits into any such stream at any place: it refers to nothing
 * before it and ends at a whole byte, and the checksum of a stream stands at its end, which never
 * comes. So a rectangle is deflated once for all viewers. Each stream begins with
 * DEFLATER_HEADER. All zero is a deflater that has not been used yet.
 */
struct deflater {
	z_stream z;
	bool started;
	int level;
};

/* The beginning of a zlib stream [RFC 1950 2.2]: deflate, any window, no dictionary. */
#define DEFLATER_HEADER	     "\x78\x01"
#define DEFLATER_HEADER_SIZE 2u

/** deflater_bound() - the most that @len bytes become */
size_t deflater_bound(size_t len);

/**
 * deflater_run() - deflate one rectangle
 * @level: 1..9
 * @out:   deflater_bound(@len) bytes
 *
 * Return: bytes in @out; 0: memory ran out, nothing has changed.
 */
size_t deflater_run(
	struct deflater *deflater, int level, const uint8_t *in, size_t len, uint8_t *out);

/** deflater_done() - free what it holds */
void deflater_done(struct deflater *deflater);

#endif
