/* SPDX-License-Identifier: MIT */
/* syscalls: close fchmod fchown flock fstat fsync newfstatat openat read rename stat unlink */
/* syscalls: utimensat write */
#include "io/pack.h"

#include "base/cleanup.h"
#include "io/log-index.h"
#include "io/rotation.h"
#include "io/write-all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { GZIP_WINDOW = 15 + 16 /* with gzip's head */, GZIP_MEMORY = 8, GZIP_EXTRA = 64 };

/**
 * struct packing - a file that is being packed
 * @plain, @packed: a frame's bytes, before and after
 * @room:   of @packed
 * @times:  the index beside the file, @next is the first record that was not used
 * @index:  that of the packed file
 * @offset, @stored: where the present frame begins
 */
struct packing {
	int from, to;
	enum archive_form form;
	ZSTD_CCtx *zstd;
	z_stream gzip;
	uint8_t *plain, *packed;
	size_t room;
	struct log_index_table times, index;
	size_t next;
	uint64_t offset, stored;
};

/* ---- one frame ---- */

static ssize_t pack_zstd(struct packing *packing, size_t len)
{
	size_t done =
		ZSTD_compress2(packing->zstd, packing->packed, packing->room, packing->plain, len);

	return ZSTD_isError(done) ? -ENOMEM : (ssize_t)done;
}

static ssize_t pack_gzip(struct packing *packing, size_t len)
{
	z_stream *gzip = &packing->gzip;

	deflateReset(gzip);
	gzip->next_in = packing->plain;
	gzip->avail_in = (uInt)len;
	gzip->next_out = packing->packed;
	gzip->avail_out = (uInt)packing->room;
	if (deflate(gzip, Z_FINISH) != Z_STREAM_END)
		return -ENOMEM;
	return (ssize_t)(packing->room - gzip->avail_out);
}

/* The frame's own record, and those of the bytes that it holds. */
static int note_frame(struct packing *packing, size_t len)
{
	const struct log_index_table *times = &packing->times;
	struct log_index_record record = { 0, packing->offset, packing->stored };
	int r = 0;

	if (packing->next)
		record.time_ms = times->items[packing->next - 1].time_ms;
	if (packing->next == times->len || times->items[packing->next].offset != packing->offset)
		r = log_index_append(&packing->index, &record);
	for (; packing->next < times->len && r == 0; packing->next++) {
		record = times->items[packing->next];
		if (record.offset >= packing->offset + len)
			break;
		record.stored = packing->stored;
		r = log_index_append(&packing->index, &record);
	}
	return r;
}

/* Return: bytes, of which fewer than @len are the end; -errno. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t done = read(fd, bytes + have, len - have);

		if (done < 0)
			return -errno;
		if (!done)
			break;
		have += (size_t)done;
	}
	return (ssize_t)have;
}

/* Return: bytes packed, 0: the end; -errno. */
static ssize_t pack_frame(struct packing *packing)
{
	ssize_t len = read_all(packing->from, packing->plain, PACK_FRAME), done;
	int r;

	if (len <= 0)
		return len;
	r = note_frame(packing, (size_t)len);
	if (r < 0)
		return r;
	done = packing->form == ARCHIVE_ZSTD ? pack_zstd(packing, (size_t)len)
					     : pack_gzip(packing, (size_t)len);
	if (done < 0)
		return done;
	r = write_all(packing->to, packing->packed, (size_t)done);
	packing->offset += (uint64_t)len;
	packing->stored += (uint64_t)done;
	return r < 0 ? r : len;
}

/* ---- the file ---- */

