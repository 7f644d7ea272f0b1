/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_WHEN_H
#define CLIENT_WHEN_H

#include "base/error.h"

#include <stdint.h>

/**
 * when_parse() - a moment, as people write it
 * @now: in seconds since 1970
 *
 *	10:00, 10:00:05			the last time that it was so late, by the clock here
 *	2026-11-29, 2026-11-29 10:00	a 'T' may stand for the blank; to the second, or finer
 *	2026-11-29T10:00:05Z		by the clock elsewhere: Z, +01:00, -0800
 *	-5m, 5m, 5m ago, 1h30m		before now: s, m, h, d, w
 *	1795946405, @1795946405		seconds since 1970
 *
 * A clock that is put back shows some times twice: the first is meant. One that is put forward
 * leaves some out: those are the moment at which that is done.
 *
 * Return: 0, *@ret_when in seconds since 1970, 0 for all that was before; -EINVAL with @err.
 */
int when_parse(const char *text, int64_t now, int64_t *ret_when, struct error **err);

#endif
