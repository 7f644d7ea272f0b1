/* SPDX-License-Identifier: MIT */
#include "client/log-files.h"

#include "base/cleanup.h"
#include "client/interrupt.h"
#include "io/log-reader.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 128 * 1024, LINE_BYTES = 4096, SECOND_MS = 1000 };

/**
 * struct reading
 * @bytes:  what was read last
 * @ended:  when the file before the present one was written for the last time, in seconds
 * @enough: put() has
 * @is_empty: no file was found yet
 * @is_damaged: one that is packed could not be read to its end, which was told
 * @is_under_way: those that logrotate has moved away were read
 * @seen:   stamp of the newest file that was read, and is not the present one
 * @here:   which one the present one is
 */
struct reading {
	const char *path;
	struct log_range range;
	bool (*put)(void *data, const char *bytes, size_t len);
	void *data;
	char *bytes;
	int64_t ended;
	bool enough, is_empty, is_under_way, is_damaged;
	char seen[ARCHIVE_STAMP_BYTES + 1];
	struct stat here;
};

/** struct part - what of a file is wanted, in unpacked bytes */
struct part {
	uint64_t from, to;
};

/* ---- which part ---- */

static uint64_t ms(int64_t seconds)
{
	return seconds > INT64_MAX / SECOND_MS ? UINT64_MAX : (uint64_t)seconds * SECOND_MS;
}

/* The first byte that was written then, or later; UINT64_MAX: none. */
static uint64_t find_time(const struct log_index_table *index, uint64_t time_ms)
{
	for (size_t i = 0; i < index->len; i++)
		if (index->items[i].time_ms >= time_ms)
			return index->items[i].offset;
	return UINT64_MAX;
}

/* From where on nothing is known: the first byte that has the last time. */
static uint64_t find_end(const struct log_index_table *index)
{
	size_t i = index->len;

	while (i > 1 && index->items[i - 2].time_ms == index->items[index->len - 1].time_ms)
		i--;
	return i ? index->items[i - 1].offset : 0;
}

/* Does the index know of the last that was written? It may be damaged, or lack records. */
static bool is_whole(const struct log_index_table *index, int64_t written)
{
	return index->len &&
	       index->items[index->len - 1].time_ms / SECOND_MS + 1 >= (uint64_t)written;
}

/* Return: is any of the file wanted? */
static bool choose(const struct reading *reading, const struct log_index_table *index,
	int64_t written, struct part *part)
{
	const struct log_range *range = &reading->range;

	*part = (struct part){ 0, UINT64_MAX };
	if (written < range->since || reading->ended >= range->until)
		return false;
	if (range->since) {
		part->from = find_time(index, ms(range->since));
		if (part->from == UINT64_MAX && is_whole(index, written))
			return false;
		if (part->from == UINT64_MAX)
			part->from = find_end(index);
	}
	if (range->until != INT64_MAX)
		part->to = find_time(index, ms(range->until));
	return part->from < part->to;
}

/* ---- one file ---- */

static void put(struct reading *reading, const char *bytes, size_t len)
{
	if (len && !reading->enough)
		reading->enough = !reading->put(reading->data, bytes, len) || interrupt_came(0);
}

/* To the end of the line in which the range ends. */
static int read_last_line(struct reading *reading, struct log_reader *reader)
{
	ssize_t len = log_reader_read(reader, reading->bytes, LINE_BYTES);
	const char *newline;

	if (len <= 0)
		return (int)len;
	newline = memchr(reading->bytes, '\n', (size_t)len);
	put(reading, reading->bytes,
		newline ? (size_t)(newline - reading->bytes) + 1 : (size_t)len);
	return 0;
}

/* Return: 0: @left bytes, or all there are; -errno. */
static int read_bytes(struct reading *reading, struct log_reader *reader, uint64_t left)
{
	bool mid_line = false;
	ssize_t len = 1;

	while (left && len && !reading->enough) {
		len = log_reader_read(
			reader, reading->bytes, left < PIECE ? (size_t)left : (size_t)PIECE);
		if (len < 0)
			return (int)len;
		put(reading, reading->bytes, (size_t)len);
		left -= (uint64_t)len;
		if (len)
			mid_line = reading->bytes[len - 1] != '\n';
	}
	return left || !mid_line ? 0 : read_last_line(reading, reader);
}

