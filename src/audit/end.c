/* SPDX-License-Identifier: MIT */
/* syscalls: newfstatat stat */
#include "audit/end.h"

#include "audit/files.h"
#include "base/strbuf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

enum { TAIL_MAX = 64 * 1024 }; /* there the last line is */

static int keep_tail(void *data, const char *bytes, size_t len)
{
	struct strbuf *tail = data;

	strbuf_append(tail, bytes, len);
	if (tail->len > 2 * TAIL_MAX)
		strbuf_drop(tail, tail->len - TAIL_MAX);
	return tail->failed ? -ENOMEM : 0;
}

/* Of a file that is not packed only the end is read; a device, or a FIFO, holds no lines. */
static int read_tail(const struct archive_file *file, struct strbuf *tail)
{
	uint64_t from = 0;
	struct stat st;
	int r;

	if (stat(file->path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (file->form == ARCHIVE_PLAIN && st.st_size > TAIL_MAX)
		from = (uint64_t)st.st_size - TAIL_MAX;
	r = audit_file_read(file, from, keep_tail, tail);
	return r == -ENOENT ? 0 : r;
}

/* Return: is there a line? */
static int look_at(const struct strbuf *tail, struct audit_end *end)
{
	const char *newline = tail->len ? memrchr(tail->data, '\n', tail->len) : NULL, *start;
	size_t len = newline ? (size_t)(newline - tail->data) : 0;
	struct audit_line line;
	int r;

	if (!newline)
		return 0;
	end->torn = tail->len - len - 1;
	start = memrchr(tail->data, '\n', len);
	start = start ? start + 1 : tail->data;
	len = (size_t)(newline - start);
	r = audit_parse(start, len, &line);
	end->seq = r == 0 ? line.seq : 0;
	if (r != -ENOMEM)
		r = audit_hash(start, len, end->head);
	return r < 0 ? r : 1;
}

static int search(const struct archive *files, struct audit_end *end)
{
	uint64_t torn = 0;
	int r = 0;

	for (size_t i = files->len; i-- && r == 0;) {
		struct strbuf tail AUTO_STRBUF = { 0 };

		if (files->items[i].spare)
			continue;
		r = read_tail(&files->items[i], &tail);
		if (r == 0)
			r = look_at(&tail, end);
		if (r == 0)
			torn += tail.len; /* all of a file that has just been begun */
	}
	end->torn += torn;
	return r < 0 ? r : 0;
}

int audit_find_end(const char *path, struct audit_end *ret_end)
{
	struct archive files = { 0 };
	struct audit_end end = { 0 };
	int r = audit_files(path, &files);

	memcpy(end.head, audit_no_hash, AUDIT_HASH_BYTES);
	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		r = search(&files, &end);
	archive_done(&files);
	if (r == 0)
		*ret_end = end;
	return r;
}
