/* SPDX-License-Identifier: MIT */
/*
 * A record is written where it belongs, not at the end of the file: what was written of one by half
 * (a full disk) is overwritten by the next attempt, and all records stay where they can be found.
 */
/* syscalls: close fchmod fcntl fstat ftruncate newfstatat openat pread64 pwritev2 unlink */
#include "io/log-index.h"

#include "base/cleanup.h"
#include "base/nowait.h"
#include "base/wire.h"
#include "io/archive.h"
#include "io/out-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

enum { CRC_AT = 28, SECOND_MS = 1000, READ_RECORDS = 2048 };

static const uint8_t head[LOG_INDEX_RECORD] = "charhub log index 1\n";

/* ---- a record ---- */

static void encode(const struct log_index_record *record, uint8_t *wire)
{
	uint8_t *at = put_be64(wire, record->time_ms);

	at = put_be64(put_be64(at, record->offset), record->stored);
	at = put_be32(at, 0);
	put_be32(at, (uint32_t)crc32(0, wire, CRC_AT));
}

static bool decode(const uint8_t *wire, struct log_index_record *record)
{
	record->time_ms = get_be64(wire);
	record->offset = get_be64(wire + 8);
	record->stored = get_be64(wire + 16);
	return get_be32(wire + CRC_AT) == (uint32_t)crc32(0, wire, CRC_AT);
}

/* ---- writing ---- */

static void begin(struct log_index *index)
{
	if (ftruncate(index->fd, 0) < 0)
		(void)0; /* old records are damage, then: they do not ascend */
	index->end = 0;
	memcpy(index->pending, head, sizeof(head));
	index->len = sizeof(head);
	index->is_empty = true;
	index->last_ms = index->last_offset = 0;
}

static bool has_head(int fd)
{
	uint8_t wire[LOG_INDEX_RECORD];

	return pread(fd, wire, sizeof(wire), 0) == sizeof(wire) &&
	       !memcmp(wire, head, sizeof(head));
}

/* The last record that is right and of this log. Return: was there one, or none at all? */
static bool go_on(struct log_index *index, uint64_t size, uint64_t log_size)
{
	uint64_t end = size - size % LOG_INDEX_RECORD;
	uint8_t wire[LOG_INDEX_RECORD];
	struct log_index_record record;

	for (int i = 0; i < LOG_INDEX_LOOK_BACK && end > LOG_INDEX_RECORD; i++) {
		if (pread(index->fd, wire, sizeof(wire), (off_t)end - LOG_INDEX_RECORD) !=
			sizeof(wire))
			return false;
		if (decode(wire, &record) && record.offset <= log_size) {
			index->last_ms = record.time_ms;
			index->last_offset = record.offset;
			index->end = end;
			return ftruncate(index->fd, (off_t)end) == 0;
		}
		end -= LOG_INDEX_RECORD;
	}
	return false;
}