/* The line in which the range begins, from its start: @back bytes are there to look for it. */
static int read_first_line(struct reading *reading, struct log_reader *reader, size_t back)
{
	size_t have = 0, at;
	const char *newline;

	while (have < back) {
		ssize_t len = log_reader_read(reader, reading->bytes + have, back - have);

		if (len <= 0)
			return (int)len;
		have += (size_t)len;
	}
	newline = memrchr(reading->bytes, '\n', back);
	at = newline ? (size_t)(newline - reading->bytes) + 1 : back;
	put(reading, reading->bytes + at, back - at);
	return 0;
}

static int read_part(
	struct reading *reading, struct log_reader *reader, const struct part *part, size_t back)
{
	int r = read_first_line(reading, reader, back);

	return r < 0 ? r : read_bytes(reading, reader, part->to - part->from);
}

static int fail(const struct archive_file *file, int r, struct error **err)
{
	return error_set(err, -r, "cannot read '%s': %s", file->path,
		r == -EBADMSG ? "it is damaged" : strerror(-r));
}

/** struct opened - a file that is about to be read; @reader NULL: none of it is wanted */
struct opened {
	struct log_reader *reader;
	struct part part;
	size_t back;
};

/* Return: 0; -ENOENT: it is not there any more; another -errno with @err. */
static int open_file(struct reading *reading, const struct archive_file *file, bool stays_open,
	struct opened *opened, struct error **err)
{
	AUTO_LOG_INDEX struct log_index_table index = { 0 };
	struct part *part = &opened->part;
	struct stat st;
	bool wanted;
	int r;

	opened->reader = NULL;
	if (stat(file->path, &st) < 0)
		return errno == ENOENT ? -ENOENT : fail(file, -errno, err);
	r = log_index_read(file->path,
		file->form == ARCHIVE_PLAIN ? (uint64_t)st.st_size : UINT64_MAX, &index);
	if (r < 0)
		return fail(file, r, err);
	wanted = choose(reading, &index, st.st_mtime, part);
	reading->ended = st.st_mtime;
	if (!wanted && !stays_open)
		return 0;
	if (!wanted)
		*part = (struct part){ (uint64_t)st.st_size, UINT64_MAX };
	opened->back = part->from < LINE_BYTES ? (size_t)part->from : LINE_BYTES;
	r = log_reader_open(file, &index, part->from - opened->back, &opened->reader);
	return r < 0 && r != -ENOENT ? fail(file, r, err) : r;
}

static int read_opened(struct reading *reading, const struct archive_file *file,
	const struct opened *opened, struct error **err)
{
	int r = 0;

	if (opened->reader)
		r = read_part(reading, opened->reader, &opened->part, opened->back);
	return r < 0 ? fail(file, r, err) : 0;
}

static int read_file(struct reading *reading, const struct archive_file *file, struct error **err)
{
	struct opened opened;
	int r = open_file(reading, file, false, &opened, err);

	if (r == 0)
		r = read_opened(reading, file, &opened, err);
	log_reader_close(opened.reader);
	return r;
}

/* ---- all files ---- */

static int list(const struct reading *reading, struct archive *archive, struct error **err)
{
	int r = archive_list(reading->path, archive);

	return r < 0 ? error_set(err, -r, "cannot read '%s': %s", reading->path, strerror(-r)) : 0;
}

