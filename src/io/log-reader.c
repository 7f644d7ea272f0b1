/* SPDX-License-Identifier: MIT */
/* syscalls: lseek openat read */
#include "io/log-reader.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PIECE = 128 * 1024, ANY_WINDOW = 15 + 32 /* with gzip's head */ };

/**
 * struct log_reader
 * @bytes:  of the file, @used of @have are unpacked
 * @middle: of a frame
 * @skip:   bytes until what was asked for
 */
struct log_reader {
	int fd;
	enum archive_form form;
	ZSTD_DCtx *zstd;
	z_stream gzip;
	uint8_t *bytes;
	size_t used, have;
	bool middle;
	uint64_t skip;
};

/* ---- where to begin ---- */

/* The frame that holds a byte. Return: where it begins in the file; *@ret_start: in the log. */
static uint64_t find_frame(const struct log_index_table *index, uint64_t from, uint64_t *ret_start)
{
	uint64_t stored = 0;

	*ret_start = 0;
	for (size_t i = 0; i < index->len && index->items[i].offset <= from; i++)
		if (index->items[i].stored != stored) {
			stored = index->items[i].stored;
			*ret_start = index->items[i].offset;
		}
	return stored;
}

static int begin(struct log_reader *reader, const struct log_index_table *index, uint64_t from)
{
	uint64_t start, at = from;

	if (reader->form != ARCHIVE_PLAIN) {
		at = find_frame(index, from, &start);
		reader->skip = from - start;
		reader->bytes = malloc(PIECE);
		if (!reader->bytes)
			return -ENOMEM;
	}
	if (reader->form == ARCHIVE_ZSTD) {
		reader->zstd = ZSTD_createDCtx();
		if (!reader->zstd)
			return -ENOMEM;
	}
	if (reader->form == ARCHIVE_GZIP && inflateInit2(&reader->gzip, ANY_WINDOW) != Z_OK)
		return -ENOMEM;
	return lseek(reader->fd, (off_t)at, SEEK_SET) < 0 ? -errno : 0;
}

int log_reader_open(const struct archive_file *file, const struct log_index_table *index,
	uint64_t from, struct log_reader **ret_reader)
{
	struct log_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	reader->form = file->form;
	reader->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	r = reader->fd < 0 ? -errno : begin(reader, index, from);
	if (r < 0) {
		log_reader_close(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void log_reader_close(struct log_reader *reader)
{
	if (!reader)
		return;
	ZSTD_freeDCtx(reader->zstd);
	if (reader->gzip.state)
		inflateEnd(&reader->gzip);
	cleanup_close(&reader->fd);
	free(reader->bytes);
	free(reader);
}

int log_reader_fd(const struct log_reader *reader)
{
	return reader->fd;
}

/* ---- reading ---- */

static ssize_t unpack_zstd(struct log_reader *reader, void *bytes, size_t len)
{
	ZSTD_inBuffer in = { reader->bytes, reader->have, reader->used };
	ZSTD_outBuffer out = { bytes, len, 0 };
	size_t r = ZSTD_decompressStream(reader->zstd, &out, &in);

	if (ZSTD_isError(r))
		return -EBADMSG;
	reader->used = in.pos;
	reader->middle = r;
	return (ssize_t)out.pos;
}

static ssize_t unpack_gzip(struct log_reader *reader, void *bytes, size_t len)
{
	z_stream *gzip = &reader->gzip;
	int r;

	gzip->next_in = reader->bytes + reader->used;
	gzip->avail_in = (uInt)(reader->have - reader->used);
	gzip->next_out = bytes;
	gzip->avail_out = (uInt)(len < PIECE ? len : PIECE);
	len = gzip->avail_out;
	r = inflate(gzip, Z_NO_FLUSH);
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return -EBADMSG;
	reader->used = reader->have - gzip->avail_in;
	reader->middle = r != Z_STREAM_END;
	if (r == Z_STREAM_END)
		inflateReset(gzip);
	return (ssize_t)(len - gzip->avail_out);
}

/* Return: bytes; 0: the end; -errno. */
static ssize_t unpack(struct log_reader *reader, void *bytes, size_t len)
{
	ssize_t done = 0;

	while (!done) {
		if (reader->used == reader->have) {
			ssize_t have = read(reader->fd, reader->bytes, PIECE);

			if (have < 0)
				return -errno;
			reader->used = 0;
			reader->have = (size_t)have;
			if (!have && !reader->middle)
				return 0;
		}
		done = reader->form == ARCHIVE_ZSTD ? unpack_zstd(reader, bytes, len)
						    : unpack_gzip(reader, bytes, len);
		if (!done && !reader->have && reader->middle)
			return -EBADMSG; /* it ends in the middle of a frame */
	}
	return done;
}

ssize_t log_reader_read(struct log_reader *reader, void *bytes, size_t len)
{
	ssize_t done;

	if (reader->form == ARCHIVE_PLAIN) {
		done = read(reader->fd, bytes, len);
		return done < 0 ? -errno : done;
	}
	while (reader->skip) {
		done = unpack(reader, bytes, len < reader->skip ? len : (size_t)reader->skip);
		if (done <= 0)
			return done;
		reader->skip -= (uint64_t)done;
	}
	return unpack(reader, bytes, len);
}
