/* SPDX-License-Identifier: MIT */
#ifndef VNC_DEFLATER_H
#define VNC_DEFLATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/*
 * A zlib stream that goes on from rectangle to rectangle, as ZRLE and Tight have it. Takes about
 * 25 KB once it is used: 2 KB of history instead of 32 cost a scrolled line of text a few bytes.
 */
struct deflater {
	z_stream z;
	bool started;
	int level;
};

/** deflater_bound() - the most that @len bytes become */
size_t deflater_bound(size_t len);

/**
 * deflater_run() - deflate so that the viewer can inflate all of it now
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
