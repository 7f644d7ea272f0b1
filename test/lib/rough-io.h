/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_ROUGH_IO_H
#define TEST_LIB_ROUGH_IO_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes the kernel as unhelpful as it may be. For programs that are linked with rough_io_link_args
 * of test/lib/meson.build: our own code's calls of readv(), recvmsg(), writev(), sendmsg(), send()
 * and accept4() come to rough-io.c. What a test does with recv() and write() is left alone.
 */

/**
 * rough_io_script() - what becomes of the next calls, a byte each
 * @script: copied; NULL or an empty one: every call is as the kernel makes it
 * @len:    up to ROUGH_IO_MAX, the rest is ignored
 *
 * A byte is one of enum rough_io, in its three low bits, and a number in the others. Where a call
 * cannot end that way, it is left alone.
 */
void rough_io_script(const uint8_t *script, size_t len);

enum { ROUGH_IO_MAX = 64, ROUGH_IO_NUMBER_SHIFT = 3 };

enum rough_io {
	ROUGH_IO_NONE,
	ROUGH_IO_BYTE,	/* one byte is read or written */
	ROUGH_IO_SHORT, /* one byte more than the number */
	ROUGH_IO_EINTR,
	ROUGH_IO_EAGAIN,
	ROUGH_IO_RESET, /* ECONNRESET */
	ROUGH_IO_FULL,	/* ENOMEM, and EMFILE of who takes a connection */
	ROUGH_IO_PAUSE, /* the number of calls more is left alone */
};

/** rough_io_refuse() - @before calls are left alone, then @count fail with EAGAIN */
void rough_io_refuse(unsigned before, unsigned count);

#endif