/* Whatever else has such a name is none of ours, and a pipe would be waited for. */
static int check_old_file(const struct archive_file *file, struct error **err)
{
	struct stat st;

	if (stat(file->path, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	return error_set(err, EBADMSG, "cannot read '%s': it is no regular file", file->path);
}

/* One that was there when it was listed may have been packed meanwhile, or dropped. */
static int read_old_file(
	struct reading *reading, const struct archive_file *file, struct error **err)
{
	int r = check_old_file(file, err);

	if (r == 0)
		r = read_file(reading, file, err);

	for (unsigned form = ARCHIVE_PLAIN + 1; form < ARCHIVE_FORMS && r == -ENOENT; form++) {
		struct archive_file packed = { .form = form };
		AUTO_FREE char *path = NULL;

		if (asprintf(&path, "%s%s", file->path, archive_suffix(form)) < 0) {
			path = NULL;
			return error_set(err, ENOMEM, "out of memory");
		}
		packed.path = path;
		r = read_file(reading, &packed, err);
	}
	return r == -ENOENT ? 0 : r;
}

/* What a crash has cut, or a disk spoilt, hides nothing of what was written later. */
static int read_old_file_anyhow(
	struct reading *reading, const struct archive_file *file, struct error **err)
{
	struct error *why = NULL;
	int r = read_old_file(reading, file, &why);

	if (r == -EBADMSG) {
		fprintf(stderr, "charhub: %s\n", why ? error_message(why) : file->path);
		error_free(why);
		reading->is_damaged = true;
		return 0;
	}
	return r < 0 ? error_move(err, &why) : 0;
}

static bool is_next(const struct reading *reading, const struct archive_file *file)
{
	if (file->spare)
		return false;
	return *file->stamp ? strcmp(file->stamp, reading->seen) > 0
			    : file->number && !reading->is_under_way;
}

static int read_old_files(struct reading *reading, struct error **err)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	int r = list(reading, &archive, err);

	for (size_t i = 0; i < archive.len && r == 0 && !reading->enough; i++) {
		const struct archive_file *file = &archive.items[i];

		if (!is_next(reading, file))
			continue;
		r = read_old_file_anyhow(reading, file, err);
		memcpy(reading->seen, file->stamp, sizeof(reading->seen));
		reading->is_empty = false;
	}
	reading->is_under_way = true;
	return r;
}

static bool is_here(const struct reading *reading, const struct archive_file *file)
{
	struct stat st;

	return stat(file->path, &st) == 0 && st.st_ino == reading->here.st_ino &&
	       st.st_dev == reading->here.st_dev;
}

/* Was another file moved aside before this one was opened? Return: 1, 0; -errno with @err. */
static int was_overtaken(
	struct reading *reading, const struct log_reader *reader, struct error **err)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	int r = list(reading, &archive, err);

	fstat(log_reader_fd(reader), &reading->here);
	for (size_t i = 0; i < archive.len && r == 0; i++)
		r = *archive.items[i].stamp && is_next(reading, &archive.items[i]) &&
		    !is_here(reading, &archive.items[i]);
	return r;
}

/*
 * What was not read yet: old files, and then the present one, behind which there is none that was
 * missed: the first that is later than @seen is the present one, when it was moved aside.
 *
 * Return: 0, *@ret_reader is the present one's, at its end, where it is followed; -errno with @err.
 */
static int read_rest(struct reading *reading, struct log_reader **ret_reader, struct error **err)
{
	const struct archive_file now = { .path = (char *)(uintptr_t)reading->path };
	struct opened opened;
	int r;

	do {
		opened.reader = NULL;
		r = read_old_files(reading, err);
		if (r == 0)
			r = open_file(reading, &now, reading->range.follow, &opened, err);
		if (r == 0)
			reading->is_empty = false;
		if (r == 0 && opened.reader)
			r = was_overtaken(reading, opened.reader, err);
		if (r > 0)
			log_reader_close(opened.reader);
	} while (r > 0);
	if (r == 0)
		r = read_opened(reading, &now, &opened, err);
	if (r < 0 || !reading->range.follow)
		log_reader_close(opened.reader);
	else
		*ret_reader = opened.reader;
	return r == -ENOENT ? 0 : r;
}

/* ---- following ---- */