int log_index_open(struct log_index *index, const char *path, uint64_t size, mode_t mode)
{
	AUTO_FREE char *name = archive_index_name(path);
	struct stat st;

	*index = (struct log_index){ .fd = -1 };
	if (!name)
		return -ENOMEM;
	index->fd =
		open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
	if (index->fd < 0)
		return -errno;
	if (fstat(index->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(TAKE_FD(index->fd));
		return -EEXIST;
	}
	if (!st.st_size)
		fchmod(index->fd, mode);
	if (!size || !has_head(index->fd) || !go_on(index, (uint64_t)st.st_size, size))
		begin(index);
	return 0;
}

bool log_index_is_due(const struct log_index *index, uint64_t now_ms, uint64_t offset)
{
	return index->fd >= 0 &&
	       (index->is_empty || now_ms / SECOND_MS != index->last_ms / SECOND_MS ||
		       offset - index->last_offset >= LOG_INDEX_STEP);
}

void log_index_add(struct log_index *index, uint64_t now_ms, uint64_t offset)
{
	const struct log_index_record record = { now_ms, offset, 0 };

	if (!index->is_empty && offset < index->last_offset)
		begin(index);
	index->is_empty = false;
	index->last_ms = now_ms;
	index->last_offset = offset;
	if (index->len == sizeof(index->pending))
		return;
	encode(&record, index->pending + index->len);
	index->len += LOG_INDEX_RECORD;
}

void log_index_flush(struct log_index *index, bool may_wait)
{
	struct iovec iov = { index->pending, index->len };
	ssize_t done;

	if (index->fd < 0 || !index->len)
		return;
	done = pwritev2(index->fd, &iov, 1, (off_t)index->end, may_wait ? 0 : RWF_NOWAIT);
	if (done < LOG_INDEX_RECORD)
		return;
	done -= done % LOG_INDEX_RECORD;
	index->end += (uint64_t)done;
	index->len -= (size_t)done;
	memmove(index->pending, index->pending + done, index->len);
}

void log_index_close(struct log_index *index)
{
	log_index_flush(index, true);
	if (index->fd >= 0)
		close(TAKE_FD(index->fd));
}

/* ---- reading ---- */

int log_index_append(struct log_index_table *table, const struct log_index_record *record)
{
	if ((table->len & (table->len - 1)) == 0) { /* a power of two, or none: full */
		size_t size = table->len ? table->len * 2 : 1;
		struct log_index_record *items = reallocarray(table->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		table->items = items;
	}
	table->items[table->len++] = *record;
	return 0;
}

/* Return: 1: go on; 0: the rest does not count; -ENOMEM. */
static int take(struct log_index_table *table, const uint8_t *wire, uint64_t size)
{
	struct log_index_record *last = table->len ? &table->items[table->len - 1] : NULL;
	struct log_index_record record;

	if (!decode(wire, &record) || record.offset > size ||
		(last && record.offset < last->offset))
		return 0;
	if (last && record.offset == last->offset) {
		*last = record; /* the byte was not written the first time */
		return 1;
	}
	return log_index_append(table, &record) < 0 ? -ENOMEM : 1;
}

/* Whatever else has such a name is no index, and a pipe would be waited for. */
static FILE *open_index(const char *name)
{
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = out_file_is_regular(fd) ? fdopen(fd, "r") : NULL;

	if (!file)
		cleanup_close(&fd);
	return file;
}

int log_index_read(const char *path, uint64_t size, struct log_index_table *ret_table)
{
	AUTO_FREE char *name = archive_index_name(path);
	AUTO_FREE uint8_t *wire = malloc((size_t)READ_RECORDS * LOG_INDEX_RECORD);
	AUTO_LOG_INDEX struct log_index_table table = { 0 };
	AUTO_FILE FILE *file = NULL;
	size_t n;
	int r = 1;

	if (!name || !wire)
		return -ENOMEM;
	file = open_index(name);
	if (file && (fread(wire, LOG_INDEX_RECORD, 1, file) != 1 ||
			    memcmp(wire, head, sizeof(head)) != 0))
		r = 0;
	while (file && r > 0 && (n = fread(wire, LOG_INDEX_RECORD, READ_RECORDS, file)))
		for (size_t i = 0; i < n && r > 0; i++)
			r = take(&table, wire + i * LOG_INDEX_RECORD, size);
	if (r < 0)
		return r;
	*ret_table = table;
	table = (struct log_index_table){ 0 };
	return 0;
}

void log_index_done(struct log_index_table *table)
{
	free(table->items);
	*table = (struct log_index_table){ 0 };
}

int log_index_write(const char *path, const struct log_index_table *table, mode_t mode)
{
	AUTO_FREE char *name = archive_index_name(path);
	uint8_t wire[LOG_INDEX_RECORD];
	bool bad;
	FILE *file;
	int fd;

	if (!name)
		return -ENOMEM;
	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		cleanup_close(&fd);
		return -errno;
	}
	fwrite(head, sizeof(head), 1, file);
	for (size_t i = 0; i < table->len; i++) {
		encode(&table->items[i], wire);
		fwrite(wire, sizeof(wire), 1, file);
	}
	bad = ferror(file);
	return fclose(file) || bad ? -EIO : 0;
}
