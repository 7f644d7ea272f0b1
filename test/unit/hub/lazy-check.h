/* SPDX-License-Identifier: MIT */
#ifndef TEST_UNIT_HUB_LAZY_CHECK_H
#define TEST_UNIT_HUB_LAZY_CHECK_H

#include <stddef.h>
#include <stdint.h>

/*
 * A hub whose engine puts off what it can, beside an engine that reads each byte at once: nobody
 * can tell them apart.
 *
 * A program is what the guest writes, but for a byte 0xff, which starts a command:
 *	0xff 0x00 W H	the console gets W % 40 + 1 columns and H % 12 + 1 rows
 *	0xff 0x01	somebody looks
 *	0xff 0x02 N L	the guest writes N * 64 lines of L % 32 characters
 *	0xff 0x03	time passes, so that nothing is held back any longer
 *	0xff 0x04	a member joins, is shown the screen, and leaves
 *	0xff 0x05 N	from now on the guest writes in pieces of N bytes; 0: all at once
 *	0xff 0x06	so much time passes that the engine is frozen
 *	0xff 0x07	somebody who does not look asks for the engine, and its size
 *	0xff 0x08 N	from now on N * 1024 bytes of memory may be taken; 0: any
 *	0xff 0x09	what shows the screen to another program is made
 *	0xff 0x0a	another program goes on with the hub
 *	0xff other	the byte itself
 * Compared are, after each piece, all that the guest is told (answers, size) and all that a member
 * is told (bytes, bells); after each look the screen, its settings and the lines above it. Once
 * memory has been short there may be fewer of these, the newest; what is held of the output is what
 * it was.
 */

/** lazy_check() - run a program. Return: NULL: no difference; else what differs */
const char *lazy_check(const uint8_t *program, size_t len);

#endif