static int watch_folder(const char *path, struct error **err)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	AUTO_CLOSE int fd = inotify_init1(IN_CLOEXEC);

	if (!folder || fd < 0 ||
		inotify_add_watch(fd, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
		return error_set(err, errno, "cannot watch '%s': %s", path, strerror(errno));
	return TAKE_FD(fd);
}

/* The file that was read has been moved aside: which one is it now? */
static int pass_it(struct reading *reading, struct error **err)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	int r = list(reading, &archive, err);
	const struct archive_file *it = NULL;

	for (size_t i = 0; i < archive.len; i++)
		if (is_here(reading, &archive.items[i]))
			it = &archive.items[i];
	for (size_t i = 0; i < archive.len && !it; i++)
		if (*archive.items[i].stamp && is_next(reading, &archive.items[i]))
			it = &archive.items[i];
	if (it && *it->stamp)
		memcpy(reading->seen, it->stamp, sizeof(reading->seen));
	return r;
}

static bool is_still_there(const struct reading *reading)
{
	const struct archive_file now = { .path = (char *)(uintptr_t)reading->path };
	struct stat st;

	return stat(reading->path, &st) < 0 || is_here(reading, &now);
}

static int follow_on(struct reading *reading, struct log_reader **reader, struct error **err)
{
	bool moved = *reader && !is_still_there(reading);
	int r = *reader ? read_bytes(reading, *reader, UINT64_MAX) : 0;

	if (r < 0)
		return error_set(err, -r, "cannot read '%s': %s", reading->path, strerror(-r));
	if (*reader && !moved)
		return 0;
	if (*reader)
		r = pass_it(reading, err);
	log_reader_close(TAKE_PTR(*reader));
	return r < 0 ? r : read_rest(reading, reader, err);
}

/* Return: 0: something has happened there, or nobody wants more; -errno with @err. */
static int wait_for_news(struct reading *reading, int watch, struct error **err)
{
	struct pollfd fds[] = {
		{ .fd = watch, .events = POLLIN }, { .fd = interrupt_fd(), .events = POLLIN },
		{ .fd = STDOUT_FILENO }, /* a reader that has gone */
	};
	char events[4096];

	if (poll(fds, 3, -1) < 0)
		return errno == EINTR ? 0 : error_set(err, errno, "poll: %s", strerror(errno));
	if (fds[1].revents || fds[2].revents)
		reading->enough = true;
	else if (read(watch, events, sizeof(events)) < 0)
		return error_set(
			err, errno, "cannot watch '%s': %s", reading->path, strerror(errno));
	return 0;
}

/* What is moved aside before the watch begins is seen, and what is moved later wakes. */
static int follow(
	struct reading *reading, int watch, struct log_reader **reader, struct error **err)
{
	int r = 0;

	reading->range.since = 0;
	while (r == 0 && !reading->enough) {
		r = follow_on(reading, reader, err);
		if (r == 0 && !reading->enough && (!*reader || is_still_there(reading)))
			r = wait_for_news(reading, watch, err);
	}
	return r;
}

int log_files_read(const char *path, const struct log_range *range,
	bool (*put_fn)(void *data, const char *bytes, size_t len), void *data, struct error **err)
{
	AUTO_FREE char *bytes = calloc(1, PIECE + 1); /* regexec() may look for the end */
	AUTO_CLOSE int watch = -1;
	struct reading reading = { .path = path,
		.range = *range,
		.put = put_fn,
		.data = data,
		.bytes = bytes,
		.is_empty = true };
	struct log_reader *reader = NULL;
	int r;

	if (!bytes)
		return error_set(err, ENOMEM, "out of memory");
	if (range->follow && (watch = watch_folder(path, err)) < 0)
		return watch;
	r = read_rest(&reading, &reader, err);
	if (r == 0 && reading.is_empty)
		r = error_set(err, ENOENT, "cannot read '%s': %s", path, strerror(ENOENT));
	if (r == 0 && range->follow)
		r = follow(&reading, watch, &reader, err);
	if (r == 0 && reading.is_damaged)
		r = error_set(err, EBADMSG, "'%s' could not be read wholly", path);
	log_reader_close(reader);
	return r;
}