static int begin(struct packing *packing, const char *path)
{
	int r = log_index_read(path, UINT64_MAX, &packing->times);

	if (r < 0)
		return r;
	packing->plain = malloc(PACK_FRAME);
	packing->room = packing->form == ARCHIVE_ZSTD ? ZSTD_compressBound(PACK_FRAME)
						      : compressBound(PACK_FRAME) + GZIP_EXTRA;
	packing->packed = malloc(packing->room);
	if (!packing->plain || !packing->packed)
		return -ENOMEM;
	if (packing->form == ARCHIVE_GZIP)
		return deflateInit2(&packing->gzip, PACK_GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW,
			       GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK
			       ? 0
			       : -ENOMEM;
	packing->zstd = ZSTD_createCCtx();
	if (!packing->zstd)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(packing->zstd, ZSTD_c_compressionLevel, PACK_ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(packing->zstd, ZSTD_c_checksumFlag, 1);
	return 0;
}

static void end(struct packing *packing)
{
	ZSTD_freeCCtx(packing->zstd);
	if (packing->gzip.state)
		deflateEnd(&packing->gzip);
	free(packing->plain);
	free(packing->packed);
	log_index_done(&packing->times);
	log_index_done(&packing->index);
}

/* It may be dropped meanwhile: then its room is given back soon, and not after it was packed. */
static int pack_all(struct packing *packing, const char *path, const atomic_bool *stop)
{
	ssize_t done;

	do {
		if (atomic_load(stop))
			return -ECANCELED;
		if (!rotation_is_at(path, packing->from))
			return -ENOENT;
		done = pack_frame(packing);
	} while (done > 0);
	return (int)done;
}

static int copy_traits(int from, int to)
{
	struct timespec times[2];
	struct stat st;

	if (fstat(from, &st) < 0)
		return -errno;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (fchown(to, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		return -errno;
	if (fchmod(to, st.st_mode & 0777) < 0 || futimens(to, times) < 0 || fsync(to) < 0)
		return -errno;
	return 0;
}

/* Pack into @tmp. Return: 0; -errno. */
static int make(struct packing *packing, const char *path, const char *tmp, const atomic_bool *stop)
{
	int r;

	packing->to = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (packing->to < 0)
		return -errno;
	r = begin(packing, path);
	if (r == 0)
		r = pack_all(packing, path, stop);
	if (r == 0)
		r = copy_traits(packing->from, packing->to);
	if (close(packing->to) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		unlink(tmp);
	return r;
}

/*
 * An index that cannot be written is none. The file goes last: until then all is there.
 *
 * @tmp was there when @path was seen for the last time. Who drops that looks for @tmp afterwards,
 * then for @packed, and finds either this or that (io/rotation.c).
 */
static int put_in_place(
	const char *path, const char *tmp, const char *packed, const struct log_index_table *index)
{
	AUTO_FREE char *old_index = archive_index_name(path);
	AUTO_FREE char *new_index = archive_index_name(packed);
	struct stat st;
	int r = 0;

	if (!old_index || !new_index)
		return -ENOMEM;
	if (stat(tmp, &st) == 0)
		log_index_write(packed, index, st.st_mode & 0777);
	if (rename(tmp, packed) < 0)
		r = -errno;
	unlink(r < 0 ? new_index : old_index);
	if (r < 0)
		return r;
	return unlink(path) < 0 ? -errno : 0;
}

static int pack_open(struct packing *packing, const char *path, const atomic_bool *stop)
{
	AUTO_FREE char *packed = NULL;
	AUTO_FREE char *tmp = NULL;
	int r;

	if (asprintf(&packed, "%s%s", path, archive_suffix(packing->form)) < 0) {
		packed = NULL;
		return -ENOMEM;
	}
	if (asprintf(&tmp, "%s" ARCHIVE_UNFINISHED, packed) < 0) {
		tmp = NULL;
		return -ENOMEM;
	}
	r = make(packing, path, tmp, stop);
	return r < 0 ? r : put_in_place(path, tmp, packed, &packing->index);
}

int pack_file(const char *path, enum archive_form form, const atomic_bool *stop)
{
	struct packing packing = { .form = form };
	int r;

	packing.from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (packing.from < 0)
		return -errno;
	if (flock(packing.from, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		r = -EBUSY;
	else
		r = pack_open(&packing, path, stop);
	end(&packing);
	close(packing.from);
	return r;
}
