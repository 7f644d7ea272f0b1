/* SPDX-License-Identifier: MIT */
#ifndef IO_PACK_H
#define IO_PACK_H

#include "io/archive.h"

#include <stdatomic.h>

enum {
	PACK_FRAME = 256 * 1024, /* of the unpacked bytes; what is read to find one of them */
	PACK_ZSTD_LEVEL = 3,
	PACK_GZIP_LEVEL = 6,
};

/**
 * pack_file() - compress a file of a log that nobody writes to any more
 * @path: goes when @path.zst or @path.gz is there wholly, with an index of its own
 * @stop: set by another thread: give up, soon
 *
 * The packed file is made under another name, @path.zst.tmp, and has the mode, the owner and the
 * times of the file. It is a row of zstd frames, or gzip members, each of which can be unpacked by
 * itself; zstdcat and zcat read them as one.
 *
 * Return: 0; -EBUSY: somebody writes to it (it is locked, see io/log-file.h); -ECANCELED: @stop;
 * -ENOENT: it was dropped meanwhile, and nothing is left of it; -errno.
 */
int pack_file(const char *path, enum archive_form form, const atomic_bool *stop);

#endif
